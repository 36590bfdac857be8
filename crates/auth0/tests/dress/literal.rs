//! Texts and statuses byte by byte, as shipped SDKs compare them (core contract §0.4).

use countersign_auth0::{Dressed, Endpoint, dress, dress_fault};
use countersign_client_auth::{AssertionError, ClientAuthError};
use countersign_gate::GateRefusal;
use countersign_oauth::{Compliance, ErrorCode, Fault, GrantType, OAuthError};

fn of(error: impl Into<OAuthError>, endpoint: Endpoint) -> Dressed {
    dress(&error.into(), endpoint, Compliance::Auth0)
}

#[track_caller]
fn is(dressed: &Dressed, status: u16, code: &str, text: &str) {
    assert_eq!((dressed.status, &*dressed.code, &*dressed.description), (status, code, text));
}

#[test]
fn ext_149_a_limit_answers_429_in_every_profile() {
    for rule in ["limit.requests", "limit.token", "limit.jwks", "limit.userinfo"] {
        let error = OAuthError::new(ErrorCode::Other("too_many_requests".into()), rule, "own text");
        for compliance in [Compliance::Auth0, Compliance::Rfc] {
            for endpoint in [Endpoint::Token, Endpoint::Authorize] {
                let text = "Rate limit exceeded. Please retry after some time.";
                is(&dress(&error, endpoint, compliance), 429, "too_many_requests", text);
            }
        }
    }
}

#[test]
fn core_096_wrong_credentials_and_unknown_clients() {
    for error in
        [ClientAuthError::WrongSecret, ClientAuthError::MissingSecret, ClientAuthError::MalformedBasic]
    {
        is(&of(error, Endpoint::Token), 401, "access_denied", "Unauthorized");
    }
    let unknown = ClientAuthError::UnknownClient("ab<c>\"".into());
    is(&of(unknown, Endpoint::Token), 403, "access_denied", "Unknown client: ab<c>\"");
    let nameless = of(ClientAuthError::NoClientId, Endpoint::Token);
    is(&nameless, 400, "invalid_request", "Missing required parameter: client_id");
    let two = of(ClientAuthError::TwoMethods, Endpoint::Token);
    is(&two, 400, "invalid_request", "More than one authentication method was used");
    let assertion = of(AssertionError::Replayed, Endpoint::Token);
    is(&assertion, 401, "invalid_client", "Client authentication failed");
}

#[test]
fn core_029_core_095_a_grant_that_is_not_allowed_ends_with_a_full_stop() {
    let refused = GateRefusal::GrantNotAllowed(GrantType::CLIENT_CREDENTIALS);
    let text = "Grant type 'client_credentials' not allowed for the client.";
    is(&of(refused, Endpoint::Token), 403, "unauthorized_client", text);
    let refused = GateRefusal::GrantNotAllowed(GrantType::IMPLICIT);
    let dressed = of(refused, Endpoint::Authorize);
    is(&dressed, 400, "unauthorized_client", "Grant type 'implicit' not allowed for the client.");
}

fn api_denied(for_user: bool, grant_would_help: bool, third_party: bool) -> GateRefusal {
    GateRefusal::ApiDenied {
        client_id: "abc".into(),
        audience: "https://api/".into(),
        grant_would_help,
        for_user,
        third_party,
    }
}

#[test]
fn core_063_core_064_core_115_sp_097_an_api_that_is_not_for_the_client() {
    let phrase = "Client \"abc\" is not authorized to access resource server \"https://api/\".";
    for help in [true, false] {
        is(&of(api_denied(true, help, false), Endpoint::Authorize), 400, "invalid_request", phrase);
    }
    let literal = "Client is not authorized to access \"https://api/\". You need to create a \"client-grant\" \
                   associated to this API. See: \
                   https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants";
    is(&of(api_denied(false, true, false), Endpoint::Token), 403, "access_denied", literal);
    is(&of(api_denied(false, false, false), Endpoint::Token), 403, "access_denied", phrase);
    is(&of(api_denied(false, true, true), Endpoint::Token), 403, "unauthorized_client", phrase);
}

#[test]
fn core_058_core_114_an_unknown_api_has_two_texts() {
    let unknown = |rule, description| {
        OAuthError::new(ErrorCode::AccessDenied, rule, description).with("audience", "https://x/")
    };
    let at_token = unknown("client_credentials.unknown_audience", "Service not found: {audience}");
    let text = "Service not enabled within domain: https://x/";
    is(&of(at_token, Endpoint::Token), 403, "access_denied", text);
    let at_authorize = unknown("authorize.unknown_audience", "Service not found: {audience}");
    is(&of(at_authorize, Endpoint::Authorize), 400, "access_denied", "Service not found: https://x/");
}

#[test]
fn core_253_a_return_to_that_is_not_allowed_is_named() {
    let error = OAuthError::new(ErrorCode::InvalidRequest, "logout.return_to_not_allowed", "")
        .with("url", "https://evil.example.com/?a={url}");
    let text = "The \"returnTo\" querystring parameter \"https://evil.example.com/?a={url}\" is not defined as \
                a valid URL in \"Allowed Logout URLs\".";
    is(&of(error, Endpoint::Logout), 400, "invalid_request", text);
}

#[test]
fn the_phrase_that_makes_the_spa_sdk_fall_back_is_in_the_refresh_text() {
    let error = OAuthError::new(ErrorCode::InvalidGrant, "refresh.unknown", "");
    let text = of(error, Endpoint::Token).description;
    assert!(text.to_lowercase().contains("invalid refresh token"));
}

#[test]
fn sp_048_under_rfc_a_401_is_challenged() {
    let dressed = dress(&ClientAuthError::WrongSecret.into(), Endpoint::Token, Compliance::Rfc);
    is(&dressed, 401, "invalid_client", "Client authentication failed");
    assert_eq!(dressed.www_authenticate, Some("Basic realm=\"oauth\""));
    let unknown = ClientAuthError::UnknownClient("abc".into());
    let dressed = dress(&unknown.into(), Endpoint::Token, Compliance::Rfc);
    is(&dressed, 401, "invalid_client", "Unknown client: abc");
}

#[test]
fn a_fault_says_its_kind_and_when_to_come_again() {
    let internal = dress_fault(&Fault::internal("users.password of auth0|1").caused_by("secret"));
    is(&internal, 500, "server_error", "A server error occurred.");
    assert_eq!(internal.retry_after, None);
    let busy = dress_fault(&Fault::unavailable("the queue of passwords is full"));
    assert_eq!((busy.status, &*busy.code, busy.retry_after), (503, "temporarily_unavailable", Some(1)));
}
