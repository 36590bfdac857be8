//! What a code stands for: everything that the token endpoint will ask.

use countersign_authorization_endpoint::{CodePayload, ResponseMode};
use countersign_jose::Thumbprint;
use countersign_oauth::{Compliance, HandleHash, Seconds};
use countersign_pkce::CodeChallenge;
use countersign_storage::*;
use countersign_testkit::vectors::{RFC7636_CHALLENGE, RFC9449_THUMBPRINT};
use countersign_testkit::{AUDIENCE, CALLBACK, CLIENT_ID, ISSUER, NOW, USER_ID, block_on, consent};

use crate::browser::{Visitor, code, login_form};
use crate::house::House;

/// The row, the payload and the authorization of a code.
fn look_up(house: &House, code: &str) -> (SingleUse, CodePayload, Authorization) {
    let kind = SingleUseKind::AuthorizationCode;
    let row = block_on(house.storage.single_use(kind, &HandleHash::of(code))).unwrap().unwrap();
    let id = row.authorization_id.clone().unwrap();
    let authorization = block_on(house.storage.authorization(&id)).unwrap().unwrap();
    let payload = CodePayload::of(&row).unwrap();
    (row, payload, authorization)
}

fn issue(house: &House, more: &[(&str, &str)]) -> (SingleUse, CodePayload, Authorization) {
    let (_, code) = code(house.signed_in().authorize(house, more));
    look_up(house, &code)
}

#[test]
fn a_code_is_bound_to_everything_that_was_asked() {
    let house = House::new();
    house.put(Change::GrantConsent(consent()));
    let more = [
        ("audience", AUDIENCE),
        ("scope", "openid read:things unknown"),
        ("nonce", "<n>\"é"),
        ("code_challenge", RFC7636_CHALLENGE),
        ("code_challenge_method", "S256"),
        ("dpop_jkt", RFC9449_THUMBPRINT),
        ("max_age", "600"),
    ];
    let (row, payload, authorization) = issue(&house, &more);
    assert_eq!((row.client_id.as_str(), row.user_id.as_ref().unwrap().as_str()), (CLIENT_ID, USER_ID));
    assert_eq!(row.session_id.as_ref().unwrap().as_str(), "test-session");
    assert_eq!((row.status.as_str(), row.attempts, row.redeemed_at), ("issued", 0, None));
    let expected = CodePayload {
        version: 1,
        redirect_uri: CALLBACK.to_owned(),
        redirect_uri_was_sent: true,
        code_challenge: CodeChallenge::parse(RFC7636_CHALLENGE, Some("S256")).ok(),
        nonce: Some("<n>\"é".to_owned()),
        dpop_jkt: Thumbprint::parse(RFC9449_THUMBPRINT),
        auth_time: Some(NOW),
        issuer: countersign_oauth::Issuer::new(ISSUER),
        verdict: countersign_users::Verdict::default(),
    };
    assert_eq!(payload, expected);
    assert_eq!(authorization.client_id.as_str(), CLIENT_ID);
    assert_eq!(authorization.user_id.as_str(), USER_ID);
    assert_eq!(authorization.session_id.unwrap().as_str(), "test-session");
    assert_eq!(authorization.audience.unwrap().as_str(), AUDIENCE);
    assert_eq!(authorization.scope.to_string(), "openid read:things");
    assert_eq!(authorization.issuer.as_str(), ISSUER);
    assert_eq!(authorization.ended_at, None);
}

#[test]
fn a_bare_code_is_bound_to_nothing_more() {
    let house = House::new();
    let (_, payload, authorization) = issue(&house, &[]);
    assert_eq!((payload.code_challenge, payload.nonce, payload.dpop_jkt), (None, None, None));
    assert_eq!(payload.auth_time, None);
    assert_eq!(authorization.audience, None);
    assert!(authorization.scope.is_empty());
}

#[test]
fn core_105_the_code_remembers_whether_the_callback_was_named() {
    let house = House::new();
    let (_, payload, _) = issue(&house, &[]);
    assert!(payload.redirect_uri_was_sent);
    let unnamed = House::new();
    let (_, payload, _) = issue(&unnamed, &[("redirect_uri", "")]);
    assert_eq!((payload.redirect_uri_was_sent, payload.redirect_uri.as_str()), (false, CALLBACK));
}

