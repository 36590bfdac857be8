//! Asking for consent (OpenID Connect Core §3.1.2.4; RFC 9700 §4.7; core contract §2.9).

use countersign_authorization_endpoint::{Interaction, Shown};
use countersign_oauth::ErrorCode;
use countersign_storage::*;
use countersign_testkit::vectors::RFC7636_CHALLENGE;
use countersign_testkit::{AUDIENCE, NOW, PASSWORD, consent, session};

use crate::browser::{Visitor, code, consent_form, error_page, login_form, sent_back};
use crate::house::{House, put};

const API: [(&str, &str); 2] = [("audience", AUDIENCE), ("scope", "openid read:things")];

fn permissive() -> House {
    House::with_third_party(Some(ThirdPartySecurityMode::Permissive))
}

#[test]
fn an_accepted_consent_is_remembered_with_the_code_it_was_given_for() {
    let house = House::new();
    let mut visitor = house.signed_in();
    let form = consent_form(visitor.authorize(&house, &API));
    assert_eq!(form.user_name, "jane@example.com");
    assert_eq!(form.api_name.as_deref(), Some("Test API"));
    let lines: Vec<_> = form.scopes.iter().map(|line| line.value.as_str()).collect();
    assert_eq!(lines, ["openid", "read:things"]);
    house.assert_untouched();
    code(visitor.answer(&house, &form.frame.transaction, true));
    assert_eq!(house.consent(AUDIENCE).unwrap().scope.to_string(), "openid read:things");
    code(visitor.authorize(&house, &API));
}

#[test]
fn core_077_a_third_party_is_asked_the_first_time_and_not_again_until_it_is_revoked() {
    let house = permissive();
    let mut visitor = house.signed_in();
    let openid = [("scope", "openid")];
    let form = consent_form(visitor.authorize(&house, &openid));
    code(visitor.answer(&house, &form.frame.transaction, true));
    code(visitor.authorize(&house, &openid));
    let id = house.consent("").unwrap().id;
    house.put(Change::DeleteConsent { id, at: NOW });
    consent_form(visitor.authorize(&house, &openid));
}

#[test]
fn core_077_changed_scopes_are_asked_for_again_and_united() {
    let house = permissive();
    let mut visitor = house.signed_in();
    let form = consent_form(visitor.authorize(&house, &[("scope", "openid")]));
    code(visitor.answer(&house, &form.frame.transaction, true));
    let form = consent_form(visitor.authorize(&house, &[("scope", "openid email")]));
    code(visitor.answer(&house, &form.frame.transaction, true));
    assert_eq!(house.consent("").unwrap().scope.to_string(), "openid email");
    code(visitor.authorize(&house, &[("scope", "email")]));
}

#[test]
fn core_078_a_first_party_skips_where_the_api_allows_it() {
    let house = House::new();
    house.edit_api(|api| api.settings.skip_consent_for_verifiable_first_party_clients = true);
    code(house.signed_in().authorize(&house, &API));
    assert_eq!(house.consent(AUDIENCE), None);
}

#[test]
fn core_049_prompt_consent_asks_though_a_consent_stands() {
    let house = House::new();
    house.put(Change::GrantConsent(consent()));
    let mut visitor = house.signed_in();
    let more = [("audience", AUDIENCE), ("scope", "openid read:things"), ("prompt", "consent")];
    let form = consent_form(visitor.authorize(&house, &more));
    code(visitor.answer(&house, &form.frame.transaction, true));
}

#[test]
fn an_offline_grant_leaves_a_consent_behind_though_nobody_was_asked() {
    let house = House::new();
    code(house.signed_in().authorize(&house, &[("scope", "openid offline_access")]));
    assert_eq!(house.consent("").unwrap().scope.to_string(), "openid offline_access");
    let plain = House::new();
    code(plain.signed_in().authorize(&plain, &[("scope", "openid")]));
    assert_eq!(plain.consent(""), None);
}

#[test]
fn core_076_a_declined_consent_goes_back_as_access_denied() {
    let house = House::new();
    let mut visitor = house.signed_in();
    let form = consent_form(visitor.authorize(&house, &API));
    let error = sent_back(visitor.answer(&house, &form.frame.transaction, false));
    assert_eq!((error.rule, &error.code), ("authorize.consent_declined", &ErrorCode::AccessDenied));
    assert_eq!(error.describe(), "User did not authorize the request");
    assert_eq!(house.consent(AUDIENCE), None);
    let written = house.take_effects();
    assert!(matches!(written.as_slice(), [Change::SetMark { .. }]), "{written:?}");
}

#[test]
fn core_076_a_declined_consent_of_a_protected_client_stays_on_our_page() {
    let house = permissive();
    let mut visitor = house.signed_in();
    let form = consent_form(visitor.authorize(&house, &[("scope", "openid")]));
    let error = error_page(visitor.answer(&house, &form.frame.transaction, false));
    assert_eq!(error.rule, "authorize.consent_declined");
    house.edit_client(|client| {
        client.settings.redirection_policy = Some(RedirectionPolicy::AllowAlways);
    });
    let form = consent_form(visitor.authorize(&house, &[("scope", "openid")]));
    let error = sent_back(visitor.answer(&house, &form.frame.transaction, false));
    assert_eq!(error.code, ErrorCode::AccessDenied);
}

