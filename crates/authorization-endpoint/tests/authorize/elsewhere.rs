//! A login whose user the tenant's own code sends elsewhere, and the return to `/continue`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use countersign_authorization_endpoint::{CookieChange, Outcome, Shown};
use countersign_oauth::{ErrorCode, HandleHash, OAuthError};
use countersign_storage::*;
use countersign_testkit::{CLIENT_ID, NOW, block_on};
use countersign_users::{Denial, LoginEvent, Pending, Verdict};
use serde_json::{Map, Value, json};

use crate::browser::{Visitor, code, elsewhere, login_form, sent_back};
use crate::fake_hook::FakeHook;
use crate::house::House;

const AWAY: &str = "https://terms.example.com/accept?lang=en";

fn one(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

fn to(url: &str) -> Verdict {
    let so_far = Verdict { access_token_claims: one("before", json!(1)), ..Verdict::default() };
    let pending = Pending {
        script_id: "act_1".to_owned(),
        url: url.to_owned(),
        so_far: Box::new(so_far),
        state: String::new(),
    };
    Verdict { redirect: Some(pending), ..Verdict::default() }
}

/// Sends away once, and goes on with what was decided before when the user is back.
fn sends_away(event: &LoginEvent) -> Verdict {
    match &event.continued {
        None => to(AWAY),
        Some(continued) => (*continued.pending.so_far).clone(),
    }
}

fn house() -> (House, Arc<FakeHook>) {
    let hook = FakeHook::of(|event| Ok(sends_away(event)));
    (House::with_hook(hook.clone()), hook)
}

/// Signs in and is sent away; the `state` that comes back.
#[track_caller]
fn sent_away(house: &House, visitor: &mut Visitor) -> String {
    let form = login_form(visitor.authorize(house, &[]));
    let (url, state) = elsewhere(visitor.log_in(house, &form));
    assert_eq!(url, AWAY);
    state
}

/// The rule of an error page that wrote nothing.
#[track_caller]
fn refused(house: &House, outcome: Outcome) -> &'static str {
    house.assert_untouched();
    assert!(outcome.cookies.is_empty());
    match outcome.shown {
        Shown::ErrorPage { page, .. } => {
            assert_eq!(page.error.code, ErrorCode::InvalidRequest);
            page.error.rule
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_session_is_committed_and_the_browser_comes_back_to_the_end_of_its_login() {
    let (house, hook) = house();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    let outcome = visitor.log_in(&house, &form);
    assert!(outcome.cookies.iter().any(|cookie| matches!(cookie, CookieChange::Session { .. })));
    let (_, state) = elsewhere(outcome);
    assert_eq!(state.len(), 43);
    assert_eq!(house.sessions().len(), 1);
    let kind = SingleUseKind::Continuation;
    let row = block_on(house.storage.single_use(kind, &HandleHash::of(&state))).unwrap().unwrap();
    assert_eq!(row.session_id, Some(house.sessions()[0].id.clone()));
    assert!(!row.payload.to_string().contains("before"), "the payload is sealed");
    hook.take_asked();

    let back = [("state", state.as_str()), ("session_token", "signed"), ("a", "b")];
    let (target, code) = code(visitor.come_back(&house, &back));
    assert_eq!(target.state.as_deref(), Some("s1"));
    let [event] = <[LoginEvent; 1]>::try_from(hook.take_asked()).unwrap();
    let continued = event.continued.unwrap();
    assert_eq!((continued.pending.state, continued.pending.script_id.as_str()), (state, "act_1"));
    assert_eq!(continued.query["session_token"], json!("signed"));
    assert_eq!(event.request.query.get("session_token"), None, "the request has no credentials");
    assert_eq!(event.request.query["a"], json!("b"));
    assert_eq!(house.sessions().len(), 1);
    let row = block_on(house.storage.single_use(SingleUseKind::AuthorizationCode, &HandleHash::of(&code)));
    let payload = countersign_authorization_endpoint::CodePayload::of(&row.unwrap().unwrap()).unwrap();
    assert_eq!(payload.verdict.access_token_claims, one("before", json!(1)));
}

#[test]
fn a_state_is_good_once() {
    let (house, _) = house();
    let mut visitor = Visitor::default();
    let state = sent_away(&house, &mut visitor);
    code(visitor.come_back(&house, &[("state", &state)]));
    house.take_effects();
    assert_eq!(refused(&house, visitor.come_back(&house, &[("state", &state)])), "continuation.used");
}

#[test]
fn of_two_returns_at_once_one_wins() {
    let (house, _) = house();
    let mut visitor = Visitor::default();
    let state = sent_away(&house, &mut visitor);
    house.take_effects();
    let handle = HandleHash::of(&state);
    house.storage.before_commit(move |storage| {
        let spend = Change::SpendSingleUse { kind: SingleUseKind::Continuation, handle, now: NOW };
        crate::house::put(storage, spend);
    });
    assert_eq!(refused(&house, visitor.come_back(&house, &[("state", &state)])), "transaction.finished");
}

#[test]
fn another_browser_session_or_domain_is_refused() {
    let (house, hook) = house();
    let mut visitor = Visitor::default();
    let state = sent_away(&house, &mut visitor);
    house.take_effects();
    hook.take_asked();
    let back = [("state", state.as_str())];
    let stranger = Visitor::default();
    let rule = |visitor: &Visitor| refused(&house, visitor.try_to_come_back(&house, "GET", &back));
    assert_eq!(rule(&stranger), "transaction.other_browser");
    let unbound = Visitor { binding: vec![], ..visitor.clone() };
    assert_eq!(rule(&unbound), "transaction.other_browser");
    let signed_out = Visitor { session: vec![], ..visitor.clone() };
    assert_eq!(rule(&signed_out), "transaction.other_session");
    let elsewhere = Visitor { issuer: "https://other.example.com/", ..visitor.clone() };
    assert_eq!(rule(&elsewhere), "transaction.other_stage");
    assert!(hook.take_asked().is_empty());
    code(visitor.come_back(&house, &back));
}

#[test]
fn a_form_of_another_site_comes_without_the_lax_cookie_and_needs_the_session() {
    let (house, _) = house();
    let mut visitor = Visitor::default();
    let state = sent_away(&house, &mut visitor);
    house.take_effects();
    let back = [("state", state.as_str())];
    let post = |visitor: &Visitor| visitor.try_to_come_back(&house, "POST", &back);
    let cross_site = Visitor { binding: vec![], ..visitor.clone() };
    let stranger = Visitor { session: vec![], ..cross_site.clone() };
    assert_eq!(refused(&house, post(&stranger)), "transaction.other_session");
    let other_binding = Visitor { binding: vec!["x".repeat(43)], ..visitor.clone() };
    assert_eq!(refused(&house, post(&other_binding)), "transaction.other_browser");
    code(post(&cross_site));
}

#[test]
fn an_unknown_a_missing_and_a_doubled_state_are_refused() {
    let (house, _) = house();
    let mut visitor = Visitor::default();
    let state = sent_away(&house, &mut visitor);
    house.take_effects();
    for values in [&[][..], &[("state", "unknown")], &[("state", &state), ("state", &state)]] {
        assert_eq!(refused(&house, visitor.try_to_come_back(&house, "GET", values)), "continuation.unknown");
    }
}

#[test]
fn a_code_is_no_state() {
    let house = House::new();
    let mut visitor = house.signed_in();
    let (_, code) = code(visitor.authorize(&house, &[]));
    house.take_effects();
    assert_eq!(refused(&house, visitor.come_back(&house, &[("state", &code)])), "continuation.unknown");
}

#[test]
fn who_stays_away_for_longer_than_a_login_may_take_begins_anew() {
    let (house, _) = house();
    let mut visitor = Visitor::default();
    let state = sent_away(&house, &mut visitor);
    house.take_effects();
    visitor.later(3600);
    assert_eq!(refused(&house, visitor.come_back(&house, &[("state", &state)])), "continuation.expired");
}

#[test]
fn everything_is_checked_again_at_the_return() {
    let (house, hook) = house();
    let mut visitor = Visitor::default();
    let state = sent_away(&house, &mut visitor);
    hook.take_asked();
    house.edit_user(|user| user.blocked = true);
    house.take_effects();
    let rule = refused(&house, visitor.come_back(&house, &[("state", &state)]));
    assert_eq!(rule, "transaction.other_session", "the session of a blocked user is none");
    house.edit_user(|user| user.blocked = false);
    house.edit_client(|client| client.settings.callbacks.clear());
    let rule = refused(&house, visitor.come_back(&house, &[("state", &state)]));
    assert_eq!(rule, "authorize.redirect_uri_mismatch");
    assert!(hook.take_asked().is_empty());
}

#[test]
fn ext_156_the_code_may_deny_at_the_return_and_the_state_is_used_up() {
    let hook = FakeHook::of(|event| {
        let denial = Some(Denial { reason: "terms not accepted".to_owned(), by_rule: false });
        let back = Verdict { denial, ..Verdict::default() };
        Ok(if event.continued.is_some() { back } else { to(AWAY) })
    });
    let house = House::with_hook(hook);
    let mut visitor = Visitor::default();
    let state = sent_away(&house, &mut visitor);
    let error = sent_back(visitor.come_back(&house, &[("state", &state)]));
    assert_eq!((error.rule, error.describe()), ("hook.denied", "terms not accepted".to_owned()));
    house.take_effects();
    assert_eq!(refused(&house, visitor.come_back(&house, &[("state", &state)])), "continuation.used");
}

#[test]
fn the_code_may_send_the_user_away_again() {
    let times = Arc::new(AtomicU32::default());
    let counted = times.clone();
    let hook = FakeHook::of(move |_| {
        Ok(if counted.fetch_add(1, Ordering::SeqCst) < 2 { to(AWAY) } else { Verdict::default() })
    });
    let house = House::with_hook(hook);
    let mut visitor = Visitor::default();
    let first = sent_away(&house, &mut visitor);
    let (_, second) = elsewhere(visitor.come_back(&house, &[("state", &first)]));
    assert_ne!(first, second);
    code(visitor.come_back(&house, &[("state", &second)]));
    assert_eq!(times.load(Ordering::SeqCst), 3);
}

#[test]
fn a_session_that_is_there_may_be_sent_away_too_and_its_browser_is_bound() {
    let (house, _) = house();
    let mut visitor = house.signed_in();
    let (_, state) = elsewhere(visitor.authorize(&house, &[]));
    assert_eq!(visitor.binding.len(), 1);
    code(visitor.come_back(&house, &[("state", &state)]));
}

#[test]
fn a_new_login_that_was_asked_for_is_not_asked_for_again_at_the_return() {
    let (house, _) = house();
    let mut visitor = house.signed_in();
    let form = login_form(visitor.authorize(&house, &[("prompt", "login")]));
    let (_, state) = elsewhere(visitor.log_in(&house, &form));
    code(visitor.come_back(&house, &[("state", &state)]));
}

#[test]
fn an_address_that_is_no_web_page_or_names_a_state_refuses_the_login() {
    for url in
        ["javascript:alert(1)", "com.example.app:/x", "/relative", "https://a.example.com/?state=x", ""]
    {
        let house = House::with_hook(FakeHook::says(to(url)));
        let mut visitor = Visitor::default();
        let form = login_form(visitor.authorize(&house, &[]));
        let error: OAuthError = sent_back(visitor.log_in(&house, &form));
        assert_eq!((error.code, error.rule), (ErrorCode::AccessDenied, "hook.redirect_malformed"), "{url}");
        assert!(house.sessions().is_empty());
        house.assert_untouched();
    }
}

#[test]
fn a_client_that_is_deleted_meanwhile_is_not_answered() {
    let (house, _) = house();
    let mut visitor = Visitor::default();
    let state = sent_away(&house, &mut visitor);
    house.put(Change::DeleteClient { id: CLIENT_ID.into(), at: NOW });
    house.take_effects();
    let rule = refused(&house, visitor.come_back(&house, &[("state", &state)]));
    assert!(["continuation.used", "authorize.unknown_client"].contains(&rule), "{rule}");
}
