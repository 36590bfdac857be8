//! The names that stand on the wire.

use countersign_oauth::{ClientId, Compliance, ErrorCode, GrantType};

/// RFC 6749 §4.1.2.1, §5.2, OpenID Connect Core §3.1.2.6, RFC 6750 §3.1, RFC 8707 §2, RFC 9449 §5.
#[test]
fn error_codes_are_written_as_the_standards_write_them() {
    for (code, name) in [
        (ErrorCode::InvalidRequest, "invalid_request"),
        (ErrorCode::InvalidClient, "invalid_client"),
        (ErrorCode::InvalidGrant, "invalid_grant"),
        (ErrorCode::UnauthorizedClient, "unauthorized_client"),
        (ErrorCode::UnsupportedGrantType, "unsupported_grant_type"),
        (ErrorCode::UnsupportedResponseType, "unsupported_response_type"),
        (ErrorCode::InvalidScope, "invalid_scope"),
        (ErrorCode::InvalidTarget, "invalid_target"),
        (ErrorCode::AccessDenied, "access_denied"),
        (ErrorCode::ServerError, "server_error"),
        (ErrorCode::TemporarilyUnavailable, "temporarily_unavailable"),
        (ErrorCode::LoginRequired, "login_required"),
        (ErrorCode::ConsentRequired, "consent_required"),
        (ErrorCode::InteractionRequired, "interaction_required"),
        (ErrorCode::InvalidToken, "invalid_token"),
        (ErrorCode::InsufficientScope, "insufficient_scope"),
        (ErrorCode::UseDpopNonce, "use_dpop_nonce"),
        (ErrorCode::InvalidDpopProof, "invalid_dpop_proof"),
        (ErrorCode::UnsupportedTokenType, "unsupported_token_type"),
        (ErrorCode::Other("mfa_required".into()), "mfa_required"),
    ] {
        assert_eq!(code.as_str(), name);
    }
}

/// RFC 6749 §4.1.3, §4.4, §4.5, §6.
#[test]
fn grant_types_are_written_as_the_standards_write_them() {
    for (grant, name) in [
        (GrantType::AUTHORIZATION_CODE, "authorization_code"),
        (GrantType::REFRESH_TOKEN, "refresh_token"),
        (GrantType::CLIENT_CREDENTIALS, "client_credentials"),
        (GrantType::IMPLICIT, "implicit"),
    ] {
        assert_eq!(grant.as_str(), name);
        assert_eq!(GrantType::new(name), grant);
    }
    let extension = GrantType::new("urn:ietf:params:oauth:grant-type:token-exchange".to_owned());
    assert_ne!(extension, GrantType::new("urn:ietf:params:oauth:grant-type:Token-Exchange"));
}

/// RFC 6749 §2.2.
#[test]
fn identifiers_are_compared_byte_by_byte() {
    assert_eq!(ClientId::new("AbC"), ClientId::from("AbC"));
    for other in ["abc", "AbC ", "AbC\0", "AbCd", ""] {
        assert_ne!(ClientId::new("AbC"), ClientId::new(other));
    }
}

#[test]
fn auth0_is_the_profile_unless_another_is_set() {
    assert!(!Compliance::default().is_rfc() && Compliance::Rfc.is_rfc());
}
