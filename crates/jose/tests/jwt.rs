//! RFC 7519 §7.2 and RFC 8725 §3: what a token of ours must be to be accepted.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use countersign_jose::{
    Algorithm, Audiences, Expected, JoseError, Jwt, KeyRing, Signer, SigningError, Verified,
    encode_base64url, sign_compact,
};
use countersign_oauth::Timestamp;
use countersign_testkit::{NOW, TEST_EC_KID, TEST_RSA_KID, TestKeyRing};
use serde_json::{Value, json};

const ISSUER: &str = "https://login.example.com/";
const EXPECTED: Expected<'_> = Expected {
    typ: &["at+jwt"],
    issuer: ISSUER,
    audience: Some("api"),
    algorithms: &[Algorithm::RS256],
    now: Some(NOW),
};

fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": "api", "exp": NOW.seconds() + 60, "iat": NOW.seconds(), "sub": "s" })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().insert(name.to_owned(), value);
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn sign(typ: &str, claims: &Value) -> String {
    sign_compact(&*TestKeyRing::new().signer(Algorithm::RS256).unwrap(), typ, claims).unwrap()
}

fn verify(token: &str) -> Result<Jwt<Verified>, JoseError> {
    Jwt::verify(token, &TestKeyRing::new(), &EXPECTED)
}

fn refused(claims: &Value) -> Option<JoseError> {
    verify(&sign("at+jwt", claims)).err()
}

#[test]
fn a_right_token_gives_its_claims_and_its_key() {
    let jwt = verify(&sign("at+jwt", &claims())).unwrap();
    assert_eq!(jwt.kid(), Some(TEST_RSA_KID));
    assert_eq!(jwt.claims::<Value>().unwrap()["sub"], "s");
    assert_eq!(jwt.claims::<Vec<String>>().err(), Some(JoseError::Json));
}

/// RFC 8725 §3.11, RFC 7515 §4.1.9.
#[test]
fn sp_063_another_type_is_refused() {
    for typ in ["JWT", "at+jwtx", "logout+jwt", "dpop+jwt", ""] {
        assert_eq!(verify(&sign(typ, &claims())).err(), Some(JoseError::Type), "{typ}");
    }
    assert!(verify(&sign("AT+JWT", &claims())).is_ok(), "media types have no letter case (RFC 7515 §4.1.9)");
    let several = Expected { typ: &["JWT", "at+jwt"], ..EXPECTED };
    assert!(Jwt::verify(&sign("JWT", &claims()), &TestKeyRing::new(), &several).is_ok());
}

/// Signs as the ring's RSA key does, under a header of the caller's choice.
fn sign_under(header: &Value, claims: &Value) -> String {
    let input = format!("{}.{}", encode_base64url(header.to_string()), encode_base64url(claims.to_string()));
    let signer = TestKeyRing::new().signer(Algorithm::RS256).unwrap();
    format!("{input}.{}", encode_base64url(signer.sign(input.as_bytes()).unwrap()))
}

#[test]
fn sp_061_keys_in_the_header_are_never_read() {
    let stolen = json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" });
    for (name, value) in [
        ("jwk", stolen),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["AAAA"])),
    ] {
        let mut header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": TEST_RSA_KID });
        header[name] = value;
        assert!(verify(&sign_under(&header, &claims())).is_ok(), "ignored, and verified with our own key");
        header["kid"] = json!("another");
        assert_eq!(verify(&sign_under(&header, &claims())).err(), Some(JoseError::Key), "{name}");
        header.as_object_mut().unwrap().remove("kid");
        assert_eq!(verify(&sign_under(&header, &claims())).err(), Some(JoseError::Key), "{name}");
    }
}

