//! The tenant's own code at the end of a login and of a silent login.

use std::sync::Arc;

use countersign_authorization_endpoint::CodePayload;
use countersign_oauth::{
    ClientId, Error, ErrorCode, Fault, FaultKind, HandleHash, OAuthError, Scope, Seconds,
};
use countersign_storage::*;
use countersign_testkit::{AUDIENCE, CLIENT_ID, NOW, USER_ID, block_on, consent};
use countersign_users::{Denial, LoginEvent, Pending, Protocol, ScopeEdit, SessionEdits, Verdict};
use serde_json::{Map, Value, json};

use crate::browser::{Visitor, code, consent_form, login_form, sent_back};
use crate::fake_hook::FakeHook;
use crate::house::House;

fn one(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

fn denied(reason: &str) -> Verdict {
    Verdict { denial: Some(Denial { reason: reason.to_owned(), by_rule: false }), ..Verdict::default() }
}

fn elsewhere() -> Verdict {
    let pending = Pending {
        script_id: "act_1".to_owned(),
        url: "https://example.com/".to_owned(),
        so_far: Box::default(),
        state: String::new(),
    };
    Verdict { redirect: Some(pending), ..Verdict::default() }
}

fn house(verdict: Verdict) -> (House, Arc<FakeHook>) {
    let hook = FakeHook::says(verdict);
    (House::with_hook(hook.clone()), hook)
}

/// What is behind a code: its payload, and its authorization.
fn behind(house: &House, handle: &str) -> (CodePayload, Authorization) {
    let (kind, handle) = (SingleUseKind::AuthorizationCode, HandleHash::of(handle));
    let row = block_on(house.storage.single_use(kind, &handle)).unwrap().unwrap();
    let id = row.authorization_id.clone().unwrap();
    (CodePayload::of(&row).unwrap(), block_on(house.storage.authorization(&id)).unwrap().unwrap())
}

const SILENT: [(&str, &str); 2] = [("prompt", "none"), ("scope", "openid email")];

#[test]
fn ext_156_a_denial_goes_back_to_the_client_with_its_reason() {
    let (house, hook) = house(Verdict { app_metadata: one("tries", json!(1)), ..denied("not on Sundays") });
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    assert!(hook.take_asked().is_empty(), "nobody signed in yet");
    let outcome = visitor.log_in(&house, &form);
    assert!(outcome.cookies.is_empty(), "a login that is denied begins no session");
    let error = sent_back(outcome);
    assert_eq!((error.code.clone(), error.rule), (ErrorCode::AccessDenied, "hook.denied"));
    assert_eq!(error.describe(), "not on Sundays");
    assert!(house.sessions().is_empty());
    assert_eq!(house.user().profile.app_metadata["tries"], json!(1));
    assert_eq!(house.user().logins_count, 0);
    assert_eq!(house.log()[0], ("f".to_owned(), "hook.denied".to_owned()));
    let written = house.take_effects();
    let [Change::SetMark { .. }, Change::PatchMetadata { .. }] = written.as_slice() else {
        panic!("{written:?}")
    };
    // The form was used up: whoever has it cannot try until the code says yes.
    house.storage.take_tries();
    let again = visitor.log_in(&house, &form);
    assert_eq!(crate::browser::error_page(again).rule, "transaction.finished");
}

#[test]
fn ext_156_a_denied_login_leaves_the_session_that_was_there() {
    let hook = FakeHook::of(|event| {
        let again = event.transaction.prompt == ["login"];
        Ok(if again { denied("no") } else { Verdict::default() })
    });
    let house = House::with_hook(hook);
    let mut visitor = house.signed_in();
    let form = login_form(visitor.authorize(&house, &[("prompt", "login")]));
    sent_back(visitor.log_in(&house, &form));
    assert_eq!(house.sessions().len(), 1);
    code(visitor.authorize(&house, &[("prompt", "none")]));
}

#[test]
fn ext_156_core_038_it_runs_at_a_silent_login_too_and_may_deny_it() {
    let (house, hook) = house(denied("no"));
    let mut visitor = house.signed_in();
    let error = sent_back(visitor.authorize(&house, &SILENT));
    assert_eq!((error.code, error.rule), (ErrorCode::AccessDenied, "hook.denied"));
    assert_eq!(hook.take_asked().len(), 1);
    assert_eq!(house.log()[0], ("fsa".to_owned(), "hook.denied".to_owned()));
    house.assert_untouched();
    assert_eq!(house.sessions()[0].ended_at, None);
}

#[test]
fn core_041_a_redirect_of_a_silent_login_is_interaction_required() {
    let (house, _) = house(Verdict { user_metadata: one("a", json!(1)), ..elsewhere() });
    let mut visitor = house.signed_in();
    let outcome = visitor.authorize(&house, &SILENT);
    assert!(outcome.cookies.is_empty());
    let error = sent_back(outcome);
    assert_eq!((error.code, error.rule), (ErrorCode::InteractionRequired, "hook.interaction_required"));
    house.assert_untouched();
}

#[test]
fn ext_157_claims_and_scopes_travel_with_the_code_and_the_rest_is_written() {
    let end = NOW.plus(Seconds(600));
    let (house, hook) = house(Verdict {
        access_token_claims: one("plan", json!("gold")),
        id_token_claims: one("role", json!("admin")),
        scopes: vec![
            ScopeEdit::Add(Scope::parse("admin:all").unwrap()),
            ScopeEdit::Remove("email".to_owned()),
        ],
        user_metadata: one("seen", json!(true)),
        session: SessionEdits { expires_at: Some(end), ..SessionEdits::default() },
        ..Verdict::default()
    });
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[("scope", "openid email")]));
    house.storage.take_commits();
    let (_, code) = code(visitor.log_in(&house, &form));
    assert_eq!(house.storage.take_commits().len(), 1, "one request, one commit");
    assert_eq!(hook.take_asked().len(), 1);
    let (payload, authorization) = behind(&house, &code);
    assert_eq!(payload.verdict.access_token_claims, one("plan", json!("gold")));
    assert_eq!(payload.verdict.id_token_claims, one("role", json!("admin")));
    assert!(payload.verdict.user_metadata.is_empty(), "what is written does not travel");
    assert_eq!(authorization.scope.to_string(), "openid admin:all");
    assert_eq!(house.user().profile.user_metadata["seen"], json!(true));
    assert_eq!(house.sessions()[0].expires_at, end);
}

