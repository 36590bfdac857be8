//! RFC 7636, rule by rule.

use countersign_oauth::{ErrorCode, OAuthError};
use countersign_pkce::{CodeChallenge, CodeChallengeMethod, CodeVerifier, PkceError};
use countersign_testkit::vectors::{RFC7636_CHALLENGE, RFC7636_VERIFIER};
use proptest::prelude::*;

/// RFC 7636 §4.2, §4.6.
#[test]
fn the_example_of_rfc_7636_appendix_b_verifies() {
    let challenge = CodeChallenge::parse(RFC7636_CHALLENGE, Some("S256")).unwrap();
    let verifier = CodeVerifier::parse(RFC7636_VERIFIER).unwrap();
    assert!(challenge.verify(&verifier));
}

/// RFC 7636 §4.6.
#[test]
fn another_verifier_does_not_verify() {
    let challenge = CodeChallenge::parse(RFC7636_CHALLENGE, Some("S256")).unwrap();
    let mut other = RFC7636_VERIFIER.to_owned();
    other.replace_range(0..1, "e");
    assert!(!challenge.verify(&CodeVerifier::parse(&other).unwrap()));
    other.replace_range(0..1, "d");
    other.push('a');
    assert!(!challenge.verify(&CodeVerifier::parse(&other).unwrap()));
}

#[test]
fn the_challenge_itself_is_not_its_verifier_under_s256() {
    let challenge = CodeChallenge::parse(RFC7636_CHALLENGE, Some("S256")).unwrap();
    assert!(!challenge.verify(&CodeVerifier::parse(RFC7636_CHALLENGE).unwrap()));
}

/// RFC 7636 §4.3.
#[test]
fn a_missing_method_is_plain() {
    let challenge = CodeChallenge::parse(RFC7636_VERIFIER, None).unwrap();
    assert_eq!(challenge.method(), CodeChallengeMethod::Plain);
    assert!(challenge.verify(&CodeVerifier::parse(RFC7636_VERIFIER).unwrap()));
    assert!(!challenge.verify(&CodeVerifier::parse(RFC7636_CHALLENGE).unwrap()));
}

/// RFC 7636 §4.3, §4.4.1.
#[test]
fn sp_029_refuses_unknown_methods() {
    for method in ["", "s256", "PLAIN", "Plain", "S512", "S256 ", "none"] {
        let found = CodeChallenge::parse(RFC7636_CHALLENGE, Some(method));
        assert_eq!(found, Err(PkceError::UnknownMethod), "{method:?}");
    }
}

/// RFC 7636 §4.2.
#[test]
fn sp_029_refuses_an_s256_challenge_that_is_not_43_base64url_characters() {
    let cut = &RFC7636_CHALLENGE[..42];
    for challenge in [
        String::new(),
        cut.to_owned(),
        format!("{RFC7636_CHALLENGE}A"),
        format!("{RFC7636_CHALLENGE}="),
        format!("{cut}."),
        format!("{cut}~"),
        format!("{cut}+"),
        format!("{cut}é"),
        format!("{cut} "),
        // The last character carries four bits, so its two low bits must be zero.
        format!("{cut}N"),
    ] {
        let found = CodeChallenge::parse(&challenge, Some("S256"));
        assert_eq!(found, Err(PkceError::MalformedS256Challenge), "{challenge:?}");
    }
}

/// RFC 7636 §4.1, RFC 3986 §2.3.
#[test]
fn sp_029_refuses_a_verifier_outside_43_to_128_unreserved_characters() {
    for (length, right) in [(0, false), (42, false), (43, true), (128, true), (129, false)] {
        let text = "~".repeat(length);
        assert_eq!(CodeVerifier::parse(&text).is_ok(), right, "{length}");
        let challenge = CodeChallenge::parse(&text, Some("plain"));
        assert_eq!(challenge.is_ok(), right, "{length}");
        if !right {
            assert_eq!(CodeVerifier::parse(&text), Err(PkceError::MalformedVerifier));
            assert_eq!(challenge, Err(PkceError::MalformedPlainChallenge));
        }
    }
    for character in ['+', '/', '=', ' ', '%', '\0', '\n', 'é', '"'] {
        let text = format!("{}{character}", "a".repeat(60));
        assert_eq!(CodeVerifier::parse(&text), Err(PkceError::MalformedVerifier), "{character:?}");
    }
}

#[test]
fn a_verifier_is_printed_redacted() {
    let verifier = CodeVerifier::parse(RFC7636_VERIFIER).unwrap();
    assert!(!format!("{verifier:?}").contains(RFC7636_VERIFIER));
}

#[test]
fn a_stored_challenge_comes_back_and_a_malformed_one_does_not() {
    let challenge = CodeChallenge::parse(RFC7636_CHALLENGE, Some("S256")).unwrap();
    let json = serde_json::to_string(&challenge).unwrap();
    assert_eq!(json, format!(r#"{{"method":"S256","value":"{RFC7636_CHALLENGE}"}}"#));
    assert_eq!(serde_json::from_str::<CodeChallenge>(&json).unwrap(), challenge);
    let plain = CodeChallenge::parse(RFC7636_VERIFIER, Some("plain")).unwrap();
    let json = serde_json::to_value(&plain).unwrap();
    assert_eq!(json["method"], "plain");
    assert_eq!(serde_json::from_value::<CodeChallenge>(json).unwrap(), plain);
    for json in [r#"{"method":"S256","value":"short"}"#, r#"{"method":"none","value":""}"#, "{}", "null"] {
        assert!(serde_json::from_str::<CodeChallenge>(json).is_err(), "{json}");
    }
}

#[test]
fn every_rule_has_its_own_id_and_the_code_of_its_endpoint() {
    use PkceError::{MalformedPlainChallenge, MalformedS256Challenge, MalformedVerifier, UnknownMethod};
    let errors = [UnknownMethod, MalformedS256Challenge, MalformedPlainChallenge, MalformedVerifier];
    let mut rules = std::collections::HashSet::new();
    for error in errors {
        let shown = OAuthError::from(error);
        assert!(shown.rule.starts_with("pkce."));
        assert!(rules.insert(shown.rule));
        let at_token = error == MalformedVerifier;
        assert_eq!(shown.code == ErrorCode::InvalidGrant, at_token);
        assert_eq!(shown.code == ErrorCode::InvalidRequest, !at_token);
        assert_eq!(error.to_string(), shown.describe());
    }
}

proptest! {
    #[test]
    fn a_plain_challenge_verifies_itself_alone(a in "[A-Za-z0-9._~-]{43,128}", b in "[A-Za-z0-9._~-]{43,128}") {
        let challenge = CodeChallenge::parse(&a, Some("plain")).unwrap();
        prop_assert!(challenge.verify(&CodeVerifier::parse(&a).unwrap()));
        prop_assert_eq!(challenge.verify(&CodeVerifier::parse(&b).unwrap()), a == b);
    }

    #[test]
    fn nothing_but_the_alphabet_is_a_verifier(text in "\\PC{43,128}") {
        let allowed = text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
        prop_assert_eq!(CodeVerifier::parse(&text).is_ok(), allowed && text.len() <= 128);
    }

    #[test]
    fn no_input_panics(challenge in "\\PC*", method in proptest::option::of("\\PC*")) {
        let _ = CodeChallenge::parse(&challenge, method.as_deref());
        let _ = CodeVerifier::parse(&challenge);
    }
}
