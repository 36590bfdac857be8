use countersign_oauth::{ErrorCode, Scope, UserId};
use countersign_storage::Change;
use countersign_testkit::NOW;
use serde_json::{Map, Value, json};

use super::{MAX_CLAIMS_BYTES, MAX_REASON_CHARS};
use crate::{Denial, ScopeEdit, SessionEdits, Verdict};

fn one(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

fn denied(reason: &str) -> Verdict {
    Verdict { denial: Some(Denial { reason: reason.to_owned(), by_rule: false }), ..Verdict::default() }
}

#[test]
fn scope_edits_apply_in_their_order() {
    let scope = |text: &str| Scope::parse(text).unwrap();
    let edited = |edits: Vec<ScopeEdit>| {
        Verdict { scopes: edits, ..Verdict::default() }.scope(&scope("openid email")).to_string()
    };
    assert_eq!(edited(vec![]), "openid email");
    assert_eq!(edited(vec![ScopeEdit::Add(scope("admin"))]), "openid email admin");
    let remove = || ScopeEdit::Remove("admin".to_owned());
    assert_eq!(edited(vec![ScopeEdit::Add(scope("admin")), remove()]), "openid email");
    assert_eq!(edited(vec![remove(), ScopeEdit::Add(scope("admin"))]), "openid email admin");
    assert_eq!(edited(vec![ScopeEdit::Set(scope("a b")), ScopeEdit::Remove("a".to_owned())]), "b");
}

#[test]
fn a_verdict_that_forbids_nothing_is_no_refusal() {
    assert_eq!(Verdict::default().refusal(), None);
}

#[test]
fn a_denial_is_access_denied_with_its_reason_and_says_who_denied() {
    let error = denied("not on Sundays").refusal().unwrap();
    assert_eq!(
        (error.code.clone(), error.rule, error.describe()),
        (ErrorCode::AccessDenied, "hook.denied", "not on Sundays".to_owned())
    );
    let by_rule = Denial { reason: "no".to_owned(), by_rule: true };
    let error = Verdict { denial: Some(by_rule), ..Verdict::default() }.refusal().unwrap();
    assert_eq!(error.rule, "hook.denied_by_rule");
}

#[test]
fn a_reason_is_cut_off_and_has_no_control_characters() {
    assert_eq!(denied("a\r\nSet-Cookie: b\0").refusal().unwrap().describe(), "aSet-Cookie: b");
    let long = denied(&"x".repeat(5000)).refusal().unwrap().describe();
    assert_eq!(long.len(), MAX_REASON_CHARS);
}

#[test]
fn revocations_refuse_too() {
    let refresh = Verdict { revoke_refresh_token: Some("stolen".to_owned()), ..Verdict::default() };
    assert_eq!(refresh.refusal().unwrap().rule, "hook.refresh_token_revoked");
    let session = SessionEdits { revoke: Some("gone".to_owned()), ..SessionEdits::default() };
    let error = Verdict { session, ..Verdict::default() }.refusal().unwrap();
    assert_eq!((error.rule, error.describe()), ("hook.session_revoked", "gone".to_owned()));
}

#[test]
fn core_210_custom_claims_over_100_kb_are_refused_and_those_of_exactly_100_kb_are_not() {
    // {"k":"…"} has eight bytes around the value.
    let of_size = |bytes: usize| one("k", json!("x".repeat(bytes - 8)));
    let fits = Verdict { access_token_claims: of_size(MAX_CLAIMS_BYTES), ..Verdict::default() };
    assert_eq!(fits.refusal(), None);
    let over = Verdict { id_token_claims: of_size(MAX_CLAIMS_BYTES + 1), ..Verdict::default() };
    let error = over.refusal().unwrap();
    assert_eq!((error.code, error.rule), (ErrorCode::AccessDenied, "hook.claims_too_large"));
    let half = of_size(MAX_CLAIMS_BYTES / 2 + 1);
    let both = Verdict { access_token_claims: half.clone(), id_token_claims: half, ..Verdict::default() };
    assert_eq!(both.refusal().unwrap().rule, "hook.claims_too_large");
}

#[test]
fn metadata_is_one_write_if_there_is_any() {
    let user = UserId::new("auth0|1");
    assert!(Verdict::default().metadata(&user, NOW).is_none());
    let verdict = Verdict { app_metadata: one("plan", Value::Null), ..denied("no") };
    let Some(Change::PatchMetadata { user: whose, user_metadata, app_metadata, at }) =
        verdict.metadata(&user, NOW)
    else {
        panic!("no write")
    };
    assert_eq!((whose, user_metadata, app_metadata, at), (user, Map::new(), one("plan", Value::Null), NOW));
}