#[test]
fn sp_020_a_consent_form_is_answered_once_whatever_the_answer() {
    for (first, second) in [(true, true), (true, false), (false, true), (false, false)] {
        let house = House::new();
        let mut visitor = house.signed_in();
        let form = consent_form(visitor.authorize(&house, &API));
        visitor.answer(&house, &form.frame.transaction, first);
        house.take_effects();
        let error = error_page(visitor.answer(&house, &form.frame.transaction, second));
        assert_eq!(error.rule, "transaction.finished", "{first} {second}");
        house.assert_untouched();
        assert_eq!(house.consent(AUDIENCE).is_some(), first);
    }
}

#[test]
fn sp_020_another_user_cannot_answer_for_the_one_who_was_shown() {
    let house = House::new();
    house.add_user("john", |_| {});
    let mut visitor = house.signed_in();
    let form = consent_form(visitor.authorize(&house, &API));
    // The same browser, where somebody else signed in meanwhile.
    let login = login_form(visitor.authorize(&house, &[("prompt", "login")]));
    code(visitor.log_in_as(&house, &login, ("john@example.com", PASSWORD)));
    house.take_effects();
    let error = error_page(visitor.answer(&house, &form.frame.transaction, true));
    assert_eq!(error.rule, "transaction.other_session");
    let mut nobody = Visitor { session: Vec::new(), ..visitor.clone() };
    let error = error_page(nobody.answer(&house, &form.frame.transaction, true));
    assert_eq!(error.rule, "transaction.other_session");
    house.assert_untouched();
}

#[test]
fn sp_020_a_session_that_ended_meanwhile_cannot_consent() {
    let house = House::new();
    let mut visitor = house.signed_in();
    let form = consent_form(visitor.authorize(&house, &API));
    house.put(Change::EndSession { id: session().id, at: NOW });
    for accepted in [true, false] {
        let error = error_page(visitor.answer(&house, &form.frame.transaction, accepted));
        assert_eq!(error.rule, "transaction.other_session");
    }
    house.assert_untouched();
}

#[test]
fn sp_020_what_is_granted_is_what_was_shown_and_at_most_narrowed() {
    let more = [("audience", AUDIENCE), ("scope", "read:things write:things")];
    // The API loses a scope while the page is open.
    let house = House::new();
    let mut visitor = house.signed_in();
    let form = consent_form(visitor.authorize(&house, &more));
    house.edit_api(|api| api.settings.scopes.retain(|scope| scope.value == "read:things"));
    code(visitor.answer(&house, &form.frame.transaction, true));
    assert_eq!(house.consent(AUDIENCE).unwrap().scope.to_string(), "read:things");
    // The API gains one.
    let house = House::new();
    house.edit_api(|api| api.settings.scopes.retain(|scope| scope.value == "read:things"));
    let mut visitor = house.signed_in();
    let form = consent_form(visitor.authorize(&house, &more));
    assert_eq!(form.scope.to_string(), "read:things");
    house.edit_api(|api| {
        let write = ApiScope { value: "write:things".to_owned(), description: None };
        api.settings.scopes.push(write);
    });
    code(visitor.answer(&house, &form.frame.transaction, true));
    assert_eq!(house.consent(AUDIENCE).unwrap().scope.to_string(), "read:things");
}

#[test]
fn login_and_consent_are_one_transaction() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let more = [("audience", AUDIENCE), ("scope", "openid read:things"), ("prompt", "login consent")];
    let login = login_form(visitor.authorize(&house, &more));
    let outcome = visitor.log_in(&house, &login);
    let form = consent_form(outcome);
    assert_eq!(house.sessions().len(), 1, "signed in already, whatever the answer will be");
    code(visitor.answer(&house, &form.frame.transaction, true));
}

#[test]
fn a_user_who_declines_stays_signed_in() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let login = login_form(visitor.authorize(&house, &API));
    let form = consent_form(visitor.log_in(&house, &login));
    sent_back(visitor.answer(&house, &form.frame.transaction, false));
    code(visitor.authorize(&house, &[("scope", "openid")]));
}

#[test]
fn sp_018_a_consent_page_of_a_stale_session_does_not_stand_for_a_login() {
    let house = House::new();
    let mut visitor = house.signed_in();
    visitor.later(50);
    let more = [("audience", AUDIENCE), ("scope", "openid read:things"), ("max_age", "60")];
    let form = consent_form(visitor.authorize(&house, &more));
    visitor.later(11);
    // Now the authentication is too old for what was asked.
    let login = login_form(visitor.answer(&house, &form.frame.transaction, true));
    house.assert_untouched();
    let form = consent_form(visitor.log_in(&house, &login));
    code(visitor.answer(&house, &form.frame.transaction, true));
}

#[test]
fn a_consent_withdrawn_between_decision_and_commit_is_asked_for_again() {
    let house = House::new();
    house.put(Change::GrantConsent(consent()));
    let mut visitor = house.signed_in();
    house.storage.before_commit(|storage| put(storage, Change::DeleteConsent { id: consent().id, at: NOW }));
    let outcome = visitor.authorize(&house, &API);
    assert!(matches!(outcome.shown, Shown::Interaction(Interaction::Consent(_))));
    house.assert_untouched();
}

#[test]
fn a_strict_third_party_is_asked_for_the_apis_scopes_and_gets_no_openid() {
    let house = House::with_third_party(None);
    let more = [
        ("audience", AUDIENCE),
        ("scope", "openid profile read:things write:things"),
        ("code_challenge", RFC7636_CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let form = consent_form(house.signed_in().authorize(&house, &more));
    assert_eq!(form.scope.to_string(), "read:things");
}
