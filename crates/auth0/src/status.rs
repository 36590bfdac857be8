use countersign_oauth::{Compliance, ErrorCode};

/// The status of a code at the token endpoint: Auth0's column or RFC 6749 §5.2's.
pub(crate) fn at_token(code: &ErrorCode, compliance: Compliance) -> u16 {
    let auth0 = compliance == Compliance::Auth0;
    match code {
        ErrorCode::InvalidClient | ErrorCode::InvalidToken => 401,
        ErrorCode::AccessDenied | ErrorCode::InsufficientScope => 403,
        ErrorCode::InvalidGrant | ErrorCode::UnauthorizedClient | ErrorCode::UnsupportedGrantType
            if auth0 =>
        {
            403
        }
        ErrorCode::ServerError => 500,
        ErrorCode::TemporarilyUnavailable => 503,
        ErrorCode::InvalidGrant
        | ErrorCode::UnauthorizedClient
        | ErrorCode::UnsupportedGrantType
        | ErrorCode::InvalidRequest
        | ErrorCode::UnsupportedResponseType
        | ErrorCode::InvalidScope
        | ErrorCode::InvalidTarget
        | ErrorCode::LoginRequired
        | ErrorCode::ConsentRequired
        | ErrorCode::InteractionRequired
        | ErrorCode::UseDpopNonce
        | ErrorCode::InvalidDpopProof
        | ErrorCode::UnsupportedTokenType
        | ErrorCode::Other(_) => 400,
    }
}

/// The status of an error page: 403 where a target was named that is not allowed, else 400.
pub(crate) fn of_page(rule: &str) -> u16 {
    match rule {
        "authorize.redirect_uri_mismatch" | "authorize.web_origin_not_allowed" | "http.cross_site" => 403,
        _ => 400,
    }
}
