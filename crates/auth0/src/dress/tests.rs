use countersign_oauth::ErrorCode;

use super::*;

fn refusal(rule: &'static str, code: ErrorCode) -> OAuthError {
    OAuthError::new(code, rule, "plain")
}

#[test]
fn core_096_a_wrong_secret_is_access_denied_and_unauthorized() {
    let error = refusal("client_auth.wrong_secret", ErrorCode::InvalidClient);
    let dressed = dress(&error, Endpoint::Token, Compliance::Auth0);
    assert_eq!((dressed.status, dressed.code.as_str()), (401, "access_denied"));
    assert_eq!(dressed.description, "Unauthorized");
    let dressed = dress(&error, Endpoint::Token, Compliance::Rfc);
    assert_eq!((dressed.status, dressed.code.as_str()), (401, "invalid_client"));
    assert!(dressed.www_authenticate.is_some());
}

#[test]
fn core_102_every_broken_rule_of_a_code_has_one_text() {
    for rule in ["code.unknown", "code.replayed", "code.expired", "code.redirect_uri_mismatch"] {
        let dressed = dress(&refusal(rule, ErrorCode::InvalidGrant), Endpoint::Token, Compliance::Auth0);
        assert_eq!(dressed.status, 403);
        assert_eq!(dressed.description, "Invalid authorization code");
    }
}

#[test]
fn under_rfc_an_invalid_grant_is_400() {
    let error = refusal("code.unknown", ErrorCode::InvalidGrant);
    let dressed = dress(&error, Endpoint::Token, Compliance::Rfc);
    assert_eq!((dressed.status, dressed.code.as_str()), (400, "invalid_grant"));
}

#[test]
fn core_185_the_nonce_challenge_is_literal_in_every_profile() {
    for compliance in [Compliance::Auth0, Compliance::Rfc] {
        let error = refusal("dpop.nonce_missing", ErrorCode::UseDpopNonce);
        let dressed = dress(&error, Endpoint::Token, compliance);
        assert_eq!((dressed.status, dressed.code.as_str()), (400, "use_dpop_nonce"));
        assert_eq!(dressed.description, "Authorization server requires nonce in DPoP proof");
    }
}

#[test]
fn a_fault_shows_its_kind_and_nothing_else() {
    let dressed = dress_fault(&Fault::internal("users.password of auth0|1"));
    assert_eq!((dressed.status, dressed.description.as_str()), (500, "A server error occurred."));
    assert_eq!(dress_fault(&Fault::unavailable("queue")).retry_after, Some(1));
}
