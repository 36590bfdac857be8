use super::*;
use crate::texts::{Language, Texts};

fn english() -> Texts {
    let languages = Language::built_in();
    Texts::read(&languages[0], &languages[0]).unwrap()
}

fn asked(value: &str, description: Option<&str>) -> (Option<String>, Option<String>) {
    let scope = ScopeLine { value: value.to_owned(), description: description.map(str::to_owned) };
    let permission = permission(&scope, &english());
    (permission.words, permission.value)
}

/// OpenID Connect Core §5.4 and §11.
#[test]
fn scopes_of_openid_connect_are_said_in_words() {
    for value in ["openid", "profile", "email", "address", "phone", "offline_access"] {
        let (words, shown) = asked(value, None);
        assert!(words.is_some_and(|words| words.contains(' ')), "{value}");
        assert_eq!(shown, None);
    }
}

#[test]
fn a_scope_of_an_api_always_shows_its_value_for_words_may_say_anything() {
    assert_eq!(asked("read:photos", None), (None, Some("read:photos".to_owned())));
    let described = (Some("See photos".to_owned()), Some("read:photos".to_owned()));
    assert_eq!(asked("read:photos", Some("See photos")), described);
    assert_eq!(asked("email", Some("Nothing at all")).1, Some("email".to_owned()));
    assert_eq!(asked("read:photos", Some(" ")), (None, Some("read:photos".to_owned())));
}
