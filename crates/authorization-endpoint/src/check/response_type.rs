use countersign_oauth::{ErrorCode, GrantType, OAuthError, Parameters};
use countersign_storage::ClientSettings;

/// The values a `response_type` may be made of; their order does not matter.
const KNOWN: [&str; 3] = ["code", "token", "id_token"];

/// Only `code` is served; another type that the client has the grant for is unsupported, and one that it
/// has not is unauthorized (RFC 6749 §4.1.2.1).
pub(crate) fn check(parameters: &Parameters, client: &ClientSettings) -> Result<(), OAuthError> {
    let asked = parameters.require("response_type")?;
    let values: Vec<&str> = asked.split(' ').filter(|value| !value.is_empty()).collect();
    let repeated = values.iter().enumerate().any(|(i, value)| values.iter().skip(i + 1).any(|v| v == value));
    let unknown = values.is_empty() || repeated || values.iter().any(|value| !KNOWN.contains(value));
    if unknown || (client.is_strict_third_party() && values != ["code"]) {
        return Err(unsupported(asked));
    }
    let needs_code = values.contains(&"code");
    let needs_implicit = values.iter().any(|value| *value != "code");
    for (needed, grant) in
        [(needs_implicit, GrantType::IMPLICIT), (needs_code, GrantType::AUTHORIZATION_CODE)]
    {
        if needed && !client.allows_grant(&grant) {
            return Err(countersign_gate::GateRefusal::GrantNotAllowed(grant).into());
        }
    }
    if needs_implicit { Err(unsupported(asked)) } else { Ok(()) }
}

fn unsupported(asked: &str) -> OAuthError {
    OAuthError::new(
        ErrorCode::UnsupportedResponseType,
        "authorize.unsupported_response_type",
        "Unsupported response type: {response_type}",
    )
    .with("response_type", asked.chars().take(64).collect::<String>())
}

#[cfg(test)]
mod tests;
