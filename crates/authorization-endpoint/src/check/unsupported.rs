use countersign_oauth::{ErrorCode, OAuthError, Parameters};

/// Parameters that are not served here and must not be ignored, since they would change the request.
pub(crate) fn check(parameters: &Parameters) -> Result<(), OAuthError> {
    if parameters.find("request").is_some() {
        // OpenID Connect Core §3.1.2.6.
        return Err(OAuthError::new(
            ErrorCode::Other("request_not_supported".into()),
            "authorize.request_not_supported",
            "Request objects are not supported",
        ));
    }
    if parameters.find("organization").is_some() {
        return Err(OAuthError::new(
            ErrorCode::InvalidRequest,
            "authorize.organization_not_allowed",
            "parameter organization is not allowed for this client",
        ));
    }
    if parameters.find("authorization_details").is_some() {
        return Err(OAuthError::new(
            ErrorCode::InvalidRequest,
            "authorize.authorization_details_not_supported",
            "authorization_details is not supported",
        ));
    }
    Ok(())
}

/// A `request_uri` that we did not hand out is unknown; it is never fetched, and nothing is redirected.
pub(crate) fn check_request_uri(parameters: &Parameters) -> Result<(), OAuthError> {
    if parameters.find("request_uri").is_none() {
        return Ok(());
    }
    Err(OAuthError::new(
        ErrorCode::InvalidRequest,
        "authorize.unknown_request_uri",
        "The request_uri is unknown or has expired",
    ))
}

#[cfg(test)]
mod tests;
