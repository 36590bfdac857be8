//! The discovery document, member by member (OpenID Connect Discovery §3; RFC 8414 §2).

use countersign_jose::Algorithm;
use countersign_oauth::{Compliance, Domain, Issuer};
use countersign_openid::{Served, ServedMethod, discovery_document};
use countersign_storage::TenantSettings;
use serde_json::{Value, json};

fn document(settings: &TenantSettings) -> Value {
    let domain = Domain { issuer: Issuer::new("https://login.example.com") };
    discovery_document(&domain, settings, &Served::default())
}

fn rfc() -> TenantSettings {
    TenantSettings { compliance: Compliance::Rfc, ..TenantSettings::default() }
}

#[test]
fn core_241_core_242_core_246_the_default_document_has_exactly_these_members() {
    let expected = json!({
        "issuer": "https://login.example.com/",
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": "https://login.example.com/oauth/token",
        "device_authorization_endpoint": "https://login.example.com/oauth/device/code",
        "userinfo_endpoint": "https://login.example.com/userinfo",
        "mfa_challenge_endpoint": "https://login.example.com/mfa/challenge",
        "jwks_uri": "https://login.example.com/.well-known/jwks.json",
        "registration_endpoint": "https://login.example.com/oidc/register",
        "revocation_endpoint": "https://login.example.com/oauth/revoke",
        "end_session_endpoint": "https://login.example.com/oidc/logout",
        "scopes_supported": [
            "openid", "profile", "offline_access", "name", "given_name", "family_name", "nickname", "email",
            "email_verified", "picture", "created_at", "identities", "phone", "address",
        ],
        "response_types_supported": [
            "code", "token", "id_token", "code token", "code id_token", "token id_token",
            "code token id_token",
        ],
        "code_challenge_methods_supported": ["S256", "plain"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "PS256"],
        "claims_supported": [
            "aud", "auth_time", "created_at", "email", "email_verified", "exp", "family_name", "given_name",
            "iat", "identities", "iss", "name", "nickname", "phone_number", "picture", "sub",
        ],
        "request_uri_parameter_supported": false,
        "request_parameter_supported": false,
        "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "global_token_revocation_endpoint":
            "https://login.example.com/oauth/global-token-revocation/connection/{connectionName}",
        "global_token_revocation_endpoint_auth_methods_supported": ["global-token-revocation+jwt"],
    });
    assert_eq!(document(&TenantSettings::default()), expected);
}

#[test]
fn core_003_core_004_every_url_is_the_domains_own() {
    let domain = Domain { issuer: Issuer::new("http://localhost:3000/") };
    let document = discovery_document(&domain, &TenantSettings::default(), &Served::default());
    assert_eq!(document["issuer"], "http://localhost:3000/");
    for (name, value) in document.as_object().unwrap() {
        if let Some(url) = value.as_str() {
            assert!(url.starts_with("http://localhost:3000/"), "{name}: {url}");
        }
    }
}

#[test]
fn core_243_the_end_session_endpoint_follows_the_tenants_toggle() {
    let with = |toggle: Value| {
        let oidc_logout = Some(json!({ "rp_logout_end_session_endpoint_discovery": toggle }));
        document(&TenantSettings { oidc_logout, ..TenantSettings::default() })
            .get("end_session_endpoint")
            .cloned()
    };
    assert_eq!(with(json!(false)), None);
    assert_eq!(with(json!(true)), Some(json!("https://login.example.com/oidc/logout")));
    let empty = TenantSettings { oidc_logout: Some(json!({})), ..TenantSettings::default() };
    assert!(document(&empty).get("end_session_endpoint").is_some());
}