#[test]
fn core_013_core_023_the_code_remembers_the_callback_as_sent_without_its_fragment() {
    let house = House::new();
    let sent = "HTTPS://APP.example.com/callback#here";
    let (target, code) = code(house.signed_in().authorize(&house, &[("redirect_uri", sent)]));
    assert_eq!(target.redirect_uri.as_str(), "HTTPS://APP.example.com/callback");
    let (_, payload, _) = look_up(&house, &code);
    assert_eq!(payload.redirect_uri, "HTTPS://APP.example.com/callback");
}

#[test]
fn core_046_core_047_sp_018_auth_time_is_that_of_the_last_authentication() {
    let house = House::new();
    let mut visitor = house.signed_in();
    visitor.later(100);
    let (_, standing) = code(visitor.authorize(&house, &[("max_age", "600")]));
    assert_eq!(look_up(&house, &standing).1.auth_time, Some(NOW));
    let (_, plain) = code(visitor.authorize(&house, &[]));
    assert_eq!(look_up(&house, &plain).1.auth_time, None);
    for more in [("max_age", "0"), ("prompt", "login")] {
        let form = login_form(visitor.authorize(&house, &[more]));
        let (_, fresh) = code(visitor.log_in(&house, &form));
        assert_eq!(look_up(&house, &fresh).1.auth_time, Some(visitor.now));
        visitor.later(10);
    }
}

#[test]
fn sp_030_a_code_lives_ten_minutes_and_one_under_rfc() {
    let house = House::new();
    let (row, ..) = issue(&house, &[]);
    assert_eq!(row.expires_at, NOW.plus(Seconds(600)));
    let strict = House::with_client(|client| client.settings.compliance = Some(Compliance::Rfc));
    let (row, ..) = issue(&strict, &[]);
    assert_eq!(row.expires_at, NOW.plus(Seconds(60)));
    let tenant = House::new();
    tenant.edit_settings(|settings| settings.compliance = Compliance::Rfc);
    let (row, ..) = issue(&tenant, &[]);
    assert_eq!(row.expires_at, NOW.plus(Seconds(60)));
}

#[test]
fn core_212_codes_of_one_session_share_its_sid_across_applications() {
    let house = House::new();
    house.add_client("second", |_| {});
    let mut visitor = house.signed_in();
    let (_, one) = code(visitor.authorize(&house, &[]));
    let (_, two) = code(visitor.authorize(&house, &[("client_id", "second")]));
    assert_ne!(one, two);
    let (one, two) = (look_up(&house, &one).0, look_up(&house, &two).0);
    assert_eq!(one.session_id, two.session_id);
    assert_ne!(one.authorization_id, two.authorization_id);
}

#[test]
fn the_commit_of_a_standing_session_requires_all_that_it_rests_on() {
    let house = House::new();
    house.put(Change::GrantConsent(consent()));
    let more = [("audience", AUDIENCE), ("scope", "openid read:things")];
    code(house.signed_in().authorize(&house, &more));
    let commits = house.storage.take_commits();
    let [commit] = commits.as_slice() else { panic!("{commits:?}") };
    let mut kinds: Vec<_> = commit.requires.iter().map(|required| required.record).collect();
    kinds.sort_by_key(|kind| format!("{kind:?}"));
    let expected = [
        RecordKind::Client,
        RecordKind::Connection,
        RecordKind::Consent,
        RecordKind::ResourceServer,
        RecordKind::Session,
        RecordKind::User,
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn storage_never_sees_the_code_itself() {
    let house = House::new();
    let (_, code) = code(house.signed_in().authorize(&house, &[]));
    let written = format!("{:?}", house.storage.take_commits());
    assert!(!written.contains(&code));
}

#[test]
fn core_025_core_036_the_answer_knows_how_it_travels() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[("response_mode", "fragment")]));
    let (target, _) = code(visitor.log_in(&house, &form));
    assert_eq!(target.response_mode, ResponseMode::Fragment);
    let (target, _) = code(visitor.authorize(&house, &[]));
    assert_eq!(target.response_mode, ResponseMode::Query);
}

#[test]
fn core_037_sp_014_a_state_of_8_kib_survives_the_pages_byte_for_byte() {
    let house = House::new();
    let state = "\"<é>\r\n%00\0 +&=#".repeat(500);
    let state = &state[..8190.min(state.len())];
    let state = format!("{state}{}", "x".repeat(8192 - state.len()));
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[("state", &state)]));
    let (target, _) = code(visitor.log_in(&house, &form));
    assert_eq!(target.state, Some(state));
}
