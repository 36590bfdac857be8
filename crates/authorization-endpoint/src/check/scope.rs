use countersign_oauth::{ErrorCode, OAuthError, Parameters, Scope, ScopeError};

/// Reads `scope` (RFC 6749 §3.3); absent means empty.
pub(crate) fn parse(parameters: &Parameters) -> Result<Scope, OAuthError> {
    let scope = Scope::parse(parameters.find("scope").unwrap_or_default()).map_err(|error| {
        let rule = match error {
            ScopeError::IllegalCharacter => "scope.illegal_character",
            ScopeError::TooLong => "scope.too_long",
        };
        OAuthError::new(ErrorCode::InvalidScope, rule, "The scope is malformed or too long")
    })?;
    if scope.contains("online_access") && scope.contains("offline_access") {
        return Err(OAuthError::new(
            ErrorCode::InvalidRequest,
            "authorize.online_and_offline",
            "Cannot request both online_access and offline_access scopes",
        ));
    }
    Ok(scope)
}

#[cfg(test)]
mod tests;
