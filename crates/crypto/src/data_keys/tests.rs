use countersign_oauth::{KeyId, MessageAuthenticator, SealError, Sealed, Sealer, Secret};
use countersign_testkit::SeededRandom;
use proptest::prelude::*;

use super::{DataKeyError, DataKeys};

fn keys() -> DataKeys {
    DataKeys::new(KeyId::new("one"), Secret::new([1; 32]))
}

#[test]
fn what_is_sealed_opens_for_the_same_purpose_alone() {
    let sealed = keys().seal("client_secret", b"text");
    assert_eq!(sealed.key_id.as_str(), "one");
    assert_eq!(keys().open("client_secret", &sealed).unwrap(), b"text");
    for purpose in ["signing_key", "client_secret\0", "client_secre", ""] {
        assert_eq!(keys().open(purpose, &sealed), Err(SealError::Forged), "{purpose:?}");
    }
}

#[test]
fn sealing_twice_gives_two_ciphertexts_and_neither_shows_the_text() {
    let text = b"a secret that must not be seen";
    let (first, second) = (keys().seal("p", text), keys().seal("p", text));
    assert_ne!(first, second);
    for sealed in [first, second] {
        assert!(!sealed.ciphertext.windows(8).any(|window| text.windows(8).any(|part| part == window)));
        assert_eq!(sealed.ciphertext.len(), 16 + 12 + text.len() + 16);
    }
}

#[test]
fn one_changed_bit_or_a_cut_makes_it_forged() {
    let sealed = keys().seal("p", b"text");
    for i in 0..sealed.ciphertext.len() * 8 {
        let mut changed = sealed.clone();
        changed.ciphertext[i / 8] ^= 1 << (i % 8);
        assert_eq!(keys().open("p", &changed), Err(SealError::Forged), "bit {i}");
    }
    for length in 0..sealed.ciphertext.len() {
        let mut cut = sealed.clone();
        cut.ciphertext.truncate(length);
        assert_eq!(keys().open("p", &cut), Err(SealError::Forged), "{length} bytes");
    }
}

#[test]
fn older_keys_open_and_unknown_ones_do_not() {
    let sealed = keys().seal("p", b"text");
    let rotated = keys().rotated(&SeededRandom::default());
    assert_eq!(rotated.open("p", &sealed).unwrap(), b"text");
    assert_ne!(rotated.seal("p", b"text").key_id, sealed.key_id);
    let stranger = DataKeys::new(KeyId::new("two"), Secret::new([1; 32]));
    assert_eq!(stranger.open("p", &sealed), Err(SealError::UnknownKey));
    let same_id = DataKeys::new(KeyId::new("one"), Secret::new([2; 32]));
    assert_eq!(same_id.open("p", &sealed), Err(SealError::Forged));
}

#[test]
fn a_mac_depends_on_key_purpose_and_message_and_outlives_a_rotation() {
    let mac = keys().mac("p", b"message");
    assert_eq!(keys().rotated(&SeededRandom::default()).mac("p", b"message"), mac);
    assert_ne!(keys().mac("q", b"message"), mac);
    assert_ne!(keys().mac("p", b"messagf"), mac);
    assert_ne!(DataKeys::new(KeyId::new("one"), Secret::new([2; 32])).mac("p", b"message"), mac);
}

#[test]
fn a_key_file_is_read_as_it_is_written() {
    let random = SeededRandom::default();
    let keys = DataKeys::generate(&random).rotated(&random);
    let text = keys.to_text();
    let again = DataKeys::parse(text.expose()).unwrap();
    assert_eq!(again.to_text(), text);
    assert_eq!(again.current_id(), keys.current_id());
    assert_eq!(again.open("p", &keys.seal("p", b"x")).unwrap(), b"x");
    assert_eq!(again.mac("p", b"x"), keys.mac("p", b"x"));
}

#[test]
fn the_first_line_seals_and_comments_do_not_count() {
    let line = |id: &str, byte: u8| format!("{id}:{}", base64::Engine::encode(&super::STANDARD, [byte; 32]));
    let text = format!("# data keys\n\n  {}  \r\n{}\n", line("new", 2), line("old", 1));
    let keys = DataKeys::parse(&text).unwrap();
    assert_eq!(keys.current_id().as_str(), "new");
    let old = DataKeys::new(KeyId::new("old"), Secret::new([1; 32]));
    assert_eq!(keys.open("p", &old.seal("p", b"x")).unwrap(), b"x");
}

#[test]
fn malformed_key_files_are_refused_by_line() {
    let key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let parse = |text: &str| DataKeys::parse(text).map(|_| ()).unwrap_err();
    assert_eq!(parse(""), DataKeyError::Empty);
    assert_eq!(parse("# none\n\n"), DataKeyError::Empty);
    for line in [
        key.to_owned(),
        format!(":{key}"),
        format!("a b:{key}"),
        format!("{}:{key}", "a".repeat(65)),
        "a:".to_owned(),
        "a:AQE=".to_owned(),
        format!("a:{key}AQ=="),
        format!("a:{}", key.trim_end_matches('=')),
        format!("a: {key}"),
        format!("a:{}", key.replace('Q', "_")),
    ] {
        assert_eq!(parse(&format!("ok:{key}\n{line}")), DataKeyError::Line(2), "{line}");
    }
    assert_eq!(parse(&format!("a:{key}\nb:{key}\na:{key}")), DataKeyError::Repeated(3));
}

#[test]
fn debug_prints_ids_and_no_keys() {
    let shown = format!("{:?}", keys());
    assert_eq!(shown, r#"["one"]"#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_text_comes_back(purpose in "[a-z_]{0,20}", text in proptest::collection::vec(any::<u8>(), 0..600)) {
        let sealed = keys().seal(&purpose, &text);
        prop_assert_eq!(keys().open(&purpose, &sealed), Ok(text));
    }

    #[test]
    fn no_ciphertext_panics(ciphertext in proptest::collection::vec(any::<u8>(), 0..100)) {
        let sealed = Sealed { key_id: KeyId::new("one"), ciphertext };
        prop_assert_eq!(keys().open("p", &sealed), Err(SealError::Forged));
    }
}
