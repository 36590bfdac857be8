//! RFC 9449 §4.3, check by check; the signature itself is in `signature.rs`.

use countersign_dpop::{CLOCK_SKEW, DpopError, ExpectedProof, MAX_AGE, MAX_AHEAD, Proof, single_header};
use countersign_jose::{JoseError, encode_base64url};
use countersign_oauth::Timestamp;
use countersign_testkit::{FakeVerifier, NOW, ProofBuilder, proof, vectors};
use serde_json::{Value, json};

const URL: &str = "https://login.example.com/oauth/token";
const EXPECTED: ExpectedProof<'_> = ExpectedProof { method: "POST", url: URL, access_token: None, now: NOW };

fn verify(proof: &ProofBuilder) -> Result<Proof, DpopError> {
    Proof::verify(&proof.build(), &EXPECTED, &FakeVerifier)
}

fn right() -> ProofBuilder {
    proof("POST", URL)
}

/// RFC 9449 §4.2, §4.3.
#[test]
fn a_right_proof_tells_key_id_time_and_nonce() {
    let proof = verify(&right().claim("nonce", "n-1")).unwrap();
    assert_eq!(proof.jkt.as_str(), vectors::RFC9449_THUMBPRINT);
    assert_eq!(proof.jti, "proof-1");
    assert_eq!(proof.issued_at, Timestamp::from_seconds(NOW.seconds()));
    assert_eq!(proof.nonce.as_deref(), Some("n-1"));
    assert_eq!(verify(&right()).unwrap().nonce, None);
}

/// RFC 9449 §4.3.
#[test]
fn sp_074_refuses_two_headers_even_when_they_are_equal() {
    let header = right().build();
    assert_eq!(single_header(&[]), Ok(None));
    assert_eq!(single_header(std::slice::from_ref(&header)), Ok(Some(header.as_str())));
    assert_eq!(single_header(&[header.clone(), header.clone()]), Err(DpopError::SeveralHeaders));
    let joined = format!("{header}, {header}");
    assert!(matches!(Proof::verify(&joined, &EXPECTED, &FakeVerifier), Err(DpopError::Malformed(_))));
}

#[test]
fn sp_059_refuses_alg_none_in_every_letter_case() {
    for bits in 0..16_u8 {
        let alg: String = "none"
            .chars()
            .enumerate()
            .map(|(i, c)| if bits >> i & 1 == 1 { c.to_ascii_uppercase() } else { c })
            .collect();
        let proof = right().header("alg", alg.as_str());
        assert_eq!(verify(&proof), Err(DpopError::AlgorithmNotAllowed), "{alg}");
        let unsigned = format!("{}.", proof.signing_input());
        let found = Proof::verify(&unsigned, &EXPECTED, &FakeVerifier);
        assert_eq!(found, Err(DpopError::Malformed(JoseError::Form)), "{alg}");
    }
}

#[test]
fn sp_059_refuses_what_does_not_have_three_parts() {
    let (input, whole) = (right().signing_input(), right().build());
    for text in
        ["", ".", "..", "...", &input, &format!("{input}."), &format!("{whole}."), &format!("{whole}.AA")]
    {
        let found = Proof::verify(text, &EXPECTED, &FakeVerifier);
        assert!(matches!(found, Err(DpopError::Malformed(_))), "{text:?} gave {found:?}");
    }
}

#[test]
fn sp_074_refuses_every_algorithm_but_es256() {
    for alg in ["HS256", "RS256", "PS256", "ES384", "EdDSA", "es256", "ES256 ", ""] {
        let found = verify(&right().header("alg", alg));
        assert_eq!(found, Err(DpopError::AlgorithmNotAllowed), "{alg}");
    }
    assert_eq!(verify(&right().header("alg", json!(["ES256"]))), Err(DpopError::Malformed(JoseError::Json)));
    assert_eq!(verify(&right().header("alg", Value::Null)), Err(DpopError::Malformed(JoseError::Json)));
}

#[test]
fn sp_074_refuses_every_typ_but_dpop_jwt_exactly() {
    for typ in ["JWT", "at+jwt", "DPOP+JWT", "application/dpop+jwt", "dpop+jwt ", ""] {
        assert_eq!(verify(&right().header("typ", typ)), Err(DpopError::TypMismatch), "{typ}");
    }
    assert_eq!(verify(&right().header("typ", Value::Null)), Err(DpopError::TypMismatch));
}

