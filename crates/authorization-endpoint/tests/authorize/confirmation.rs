//! Asking whether the application was meant, where its callback could be anybody's (RFC 8252 §8.6;
//! RFC 9700 §4.15).

use countersign_oauth::ErrorCode;
use countersign_storage::*;
use countersign_testkit::{AUDIENCE, NOW, PASSWORD, session};

use crate::browser::{Visitor, code, confirmation_form, consent_form, error_page, login_form, sent_back};
use crate::house::House;

const CALLBACK: &str = "com.example.app://callback";
const NATIVE: [(&str, &str); 1] = [("redirect_uri", CALLBACK)];

fn house() -> House {
    House::with_client(|client| client.settings.callbacks = vec![CALLBACK.to_owned()])
}

#[test]
fn core_079_sp_022_a_custom_scheme_is_confirmed_when_no_other_page_was_shown() {
    let house = house();
    let mut visitor = house.signed_in();
    let form = confirmation_form(visitor.authorize(&house, &NATIVE));
    assert_eq!((form.target.as_str(), form.user_name.as_str()), (CALLBACK, "jane@example.com"));
    house.assert_untouched();
    let (target, _) = code(visitor.answer(&house, &form.frame.transaction, true));
    assert_eq!(target.redirect_uri.as_str(), CALLBACK);
    // It is asked every time.
    confirmation_form(visitor.authorize(&house, &NATIVE));
}

#[test]
fn core_079_a_login_or_a_consent_makes_it_superfluous() {
    let house = house();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &NATIVE));
    code(visitor.log_in(&house, &form));
    let more = [("redirect_uri", CALLBACK), ("audience", AUDIENCE), ("scope", "read:things")];
    let form = consent_form(visitor.authorize(&house, &more));
    code(visitor.answer(&house, &form.frame.transaction, true));
}

#[test]
fn core_080_cancelling_goes_back_as_access_denied() {
    let house = house();
    let mut visitor = house.signed_in();
    let form = confirmation_form(visitor.authorize(&house, &NATIVE));
    let error = sent_back(visitor.answer(&house, &form.frame.transaction, false));
    assert_eq!((error.rule, &error.code), ("authorize.confirmation_declined", &ErrorCode::AccessDenied));
    assert_eq!(error.describe(), "User cancelled the confirmation prompt.");
    let written = house.take_effects();
    assert!(matches!(written.as_slice(), [Change::SetMark { .. }]), "{written:?}");
}

#[test]
fn sp_019_it_is_answered_once_by_the_user_it_was_shown_to() {
    let house = house();
    house.add_user("john", |_| {});
    let mut visitor = house.signed_in();
    let form = confirmation_form(visitor.authorize(&house, &NATIVE));
    let other = confirmation_form(visitor.authorize(&house, &NATIVE));
    code(visitor.answer(&house, &form.frame.transaction, true));
    house.take_effects();
    let error = error_page(visitor.answer(&house, &form.frame.transaction, true));
    assert_eq!(error.rule, "transaction.finished");
    let login = login_form(visitor.authorize(&house, &[("redirect_uri", CALLBACK), ("prompt", "login")]));
    code(visitor.log_in_as(&house, &login, ("john@example.com", PASSWORD)));
    house.take_effects();
    let error = error_page(visitor.answer(&house, &other.frame.transaction, true));
    assert_eq!(error.rule, "transaction.other_session");
    house.assert_untouched();
}

#[test]
fn the_applications_switch_and_the_tenants_leave_it_out() {
    let house = house();
    house.edit_settings(|settings| {
        settings.skip_non_verifiable_callback_uri_confirmation_prompt = true;
    });
    let mut visitor = house.signed_in();
    code(visitor.authorize(&house, &NATIVE));
    house.edit_client(|client| {
        client.settings.skip_non_verifiable_callback_uri_confirmation_prompt = Some(false);
    });
    confirmation_form(visitor.authorize(&house, &NATIVE));
}

#[test]
fn a_session_that_ended_while_the_page_was_open_gives_no_code() {
    let house = house();
    let mut visitor = house.signed_in();
    let form = confirmation_form(visitor.authorize(&house, &NATIVE));
    house.put(Change::EndSession { id: session().id, at: NOW });
    let error = error_page(visitor.answer(&house, &form.frame.transaction, true));
    assert_eq!(error.rule, "transaction.other_session");
    house.assert_untouched();
}
