//! RFC 7517, RFC 7518 §6 and RFC 7638: keys and their thumbprints.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use countersign_jose::{Algorithm, JoseError, Jwk, JwkSet, PublicKey, Thumbprint, encode_base64url};
use countersign_testkit::vectors;
use serde_json::{Value, json};

fn value(jwk: &str) -> Value {
    serde_json::from_str(jwk).unwrap()
}

fn parse(jwk: &Value) -> Result<PublicKey, JoseError> {
    PublicKey::from_jwk(jwk)
}

/// RFC 7638 §3, §3.1.
#[test]
fn the_thumbprint_of_rfc_7638_section_3_1_comes_out() {
    let key = parse(&value(vectors::RFC7638_JWK)).unwrap();
    assert_eq!(key.thumbprint().as_str(), vectors::RFC7638_THUMBPRINT);
}

/// RFC 9449 §6.1.
#[test]
fn the_thumbprint_of_rfc_9449_section_6_1_comes_out() {
    let key = parse(&value(vectors::RFC9449_JWK)).unwrap();
    assert_eq!(key.thumbprint().as_str(), vectors::RFC9449_THUMBPRINT);
}

#[test]
fn a_thumbprint_covers_the_required_members_alone() {
    let mut jwk = value(vectors::RFC9449_JWK);
    let plain = parse(&jwk).unwrap().thumbprint();
    for (name, member) in
        [("kid", json!("k")), ("use", json!("sig")), ("alg", json!("ES256")), ("a", json!(1))]
    {
        jwk[name] = member;
        assert_eq!(parse(&jwk).unwrap().thumbprint(), plain, "{name}");
    }
    let other = parse(&value(vectors::RFC7515_A3_JWK)).unwrap().thumbprint();
    assert_ne!(other, plain);
}

#[test]
fn coordinates_of_another_length_than_32_bytes_are_refused() {
    // josekit takes these.
    for name in ["x", "y"] {
        for length in [0, 1, 31, 33, 64] {
            let mut jwk = value(vectors::RFC9449_JWK);
            jwk[name] = json!(encode_base64url(vec![1; length]));
            assert_eq!(parse(&jwk).err(), Some(JoseError::Key), "{name} of {length} bytes");
        }
        let whole = value(vectors::RFC9449_JWK);
        let text = whole[name].as_str().unwrap();
        for sloppy in
            [format!("{text}="), format!("{text} "), text[..42].to_owned() + "/", format!("A{text}")]
        {
            let mut jwk = whole.clone();
            jwk[name] = json!(sloppy);
            assert!(parse(&jwk).is_err(), "{sloppy}");
        }
    }
}

#[test]
fn sp_070_private_and_symmetric_members_are_refused_whatever_their_value() {
    for jwk in [vectors::RFC9449_JWK, vectors::RFC7638_JWK] {
        for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            for member in [json!("AQAB"), json!(""), Value::Null] {
                let mut jwk = value(jwk);
                jwk[name] = member;
                assert_eq!(parse(&jwk).err(), Some(JoseError::Json), "{name}");
            }
        }
    }
}

/// RFC 7517 §4, RFC 7518 §6.
#[test]
fn what_is_no_rsa_or_p_256_key_is_refused() {
    for (jwk, error) in [
        (json!([]), JoseError::Json),
        (json!("text"), JoseError::Json),
        (json!({}), JoseError::Json),
        (json!({ "kty": 1 }), JoseError::Json),
        (json!({ "kty": "oct" }), JoseError::Key),
        (json!({ "kty": "OKP", "crv": "Ed25519", "x": "AA" }), JoseError::Key),
        (json!({ "kty": "EC" }), JoseError::Json),
        (json!({ "kty": "EC", "crv": "P-384", "x": "AA", "y": "AA" }), JoseError::Key),
        (json!({ "kty": "EC", "crv": "P-256", "x": "AA" }), JoseError::Key),
        (json!({ "kty": "ec", "crv": "P-256", "x": "AA", "y": "AA" }), JoseError::Key),
        (json!({ "kty": "RSA", "n": "AQAB" }), JoseError::Json),
        (json!({ "kty": "RSA", "n": "AQAB", "e": 3 }), JoseError::Json),
        (json!({ "kty": "RSA", "n": "A+/=", "e": "AQAB" }), JoseError::Encoding),
    ] {
        assert_eq!(parse(&jwk).err(), Some(error), "{jwk}");
    }
}

#[test]
fn a_thumbprint_is_43_characters_of_canonical_base64url() {
    let text = vectors::RFC9449_THUMBPRINT;
    assert_eq!(Thumbprint::parse(text).unwrap().as_str(), text);
    for wrong in
        ["", &text[..42], &format!("{text}="), &format!("{text}A"), &format!("{}J", &text[..42]), "jkt"]
    {
        assert_eq!(Thumbprint::parse(wrong), None, "{wrong}");
    }
}

/// RFC 7517 §4, §4.5, §5.
#[test]
fn a_published_key_is_read_back_as_the_same_key() {
    for (jwk, algorithm) in
        [(vectors::RFC7638_JWK, Algorithm::RS256), (vectors::RFC9449_JWK, Algorithm::ES256)]
    {
        let key = parse(&value(jwk)).unwrap();
        let set = JwkSet { keys: vec![Jwk::new("kid-1", algorithm, &key)] };
        let json = serde_json::to_value(&set).unwrap();
        let published = &json["keys"][0];
        assert_eq!(parse(published).unwrap(), key);
        assert_eq!((&published["kid"], &published["use"]), (&json!("kid-1"), &json!("sig")));
        assert_eq!(published["alg"], algorithm.as_str());
        assert!(published.as_object().unwrap().values().all(|member| !member.is_null()));
    }
}