#[test]
fn acr_values_and_iss_are_named_where_the_tenant_has_them() {
    let plain = document(&TenantSettings::default());
    assert_eq!(plain.get("acr_values_supported"), None);
    assert_eq!(plain.get("authorization_response_iss_parameter_supported"), None);
    let settings = TenantSettings {
        acr_values_supported: vec!["gold".to_owned(), "silver".to_owned()],
        authorization_response_iss_parameter_supported: true,
        ..TenantSettings::default()
    };
    let named = document(&settings);
    assert_eq!(named["acr_values_supported"], json!(["gold", "silver"]));
    assert_eq!(named["authorization_response_iss_parameter_supported"], true);
    assert_eq!(named.as_object().unwrap().len(), plain.as_object().unwrap().len() + 2);
}

#[test]
fn es256_is_named_once_it_is_in_use() {
    let domain = Domain { issuer: Issuer::new("https://login.example.com") };
    let algorithms = |signing_algorithms: Vec<Algorithm>| {
        let served = Served { signing_algorithms, ..Served::default() };
        discovery_document(&domain, &TenantSettings::default(), &served)
            ["id_token_signing_alg_values_supported"]
            .clone()
    };
    assert_eq!(algorithms(vec![Algorithm::RS256]), json!(["HS256", "RS256", "PS256"]));
    let with = algorithms(vec![Algorithm::RS256, Algorithm::ES256]);
    assert_eq!(with, json!(["HS256", "RS256", "PS256", "ES256"]));
}

#[test]
fn under_rfc_the_document_names_what_is_served_and_no_more() {
    let domain = Domain { issuer: Issuer::new("https://login.example.com") };
    let served = Served {
        grant_types: vec!["authorization_code".to_owned(), "refresh_token".to_owned()],
        ..Served::default()
    };
    let document = discovery_document(&domain, &rfc(), &served);
    for unserved in [
        "device_authorization_endpoint",
        "mfa_challenge_endpoint",
        "registration_endpoint",
        "end_session_endpoint",
        "global_token_revocation_endpoint",
        "global_token_revocation_endpoint_auth_methods_supported",
    ] {
        assert_eq!(document.get(unserved), None, "{unserved}");
    }
    assert_eq!(document["introspection_endpoint"], "https://login.example.com/oauth/introspect");
    assert_eq!(document["grant_types_supported"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(document["response_types_supported"], json!(["code"]));
    assert_eq!(document["response_modes_supported"], json!(["query", "fragment"]));
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
    let methods = RFC_METHODS;
    assert_eq!(document["token_endpoint_auth_methods_supported"], json!(methods));
    let algorithms = json!(["RS256", "RS384", "PS256", "ES256", "EdDSA", "HS256"]);
    assert_eq!(document["token_endpoint_auth_signing_alg_values_supported"], algorithms);
    assert_eq!(document["claims_parameter_supported"], false);
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
}

/// Under `rfc` all that is served is named.
const RFC_METHODS: [&str; 5] =
    ["client_secret_basic", "client_secret_post", "private_key_jwt", "client_secret_jwt", "none"];

/// RFC 8414 §2: what a composition adds is named in every profile, each name once.
#[test]
fn added_client_authentication_methods_are_named() {
    let domain = Domain { issuer: Issuer::new("https://login.example.com") };
    let method = ServedMethod { name: "badge", signing_algorithms: &[Algorithm::RS512] };
    let served = Served { client_methods: vec![method.clone(), method], ..Served::default() };
    let by_default = discovery_document(&domain, &TenantSettings::default(), &served);
    assert_eq!(
        by_default["token_endpoint_auth_methods_supported"],
        json!(["client_secret_basic", "client_secret_post", "private_key_jwt", "badge"])
    );
    assert_eq!(
        by_default["token_endpoint_auth_signing_alg_values_supported"],
        json!(["RS256", "RS384", "PS256", "RS512"])
    );
    let under_rfc = discovery_document(&domain, &rfc(), &served);
    assert_eq!(
        under_rfc["token_endpoint_auth_methods_supported"],
        json!(RFC_METHODS.into_iter().chain(["badge"]).collect::<Vec<_>>())
    );
    let algorithms = json!(["RS256", "RS384", "PS256", "ES256", "EdDSA", "HS256", "RS512"]);
    assert_eq!(under_rfc["token_endpoint_auth_signing_alg_values_supported"], algorithms);
}
