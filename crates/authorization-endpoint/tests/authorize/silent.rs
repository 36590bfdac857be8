//! `prompt=none`: no page ever, and never a code for the wrong user (OpenID Connect Core §3.1.2.1 and
//! §3.1.2.6).

use countersign_authorization_endpoint::{ResponseMode, Shown};
use countersign_jose::{Algorithm, KeyRing as _, sign_compact};
use countersign_oauth::{ErrorCode, Seconds};
use countersign_storage::*;
use countersign_testkit::{AUDIENCE, CLIENT_ID, ISSUER, NOW, TestKeyRing, USER_ID, consent, session};
use serde_json::json;

use crate::browser::{Visitor, code, sent_back};
use crate::house::{House, put};

const NONE: (&str, &str) = ("prompt", "none");

/// A silent request that must be refused, without a cookie and without a write.
#[track_caller]
fn refuses(house: &House, visitor: &mut Visitor, more: &[(&str, &str)], rule: &str) -> ErrorCode {
    let more: Vec<_> = more.iter().copied().chain([NONE]).collect();
    house.storage.take_tries();
    let outcome = visitor.authorize(house, &more);
    assert!(outcome.cookies.is_empty());
    let error = sent_back(outcome);
    assert_eq!(error.rule, rule);
    assert_eq!(house.storage.take_tries(), 0, "a silent refusal wrote");
    error.code
}

fn hint(subject: &str) -> String {
    let claims = json!({ "iss": ISSUER, "sub": subject, "aud": CLIENT_ID, "iat": 1, "exp": 2 });
    sign_compact(&*TestKeyRing::new().signer(Algorithm::RS256).unwrap(), "JWT", &claims).unwrap()
}

#[test]
fn core_039_sp_017_without_a_session_login_is_required() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let code = refuses(&house, &mut visitor, &[], "authorize.login_required");
    assert_eq!(code, ErrorCode::LoginRequired);
    assert!(visitor.binding.is_empty(), "not even a binding cookie");
}

#[test]
fn core_039_an_expired_ended_or_unusable_session_is_none() {
    let house = House::new();
    let mut visitor = house.signed_in();
    visitor.later(72 * 3600);
    refuses(&house, &mut visitor, &[], "authorize.login_required");
    visitor.now = NOW;
    house.edit_user(|user| user.blocked = true);
    refuses(&house, &mut visitor, &[], "authorize.login_required");
    house.edit_user(|user| user.blocked = false);
    house.put(Change::EndSession { id: session().id, at: NOW });
    refuses(&house, &mut visitor, &[], "authorize.login_required");
    let mut stranger = Visitor { session: vec!["unknown".to_owned()], ..Visitor::default() };
    refuses(&house, &mut stranger, &[], "authorize.login_required");
}

#[test]
fn core_048_sp_017_an_unmet_max_age_requires_login() {
    let house = House::new();
    let mut visitor = house.signed_in();
    visitor.later(61);
    refuses(&house, &mut visitor, &[("max_age", "60")], "authorize.login_required");
    code(visitor.authorize(&house, &[("max_age", "61"), NONE]));
}

#[test]
fn a_session_of_a_connection_not_enabled_for_the_client_requires_login() {
    let house = House::new();
    house.put(Change::UpsertClient(crate::house::new(Client {
        id: "second".into(),
        ..countersign_testkit::client()
    })));
    let mut visitor = house.signed_in();
    refuses(&house, &mut visitor, &[("client_id", "second")], "authorize.login_required");
}

#[test]
fn core_040_sp_017_a_missing_consent_is_required() {
    let house = House::new();
    let mut visitor = house.signed_in();
    let api = [("audience", AUDIENCE), ("scope", "openid read:things")];
    let refused = refuses(&house, &mut visitor, &api, "authorize.consent_required");
    assert_eq!(refused, ErrorCode::ConsentRequired);
    house.put(Change::GrantConsent(consent()));
    code(visitor.authorize(&house, &[("audience", AUDIENCE), ("scope", "openid read:things"), NONE]));
    let more = [("audience", AUDIENCE), ("scope", "openid write:things")];
    refuses(&house, &mut visitor, &more, "authorize.consent_required");
}

#[test]
fn core_044_a_localhost_callback_needs_consent_while_confirmation_is_on() {
    let callback = "http://localhost:3000/cb";
    let house = House::with_client(|client| client.settings.callbacks = vec![callback.to_owned()]);
    let mut visitor = house.signed_in();
    let more = [("redirect_uri", callback)];
    let refused = refuses(&house, &mut visitor, &more, "authorize.confirmation_required");
    assert_eq!(refused, ErrorCode::ConsentRequired);
    house.edit_settings(|settings| {
        settings.skip_non_verifiable_callback_uri_confirmation_prompt = true;
    });
    code(visitor.authorize(&house, &[("redirect_uri", callback), NONE]));
}

