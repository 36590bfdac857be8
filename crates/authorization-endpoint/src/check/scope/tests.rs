use super::*;
use crate::tests::parameters;

fn ask(scope: &str) -> Result<String, (&'static str, ErrorCode)> {
    let found = parse(&parameters(&[("scope", scope)]));
    found.map(|scope| scope.to_string()).map_err(|error| (error.rule, error.code))
}

#[test]
fn a_missing_scope_is_an_empty_one() {
    assert!(parse(&parameters(&[])).unwrap().is_empty());
    assert_eq!(ask(""), Ok(String::new()));
    assert_eq!(ask("  openid   email openid "), Ok("openid email".to_owned()));
}

/// RFC 6749 §3.3.
#[test]
fn sp_016_illegal_characters_are_an_invalid_scope() {
    for scope in ["\"", "a\\b", "a\tb", "a\nb", "é", "openid \u{7f}", "a\0"] {
        assert_eq!(ask(scope), Err(("scope.illegal_character", ErrorCode::InvalidScope)), "{scope:?}");
    }
    assert!(ask("!#$%&'()*+,-./:;<=>?@[]^_`{|}~").is_ok());
}

#[test]
fn sp_016_100_entries_and_4_kib_pass_and_one_more_is_refused() {
    let entries = |count: usize| (0..count).map(|n| format!("s{n}")).collect::<Vec<_>>().join(" ");
    let refused = Err(("scope.too_long", ErrorCode::InvalidScope));
    assert!(ask(&entries(100)).is_ok());
    assert_eq!(ask(&entries(101)), refused);
    assert_eq!(ask(&entries(10_000)), refused);
    assert!(ask(&"x".repeat(4096)).is_ok());
    assert_eq!(ask(&"x".repeat(4097)), refused);
}

#[test]
fn core_065_online_and_offline_access_exclude_each_other() {
    let refused = Err(("authorize.online_and_offline", ErrorCode::InvalidRequest));
    assert_eq!(ask("online_access offline_access"), refused);
    assert_eq!(ask("offline_access openid online_access"), refused);
    assert!(ask("offline_access").is_ok() && ask("online_access").is_ok());
    let error = parse(&parameters(&[("scope", "online_access offline_access")])).unwrap_err();
    assert_eq!(error.describe(), "Cannot request both online_access and offline_access scopes");
}