#[test]
fn sp_062_a_kid_must_be_one_of_ours_and_for_the_algorithm() {
    let under = |kid: Value| {
        let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid });
        verify(&sign_under(&header, &claims())).err()
    };
    assert_eq!(under(json!(TEST_RSA_KID)), None);
    for kid in ["", "../../etc/passwd", "' OR '1'='1", "https://evil.example/", TEST_EC_KID, "TEST-RSA"] {
        assert_eq!(under(json!(kid)), Some(JoseError::Key), "{kid}");
    }
    assert_eq!(under(Value::Null), Some(JoseError::Key));
    assert_eq!(under(json!([TEST_RSA_KID])), Some(JoseError::Json));
    assert_eq!(under(json!("k".repeat(1 << 20))), Some(JoseError::Form));
}

#[test]
fn sp_060_an_algorithm_that_is_not_expected_is_refused_before_any_key_is_looked_up() {
    for alg in ["HS256", "ES256", "PS256", "none", "RS384"] {
        let header = json!({ "alg": alg, "typ": "at+jwt", "kid": TEST_RSA_KID });
        assert_eq!(verify(&sign_under(&header, &claims())).err(), Some(JoseError::Algorithm), "{alg}");
    }
    struct Confused(std::sync::Arc<dyn Signer>);
    impl Signer for Confused {
        fn algorithm(&self) -> Algorithm {
            Algorithm::HS256
        }
        fn kid(&self) -> Option<&str> {
            Some(TEST_RSA_KID)
        }
        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
            self.0.sign(message)
        }
    }
    let public_key = countersign_testkit::vectors::RFC7638_JWK.as_bytes();
    let token = sign_compact(&Confused(TestKeyRing::new().symmetric_signer(public_key)), "at+jwt", &claims())
        .unwrap();
    let any = Expected { algorithms: &[Algorithm::RS256, Algorithm::HS256], ..EXPECTED };
    assert_eq!(Jwt::verify(&token, &TestKeyRing::new(), &any).err(), Some(JoseError::Key));
}

#[test]
fn sp_068_another_issuer_is_refused() {
    for issuer in
        ["https://login.example.com", "https://other.example.com/", "HTTPS://login.example.com/", ""]
    {
        assert_eq!(refused(&with("iss", json!(issuer))), Some(JoseError::Issuer), "{issuer}");
    }
    for wrong in [without("iss"), with("iss", Value::Null), with("iss", json!([ISSUER]))] {
        assert_eq!(refused(&wrong), Some(JoseError::Json));
    }
}

/// RFC 7519 §4.1, §4.1.3.
#[test]
fn the_audience_must_be_among_aud() {
    assert_eq!(refused(&with("aud", json!(["other", "api"]))), None);
    for wrong in [json!("other"), json!("API"), json!("api "), json!([]), json!(["a", "pi"]), json!("")] {
        assert_eq!(refused(&with("aud", wrong.clone())), Some(JoseError::Audience), "{wrong}");
    }
    for wrong in [without("aud"), with("aud", Value::Null), with("aud", json!(1)), with("aud", json!([1]))] {
        assert_eq!(refused(&wrong), Some(JoseError::Json));
    }
    let any = Expected { audience: None, ..EXPECTED };
    assert!(Jwt::verify(&sign("at+jwt", &with("aud", json!("other"))), &TestKeyRing::new(), &any).is_ok());
    assert!(Audiences::One("a".to_owned()).contains("a") && !Audiences::Many(Vec::new()).contains("a"));
}

#[test]
fn a_token_ends_with_the_second_of_its_exp() {
    let token = sign("at+jwt", &claims());
    let at = |second: i64, milli: i64| {
        let now = Some(Timestamp::from_millis((NOW.seconds() + second) * 1000 + milli));
        Jwt::verify(&token, &TestKeyRing::new(), &Expected { now, ..EXPECTED }).err()
    };
    assert_eq!(at(59, 999), None);
    assert_eq!(at(60, 0), Some(JoseError::Expired));
    let no_clock = Expected { now: None, ..EXPECTED };
    assert!(Jwt::verify(&sign("at+jwt", &with("exp", json!(1))), &TestKeyRing::new(), &no_clock).is_ok());
    for wrong in [without("exp"), with("exp", Value::Null), with("exp", json!("9999999999"))] {
        assert_eq!(refused(&wrong), Some(JoseError::Json), "a missing exp is no licence to live for ever");
    }
}

