//! Secrets and handles: never shown, compared whole.

use std::collections::HashSet;

use countersign_oauth::{Fault, FaultKind, Handle, HandleHash, OAuthError, Secret};
use countersign_testkit::SeededRandom;

const CANARY: &str = "canary-5f2c";

#[test]
fn a_secret_is_printed_redacted_wherever_it_stands() {
    #[derive(Debug)]
    struct Holder {
        _secret: Secret<String>,
        _bytes: Option<Secret<Vec<u8>>>,
    }
    let holder = Holder { _secret: Secret::from(CANARY), _bytes: Some(Secret::new(CANARY.into())) };
    let shown = format!("{holder:?} {holder:#?}");
    assert!(shown.contains("[redacted]") && !shown.contains(CANARY), "{shown}");
    assert!(!shown.contains(&format!("{:?}", CANARY.as_bytes())));
}

#[test]
fn secrets_are_equal_when_every_byte_is() {
    assert_eq!(Secret::from(CANARY), Secret::from(CANARY));
    for other in ["", "canary-5f2", "canary-5f2d", "canary-5f2c ", "Canary-5f2c"] {
        assert_ne!(Secret::from(CANARY), Secret::from(other));
    }
}

/// RFC 6749 §10.10.
#[test]
fn a_handle_has_256_bits_as_base64url_and_is_printed_redacted() {
    let random = SeededRandom::default();
    let handle = Handle::generate(&random);
    assert_eq!(handle.expose().len(), 43);
    assert!(handle.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    assert!(!format!("{handle:?}").contains(handle.expose()));
    let all: HashSet<String> = (0..1000).map(|_| Handle::generate(&random).expose().to_owned()).collect();
    assert_eq!(all.len(), 1000);
}

#[test]
fn sp_066_a_truncated_or_extended_handle_is_another_one() {
    let handle = Handle::generate(&SeededRandom::default());
    let text = handle.expose();
    assert_eq!(HandleHash::of(text), handle.hash());
    for other in
        [&text[..42], &format!("{text}A"), &format!("{text}="), &format!(" {text}"), &text.to_lowercase()]
    {
        assert_ne!(HandleHash::of(other), handle.hash(), "{other}");
    }
    assert_eq!(HandleHash::from_bytes(*handle.hash().as_bytes()), handle.hash());
}

#[test]
fn the_hash_is_sha_256() {
    // FIPS 180-2, appendix B.1.
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let found: String = HandleHash::of("abc").as_bytes().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_refusal_fills_in_its_values_and_a_fault_keeps_its_cause() {
    use countersign_oauth::ErrorCode::InvalidRequest;
    let refusal =
        OAuthError::new(InvalidRequest, "test.rule", "{a} is not {b}; {c}").with("a", "1").with("b", "2");
    assert_eq!(refusal.describe(), "1 is not 2; {c}");
    assert_eq!((refusal.value("a"), refusal.value("c")), (Some("1"), None));
    let fault = Fault::unavailable("the queue is full").caused_by("42 wait");
    assert_eq!(
        (fault.kind, fault.to_string()),
        (FaultKind::Unavailable, "the queue is full: 42 wait".to_owned())
    );
    assert_eq!(Fault::internal("clients.secret").to_string(), "clients.secret");
}

#[test]
fn a_hash_is_written_as_base64url_and_read_as_nothing_else() {
    let hash = HandleHash::of("a handle");
    let text = serde_json::to_string(&hash).unwrap();
    assert_eq!(text.len(), 45, "43 characters and their quotes");
    assert_eq!(serde_json::from_str::<HandleHash>(&text).unwrap(), hash);
    for wrong in ["\"\"", "\"AAAA\"", "\"+\"", "7"] {
        assert!(serde_json::from_str::<HandleHash>(wrong).is_err(), "{wrong}");
    }
}
