use countersign_oauth::{Audience, Compliance, Domain};
use countersign_storage::{ResourceParameterProfile, TenantSettings};

/// What a request says of the API it wants.
#[derive(Debug, Clone, Copy, Default)]
pub struct AudienceRequest<'a> {
    /// `audience`.
    pub audience: Option<&'a str>,
    /// `resource` (RFC 8707 §2).
    pub resource: Option<&'a str>,
}

/// The API that a request is about: `audience`, else `resource` under the compatibility profile, else the
/// tenant's default. `None` means userinfo alone, also where that is named outright.
#[must_use]
pub fn effective_audience(
    request: AudienceRequest<'_>,
    settings: &TenantSettings,
    domain: &Domain,
    compliance: Compliance,
) -> Option<Audience> {
    let compatible =
        settings.resource_parameter_profile == ResourceParameterProfile::Compatibility || compliance.is_rfc();
    request
        .audience
        .or_else(|| request.resource.filter(|_| compatible))
        .or(settings.default_audience.as_deref())
        .filter(|audience| *audience != domain.userinfo_audience())
        .map(Audience::new)
}

#[cfg(test)]
mod tests;
