use countersign_oauth::{ErrorCode, OAuthError, Parameters};

/// Values that travel back to the client are bounded, so that the answer's URL is.
pub(crate) const MAX_BYTES: usize = 8 * 1024;

/// `state` and `nonce` may have 8 KiB each.
pub(crate) fn check(parameters: &Parameters) -> Result<(), OAuthError> {
    for name in ["state", "nonce"] {
        if parameters.find(name).is_some_and(|value| value.len() > MAX_BYTES) {
            return Err(OAuthError::new(
                ErrorCode::InvalidRequest,
                "authorize.value_too_long",
                "The parameter {name} is longer than 8192 bytes",
            )
            .with("name", name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
