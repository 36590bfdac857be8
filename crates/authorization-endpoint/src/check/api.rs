use countersign_gate::{Allowed, AudienceRequest, allowed_scopes, effective_audience};
use countersign_oauth::{Compliance, Domain, Error, ErrorCode, OAuthError, Parameters};
use countersign_storage::{Client, ClientGrant, Reads, ResourceServer, SubjectType, TenantSettings};

/// The API of a request and what the client may ask of it.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) server: ResourceServer,
    pub(crate) grant: Option<ClientGrant>,
    pub(crate) allowed: Allowed,
}

/// Finds the API that the request names and asks whether the client may reach it for a user.
pub(crate) async fn find(
    parameters: &Parameters,
    client: &Client,
    settings: &TenantSettings,
    domain: &Domain,
    reads: &dyn Reads,
) -> Result<Option<Api>, Error> {
    let compliance = client.settings.compliance.unwrap_or(settings.compliance);
    check_resource(parameters, compliance)?;
    let request =
        AudienceRequest { audience: parameters.find("audience"), resource: parameters.find("resource") };
    let Some(audience) = effective_audience(request, settings, domain, compliance) else { return Ok(None) };
    let Some(server) = reads.resource_server(&audience).await? else {
        let code = if request.audience.is_none() && request.resource.is_some() && compliance.is_rfc() {
            ErrorCode::InvalidTarget
        } else {
            ErrorCode::AccessDenied
        };
        return Err(OAuthError::new(code, "authorize.unknown_audience", "Service not found: {audience}")
            .with("audience", audience.as_str().chars().take(512).collect::<String>())
            .into());
    };
    let grant = reads.client_grant(&client.id, &audience, SubjectType::User).await?;
    let allowed =
        allowed_scopes(client, &server, grant.as_ref(), SubjectType::User).map_err(OAuthError::from)?;
    Ok(Some(Api { server, grant, allowed }))
}

/// RFC 8707 §2 lets `resource` repeat; a token of ours has one API, so only equal values pass.
fn check_resource(parameters: &Parameters, compliance: Compliance) -> Result<(), OAuthError> {
    if !parameters.is_repeated("resource") {
        return Ok(());
    }
    if !compliance.is_rfc() {
        return Err(OAuthError::repeated_parameter("resource"));
    }
    let mut values = parameters.all("resource");
    let first = values.next();
    if values.all(|value| Some(value) == first) {
        return Ok(());
    }
    Err(OAuthError::new(
        ErrorCode::InvalidTarget,
        "authorize.several_resources",
        "A token can be issued for one resource at a time",
    ))
}

#[cfg(test)]
mod tests;
