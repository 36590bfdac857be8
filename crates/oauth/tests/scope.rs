//! RFC 6749 §3.3.

use countersign_oauth::{Scope, ScopeError};
use proptest::prelude::*;

fn parse(text: &str) -> Result<String, ScopeError> {
    Scope::parse(text).map(|scope| scope.to_string())
}

/// RFC 6749 §3.3.
#[test]
fn entries_keep_their_order_and_count_once() {
    assert_eq!(parse("openid profile openid email"), Ok("openid profile email".to_owned()));
    assert_eq!(parse("  a   b "), Ok("a b".to_owned()));
    assert_eq!(parse("a A"), Ok("a A".to_owned()));
    assert_eq!(parse(""), Ok(String::new()));
    assert!(Scope::parse(" ").is_ok_and(|scope| scope.is_empty()));
}

#[test]
fn sp_016_refuses_illegal_characters() {
    for character in ['"', '\\', '\t', '\n', '\r', '\0', '\u{7f}', '\u{e9}', '\u{a0}'] {
        assert_eq!(parse(&format!("a b{character}")), Err(ScopeError::IllegalCharacter), "{character:?}");
    }
    let every: String = (0x21..=0x7e_u8).filter(|b| *b != b'"' && *b != b'\\').map(char::from).collect();
    assert_eq!(parse(&every), Ok(every.clone()));
}

#[test]
fn sp_016_takes_100_entries_and_4_kib_and_no_more() {
    let entries = |count: usize| (0..count).map(|i| format!("s{i}")).collect::<Vec<_>>().join(" ");
    assert!(parse(&entries(100)).is_ok());
    assert_eq!(parse(&entries(101)), Err(ScopeError::TooLong));
    assert_eq!(parse(&entries(10_000)), Err(ScopeError::TooLong));
    assert!(parse(&"a".repeat(4096)).is_ok());
    assert_eq!(parse(&"a".repeat(4097)), Err(ScopeError::TooLong));
    assert_eq!(parse(&vec!["a"; 2000].join(" ")), Ok("a".to_owned()), "a repeated entry counts once");
}

#[test]
fn scopes_are_sets_that_keep_an_order() {
    let scope = |text: &str| Scope::parse(text).unwrap();
    assert!(scope("a b c").covers(&scope("c a")) && !scope("a b").covers(&scope("a c")));
    assert!(scope("a").covers(&Scope::empty()) && !Scope::empty().covers(&scope("a")));
    assert_eq!(scope("a b").union(&scope("c b")), scope("a b c"));
    assert_eq!(scope("a b c").filtered(|entry| entry != "b"), scope("a c"));
    assert_eq!(["a", "b", "a"].into_iter().collect::<Scope>(), scope("a b"));
    assert!(scope("read:x").contains("read:x") && !scope("read:x").contains("read:"));
}

proptest! {
    #[test]
    fn what_is_parsed_is_written_and_parsed_alike(text in "[!-~ ]{0,200}") {
        if let Ok(scope) = Scope::parse(&text) {
            prop_assert_eq!(Scope::parse(&scope.to_string()), Ok(scope));
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = Scope::parse(&text);
    }
}