#[test]
fn sp_074_refuses_private_and_symmetric_members_in_the_key() {
    let mut jwk: Value = serde_json::from_str(vectors::RFC9449_JWK).unwrap();
    for member in ["d", "k", "p", "q", "dp", "dq", "qi", "oth"] {
        jwk[member] = json!("AQAB");
        assert_eq!(verify(&right().key(&jwk.to_string())), Err(DpopError::KeyPrivate), "{member}");
        jwk[member] = Value::Null;
        assert_eq!(verify(&right().key(&jwk.to_string())), Err(DpopError::KeyPrivate), "{member} null");
        jwk.as_object_mut().unwrap().remove(member);
    }
}

#[test]
fn refuses_a_key_that_is_missing_or_not_of_p_256() {
    assert_eq!(verify(&right().header("jwk", Value::Null)), Err(DpopError::KeyMissing));
    let ec = |crv: &str, x: &str, y: &str| json!({ "kty": "EC", "crv": crv, "x": x, "y": y }).to_string();
    let jwk: Value = serde_json::from_str(vectors::RFC9449_JWK).unwrap();
    let (x, y) = (jwk["x"].as_str().unwrap(), jwk["y"].as_str().unwrap());
    for key in [
        "[]".to_owned(),
        "{}".to_owned(),
        r#""text""#.to_owned(),
        vectors::RFC7638_JWK.to_owned(),
        ec("P-384", x, y),
        ec("p-256", x, y),
        ec("P-256", &x[..42], y),
        ec("P-256", &encode_base64url([1; 31]), y),
        ec("P-256", x, &encode_base64url([1; 33])),
        ec("P-256", &format!("{x}="), y),
        ec("P-256", "", ""),
        json!({ "kty": "EC", "crv": "P-256", "x": x }).to_string(),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x }).to_string(),
    ] {
        assert_eq!(verify(&right().key(&key)), Err(DpopError::KeyInvalid), "{key}");
    }
}

