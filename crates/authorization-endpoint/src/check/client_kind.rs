use countersign_oauth::{ErrorCode, OAuthError, Parameters};
use countersign_storage::ClientSettings;

/// What a strict third-party client may send; anything else is refused, `ext-` parameters aside.
const THIRD_PARTY: [&str; 20] = [
    "acr_values",
    "audience",
    "authorization_details",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "connection",
    "correlation_id",
    "display",
    "dpop_jkt",
    "login_hint",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "resource",
    "response_type",
    "scope",
    "state",
    "ui_locales",
];

/// Telemetry says nothing about the request itself; an organization has a refusal of its own.
const HARMLESS: [&str; 2] = ["auth0Client", "organization"];

/// A strict third-party client sends known parameters alone.
pub(crate) fn check(parameters: &Parameters, client: &ClientSettings) -> Result<(), OAuthError> {
    if !client.is_strict_third_party() {
        return Ok(());
    }
    let foreign = parameters
        .iter()
        .map(|(name, _)| name)
        .find(|name| !THIRD_PARTY.contains(name) && !HARMLESS.contains(name) && !name.starts_with("ext-"));
    match foreign {
        None => Ok(()),
        Some(name) => Err(OAuthError::new(
            ErrorCode::InvalidRequest,
            "authorize.parameter_not_allowed",
            "The parameter {name} is not allowed for third-party applications",
        )
        .with("name", name.chars().take(64).collect::<String>())),
    }
}

#[cfg(test)]
mod tests;
