//! RFC 7517 §5: the keys that an issuer publishes.

#![cfg(test)]

use std::sync::Arc;

use countersign_jose::{Algorithm, JoseError, PublicKey, PublishedKeys, Verifier, VerifyingKeys};
use countersign_testkit::{FakeVerifier, vectors};
use serde_json::{Value, json};

fn key(jwk: &str, members: &Value) -> Value {
    let mut key: Value = serde_json::from_str(jwk).unwrap();
    for (name, value) in members.as_object().unwrap() {
        key[name.as_str()] = value.clone();
    }
    key
}

fn ec(members: &Value) -> Value {
    key(vectors::RFC7515_A3_JWK, members)
}

fn parse(keys: &[Value]) -> Result<PublishedKeys, JoseError> {
    PublishedKeys::parse(json!({ "keys": keys }).to_string().as_bytes(), Arc::new(FakeVerifier))
}

fn verify(keys: &PublishedKeys, kid: &str, algorithm: Algorithm) -> Result<(), JoseError> {
    keys.verify(kid, algorithm, b"message", b"no signature")
}

#[test]
fn a_key_is_found_by_its_kid_alone() {
    let keys = parse(&[ec(&json!({ "kid": "a", "use": "sig", "alg": "ES256" }))]).unwrap();
    assert!(keys.contains("a"));
    assert!(!keys.contains("A"));
    assert_eq!(verify(&keys, "a", Algorithm::ES256), Err(JoseError::Signature));
    assert_eq!(verify(&keys, "b", Algorithm::ES256), Err(JoseError::Key));
}

/// RFC 7517 §4.4: a key is for the algorithm that its set names. RFC 8725 §3.1.
#[test]
fn a_key_of_one_algorithm_verifies_no_other() {
    let keys = parse(&[ec(&json!({ "kid": "a", "alg": "RS256" })), ec(&json!({ "kid": "b" }))]).unwrap();
    assert_eq!(verify(&keys, "a", Algorithm::ES256), Err(JoseError::Key));
    assert_eq!(verify(&keys, "b", Algorithm::ES256), Err(JoseError::Signature));
}

/// RFC 7517 §5.
#[test]
fn what_is_not_understood_is_passed_over() {
    let keys = parse(&[
        json!({ "kid": "okp", "kty": "OKP", "crv": "Ed25519", "x": "AA" }),
        json!({ "kid": "oct", "kty": "oct", "k": "AA" }),
        ec(&json!({ "kid": "encryption", "use": "enc" })),
        ec(&json!({ "kid": "unknown", "alg": "ES512" })),
        ec(&json!({ "kid": "private", "d": "AA" })),
        ec(&json!({ "kid": "short", "x": "AA" })),
        ec(&json!({})),
        json!("no key"),
        ec(&json!({ "kid": "good" })),
        ec(&json!({ "kid": "good", "alg": "RS256" })),
    ])
    .unwrap();
    for kid in ["okp", "oct", "encryption", "unknown", "private", "short"] {
        assert!(!keys.contains(kid), "{kid}");
    }
    assert_eq!(verify(&keys, "good", Algorithm::ES256), Err(JoseError::Signature), "the first counts");
}

#[test]
fn what_is_no_set_or_over_the_limits_is_refused() {
    let parse_text = |text: &str| PublishedKeys::parse(text.as_bytes(), Arc::new(FakeVerifier)).err();
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#] {
        assert_eq!(parse_text(text), Some(JoseError::Json), "{text}");
    }
    assert_eq!(parse_text(r#"{"keys":[]}"#), None);
    let many = |count: usize| vec![ec(&json!({ "kid": "a" })); count];
    assert!(parse(&many(PublishedKeys::MAX_KEYS)).is_ok());
    assert!(parse(&many(PublishedKeys::MAX_KEYS + 1)).is_err());
    let long = format!(r#"{{"keys":[]{}}}"#, " ".repeat(PublishedKeys::MAX_BYTES));
    assert_eq!(parse_text(&long), Some(JoseError::Json));
}

/// Verifies what it is told to.
struct Only(&'static [u8]);

impl Verifier for Only {
    fn verify(&self, _: Algorithm, _: &PublicKey, _: &[u8], signature: &[u8]) -> Result<(), JoseError> {
        if signature == self.0 { Ok(()) } else { Err(JoseError::Signature) }
    }
}

#[test]
fn the_verifier_decides_over_message_and_signature() {
    let set = json!({ "keys": [ec(&json!({ "kid": "a" }))] }).to_string();
    let keys = PublishedKeys::parse(set.as_bytes(), Arc::new(Only(b"right"))).unwrap();
    assert_eq!(keys.verify("a", Algorithm::ES256, b"m", b"right"), Ok(()));
    assert_eq!(keys.verify("a", Algorithm::ES256, b"m", b"wrong"), Err(JoseError::Signature));
}
