use serde_json::Value;

use super::{COMPLIANCE, READ_ONLY};
use crate::{
    schema::{
        Key,
        Shape::{Any, Choice, Flag, Free, Object, Objects, Text, Texts, Whole},
        holds, ignored, is_false, is_given, is_true, unused, used,
    },
    tenant_file::rules,
};

/// Auth0's largest refresh token lifetime: a year.
const YEAR: i64 = 31_557_600;

/// `clients[]` (management §3.5.1).
pub(crate) const CLIENT: &[Key] = &[
    used("client_id", Text(rules::client_id)),
    used("client_secret", Text(rules::secret)),
    COMPLIANCE,
    used("name", Text(rules::label)),
    used("description", Text(rules::description)),
    used("client_metadata", Any),
    used("app_type", Text(rules::app_type)),
    used("is_first_party", Flag),
    used("oidc_conformant", Flag).remarking(
        is_false,
        "is treated as true, except by /oauth/access_token: there is no legacy pipeline",
    ),
    used(
        "token_endpoint_auth_method",
        Choice(
            &["none", "client_secret_post", "client_secret_basic", "private_key_jwt", "client_secret_jwt"],
            &[],
        ),
    ),
    used("client_authentication_methods", Object(METHODS)),
    used("grant_types", Texts(rules::grant_type)),
    used("callbacks", Texts(rules::callback)),
    used("allowed_logout_urls", Texts(rules::logout_url)),
    used("web_origins", Texts(rules::web_origin)),
    used("allowed_origins", Texts(rules::origin)),
    used("jwt_configuration", Object(JWT)),
    used("refresh_token", Object(REFRESH)),
    used("require_proof_of_possession", Flag),
    used("redirection_policy", Choice(&["allow_always", "open_redirect_protection"], &[])),
    used("third_party_security_mode", Choice(&["strict", "permissive"], &[])),
    used("skip_non_verifiable_callback_uri_confirmation_prompt", Flag),
    used("is_token_endpoint_ip_header_trusted", Flag),
    used("native_social_login", Object(NATIVE_SOCIAL)),
    used("mobile", Any),
    unused("require_pushed_authorization_requests", Flag).restricting(is_true),
    unused("signed_request_object", Any).restricting(|value| holds(value, "/required")),
    unused("compliance_level", Any).restricting(|value| is_given(value) && value != "none"),
    unused("organization_usage", Choice(&["deny", "allow", "require"], &[]))
        .restricting(|value| value == "require"),
    unused("token_quota", Any).restricting(is_enforced_quota),
    unused("sso_disabled", Flag).restricting(is_true),
    unused("organization_require_behavior", Any),
    unused("organization_discovery_methods", Any),
    unused("default_organization", Any),
    unused("logo_uri", Text(rules::web_url)),
    unused("initiate_login_uri", Text(rules::https_url)),
    unused("client_aliases", Any),
    unused("allowed_clients", Any),
    unused("sso", Flag),
    unused("cross_origin_authentication", Flag),
    unused("cross_origin_auth", Flag),
    unused("cross_origin_loc", Text(rules::web_url)),
    unused("custom_login_page_on", Flag),
    unused("custom_login_page", Any),
    unused("custom_login_page_preview", Any),
    unused("form_template", Any),
    unused("oidc_logout", Any),
    unused("oidc_backchannel_logout", Any),
    unused("par_request_expiry", Any),
    unused("token_exchange", Any),
    unused("session_transfer", Any),
    unused("fedcm_login", Any),
    unused("identity_assertion_authorization_grant", Any),
    unused("encryption_key", Any),
    unused("addons", Any),
    unused("express_configuration", Any),
    unused("my_organization_configuration", Any),
    unused("async_approval_notification_channels", Any),
    unused("allow_all_scopes", Any),
    ignored("global", READ_ONLY),
    ignored("tenant", READ_ONLY),
    ignored("signing_keys", READ_ONLY),
    ignored("callback_url_template", READ_ONLY),
    ignored("encrypted", READ_ONLY),
    ignored("config_route", READ_ONLY),
    ignored("owners", READ_ONLY),
    unused("resource_server_identifier", Any),
    unused("external_client_id", Any),
    unused("external_metadata_*", Any),
    unused("jwks_uri", Any),
];

const METHODS: &[Key] = &[
    used("private_key_jwt", Object(&[used("credentials", Objects(CREDENTIAL))])),
    unused("tls_client_auth", Any).restricting(is_given),
    unused("self_signed_tls_client_auth", Any).restricting(is_given),
];

/// A key, as it is given when it is created (management §3.5.1). `jwk` is ours: the key as a JWK instead of `pem`.
const CREDENTIAL: &[Key] = &[
    used("credential_type", Choice(&["public_key"], &[])),
    used("name", Text(rules::label)),
    used("pem", Text(rules::any_text)),
    used("jwk", Free),
    used("alg", Choice(&["RS256", "RS384", "PS256", "ES256", "EdDSA"], &[])),
    used("expires_at", Text(rules::any_text)),
    used("parse_expiry_from_cert", Flag),
    used("id", Text(rules::any_text)),
    ignored("kid", READ_ONLY),
    ignored("created_at", READ_ONLY),
    ignored("updated_at", READ_ONLY),
    ignored("thumbprint_sha256", READ_ONLY),
];

const NATIVE_SOCIAL: &[Key] = &[
    used("apple", Object(SWITCH)),
    used("facebook", Object(SWITCH)),
    used("google", Object(SWITCH)),
    used("single_use_id_tokens", Flag),
];

const SWITCH: &[Key] = &[used("enabled", Flag)];

const JWT: &[Key] = &[
    used("alg", Choice(&["RS256", "PS256", "ES256", "HS256"], &["EdDSA"])),
    used("lifetime_in_seconds", Whole(1, 2_592_000)),
    used("secret_encoded", Flag).remarking(is_true, "is treated as false: a secret is the text itself"),
    unused("scopes", Any),
];

const REFRESH: &[Key] = &[
    used("rotation_type", Choice(&["rotating", "non-rotating"], &[])),
    used("expiration_type", Choice(&["expiring", "non-expiring"], &[])),
    used("leeway", Whole(0, YEAR)),
    used("token_lifetime", Whole(1, YEAR)),
    used("infinite_token_lifetime", Flag),
    used("idle_token_lifetime", Whole(1, YEAR)),
    used("infinite_idle_token_lifetime", Flag),
    unused("policies", Any),
];

/// Whether a quota is enforced, which it is unless told otherwise.
pub(super) fn is_enforced_quota(value: &Value) -> bool {
    let limit = |quota: &Value| quota.is_object() && quota.get("enforce") != Some(&Value::Bool(false));
    value.get("client_credentials").is_some_and(limit)
}
