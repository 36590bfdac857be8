use countersign_testkit::NOW;

use super::*;

fn settings(idle: Option<i64>) -> RefreshTokenSettings {
    RefreshTokenSettings {
        infinite_idle_token_lifetime: idle.is_none(),
        idle_token_lifetime: Seconds(idle.unwrap_or(1)),
        ..RefreshTokenSettings::default()
    }
}

#[test]
fn core_133_the_idle_end_is_the_earlier_of_two_and_none_of_none() {
    let at = |seconds: i64| NOW.plus(Seconds(seconds));
    let end = |idle, absolute: Option<i64>| idle_end(&settings(idle), NOW, absolute.map(at));
    assert_eq!(end(Some(100), None), Some(at(100)));
    assert_eq!(end(Some(100), Some(200)), Some(at(100)));
    assert_eq!(end(Some(100), Some(50)), Some(at(50)));
    assert_eq!(end(None, Some(50)), Some(at(50)));
    assert_eq!(end(None, None), None);
}

/// RFC 6749 §3.3.
#[test]
fn a_scope_is_read_within_its_alphabet_and_limits() {
    let read = |scope: &str| {
        let parameters = Parameters::from_pairs(vec![("scope".to_owned(), scope.to_owned())]).unwrap();
        parse_scope(&parameters).map(|scope| scope.map(|scope| scope.to_string())).map_err(|error| error.rule)
    };
    assert_eq!(read(""), Ok(None));
    assert_eq!(read("a b  a"), Ok(Some("a b".to_owned())));
    assert_eq!(read("a\"b"), Err("scope.illegal_character"));
    assert!(read(&"x".repeat(4096)).is_ok());
    assert_eq!(read(&"x".repeat(4097)), Err("scope.too_long"));
}