#[test]
fn a_token_from_the_future_is_refused_beyond_a_minute() {
    for name in ["iat", "nbf"] {
        assert_eq!(refused(&with(name, json!(NOW.seconds() + 60))), None);
        assert_eq!(refused(&with(name, json!(NOW.seconds() + 61))), Some(JoseError::NotYetValid), "{name}");
        assert_eq!(refused(&with(name, json!("soon"))), Some(JoseError::Json));
    }
}

#[test]
fn sp_066_a_token_cut_extended_or_with_a_changed_byte_is_refused() {
    let token = sign("at+jwt", &claims());
    for length in 0..token.len() {
        assert!(verify(&token[..length]).is_err(), "{length}");
    }
    for more in ["A", "AAAA", "=", ".", ".AAAA", " "] {
        assert!(verify(&format!("{token}{more}")).is_err(), "{more:?}");
    }
    for i in 0..token.len() {
        let mut changed = token.clone();
        changed.replace_range(i..=i, if &token[i..=i] == "A" { "B" } else { "A" });
        assert!(verify(&changed).is_err(), "byte {i}");
    }
}

/// RFC 7519 §4.
#[test]
fn sp_065_claims_that_stand_twice_are_refused() {
    let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": TEST_RSA_KID }).to_string();
    for twice in [r#""aud":"other","aud":"api""#, r#""aud":"api","sub":"a","sub":"b""#] {
        let text = format!(r#"{{"iss":"{ISSUER}",{twice},"exp":{}}}"#, NOW.seconds() + 60);
        let input = format!("{}.{}", encode_base64url(&header), encode_base64url(text));
        let signature = TestKeyRing::new().signer(Algorithm::RS256).unwrap().sign(input.as_bytes()).unwrap();
        let token = format!("{input}.{}", encode_base64url(signature));
        assert_eq!(verify(&token).err(), Some(JoseError::Json), "{twice}");
    }
}

#[test]
fn sp_060_a_token_under_a_secret_verifies_by_that_secret_alone() {
    let ring = TestKeyRing::new();
    let secret = ring.symmetric_signer(b"the secret");
    let verify = |token: &str, signer: &dyn Signer| Jwt::verify_by_secret(token, signer, &EXPECTED);
    let token = sign_compact(&*secret, "at+jwt", &claims()).unwrap();
    let jwt = verify(&token, &*secret).unwrap();
    assert_eq!((jwt.kid(), &jwt.claims::<Value>().unwrap()["sub"]), (None, &json!("s")));

    let other = ring.symmetric_signer(b"another secret");
    assert_eq!(verify(&token, &*other).err(), Some(JoseError::Signature));
    let cut = token.get(..token.len() - 3).unwrap();
    assert_eq!(verify(cut, &*secret).err(), Some(JoseError::Signature));
    assert_eq!(Jwt::verify(&token, &ring, &EXPECTED).err(), Some(JoseError::Algorithm));
    // The key ring's tokens do not verify by a secret, nor by a signer that is none.
    let rsa = ring.signer(Algorithm::RS256).unwrap();
    let signed = sign("at+jwt", &claims());
    assert_eq!(verify(&signed, &*secret).err(), Some(JoseError::Algorithm));
    assert_eq!(verify(&signed, &*rsa).err(), Some(JoseError::Algorithm));
    // The rest is checked as for any token.
    let under = |typ: &str, claims: &Value| verify(&sign_compact(&*secret, typ, claims).unwrap(), &*secret);
    assert_eq!(under("JWT", &claims()).err(), Some(JoseError::Type));
    assert_eq!(under("at+jwt", &with("iss", json!("x"))).err(), Some(JoseError::Issuer));
    assert_eq!(under("at+jwt", &with("aud", json!("x"))).err(), Some(JoseError::Audience));
    assert_eq!(under("at+jwt", &with("exp", json!(NOW.seconds()))).err(), Some(JoseError::Expired));
}
