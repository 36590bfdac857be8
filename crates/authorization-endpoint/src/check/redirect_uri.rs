use countersign_oauth::{Compliance, ErrorCode, OAuthError, Parameters, RedirectUri, RegisteredUri};
use countersign_storage::{AppType, ClientSettings};

/// Picks the redirect target among the registered ones (RFC 6749 §3.1.2.3, RFC 9700 §4.1).
///
/// Answers the target and whether the request named it. What counts as registered: [`is_registered`].
pub(crate) fn pick(
    parameters: &Parameters,
    client: &ClientSettings,
    compliance: Compliance,
) -> Result<(RedirectUri, bool), OAuthError> {
    if parameters.is_repeated("redirect_uri") {
        return Err(OAuthError::repeated_parameter("redirect_uri"));
    }
    let Some(sent) = parameters.find("redirect_uri") else {
        return default_target(parameters, client, compliance).map(|target| (target, false));
    };
    let refused = || {
        let asked = mismatch().with("redirect_uri", sent.chars().take(512).collect::<String>());
        asked.with_each("allowed callback", &client.callbacks)
    };
    let target = RedirectUri::parse(sent).map_err(|_| refused())?;
    if is_registered(sent, client, compliance) { Ok((target, true)) } else { Err(refused()) }
}

/// Whether a redirect target is one of the client's registered ones.
///
/// Default profile: exact but for the letter case of scheme and host, or a registered pattern with a `*` in
/// its host, which a strict third party may not have (core §2.7). Under `rfc`: the identical string, and any
/// port on a native client's loopback IP (RFC 8252 §7.3).
#[must_use]
pub fn is_registered(sent: &str, client: &ClientSettings, compliance: Compliance) -> bool {
    let Ok(target) = RedirectUri::parse(sent) else { return false };
    if compliance.is_rfc() {
        return is_identical(sent, &target, client);
    }
    let patterns_count = !client.is_strict_third_party();
    client.callbacks.iter().filter_map(|entry| RegisteredUri::parse(entry).ok()).any(|entry| {
        let counts = patterns_count || entry.exact().is_some();
        counts && entry.matches(&target)
    })
}

fn is_identical(sent: &str, target: &RedirectUri, client: &ClientSettings) -> bool {
    let native = client.app_type == Some(AppType::Native) && sent.starts_with("http://");
    let on_loopback =
        |entry: &str| RedirectUri::parse(entry).is_ok_and(|entry| entry.is_equivalent_on_loopback(target));
    let mut exact = client.callbacks.iter().filter(|entry| !entry.contains('*'));
    !sent.contains('#') && exact.any(|entry| entry == sent || (native && on_loopback(entry)))
}

/// The target of a request that names none: the first registered one; under `rfc` the only one.
fn default_target(
    parameters: &Parameters,
    client: &ClientSettings,
    compliance: Compliance,
) -> Result<RedirectUri, OAuthError> {
    let ambiguous = client.callbacks.len() > 1
        || parameters.find("scope").is_some_and(|scope| scope.split(' ').any(|entry| entry == "openid"));
    if compliance.is_rfc() && ambiguous {
        return Err(OAuthError::new(
            ErrorCode::InvalidRequest,
            "authorize.redirect_uri_missing",
            "The request is missing a required parameter: redirect_uri",
        ));
    }
    let mut entries = client.callbacks.iter().filter_map(|entry| RegisteredUri::parse(entry).ok());
    entries.find_map(|entry| entry.exact().cloned()).ok_or_else(mismatch)
}

fn mismatch() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidRequest,
        "authorize.redirect_uri_mismatch",
        "The redirect_uri is not registered for the client",
    )
}

#[cfg(test)]
mod tests;
