use countersign_storage::{ClientSettings, TokenEndpointAuthMethod};
use countersign_testkit::{pem, vectors};
use serde_json::json;

use super::*;
use crate::resolve::{Resolved, client};

fn resolve(given: &Value, stored: Option<&ClientSettings>) -> Resolved<ClientSettings> {
    client(given.as_object().unwrap(), stored)
}

/// A client with these keys.
fn with_keys(keys: &Value) -> Value {
    json!({ "name": "A", "client_authentication_methods": { "private_key_jwt": { "credentials": keys } } })
}

fn settings(keys: &Value) -> ClientSettings {
    resolve(&with_keys(keys), None).unwrap().0
}

fn problem(keys: &Value) -> String {
    let problems = resolve(&with_keys(keys), None).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].key, KEY);
    problems[0].message.clone()
}

fn rsa() -> Value {
    json!({ "credential_type": "public_key", "name": "first", "pem": pem::RSA, "alg": "RS256" })
}

#[test]
fn a_key_as_the_deploy_cli_gives_it_becomes_a_jwk_with_its_thumbprint() {
    let read = settings(&json!([rsa()]));
    assert_eq!(read.token_endpoint_auth_method, TokenEndpointAuthMethod::PrivateKeyJwt);
    let [key] = read.credentials() else { panic!("{read:?}") };
    let expected = PemKey::parse(pem::RSA).unwrap().key;
    assert_eq!(key.jwk.public_key(), Ok(expected.clone()));
    assert_eq!(key.kid, expected.thumbprint().as_str());
    assert_eq!((key.alg, key.name.as_deref(), key.expires_at), (Algorithm::RS256, Some("first"), None));
    assert_eq!(key.other.get("credential_type"), Some(&json!("public_key")));
    assert_eq!(key.other.get("pem"), None);
}

#[test]
fn a_jwk_and_a_certificate_are_taken_too_and_the_algorithm_follows_the_key() {
    let jwk: Value = serde_json::from_str(vectors::RFC7638_JWK).unwrap();
    for (given, algorithm) in [
        (json!({ "jwk": jwk }), Algorithm::RS256),
        (json!({ "jwk": jwk, "alg": "PS256" }), Algorithm::PS256),
        (json!({ "pem": pem::RSA_PKCS1, "alg": "RS384" }), Algorithm::RS384),
        (json!({ "pem": pem::P256_CERTIFICATE }), Algorithm::ES256),
        (json!({ "pem": pem::ED25519 }), Algorithm::EdDSA),
    ] {
        let read = settings(&json!([given]));
        assert_eq!(read.credentials()[0].alg, algorithm);
        assert_eq!(read.credentials()[0].expires_at, None);
    }
}

#[test]
fn a_key_ends_when_it_is_told_or_with_its_certificate() {
    let until = |given: Value| settings(&json!([given])).credentials()[0].expires_at;
    let told = json!({ "pem": pem::P256, "expires_at": "2027-01-02T03:04:05.000Z" });
    assert_eq!(until(told), Timestamp::parse_iso8601("2027-01-02T03:04:05Z"));
    let certified = json!({ "pem": pem::P256_CERTIFICATE, "parse_expiry_from_cert": true });
    assert_eq!(until(certified), Some(Timestamp::from_seconds(pem::P256_CERTIFICATE_UNTIL)));
    let both = json!({
        "pem": pem::P256_CERTIFICATE, "parse_expiry_from_cert": true, "expires_at": "2027-01-02",
    });
    assert_eq!(until(both), Timestamp::parse_iso8601("2027-01-02"));
}

