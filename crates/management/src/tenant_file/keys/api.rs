use serde_json::Value;

use super::READ_ONLY;
use crate::{
    schema::{
        Key,
        Shape::{Any, Choice, Flag, Object, Objects, Text, Texts, Whole},
        ignored, is_given, is_true, unused, used,
    },
    tenant_file::rules,
};

/// Auth0's largest access token lifetime: 30 days.
const MONTH: i64 = 2_592_000;

/// `resourceServers[]` (management §3.5.3).
pub(crate) const API: &[Key] = &[
    used("identifier", Text(rules::identifier)),
    used("name", Text(rules::label)),
    used("scopes", Objects(SCOPE)),
    used("signing_alg", Choice(&["RS256", "RS512", "PS256", "ES256", "HS256"], &["EdDSA"])),
    used("signing_secret", Text(rules::secret)),
    used("token_lifetime", Whole(1, MONTH)),
    used("token_lifetime_for_web", Whole(1, MONTH)),
    used("token_dialect", Choice(DIALECTS, &[])),
    used("allow_offline_access", Flag),
    used("skip_consent_for_verifiable_first_party_clients", Flag),
    used("subject_type_authorization", Object(SUBJECTS)),
    used("proof_of_possession", Object(PROOF))
        .restricting(|value| is_mtls(value) && value.get("required").is_some_and(is_true))
        .remarking(is_mtls, "names certificates, which have no effect yet"),
    used("enforce_policies", Flag).restricting(is_true),
    unused("consent_policy", Any).restricting(is_given),
    unused("token_encryption", Any).restricting(is_given),
    unused("authorization_policy", Any).restricting(is_given),
    unused("authorization_details", Any),
    unused("allow_online_access", Flag),
    unused("allow_online_access_with_ephemeral_sessions", Flag),
    unused("verification_location", Any),
    unused("verificationLocation", Any),
    unused("verification_key", Any),
    unused("verificationKey", Any),
    unused("client", Any),
    ignored("id", READ_ONLY),
    ignored("client_id", READ_ONLY),
    ignored("is_system", READ_ONLY),
];

const DIALECTS: &[&str] = &["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"];

const SCOPE: &[Key] = &[used("value", Text(rules::scope)), used("description", Text(rules::optional_text))];

const SUBJECTS: &[Key] = &[
    used("user", Object(&[used("policy", Choice(&["allow_all", "require_client_grant", "deny_all"], &[]))])),
    used("client", Object(&[used("policy", Choice(&["require_client_grant", "deny_all"], &[]))])),
];

const PROOF: &[Key] = &[
    used("mechanism", Choice(&["none", "dpop", "mtls"], &[])),
    used("required", Flag),
    used("required_for", Choice(&["all_clients", "public_clients"], &[])),
];

/// `clientGrants[]` (management §3.5.2).
pub(crate) const CLIENT_GRANT: &[Key] = &[
    used("client_id", Text(rules::reference)),
    used("audience", Text(rules::reference)),
    used("scope", Texts(rules::scope)),
    used("subject_type", Choice(&["client", "user"], &["anonymous_user"])),
    used("allow_all_scopes", Flag),
    unused("organization_usage", Choice(&["deny", "allow", "require"], &[]))
        .restricting(|value| value == "require"),
    unused("allow_any_organization", Flag),
    unused("authorization_details_types", Any),
    unused("default_for", Any),
    ignored("id", READ_ONLY),
    ignored("is_system", READ_ONLY),
];

fn is_mtls(value: &Value) -> bool {
    value.get("mechanism").is_some_and(|mechanism| mechanism == "mtls")
}