#[test]
fn ext_158_the_event_tells_what_was_asked_and_no_secret() {
    let (house, hook) = house(Verdict::default());
    house.put(Change::GrantConsent(consent()));
    let mut visitor = Visitor::default();
    let more = [
        ("scope", "openid read:things unknown"),
        ("audience", AUDIENCE),
        ("login_hint", "jane"),
        ("ui_locales", "de en"),
        ("id_token_hint", "canary"),
    ];
    let form = login_form(visitor.authorize(&house, &more));
    code(visitor.log_in(&house, &form));
    let [event] = <[LoginEvent; 1]>::try_from(hook.take_asked()).unwrap();
    assert_eq!((event.user.id.as_str(), event.client.id.as_str()), (USER_ID, CLIENT_ID));
    assert_eq!(event.audience.unwrap().as_str(), AUDIENCE);
    assert_eq!(event.scope.to_string(), "openid read:things");
    assert_eq!(event.methods[0].name, "pwd");
    assert_eq!(event.session.unwrap().user_id.as_str(), USER_ID);
    assert!(event.refresh_token.is_none() && event.session_clients.is_empty());
    let transaction = event.transaction;
    assert_eq!((transaction.protocol, transaction.can_redirect), (Protocol::OidcBasic, true));
    assert_eq!(transaction.requested_scopes.to_string(), "openid read:things unknown");
    assert_eq!(transaction.login_hint.as_deref(), Some("jane"));
    assert_eq!(transaction.ui_locales, ["de", "en"]);
    assert_eq!(transaction.state.as_deref(), Some("s1"));
    assert_eq!(transaction.response_type, ["code"]);
    assert_eq!(
        (event.request.method.as_str(), event.request.query["audience"].clone()),
        ("POST", json!(AUDIENCE))
    );
    assert_eq!(event.request.query.get("id_token_hint"), None);
    assert!(event.request.body.is_empty());
}