#[test]
fn sp_064_what_cannot_sign_safely_is_refused_with_its_reason() {
    let private = pem::RSA.replace("PUBLIC", "PRIVATE");
    let mut jwk: Value = serde_json::from_str(vectors::RFC7638_JWK).unwrap();
    jwk["d"] = json!("AQ");
    for (given, reason) in [
        (json!({ "pem": pem::WEAK_RSA }), "2048 to 8192 bits"),
        (json!({ "pem": pem::P256, "alg": "RS256" }), "a P-256 key, which is not for RS256"),
        (json!({ "pem": pem::RSA, "alg": "ES256" }), "an RSA key, which is not for ES256"),
        (json!({ "pem": pem::P384 }), "neither RSA, P-256 nor Ed25519"),
        (json!({ "pem": private }), "a private key"),
        (json!({ "jwk": jwk }), "without private members"),
        (json!({ "jwk": { "kty": "oct", "k": "AAAA" } }), "no public key"),
        (json!({ "pem": "x" }), "no public key or certificate"),
        (json!({ "pem": pem::RSA, "jwk": {} }), "both pem and jwk"),
        (json!({ "pem": pem::RSA, "expires_at": "soon" }), "no date"),
        (json!({ "id": "cred_1" }), "add the pem"),
    ] {
        let message = problem(&json!([given]));
        assert!(message.contains(reason), "{message} lacks {reason}");
        assert!(message.starts_with("has at credentials[0] "), "{message}");
    }
}

#[test]
fn two_keys_are_the_most_and_none_stands_twice() {
    let two = json!([rsa(), { "pem": pem::P256 }]);
    assert_eq!(settings(&two).credentials().len(), 2);
    assert!(problem(&json!([rsa(), rsa()])).contains("the same key again"));
    let three = json!([rsa(), { "pem": pem::P256 }, { "pem": pem::ED25519 }]);
    assert_eq!(problem(&three), "may have two keys at most");
}

#[test]
fn a_key_for_the_rfc_profile_is_taken_with_a_warning_elsewhere() {
    let mut given = with_keys(&json!([{ "pem": pem::P256 }]));
    let warnings = resolve(&given, None).unwrap().1;
    assert_eq!(warnings, [finding(KEY, "has a key for ES256, which is accepted under compliance rfc alone")]);
    given["compliance"] = json!("rfc");
    assert!(resolve(&given, None).unwrap().1.is_empty());
}

#[test]
fn keys_and_a_method_replace_each_other() {
    let by_secret = resolve(&json!({ "name": "A" }), None).unwrap().0;
    let given = with_keys(&json!([rsa()]));
    let by_key = resolve(&given, Some(&by_secret)).unwrap().0;
    assert_eq!(by_key.token_endpoint_auth_method, TokenEndpointAuthMethod::PrivateKeyJwt);
    // The same once more changes nothing, and neither does a file that does not speak of it.
    assert_eq!(resolve(&given, Some(&by_key)).unwrap().0, by_key);
    assert_eq!(resolve(&json!({ "name": "A" }), Some(&by_key)).unwrap().0, by_key);
    for back in [
        json!({ "name": "A", "token_endpoint_auth_method": "client_secret_basic" }),
        json!({ "name": "A", "client_authentication_methods": null }),
    ] {
        let read = resolve(&back, Some(&by_key)).unwrap().0;
        assert!(read.credentials().is_empty());
        assert_ne!(read.token_endpoint_auth_method, TokenEndpointAuthMethod::PrivateKeyJwt);
    }
    // What a public client says of keys it never had makes it no other client.
    let public = resolve(&json!({ "name": "A", "token_endpoint_auth_method": "none" }), None).unwrap().0;
    let same = json!({ "name": "A", "client_authentication_methods": null });
    assert_eq!(resolve(&same, Some(&public)).unwrap().0, public);
}

#[test]
fn keys_and_another_method_contradict_each_other_and_the_method_needs_keys() {
    let mut both = with_keys(&json!([rsa()]));
    both["token_endpoint_auth_method"] = json!("client_secret_post");
    let message = resolve(&both, None).unwrap_err()[0].message.clone();
    assert!(message.contains("names another method"), "{message}");
    both["token_endpoint_auth_method"] = json!("private_key_jwt");
    assert!(resolve(&both, None).is_ok());
    let none = json!({ "name": "A", "token_endpoint_auth_method": "private_key_jwt" });
    assert!(resolve(&none, None).unwrap_err()[0].message.contains("must have a key"));
    let by_secret = json!({ "name": "A", "token_endpoint_auth_method": "client_secret_jwt" });
    let read = resolve(&by_secret, None).unwrap().0;
    assert_eq!(read.token_endpoint_auth_method, TokenEndpointAuthMethod::ClientSecretJwt);
}
