use countersign_jose::Thumbprint;
use countersign_oauth::{Compliance, ErrorCode, OAuthError, Parameters};
use countersign_pkce::{CodeChallenge, CodeChallengeMethod};
use countersign_storage::ClientSettings;

/// Reads the PKCE challenge (RFC 7636 §4.3) and asks whether one is required.
///
/// S256 is required of strict third-party clients, and of every public client under `rfc`.
pub(crate) fn check(
    parameters: &Parameters,
    client: &ClientSettings,
    compliance: Compliance,
) -> Result<Option<CodeChallenge>, OAuthError> {
    let s256_required = client.is_strict_third_party() || (compliance.is_rfc() && client.is_public());
    let method = parameters.find("code_challenge_method");
    let Some(challenge) = parameters.find("code_challenge") else {
        if s256_required || method.is_some() {
            return Err(refuse("pkce.challenge_missing", "The request is missing a code_challenge"));
        }
        return Ok(None);
    };
    let challenge = CodeChallenge::parse(challenge, method)?;
    let plain = challenge.method() == CodeChallengeMethod::Plain;
    if plain && (s256_required || compliance.is_rfc()) {
        return Err(refuse("pkce.plain_not_allowed", "code_challenge_method must be S256"));
    }
    Ok(Some(challenge))
}

/// Reads `dpop_jkt` (RFC 9449 §10).
pub(crate) fn dpop_jkt(parameters: &Parameters) -> Result<Option<Thumbprint>, OAuthError> {
    let Some(sent) = parameters.find("dpop_jkt") else { return Ok(None) };
    Thumbprint::parse(sent)
        .map(Some)
        .ok_or_else(|| refuse("authorize.malformed_dpop_jkt", "dpop_jkt is not a SHA-256 thumbprint"))
}

fn refuse(rule: &'static str, text: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, rule, text)
}

#[cfg(test)]
mod tests;
