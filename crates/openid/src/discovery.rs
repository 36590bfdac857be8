use countersign_jose::Algorithm;
use countersign_oauth::{Compliance, Domain};
use countersign_storage::TenantSettings;
use serde_json::{Value, json};

/// What this deployment serves, beyond what every document names.
#[derive(Debug, Clone, Default)]
pub struct Served {
    /// The grant types of the token endpoint; named under `rfc`.
    pub grant_types: Vec<String>,
    /// Signing algorithms in use beyond the standing list.
    pub signing_algorithms: Vec<Algorithm>,
    /// Ways in which clients authenticate beyond the standard ones.
    pub client_methods: Vec<ServedMethod>,
}

/// A client authentication method that the composition adds.
#[derive(Debug, Clone)]
pub struct ServedMethod {
    /// Its name.
    pub name: &'static str,
    /// The algorithms of what its callers sign.
    pub signing_algorithms: &'static [Algorithm],
}

/// Scopes in the order that clients see.
const SCOPES: [&str; 14] = [
    "openid",
    "profile",
    "offline_access",
    "name",
    "given_name",
    "family_name",
    "nickname",
    "email",
    "email_verified",
    "picture",
    "created_at",
    "identities",
    "phone",
    "address",
];

const CLAIMS: [&str; 15] = [
    "aud",
    "auth_time",
    "created_at",
    "email",
    "email_verified",
    "exp",
    "family_name",
    "given_name",
    "iat",
    "identities",
    "iss",
    "name",
    "nickname",
    "phone_number",
    "picture",
];

/// What `private_key_jwt` clients may sign with.
const ASSERTION_ALGORITHMS: [&str; 3] = ["RS256", "RS384", "PS256"];

/// What they may sign with under `rfc` too, and the one of `client_secret_jwt`, which is named there alone.
const RFC_ASSERTION_ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "HS256"];

/// The discovery document (OpenID Connect Discovery §3, RFC 8414 §2) of a domain.
///
/// What it names and is not built answers with its real refusal.
#[must_use]
pub fn discovery_document(domain: &Domain, settings: &TenantSettings, served: &Served) -> Value {
    let at = |path: &str| domain.issuer.endpoint(path);
    let claims: Vec<&str> = CLAIMS.iter().copied().chain(["sub"]).collect();
    let mut id_token_algorithms = vec!["HS256", "RS256", "PS256"];
    if served.signing_algorithms.contains(&Algorithm::ES256) {
        id_token_algorithms.push("ES256");
    }
    let mut document = json!({
        "issuer": domain.issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("oauth/token"),
        "device_authorization_endpoint": at("oauth/device/code"),
        "userinfo_endpoint": at("userinfo"),
        "mfa_challenge_endpoint": at("mfa/challenge"),
        "jwks_uri": at(".well-known/jwks.json"),
        "registration_endpoint": at("oidc/register"),
        "revocation_endpoint": at("oauth/revoke"),
        "scopes_supported": SCOPES,
        "response_types_supported": [
            "code", "token", "id_token", "code token", "code id_token", "token id_token",
            "code token id_token",
        ],
        "code_challenge_methods_supported": ["S256", "plain"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "claims_supported": claims,
        "request_uri_parameter_supported": false,
        "request_parameter_supported": false,
        "id_token_signing_alg_values_supported": id_token_algorithms,
        "dpop_signing_alg_values_supported": ["ES256"],
        "global_token_revocation_endpoint":
            at("oauth/global-token-revocation/connection/{connectionName}"),
        "global_token_revocation_endpoint_auth_methods_supported": ["global-token-revocation+jwt"],
    });
    let Some(members) = document.as_object_mut() else { return document };
    if settings.publishes_end_session_endpoint() {
        members.insert("end_session_endpoint".to_owned(), at("oidc/logout").into());
    }
    if !settings.acr_values_supported.is_empty() {
        members.insert("acr_values_supported".to_owned(), json!(settings.acr_values_supported));
    }
    if settings.authorization_response_iss_parameter_supported || settings.compliance.is_rfc() {
        members.insert("authorization_response_iss_parameter_supported".to_owned(), true.into());
    }
    if settings.compliance == Compliance::Rfc {
        as_served(members, domain, served);
    }
    for method in &served.client_methods {
        append(members, "token_endpoint_auth_methods_supported", method.name);
        for algorithm in method.signing_algorithms {
            append(members, "token_endpoint_auth_signing_alg_values_supported", algorithm.as_str());
        }
    }
    document
}

/// Adds a text to a list, which is made when it is not there.
fn append(members: &mut serde_json::Map<String, Value>, list: &str, text: &str) {
    let list = members.entry(list).or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut()
        && !list.iter().any(|known| known == text)
    {
        list.push(text.into());
    }
}

/// Under `rfc` the document names what is served, no more (RFC 8414 §2).
fn as_served(members: &mut serde_json::Map<String, Value>, domain: &Domain, served: &Served) {
    for unserved in [
        "device_authorization_endpoint",
        "mfa_challenge_endpoint",
        "registration_endpoint",
        "end_session_endpoint",
        "global_token_revocation_endpoint",
        "global_token_revocation_endpoint_auth_methods_supported",
    ] {
        members.remove(unserved);
    }
    let mut set = |name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    set("introspection_endpoint", domain.issuer.endpoint("oauth/introspect").into());
    set("grant_types_supported", json!(served.grant_types));
    set("response_types_supported", json!(["code"]));
    set("response_modes_supported", json!(["query", "fragment"]));
    set("code_challenge_methods_supported", json!(["S256"]));
    set(
        "token_endpoint_auth_methods_supported",
        json!(["client_secret_basic", "client_secret_post", "private_key_jwt", "client_secret_jwt", "none",]),
    );
    let algorithms: Vec<&str> = ASSERTION_ALGORITHMS.into_iter().chain(RFC_ASSERTION_ALGORITHMS).collect();
    set("token_endpoint_auth_signing_alg_values_supported", json!(algorithms));
    set("claims_parameter_supported", false.into());
}