#[test]
fn core_042_core_043_a_success_sets_no_cookie_and_moves_the_idle_end() {
    let house = House::new();
    let mut visitor = house.signed_in();
    visitor.later(600);
    let outcome = visitor.authorize(&house, &[NONE]);
    assert!(outcome.cookies.is_empty());
    code(outcome);
    assert_eq!(house.sessions()[0].idle_expires_at, NOW.plus(Seconds(72 * 3600 + 600)));
    let touched = |change: &Change| matches!(change, Change::TouchSession { .. });
    assert!(house.take_effects().iter().any(touched));
}

#[test]
fn core_042_no_silent_request_ever_shows_a_page() {
    let house = House::with_client(|client| {
        client.settings.callbacks.push("com.example.app://cb".to_owned());
    });
    let mut visitors = [Visitor::default(), house.signed_in()];
    let requests: [&[(&str, &str)]; 6] = [
        &[],
        &[("max_age", "0")],
        &[("audience", AUDIENCE), ("scope", "read:things")],
        &[("redirect_uri", "com.example.app://cb")],
        &[("scope", "openid offline_access")],
        &[("login_hint", "john@example.com")],
    ];
    for visitor in &mut visitors {
        for request in requests {
            let more: Vec<_> = request.iter().copied().chain([NONE]).collect();
            let outcome = visitor.authorize(&house, &more);
            assert!(matches!(outcome.shown, Shown::Answer(_)), "{request:?}: {:?}", outcome.shown);
        }
    }
}

#[test]
fn sp_017_a_hint_of_another_user_requires_login() {
    let house = House::new();
    let mut visitor = house.signed_in();
    for other in [hint("auth0|john"), hint(""), "a.b.c".to_owned(), hint(USER_ID) + "x"] {
        let more = [("id_token_hint", other.as_str())];
        let refused = refuses(&house, &mut visitor, &more, "authorize.hint_mismatch");
        assert_eq!(refused, ErrorCode::LoginRequired);
    }
    code(visitor.authorize(&house, &[("id_token_hint", &hint(USER_ID)), NONE]));
    let mut stranger = Visitor::default();
    let hint = hint(USER_ID);
    refuses(&house, &mut stranger, &[("id_token_hint", &hint)], "authorize.login_required");
}

#[test]
fn a_hint_does_not_stand_in_the_way_of_a_login_page() {
    let house = House::new();
    let hint = hint("auth0|john");
    code(house.signed_in().authorize(&house, &[("id_token_hint", &hint)]));
}

#[test]
fn core_034_the_answer_travels_as_a_web_message_where_it_is_asked_and_allowed() {
    let house = House::with_client(|client| {
        client.settings.web_origins = vec!["https://app.example.com".to_owned()];
    });
    let mode = ("response_mode", "web_message");
    let outcome = Visitor::default().authorize(&house, &[mode, NONE]);
    let Shown::Answer(countersign_authorization_endpoint::Answer::Error { target, .. }) = outcome.shown
    else {
        panic!()
    };
    assert_eq!(target.response_mode, ResponseMode::WebMessage);
    let (target, _) = code(house.signed_in().authorize(&house, &[mode, NONE]));
    assert_eq!(target.response_mode, ResponseMode::WebMessage);
    assert_eq!(target.origin().unwrap().as_str(), "https://app.example.com");
}

#[test]
fn sp_017_a_session_that_ends_while_it_is_asked_requires_login() {
    let house = House::new();
    let mut visitor = house.signed_in();
    house.storage.before_commit(|storage| put(storage, Change::EndSession { id: session().id, at: NOW }));
    assert_eq!(sent_back(visitor.authorize(&house, &[NONE])).rule, "authorize.login_required");
    house.assert_untouched();
}

#[test]
fn a_consent_withdrawn_while_it_is_asked_is_required() {
    let house = House::new();
    house.put(Change::GrantConsent(consent()));
    let mut visitor = house.signed_in();
    house.storage.before_commit(|storage| {
        put(storage, Change::DeleteConsent { id: consent().id, at: NOW });
    });
    let more = [("audience", AUDIENCE), ("scope", "openid read:things"), NONE];
    assert_eq!(sent_back(visitor.authorize(&house, &more)).rule, "authorize.consent_required");
    house.assert_untouched();
}
