//! The whole table (core contract §0.5, §1.5, §2.10, §3.3 to §3.15; RFC 6749 §4.1.2.1 and §5.2).

use std::borrow::Cow;

use countersign_auth0::{Endpoint, dress};
use countersign_oauth::Compliance::{Auth0, Rfc};
use countersign_oauth::ErrorCode::{self, *};
use countersign_oauth::OAuthError;

/// The text of a rule that the dialect has no text of its own for.
const OWN: &str = "own text";

/// A rule with the code that its crate gives, and (status, code, text) as it goes out.
pub(crate) type Row = (&'static str, ErrorCode, (u16, &'static str, &'static str), (u16, &'static str));

const CODE: (u16, &str, &str) = (403, "invalid_grant", "Invalid authorization code");
const VERIFIER: (u16, &str, &str) = (403, "invalid_grant", "Failed to verify code verifier");
const REFRESH: (u16, &str, &str) = (403, "invalid_grant", "Unknown or invalid refresh token.");
const NO_USER: &str = "The refresh_token was generated for a user who doesn't exist anymore.";
const NONCE: &str = "Authorization server requires nonce in DPoP proof";
const APPLE: &str = "Error from Apple connection.";
const SUSPICIOUS: &str = "We have detected suspicious login behavior and further attempts will be blocked. \
                          Please contact the administrator.";
const UNAUTHORIZED_CLIENT: (u16, &str) = (400, "unauthorized_client");
const UNAUTHORIZED: (u16, &str, &str) = (401, "access_denied", "Unauthorized");
const GRANT: (u16, &str) = (400, "invalid_grant");
const REQUEST: (u16, &str) = (400, "invalid_request");
const OWN_REQUEST: (u16, &str, &str) = (400, "invalid_request", OWN);
const ASSERTION: (u16, &str, &str) = (401, "invalid_client", OWN);
const CLIENT: (u16, &str) = (401, "invalid_client");
const PROOF: (u16, &str, &str) = (400, "invalid_dpop_proof", OWN);
const RFC_PROOF: (u16, &str) = (400, "invalid_dpop_proof");
const TOKEN_DENIED: (u16, &str, &str) = (403, "access_denied", OWN);
const RFC_TOKEN_DENIED: (u16, &str) = (403, "access_denied");

const SCRIPT: (u16, &str, &str) = (403, "access_denied", OWN);
const RFC_SCRIPT: (u16, &str) = (403, "access_denied");