#[test]
fn a_silent_login_tells_who_took_part_in_the_session() {
    let (house, hook) = house(Verdict::default());
    let mut visitor = house.signed_in();
    code(visitor.authorize(&house, &SILENT));
    code(visitor.authorize(&house, &SILENT));
    let asked = hook.take_asked();
    assert_eq!(asked[1].session_clients, [ClientId::new(CLIENT_ID)]);
    assert!(!asked[1].transaction.can_redirect);
    assert_eq!(asked[1].request.method, "GET");
}

#[test]
fn it_is_not_asked_before_the_end() {
    let hook = FakeHook::says(denied("no"));
    let house = House::with_hook(hook.clone());
    let mut visitor = house.signed_in();
    let more = [("audience", AUDIENCE), ("scope", "openid read:things")];
    let form = consent_form(visitor.authorize(&house, &more));
    assert!(hook.take_asked().is_empty());
    let error = sent_back(visitor.answer(&house, &form.frame.transaction, true));
    assert_eq!(error.rule, "hook.denied");
    assert_eq!(hook.take_asked().len(), 1);
    assert!(house.consent(AUDIENCE).is_none(), "a consent is part of what is denied");
}

#[test]
fn it_is_asked_once_however_often_the_login_is_decided() {
    let (house, hook) = house(Verdict { access_token_claims: one("plan", json!(1)), ..Verdict::default() });
    let mut visitor = house.signed_in();
    house.storage.take_tries();
    house.storage.before_commit(|storage| {
        let mut record = block_on(storage.client(&CLIENT_ID.into())).unwrap().unwrap();
        record.settings.name = "Renamed".to_owned();
        crate::house::put(storage, Change::UpsertClient(crate::house::changed(record.version, record)));
    });
    let (_, code) = code(visitor.authorize(&house, &SILENT));
    assert_eq!(house.storage.take_tries(), 2);
    assert_eq!(hook.take_asked().len(), 1);
    assert_eq!(behind(&house, &code).0.verdict.access_token_claims, one("plan", json!(1)));
}

#[test]
fn a_throw_is_a_denial_and_a_full_queue_a_fault() {
    let throws = || OAuthError::new(ErrorCode::AccessDenied, "hook.denied", "it broke");
    let house = House::with_hook(FakeHook::of(move |_| Err(throws().into())));
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    assert_eq!(sent_back(visitor.log_in(&house, &form)).describe(), "it broke");
    assert!(house.sessions().is_empty());

    let house = House::with_hook(FakeHook::of(|_| Err(Error::Fault(Fault::unavailable("full")))));
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    let fault =
        visitor.try_log_in(&house, &form, (countersign_testkit::EMAIL, countersign_testkit::PASSWORD));
    assert_eq!(fault.unwrap_err().kind, FaultKind::Unavailable);
    house.assert_untouched();
}

#[test]
fn a_session_that_the_code_ends_is_over_and_so_are_the_refresh_tokens_of_its_clients() {
    for preserve_refresh_tokens in [false, true] {
        let revoke = Some("gone".to_owned());
        let session = SessionEdits { revoke, preserve_refresh_tokens, ..SessionEdits::default() };
        let (house, _) = house(Verdict { session, ..Verdict::default() });
        let mut visitor = house.signed_in();
        let (id, client) = (house.sessions()[0].id.clone(), ClientId::new(CLIENT_ID));
        house.put(Change::JoinSession { id, client, at: NOW });
        let error = sent_back(visitor.authorize(&house, &SILENT));
        assert_eq!((error.code.clone(), error.describe()), (ErrorCode::AccessDenied, "gone".to_owned()));
        assert_eq!(house.sessions()[0].ended_at, Some(NOW));
        let ends_families = |change: &Change| matches!(change, Change::EndFamilies { .. });
        assert_eq!(house.take_effects().iter().any(ends_families), !preserve_refresh_tokens);
    }
}

#[test]
fn without_bound_code_nothing_is_asked() {
    let (house, hook) = house(denied("never"));
    hook.unbind();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    code(visitor.log_in(&house, &form));
    assert!(hook.take_asked().is_empty());
}
