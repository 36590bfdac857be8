//! RFC 7515 and RFC 8725: what is a compact JWS, and what only looks like one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use countersign_jose::{
    Algorithm, Compact, JoseError, KeyRing, decode_base64url, encode_base64url, parse_json, sign_compact,
};
use countersign_testkit::{TestKeyRing, vectors};
use proptest::prelude::*;
use serde_json::{Value, json};

const ALL: [Algorithm; 7] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::ES256,
    Algorithm::EdDSA,
    Algorithm::HS256,
];

fn token(header: &str, payload: &str) -> String {
    format!("{}.{}.AAAA", encode_base64url(header), encode_base64url(payload))
}

fn refused(text: &str) -> JoseError {
    Compact::parse(text).map(|jws| jws.header).unwrap_err()
}

#[test]
fn the_examples_of_rfc_7515_appendix_a_are_parsed() {
    for (text, algorithm) in [
        (vectors::RFC7515_A1_JWS, Algorithm::HS256),
        (vectors::RFC7515_A2_JWS, Algorithm::RS256),
        (vectors::RFC7515_A3_JWS, Algorithm::ES256),
    ] {
        let jws = Compact::parse(text).unwrap();
        assert_eq!(jws.algorithm(&ALL), Ok(algorithm));
        assert_eq!(format!("{}.{}", jws.signing_input, encode_base64url(&jws.signature)), text);
        let claims: Value = parse_json(&jws.payload).unwrap();
        assert_eq!(claims, json!({ "iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true }));
    }
}

#[test]
fn sp_059_refuses_the_unsecured_example_of_rfc_7515_appendix_a_5() {
    assert_eq!(refused(vectors::RFC7515_A5_JWS), JoseError::Form);
    let signed = Compact::parse(&format!("{}AAAA", vectors::RFC7515_A5_JWS)).map(|jws| jws.algorithm(&ALL));
    assert_eq!(signed.unwrap(), Err(JoseError::Algorithm));
}

#[test]
fn sp_059_refuses_alg_none_in_every_letter_case() {
    for bits in 0..16_u8 {
        let alg: String = "none"
            .chars()
            .enumerate()
            .map(|(i, c)| if bits >> i & 1 == 1 { c.to_ascii_uppercase() } else { c })
            .collect();
        assert_eq!(Algorithm::parse(&alg), None);
        let text = token(&format!(r#"{{"alg":"{alg}"}}"#), "{}");
        assert_eq!(Compact::parse(&text).unwrap().algorithm(&ALL), Err(JoseError::Algorithm), "{alg}");
    }
}

/// RFC 7515 §7.1.
#[test]
fn sp_059_refuses_what_does_not_have_three_parts_that_are_not_empty() {
    let (header, payload) = (encode_base64url(r#"{"alg":"RS256"}"#), encode_base64url("{}"));
    for text in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        header.clone(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!(".{payload}.AAAA"),
        format!("{header}.{payload}.AAAA."),
        format!("{header}.{payload}.AAAA.AAAA"),
        format!("{header}.{payload}.AAAA.AAAA.AAAA"),
    ] {
        assert_eq!(refused(&text), JoseError::Form, "{text}");
    }
}

/// RFC 8725 §3.1, RFC 7518 §3.1, RFC 8037 §3.1.
#[test]
fn the_header_never_chooses_the_algorithm() {
    for algorithm in ALL {
        let text = token(&format!(r#"{{"alg":"{algorithm}"}}"#), "{}");
        let jws = Compact::parse(&text).unwrap();
        for allowed in ALL {
            let expected = if allowed == algorithm { Ok(algorithm) } else { Err(JoseError::Algorithm) };
            assert_eq!(jws.algorithm(&[allowed]), expected);
        }
        assert_eq!(jws.algorithm(&[]), Err(JoseError::Algorithm));
    }
    for alg in
        ["rs256", "RS256 ", "RS3840", "RS512x", "HS512", "eddsa", "ES384", "dir", "RSA1_5", "RSA-OAEP", ""]
    {
        assert_eq!(Algorithm::parse(alg), None, "{alg}");
    }
}

/// RFC 7515 §4.1.11, RFC 7797 §3, RFC 7516 §4.1.3.
#[test]
fn sp_064_refuses_critical_headers_even_empty_ones_and_unencoded_or_compressed_payloads() {
    for extension in [
        r#""crit":["exp"]"#,
        r#""crit":["b64"],"b64":false"#,
        r#""crit":[]"#,
        r#""crit":null"#,
        r#""crit":"x""#,
        r#""b64":false"#,
        r#""b64":true"#,
        r#""zip":"DEF""#,
        r#""zip":null"#,
    ] {
        let text = token(&format!(r#"{{"alg":"RS256",{extension}}}"#), "{}");
        assert_eq!(refused(&text), JoseError::Critical, "{extension}");
    }
}

/// RFC 7515 §2.
#[test]
fn sp_065_refuses_sloppy_base64url() {
    let good = token(r#"{"alg":"RS256"}"#, r#"{"a":1}"#);
    assert!(Compact::parse(&good).is_ok());
    let parts: Vec<_> = good.split('.').collect();
    for spoil in [
        |part: &str| format!("{part}="),
        |part: &str| format!("{part}=="),
        |part: &str| format!(" {part}"),
        |part: &str| format!("{part}\n"),
        |part: &str| format!("{part}\0"),
        |part: &str| format!("{part}+"),
        |part: &str| format!("{part}/A"),
        |part: &str| format!("{part}\u{e9}"),
    ] {
        for i in 0..3 {
            let mut parts: Vec<_> = parts.iter().map(|part| (*part).to_owned()).collect();
            parts[i] = spoil(&parts[i]);
            assert_eq!(refused(&parts.join(".")), JoseError::Encoding, "{parts:?}");
        }
    }
    // One byte in two characters leaves four bits, which must be zero.
    assert_eq!(decode_base64url("AA"), Ok(vec![0]));
    for sloppy in ["AB", "AP", "A", "AAB", "AAAAA"] {
        assert_eq!(decode_base64url(sloppy), Err(JoseError::Encoding), "{sloppy}");
    }
}

/// RFC 7515 §4.
#[test]
fn sp_065_refuses_repeated_names_byte_order_marks_utf_16_and_trailing_text() {
    for header in [
        r#"{"alg":"RS256","alg":"none"}"#,
        r#"{"alg":"RS256","\u0061lg":"none"}"#,
        r#"{"alg":"RS256","x":1,"x":1}"#,
        r#"{"alg":"RS256","jwk":{"kty":"EC","kty":"RSA"}}"#,
        r#"{"alg":"RS256","x":[{"y":1,"y":2}]}"#,
        "\u{feff}{\"alg\":\"RS256\"}",
        r#"{"alg":"RS256"} {}"#,
        r#"{"alg":"RS256"}x"#,
        r#"{"alg":"RS256",}"#,
        r#"{'alg':'RS256'}"#,
        r#"["RS256"]"#,
        r#""RS256""#,
        "null",
        "",
    ] {
        let text = token(header, "{}");
        let expected = if header.is_empty() { JoseError::Form } else { JoseError::Json };
        assert_eq!(refused(&text), expected, "{header}");
    }
    let utf16: Vec<u8> = r#"{"alg":"RS256"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let text = format!("{}.e30.AAAA", encode_base64url(utf16));
    assert_eq!(refused(&text), JoseError::Json);
    let invalid = format!("{}.e30.AAAA", encode_base64url(b"{\"alg\":\"RS256\",\"x\":\"\xff\"}"));
    assert_eq!(refused(&invalid), JoseError::Json);
}

#[test]
fn sp_065_takes_16_levels_of_nesting_and_16_kib_and_no_more() {
    let nested = |levels: usize| {
        let inner = levels - 1;
        token(&format!(r#"{{"alg":"RS256","x":{}{}}}"#, "[".repeat(inner), "]".repeat(inner)), "{}")
    };
    assert!(Compact::parse(&nested(16)).is_ok());
    assert_eq!(refused(&nested(17)), JoseError::Json);
    assert_eq!(refused(&nested(1000)), JoseError::Json);

    let sized = |length: usize| {
        let text = token(r#"{"alg":"RS256"}"#, "{}");
        let signature = "A".repeat(length - text.len());
        format!("{text}{signature}")
    };
    assert_eq!(Compact::MAX_BYTES, 16_384);
    assert!(Compact::parse(&sized(16_384)).is_ok());
    assert_eq!(refused(&sized(16_388)), JoseError::Form);
    assert_eq!(refused(&sized(1 << 20)), JoseError::Form);
}

#[test]
fn sp_062_a_header_member_of_another_type_is_refused() {
    for member in [r#""kid":["a"]"#, r#""kid":1"#, r#""kid":{}"#, r#""typ":1"#, r#""typ":["JWT"]"#] {
        let text = token(&format!(r#"{{"alg":"RS256",{member}}}"#), "{}");
        assert_eq!(refused(&text), JoseError::Json, "{member}");
    }
    for header in ["{}", r#"{"alg":null}"#, r#"{"alg":1}"#, r#"{"alg":["RS256"]}"#, r#"{"typ":"JWT"}"#] {
        assert_eq!(refused(&token(header, "{}")), JoseError::Json, "{header}");
    }
}

/// RFC 7515 §4.1.
#[test]
fn what_is_signed_carries_the_signers_algorithm_and_kid() {
    let ring = TestKeyRing::new();
    let signer = ring.signer(Algorithm::ES256).unwrap();
    let text = sign_compact(&*signer, "at+jwt", &json!({ "a": 1 })).unwrap();
    let jws = Compact::parse(&text).unwrap();
    assert_eq!(jws.header.alg, "ES256");
    assert_eq!(jws.header.typ.as_deref(), Some("at+jwt"));
    assert_eq!(jws.header.kid.as_deref(), signer.kid());
    assert_eq!(jws.payload, br#"{"a":1}"#);
    let text = sign_compact(&*ring.symmetric_signer(b"secret"), "JWT", &json!({})).unwrap();
    assert_eq!(Compact::parse(&text).unwrap().header.kid, None);
}

#[test]
fn every_error_has_a_rule_of_its_own() {
    use JoseError::{
        Algorithm, Audience, Critical, Encoding, Expired, Form, Issuer, Json, Key, NotYetValid, Signature,
        Type,
    };
    let errors = [
        Form,
        Encoding,
        Json,
        Algorithm,
        Critical,
        Type,
        Key,
        Signature,
        Issuer,
        Audience,
        Expired,
        NotYetValid,
    ];
    let rules: std::collections::HashSet<_> = errors.iter().map(|error| error.rule()).collect();
    assert_eq!(rules.len(), errors.len());
    assert!(rules.iter().all(|rule| rule.starts_with("jose.")));
}

proptest! {
    #[test]
    fn base64url_has_one_form(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        prop_assert_eq!(decode_base64url(&encode_base64url(&bytes)), Ok(bytes));
    }

    #[test]
    fn what_decodes_is_canonical(text in "[A-Za-z0-9_-]{0,40}") {
        if let Ok(bytes) = decode_base64url(&text) {
            prop_assert_eq!(encode_base64url(bytes), text);
        }
    }

    #[test]
    fn no_text_panics(text in "[A-Za-z0-9_.-]{0,120}|\\PC*") {
        let _ = Compact::parse(&text);
    }

    #[test]
    fn strict_json_takes_what_serde_takes_unless_a_name_stands_twice(
        names in proptest::collection::vec("[a-c]{1,2}", 0..6),
    ) {
        let members: Vec<_> = names.iter().map(|name| format!(r#""{name}":1"#)).collect();
        let text = format!("{{{}}}", members.join(","));
        let unique = names.iter().collect::<std::collections::HashSet<_>>().len() == names.len();
        prop_assert_eq!(parse_json::<Value>(text.as_bytes()).is_ok(), unique);
    }

    #[test]
    fn strict_json_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_json::<Value>(&bytes);
    }
}