/// What clients ask directly: token, revocation, introspection.
pub(crate) const TOKEN: &[Row] = &[
    ("actions.failed", AccessDenied, SCRIPT, RFC_SCRIPT),
    ("actions.invalid", AccessDenied, SCRIPT, RFC_SCRIPT),
    ("actions.never_settled", AccessDenied, SCRIPT, RFC_SCRIPT),
    ("actions.not_served", AccessDenied, SCRIPT, RFC_SCRIPT),
    ("actions.out_of_memory", AccessDenied, SCRIPT, RFC_SCRIPT),
    ("actions.timed_out", AccessDenied, SCRIPT, RFC_SCRIPT),
    ("actions.too_deep", AccessDenied, SCRIPT, RFC_SCRIPT),
    ("actions.too_large", AccessDenied, SCRIPT, RFC_SCRIPT),
    (
        "client_auth.unknown_client",
        InvalidClient,
        (403, "access_denied", "Unknown client: {client_id}"),
        CLIENT,
    ),
    ("client_auth.missing_secret", InvalidClient, UNAUTHORIZED, CLIENT),
    ("client_auth.wrong_secret", InvalidClient, UNAUTHORIZED, CLIENT),
    ("client_auth.malformed_basic", InvalidClient, UNAUTHORIZED, CLIENT),
    ("client_auth.wrong_method", InvalidClient, UNAUTHORIZED, CLIENT),
    ("client_auth.assertion_algorithm", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_audience", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_expired", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_jti", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_key", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_lifetime", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_malformed", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_not_registered", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_not_yet_valid", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_of_unknown_client", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_replayed", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_required", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_signature", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_subject", InvalidClient, ASSERTION, CLIENT),
    ("client_auth.assertion_type", InvalidRequest, OWN_REQUEST, REQUEST),
    ("client_auth.two_methods", InvalidRequest, OWN_REQUEST, REQUEST),
    ("client_auth.contradiction", InvalidRequest, OWN_REQUEST, REQUEST),
    ("code.unknown", InvalidGrant, CODE, GRANT),
    ("code.expired", InvalidGrant, CODE, GRANT),
    ("code.replayed", InvalidGrant, CODE, GRANT),
    ("code.other_client", InvalidGrant, CODE, GRANT),
    ("code.other_domain", InvalidGrant, CODE, GRANT),
    ("code.redirect_uri_mismatch", InvalidGrant, CODE, GRANT),
    ("code.redirect_uri_unregistered", InvalidGrant, CODE, GRANT),
    ("code.authorization_missing", InvalidGrant, CODE, GRANT),
    ("code.connection_missing", InvalidGrant, CODE, GRANT),
    ("code.api_missing", InvalidGrant, CODE, GRANT),
    ("code.not_allowed_now", InvalidGrant, CODE, GRANT),
    ("code.proof_missing", InvalidGrant, CODE, GRANT),
    ("code.verifier_wrong", InvalidGrant, VERIFIER, GRANT),
    ("code.verifier_without_challenge", InvalidGrant, VERIFIER, GRANT),
    ("code.verifier_missing", InvalidRequest, OWN_REQUEST, REQUEST),
    ("code.other_key", InvalidDpopProof, PROOF, RFC_PROOF),
    ("refresh.unknown", InvalidGrant, REFRESH, GRANT),
    ("refresh.expired", InvalidGrant, REFRESH, GRANT),
    ("refresh.revoked", InvalidGrant, REFRESH, GRANT),
    ("refresh.reused", InvalidGrant, REFRESH, GRANT),
    ("refresh.other_client", InvalidGrant, REFRESH, GRANT),
    ("refresh.other_domain", InvalidGrant, REFRESH, GRANT),
    ("refresh.api_missing", InvalidGrant, REFRESH, GRANT),
    ("refresh.authorization_missing", InvalidGrant, REFRESH, GRANT),
    ("refresh.not_allowed_now", InvalidGrant, REFRESH, GRANT),
    ("refresh.offline_access_withdrawn", InvalidGrant, REFRESH, GRANT),
    ("refresh.too_many_successors", InvalidGrant, REFRESH, GRANT),
    ("refresh.user_missing", InvalidGrant, (403, "invalid_grant", NO_USER), GRANT),
    ("refresh.other_key", InvalidDpopProof, PROOF, RFC_PROOF),
    ("refresh.proof_missing", InvalidDpopProof, PROOF, RFC_PROOF),
    ("refresh.excess_scope", InvalidScope, (400, "invalid_scope", OWN), (400, "invalid_scope")),
    ("refresh.foreign_audience", InvalidTarget, (400, "invalid_target", OWN), (400, "invalid_target")),
    (
        "client_credentials.unknown_audience",
        AccessDenied,
        (403, "access_denied", "Service not enabled within domain: {audience}"),
        (403, "access_denied"),
    ),
    (
        "client_credentials.several_resources",
        InvalidTarget,
        (400, "invalid_target", OWN),
        (400, "invalid_target"),
    ),
    (
        "gate.grant_not_allowed",
        UnauthorizedClient,
        (403, "unauthorized_client", OWN),
        (400, "unauthorized_client"),
    ),
    (
        "gate.client_grant_missing",
        AccessDenied,
        (
            403,
            "access_denied",
            "Client is not authorized to access \"{audience}\". You need to create a \"client-grant\" \
             associated to this API. See: \
             https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants",
        ),
        (403, "access_denied"),
    ),
    ("gate.client_access_denied", AccessDenied, (403, "access_denied", OWN), (403, "access_denied")),
    (
        "gate.third_party_grant_missing",
        UnauthorizedClient,
        (403, "unauthorized_client", OWN),
        (400, "unauthorized_client"),
    ),
    ("hook.denied", AccessDenied, TOKEN_DENIED, RFC_TOKEN_DENIED),
    ("hook.denied_by_rule", AccessDenied, TOKEN_DENIED, RFC_TOKEN_DENIED),
    ("hook.session_revoked", AccessDenied, TOKEN_DENIED, RFC_TOKEN_DENIED),
    ("hook.claims_too_large", AccessDenied, TOKEN_DENIED, RFC_TOKEN_DENIED),
    ("hook.redirect_impossible", AccessDenied, TOKEN_DENIED, RFC_TOKEN_DENIED),
    (
        "hook.refresh_token_revoked",
        AccessDenied,
        (403, "access_denied", "Refresh token revoked due to {reason}"),
        RFC_TOKEN_DENIED,
    ),
    ("gate.proof_required", InvalidRequest, OWN_REQUEST, REQUEST),
    ("native_social.apple_refused", InvalidGrant, (400, "invalid_grant", APPLE), GRANT),
    ("native_social.apple_unavailable", InvalidRequest, (400, "invalid_request", APPLE), REQUEST),
    ("native_social.token_refused", InvalidGrant, (403, "invalid_grant", OWN), GRANT),
    ("native_social.token_reused", InvalidGrant, (403, "invalid_grant", OWN), GRANT),
    ("native_social.provider_unavailable", InvalidRequest, OWN_REQUEST, REQUEST),
    ("native_social.malformed_user_profile", InvalidRequest, OWN_REQUEST, REQUEST),
    ("native_social.not_enabled", UnauthorizedClient, (403, "unauthorized_client", OWN), UNAUTHORIZED_CLIENT),
    (
        "native_social.connection_not_enabled",
        UnauthorizedClient,
        (403, "unauthorized_client", OWN),
        UNAUTHORIZED_CLIENT,
    ),
    ("native_social.several_resources", InvalidTarget, (400, "invalid_target", OWN), (400, "invalid_target")),
    (
        "native_social.unknown_audience",
        AccessDenied,
        (403, "access_denied", "Service not enabled within domain: {audience}"),
        (403, "access_denied"),
    ),
    (
        "legacy_social.conformant_client",
        InvalidRequest,
        (400, "invalid_request", "OIDC conformant clients cannot use /oauth/access_token"),
        REQUEST,
    ),
    ("legacy_social.missing_parameter", InvalidRequest, OWN_REQUEST, REQUEST),
    ("legacy_social.unknown_connection", InvalidRequest, OWN_REQUEST, REQUEST),
    ("legacy_social.connection_not_enabled", InvalidRequest, OWN_REQUEST, REQUEST),
    (
        "legacy_social.token_refused",
        InvalidRequest,
        (401, "invalid_request", "invalid access_token: invalid_token"),
        REQUEST,
    ),
    ("legacy_social.token_not_bound", InvalidRequest, OWN_REQUEST, REQUEST),
    ("legacy_social.provider_unavailable", InvalidRequest, OWN_REQUEST, REQUEST),
    ("legacy_social.denied", AccessDenied, (403, "unauthorized", "{reason}"), (403, "access_denied")),
    ("legacy_social.user_blocked", InvalidGrant, (403, "unauthorized", "user is blocked"), GRANT),
    (
        "throttle.failed_logins",
        Other(Cow::Borrowed("too_many_attempts")),
        (429, "too_many_attempts", SUSPICIOUS),
        (429, "too_many_attempts"),
    ),
    (
        "throttle.failed_legacy_logins",
        Other(Cow::Borrowed("too_many_attempts")),
        (429, "too_many_logins", SUSPICIOUS),
        (429, "too_many_logins"),
    ),
    ("token.unsupported_subject_token_type", InvalidRequest, OWN_REQUEST, REQUEST),
    (
        "token.unsupported_grant_type",
        UnsupportedGrantType,
        (403, "unsupported_grant_type", OWN),
        (400, "unsupported_grant_type"),
    ),
    ("token.changed_meanwhile", InvalidGrant, (403, "invalid_grant", OWN), GRANT),
    ("scope.illegal_character", InvalidScope, (400, "invalid_scope", OWN), (400, "invalid_scope")),
    ("scope.too_long", InvalidScope, (400, "invalid_scope", OWN), (400, "invalid_scope")),
    ("parameters.missing", InvalidRequest, OWN_REQUEST, REQUEST),
    ("parameters.repeated", InvalidRequest, OWN_REQUEST, REQUEST),
    ("parameters.malformed_form", InvalidRequest, OWN_REQUEST, REQUEST),
    ("parameters.malformed_json", InvalidRequest, OWN_REQUEST, REQUEST),
    ("parameters.too_many", InvalidRequest, OWN_REQUEST, REQUEST),
    ("pkce.malformed_verifier", InvalidGrant, (403, "invalid_grant", OWN), GRANT),
    ("revocation.foreign_token", InvalidRequest, OWN_REQUEST, REQUEST),
    ("introspection.public_client", InvalidClient, (401, "invalid_client", OWN), CLIENT),
    ("mfa.malformed_token", InvalidGrant, (403, "invalid_grant", "Malformed mfa_token"), GRANT),
    ("dpop.nonce_missing", UseDpopNonce, (400, "use_dpop_nonce", NONCE), (400, "use_dpop_nonce")),
    ("dpop.nonce_stale", UseDpopNonce, (400, "use_dpop_nonce", NONCE), (400, "use_dpop_nonce")),
    ("dpop.nonce_foreign", UseDpopNonce, (400, "use_dpop_nonce", NONCE), (400, "use_dpop_nonce")),
    ("dpop.nonce_malformed", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.several_headers", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.malformed", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.typ_mismatch", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.algorithm_not_allowed", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.key_missing", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.key_private", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.key_invalid", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.signature_invalid", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.jti_missing", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.jti_too_long", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.htm_missing", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.htm_mismatch", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.htu_missing", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.htu_mismatch", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.iat_missing", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.too_old", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.not_yet_valid", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.ath_missing", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.ath_mismatch", InvalidDpopProof, PROOF, RFC_PROOF),
    ("dpop.replayed", InvalidDpopProof, PROOF, RFC_PROOF),
];

const LOGIN: (u16, &str, &str) = (400, "login_required", "Login required");
const CONSENT: (u16, &str, &str) = (400, "consent_required", OWN);
const DENIED: (u16, &str, &str) = (400, "access_denied", OWN);
const RFC_DENIED: (u16, &str) = (400, "access_denied");
const BLOCKED: (u16, &str, &str) = (400, "unauthorized", "user is blocked");

/// What browsers ask: the status is that of the error page.
pub(crate) const AUTHORIZE: &[Row] = &[
    ("actions.failed", AccessDenied, DENIED, RFC_DENIED),
    ("actions.gone", AccessDenied, DENIED, RFC_DENIED),
    ("actions.invalid", AccessDenied, DENIED, RFC_DENIED),
    ("actions.never_settled", AccessDenied, DENIED, RFC_DENIED),
    ("actions.no_handler", AccessDenied, DENIED, RFC_DENIED),
    ("actions.not_served", AccessDenied, DENIED, RFC_DENIED),
    ("actions.out_of_memory", AccessDenied, DENIED, RFC_DENIED),
    ("actions.timed_out", AccessDenied, DENIED, RFC_DENIED),
    ("actions.too_deep", AccessDenied, DENIED, RFC_DENIED),
    ("actions.too_large", AccessDenied, DENIED, RFC_DENIED),
    ("authorize.state_not_postable", InvalidRequest, OWN_REQUEST, REQUEST),
    (
        "authorize.redirect_uri_mismatch",
        InvalidRequest,
        (403, "invalid_request", "The provided redirect_uri is not in the list of allowed callback URLs."),
        (403, "invalid_request"),
    ),
    (
        "authorize.web_origin_not_allowed",
        InvalidRequest,
        (403, "invalid_request", OWN),
        (403, "invalid_request"),
    ),
    ("authorize.redirect_uri_missing", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.unknown_client", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.unknown_request_uri", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.authorization_details_not_supported", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.connection_not_enabled", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.unknown_connection", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.malformed_dpop_jkt", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.malformed_max_age", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.online_and_offline", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.organization_not_allowed", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.parameter_not_allowed", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.prompt_none_not_alone", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.query_with_tokens", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.unknown_prompt", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.unknown_response_mode", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.unsupported_acr_value", InvalidRequest, OWN_REQUEST, REQUEST),
    ("authorize.value_too_long", InvalidRequest, OWN_REQUEST, REQUEST),
    (
        "authorize.request_not_supported",
        Other(Cow::Borrowed("request_not_supported")),
        (400, "request_not_supported", OWN),
        (400, "request_not_supported"),
    ),
    ("authorize.several_resources", InvalidTarget, (400, "invalid_target", OWN), (400, "invalid_target")),
    (
        "authorize.unsupported_response_type",
        UnsupportedResponseType,
        (400, "unsupported_response_type", OWN),
        (400, "unsupported_response_type"),
    ),
    ("authorize.unknown_audience", AccessDenied, DENIED, RFC_DENIED),
    ("authorize.consent_declined", AccessDenied, DENIED, RFC_DENIED),
    ("authorize.confirmation_declined", AccessDenied, DENIED, RFC_DENIED),
    ("authorize.login_required", LoginRequired, LOGIN, (400, "login_required")),
    ("authorize.hint_mismatch", LoginRequired, LOGIN, (400, "login_required")),
    ("authorize.consent_required", ConsentRequired, CONSENT, (400, "consent_required")),
    ("authorize.confirmation_required", ConsentRequired, CONSENT, (400, "consent_required")),
    ("gate.consent_missing", ConsentRequired, CONSENT, (400, "consent_required")),
    (
        "gate.grant_not_allowed",
        UnauthorizedClient,
        (400, "unauthorized_client", OWN),
        (400, "unauthorized_client"),
    ),
    (
        "gate.user_access_denied",
        AccessDenied,
        (
            400,
            "invalid_request",
            "Client \"{client_id}\" is not authorized to access resource server \"{audience}\".",
        ),
        RFC_DENIED,
    ),
    ("gate.user_blocked", InvalidGrant, BLOCKED, RFC_DENIED),
    ("gate.user_missing", InvalidGrant, BLOCKED, RFC_DENIED),
    ("gate.session_ended", InvalidGrant, DENIED, RFC_DENIED),
    ("gate.authorization_ended", InvalidGrant, DENIED, RFC_DENIED),
    ("gate.connection_not_enabled", InvalidGrant, DENIED, RFC_DENIED),
    ("hook.denied", AccessDenied, DENIED, RFC_DENIED),
    ("hook.denied_by_rule", AccessDenied, DENIED, RFC_DENIED),
    ("hook.session_revoked", AccessDenied, DENIED, RFC_DENIED),
    ("hook.claims_too_large", AccessDenied, DENIED, RFC_DENIED),
    ("hook.redirect_malformed", AccessDenied, DENIED, RFC_DENIED),
    (
        "hook.interaction_required",
        InteractionRequired,
        (400, "interaction_required", "External interaction required"),
        (400, "interaction_required"),
    ),
    ("continuation.unknown", InvalidRequest, OWN_REQUEST, REQUEST),
    ("continuation.used", InvalidRequest, OWN_REQUEST, REQUEST),
    ("continuation.expired", InvalidRequest, OWN_REQUEST, REQUEST),
    ("parameters.missing", InvalidRequest, OWN_REQUEST, REQUEST),
    ("parameters.repeated", InvalidRequest, OWN_REQUEST, REQUEST),
    ("pkce.challenge_missing", InvalidRequest, OWN_REQUEST, REQUEST),
    ("pkce.plain_not_allowed", InvalidRequest, OWN_REQUEST, REQUEST),
    ("pkce.unknown_method", InvalidRequest, OWN_REQUEST, REQUEST),
    ("pkce.malformed_plain_challenge", InvalidRequest, OWN_REQUEST, REQUEST),
    ("pkce.malformed_s256_challenge", InvalidRequest, OWN_REQUEST, REQUEST),
    ("scope.illegal_character", InvalidScope, (400, "invalid_scope", OWN), (400, "invalid_scope")),
    ("scope.too_long", InvalidScope, (400, "invalid_scope", OWN), (400, "invalid_scope")),
    ("transaction.malformed", InvalidRequest, OWN_REQUEST, REQUEST),
    ("transaction.expired", InvalidRequest, OWN_REQUEST, REQUEST),
    ("transaction.finished", InvalidRequest, OWN_REQUEST, REQUEST),
    ("transaction.other_browser", InvalidRequest, OWN_REQUEST, REQUEST),
    ("transaction.other_session", InvalidRequest, OWN_REQUEST, REQUEST),
    ("transaction.other_stage", InvalidRequest, OWN_REQUEST, REQUEST),
];

/// `/v2/logout` and `/oidc/logout`: error pages.
pub(crate) const LOGOUT: &[Row] = &[
    (
        "logout.return_to_not_allowed",
        InvalidRequest,
        (
            400,
            "invalid_request",
            "The \"returnTo\" querystring parameter \"{url}\" is not defined as a valid URL in \
             \"Allowed Logout URLs\".",
        ),
        REQUEST,
    ),
    (
        "logout.post_logout_redirect_uri_not_allowed",
        InvalidRequest,
        (
            400,
            "invalid_request",
            "The \"post_logout_redirect_uri\" querystring parameter \"{url}\" is not defined as a valid URL \
             in \"Allowed Logout URLs\".",
        ),
        REQUEST,
    ),
    ("logout.hint_refused", InvalidRequest, OWN_REQUEST, REQUEST),
    ("logout.client_mismatch", InvalidRequest, OWN_REQUEST, REQUEST),
    ("logout.session_mismatch", InvalidRequest, OWN_REQUEST, REQUEST),
    ("logout.state_too_large", InvalidRequest, OWN_REQUEST, REQUEST),
    ("logout.confirmation_malformed", InvalidRequest, OWN_REQUEST, REQUEST),
    ("logout.confirmation_expired", InvalidRequest, OWN_REQUEST, REQUEST),
    ("logout.other_browser", InvalidRequest, OWN_REQUEST, REQUEST),
    ("logout.other_session", InvalidRequest, OWN_REQUEST, REQUEST),
    ("logout.unknown_client", InvalidRequest, OWN_REQUEST, REQUEST),
    ("logout.third_party", InvalidRequest, OWN_REQUEST, REQUEST),
    ("parameters.repeated", InvalidRequest, OWN_REQUEST, REQUEST),
];

#[track_caller]
fn check(rows: &[Row], endpoint: Endpoint) {
    for (rule, code, auth0, rfc) in rows {
        let error = OAuthError::new(code.clone(), rule, OWN);
        let dressed = dress(&error, endpoint, Auth0);
        assert_eq!((dressed.status, &*dressed.code, &*dressed.description), *auth0, "{rule}");
        assert_eq!((dressed.www_authenticate, dressed.retry_after), (None, None), "{rule}");
        let dressed = dress(&error, endpoint, Rfc);
        assert_eq!((dressed.status, &*dressed.code), *rfc, "{rule} under rfc");
        let shared = match *rule {
            rule if rule.starts_with("dpop.nonce_") && *code == UseDpopNonce => NONCE,
            rule if rule.starts_with("throttle.") => SUSPICIOUS,
            _ => OWN,
        };
        assert_eq!(dressed.description, shared, "{rule} under rfc");
        let challenge = (dressed.status == 401).then_some("Basic realm=\"oauth\"");
        assert_eq!(dressed.www_authenticate, challenge, "{rule} under rfc");
    }
}

#[test]
fn core_094_core_095_core_096_core_102_core_106_core_114_core_115_core_121_core_122_at_the_token_endpoint() {
    check(TOKEN, Endpoint::Token);
}

#[test]
fn core_010_core_039_core_063_core_080_at_the_authorization_endpoint() {
    check(AUTHORIZE, Endpoint::Authorize);
}

#[test]
fn core_253_at_the_logout_endpoint() {
    check(LOGOUT, Endpoint::Logout);
}
