use countersign_oauth::{Compliance, ErrorCode, OAuthError, Parameters, RedirectUri};
use countersign_storage::{AppType, ClientSettings};

/// Picks the redirect target among the registered ones (RFC 6749 §3.1.2.3, RFC 9700 §4.1).
///
/// Answers the target and whether the request named it. Default profile: exact but for the letter case of
/// scheme and host. Under `rfc`: the identical string, any port on a native client's loopback IP.
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
    let target = RedirectUri::parse(sent).map_err(|_| mismatch())?;
    let registered = |entry: &String| {
        if compliance.is_rfc() {
            let native = client.app_type == Some(AppType::Native);
            return entry == sent
                || (native && parses_to(entry, |entry| entry.is_equivalent_on_loopback(&target)));
        }
        parses_to(entry, |entry| entry.is_equivalent(&target))
    };
    if client.callbacks.iter().any(registered) { Ok((target, true)) } else { Err(mismatch()) }
}

/// A wildcard entry matches nothing here: it parses to a host with a star in it, which no request has.
fn parses_to(entry: &str, matches: impl Fn(&RedirectUri) -> bool) -> bool {
    !entry.contains('*') && RedirectUri::parse(entry).is_ok_and(|entry| matches(&entry))
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
    let first = client.callbacks.iter().find(|entry| !entry.contains('*')).ok_or_else(mismatch)?;
    RedirectUri::parse(first).map_err(|_| mismatch())
}

fn mismatch() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidRequest,
        "authorize.redirect_uri_mismatch",
        "The redirect_uri is not registered for the client",
    )
}
