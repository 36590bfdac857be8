//! A form works in the browser, at the stage and in the time it was made for.

use countersign_authorization_endpoint::{CookieChange, LoginForm};
use countersign_oauth::ErrorCode;
use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD};

use crate::browser::{Visitor, code, consent_form, error_page, login_form};
use crate::house::House;

fn at_login() -> (House, Visitor, LoginForm) {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    (house, visitor, form)
}

fn with_transaction(form: &LoginForm, transaction: &str) -> LoginForm {
    let mut form = form.clone();
    form.frame.transaction = transaction.to_owned();
    form
}

#[test]
fn a_page_binds_the_browser_once() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let outcome = visitor.authorize(&house, &[]);
    assert!(matches!(outcome.cookies.as_slice(), [CookieChange::Binding(_)]));
    let outcome = visitor.authorize(&house, &[]);
    assert!(outcome.cookies.is_empty(), "the browser is known");
    for strange in [vec!["short".to_owned()], vec!["x".repeat(43), "y".repeat(43)]] {
        visitor.binding = strange;
        let outcome = visitor.authorize(&house, &[]);
        assert!(matches!(outcome.cookies.as_slice(), [CookieChange::Binding(_)]));
        visitor.binding = vec!["y".repeat(43)];
    }
}

#[test]
fn sp_019_a_form_of_another_browser_is_refused_before_any_password_is_looked_at() {
    let (house, visitor, form) = at_login();
    let mut other = Visitor::default();
    login_form(other.authorize(&house, &[]));
    let both =
        Visitor { binding: [visitor.binding.clone(), other.binding.clone()].concat(), ..visitor.clone() };
    let none = Visitor { binding: Vec::new(), ..visitor.clone() };
    for mut stranger in [other, both, none] {
        let error = error_page(stranger.log_in(&house, &form));
        assert_eq!((error.rule, error.code), ("transaction.other_browser", ErrorCode::InvalidRequest));
    }
    assert_eq!(house.hasher.take_asked(), 0);
    house.assert_untouched();
    let mut visitor = visitor;
    code(visitor.log_in(&house, &form));
}

#[test]
fn sp_019_a_consent_form_of_another_browser_is_refused_though_the_session_is_the_same() {
    let house = House::new();
    let mut visitor = house.signed_in();
    let more = [("audience", AUDIENCE), ("scope", "read:things")];
    let form = consent_form(visitor.authorize(&house, &more));
    let mut thief = Visitor { binding: vec!["x".repeat(43)], ..visitor.clone() };
    let error = error_page(thief.answer(&house, &form.frame.transaction, true));
    assert_eq!(error.rule, "transaction.other_browser");
    house.assert_untouched();
}

#[test]
fn sp_019_a_forged_cut_or_empty_field_is_refused() {
    let (house, mut visitor, form) = at_login();
    let right = form.frame.transaction.clone();
    let mut changed = right.clone().into_bytes();
    let last = changed.len() - 1;
    changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    for field in ["", "garbage", ".", &right[1..], &right[..right.len() - 4], &changed, &format!("{right}A")]
    {
        let error = error_page(visitor.log_in(&house, &with_transaction(&form, field)));
        assert_eq!(error.rule, "transaction.malformed");
        let error = error_page(visitor.answer(&house, field, true));
        assert_eq!(error.rule, "transaction.malformed");
    }
    assert_eq!(house.hasher.take_asked(), 0);
    house.assert_untouched();
}

#[test]
fn a_form_of_one_stage_is_refused_at_another() {
    let (house, mut visitor, form) = at_login();
    let error = error_page(visitor.answer(&house, &form.frame.transaction, true));
    assert_eq!(error.rule, "transaction.other_stage");
    let more = [("audience", AUDIENCE), ("scope", "read:things")];
    let login = login_form(visitor.authorize(&house, &more));
    let consent = consent_form(visitor.log_in(&house, &login));
    house.take_effects();
    let error = error_page(visitor.log_in(&house, &with_transaction(&form, &consent.frame.transaction)));
    assert_eq!(error.rule, "transaction.other_stage");
    house.assert_untouched();
}

#[test]
fn sp_019_a_form_expires_after_an_hour() {
    let (house, mut visitor, form) = at_login();
    visitor.later(3600);
    let error = error_page(visitor.log_in(&house, &form));
    assert_eq!(error.rule, "transaction.expired");
    house.assert_untouched();
    visitor.later(-1);
    code(visitor.log_in(&house, &form));
}

#[test]
fn sp_068_a_form_of_another_domain_is_refused() {
    let (house, mut visitor, form) = at_login();
    visitor.issuer = "http://localhost:3000/";
    let error = error_page(visitor.log_in(&house, &form));
    assert_eq!(error.rule, "transaction.other_stage");
    house.assert_untouched();
}

#[test]
fn two_tabs_are_two_transactions() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let first = login_form(visitor.authorize(&house, &[("state", "s1"), ("nonce", "one")]));
    let second = login_form(visitor.authorize(&house, &[("state", "s1"), ("nonce", "two")]));
    assert_ne!(first.frame.transaction, second.frame.transaction);
    code(visitor.log_in_as(&house, &first, (EMAIL, PASSWORD)));
    code(visitor.log_in_as(&house, &second, (EMAIL, PASSWORD)));
    let living: Vec<_> = house.sessions().into_iter().filter(|one| one.ended_at.is_none()).collect();
    assert_eq!(living.len(), 1, "one user per browser, one session");
}

#[test]
fn nothing_of_a_request_can_be_read_from_its_form() {
    let house = House::new();
    let form =
        login_form(Visitor::default().authorize(&house, &[("nonce", "canary-nonce"), ("scope", "openid")]));
    for canary in ["canary-nonce", "test-client", "openid", "app.example.com"] {
        assert!(!form.frame.transaction.contains(canary));
    }
}