#[test]
fn refuses_critical_headers_and_repeated_names() {
    for name in ["crit", "b64", "zip"] {
        for value in [json!(["exp"]), json!([]), json!(false)] {
            let found = verify(&right().header(name, value));
            assert_eq!(found, Err(DpopError::Malformed(JoseError::Critical)), "{name}");
        }
    }
    let claims = format!(r#"{{"jti":"a","htm":"POST","htm":"GET","htu":"{URL}","iat":{}}}"#, NOW.seconds());
    let input = right().signing_input();
    let header = input.split('.').next().unwrap();
    let text = format!("{header}.{}.AAAA", encode_base64url(claims));
    let found = Proof::verify(&text, &EXPECTED, &FakeVerifier);
    assert_eq!(found, Err(DpopError::Malformed(JoseError::Json)));
}

#[test]
fn jti_has_1_to_256_characters() {
    for value in [Value::Null, json!(""), json!(7), json!(["a"])] {
        assert_eq!(verify(&right().claim("jti", value.clone())), Err(DpopError::JtiMissing), "{value}");
    }
    assert!(verify(&right().claim("jti", "ü".repeat(256))).is_ok());
    assert_eq!(verify(&right().claim("jti", "ü".repeat(257))), Err(DpopError::JtiTooLong));
}

#[test]
fn sp_072_htm_is_the_requests_method_letter_by_letter() {
    for method in ["GET", "post", "POST ", ""] {
        let expected = DpopError::HtmMismatch { expected: "POST".to_owned(), actual: method.to_owned() };
        assert_eq!(verify(&right().claim("htm", method)), Err(expected));
    }
    for value in [Value::Null, json!(1), json!(["POST"])] {
        assert_eq!(verify(&right().claim("htm", value)), Err(DpopError::HtmMissing));
    }
}

#[test]
fn sp_072_htu_is_the_configured_url_after_normalisation() {
    for same in
        ["HTTPS://LOGIN.EXAMPLE.COM:443/oauth/token?x=1#y", "https://login.example.com/oauth/./%74oken"]
    {
        assert!(verify(&right().claim("htu", same)).is_ok(), "{same}");
    }
    for other in ["https://evil.example/oauth/token", "https://login.example.com/userinfo", "oauth/token", ""]
    {
        let expected = DpopError::HtuMismatch { expected: URL.to_owned(), actual: other.to_owned() };
        assert_eq!(verify(&right().claim("htu", other)), Err(expected));
    }
    for value in [Value::Null, json!(1), json!([URL]), json!({ "url": URL }), json!(true)] {
        assert_eq!(verify(&right().claim("htu", value)), Err(DpopError::HtuMissing));
    }
}

/// RFC 9449 §4.3, RFC 7519 §2.
#[test]
fn iat_is_at_most_60_seconds_old_with_30_of_leeway_and_10_in_the_future() {
    let at = |millis: i64| verify(&right().claim("iat", (NOW.millis() + millis) as f64 / 1000.0));
    let oldest = -(MAX_AGE.0 + CLOCK_SKEW.0) * 1000;
    assert_eq!((MAX_AGE.0, CLOCK_SKEW.0, MAX_AHEAD.0), (60, 30, 10));
    assert!(at(oldest + 5).is_ok());
    assert_eq!(at(oldest - 5), Err(DpopError::TooOld));
    assert!(at(MAX_AHEAD.0 * 1000 - 5).is_ok());
    assert_eq!(at(MAX_AHEAD.0 * 1000 + 5), Err(DpopError::NotYetValid));
    for value in [Value::Null, json!("now"), json!([1])] {
        assert_eq!(verify(&right().claim("iat", value)), Err(DpopError::IatMissing));
    }
    for value in [json!(0), json!(-1), json!(i64::MIN), json!(-1e300)] {
        assert_eq!(verify(&right().claim("iat", value)), Err(DpopError::TooOld));
    }
    for value in [json!(i64::MAX), json!(u64::MAX), json!(1e300)] {
        assert_eq!(verify(&right().claim("iat", value)), Err(DpopError::NotYetValid));
    }
}

#[test]
fn sp_073_ath_is_the_access_tokens_hash_where_a_token_comes_along() {
    let expected = ExpectedProof { access_token: Some("token-a"), ..EXPECTED };
    let verify = |proof: &ProofBuilder| Proof::verify(&proof.build(), &expected, &FakeVerifier);
    assert!(verify(&right().for_token("token-a")).is_ok());
    assert_eq!(verify(&right().for_token("token-b")), Err(DpopError::AthMismatch));
    assert_eq!(verify(&right().claim("ath", "")), Err(DpopError::AthMismatch));
    assert_eq!(verify(&right()), Err(DpopError::AthMissing));
    assert_eq!(verify(&right().claim("ath", 1)), Err(DpopError::AthMissing));
    let padded = format!("{}=", right().for_token("token-a").claims["ath"].as_str().unwrap());
    assert_eq!(verify(&right().claim("ath", padded)), Err(DpopError::AthMismatch));
}

/// RFC 9449 §4.2.
#[test]
fn a_nonce_that_is_no_string_is_refused() {
    for value in [json!(1), json!(["n"]), json!({})] {
        assert_eq!(verify(&right().claim("nonce", value)), Err(DpopError::NonceMalformed));
    }
}

/// RFC 9449 §11.1.
#[test]
fn sp_071_the_mark_tells_key_and_jti_apart_and_lives_past_the_window_and_the_skew() {
    let first = verify(&right()).unwrap();
    let again = verify(&right().claim("nonce", "another")).unwrap();
    let other_jti = verify(&right().claim("jti", "proof-2")).unwrap();
    let other_key = verify(&right().key(vectors::RFC7515_A3_JWK)).unwrap();
    assert_eq!(first.replay_mark(), again.replay_mark());
    assert_ne!(first.replay_mark(), other_jti.replay_mark());
    assert_ne!(first.replay_mark(), other_key.replay_mark());

    let latest = verify(&right().issued_at(NOW.plus(MAX_AHEAD))).unwrap();
    let last_accepted = latest.issued_at.plus(MAX_AGE).plus(CLOCK_SKEW);
    assert!(latest.remember_until() >= last_accepted.plus(CLOCK_SKEW));
}

#[test]
fn a_signature_of_another_key_is_refused() {
    let proof = right().signed(|_| vec![0; 64]);
    let found = Proof::verify(&proof, &EXPECTED, &FakeVerifier);
    assert_eq!(found, Err(DpopError::SignatureInvalid));
}

proptest::proptest! {
    #[test]
    fn no_proof_panics(text in "[A-Za-z0-9_.-]{0,200}|\\PC*") {
        proptest::prop_assert!(Proof::verify(&text, &EXPECTED, &FakeVerifier).is_err());
    }
}
