use countersign_oauth::Seconds;
use countersign_storage::ConnectionSettings;
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{AUDIENCE, NOW, connection, consent as consent_record, session, user};

use super::*;
use crate::tests::{edit_api, edit_client, store, valid};

/// What a decision came to, as one word.
fn word(step: &Next) -> &'static str {
    match step {
        Next::Login => "login",
        Next::Consent => "consent",
        Next::Confirmation => "confirmation",
        Next::Complete => "complete",
        Next::Refuse(error) => error.rule,
    }
}

/// A session that began `age` seconds ago.
fn signed_in(age: i64) -> SignedIn {
    let mut session = session();
    session.authentication.authenticated_at = NOW.minus(Seconds(age));
    SignedIn { session, user: user(), connection: connection() }
}

const NOTHING: Done = Done { login: false, consent: false, confirmation: false };
const LOGIN: Done = Done { login: true, ..NOTHING };
const CONSENT: Done = Done { consent: true, ..NOTHING };
const CONFIRMATION: Done = Done { confirmation: true, ..NOTHING };
const LOGIN_CONSENT: Done = Done { login: true, consent: true, confirmation: false };

fn with_callback(callback: &str) -> MemoryStorage {
    let storage = store();
    edit_client(&storage, |client| client.settings.callbacks = vec![callback.to_owned()]);
    storage
}

fn decide(
    storage: &MemoryStorage,
    more: &[(&str, &str)],
    signed_in: Option<&SignedIn>,
    consented: bool,
    done: Done,
) -> &'static str {
    let request = valid(storage, more);
    let standing = consent_record();
    word(&next(&request, signed_in, consented.then_some(&standing), done, NOW))
}

#[test]
fn core_039_core_042_core_045_the_table_without_consent_and_confirmation() {
    const LOGIN_REQUIRED: &str = "authorize.login_required";
    let storage = store();
    let none = [("prompt", "none")];
    let login = [("prompt", "login")];
    let select = [("prompt", "select_account")];
    let fresh = signed_in(0);
    type Row<'a> = (&'a [(&'a str, &'a str)], Option<&'a SignedIn>, Done, &'a str);
    let table: [Row<'_>; 12] = [
        (&[], None, NOTHING, "login"),
        (&[], Some(&fresh), NOTHING, "complete"),
        (&[], Some(&fresh), LOGIN, "complete"),
        (&none, None, NOTHING, LOGIN_REQUIRED),
        (&none, Some(&fresh), NOTHING, "complete"),
        (&login, None, NOTHING, "login"),
        (&login, Some(&fresh), NOTHING, "login"),
        (&login, Some(&fresh), LOGIN, "complete"),
        (&select, None, NOTHING, "login"),
        (&select, Some(&fresh), NOTHING, "login"),
        (&select, Some(&fresh), LOGIN, "complete"),
        (&login, Some(&fresh), CONSENT, "login"),
    ];
    for (prompt, session, done, expected) in table {
        let found = decide(&storage, prompt, session, false, done);
        assert_eq!(found, expected, "{prompt:?} {} {done:?}", session.is_some());
    }
}

#[test]
fn core_047_core_048_sp_018_max_age_forces_authentication_at_its_edge() {
    let storage = store();
    let ask = |max_age: &str, age: i64, prompt: &str, done: Done| {
        let more = [("max_age", max_age), ("prompt", prompt)];
        decide(&storage, &more, Some(&signed_in(age)), false, done)
    };
    assert_eq!(ask("60", 60, "", NOTHING), "complete");
    assert_eq!(ask("60", 61, "", NOTHING), "login");
    assert_eq!(ask("0", 0, "", NOTHING), "login");
    assert_eq!(ask("0", 0, "", LOGIN), "complete");
    assert_eq!(ask("60", 61, "", LOGIN), "complete");
    assert_eq!(ask("60", 61, "", CONSENT), "login", "a consent is no authentication");
    assert_eq!(ask("60", 61, "none", NOTHING), "authorize.login_required");
    assert_eq!(ask("0", 0, "none", NOTHING), "authorize.login_required");
    assert_eq!(ask("60", 60, "none", NOTHING), "complete");
    assert_eq!(ask("4294967295", 1_000_000, "", NOTHING), "complete");
}

#[test]
fn core_048_a_millisecond_over_max_age_counts() {
    let storage = store();
    let request = valid(&storage, &[("max_age", "60")]);
    let session = signed_in(60);
    let just_over = Timestamp::from_millis(NOW.millis() + 1);
    assert_eq!(word(&next(&request, Some(&session), None, NOTHING, NOW)), "complete");
    assert_eq!(word(&next(&request, Some(&session), None, NOTHING, just_over)), "login");
}

#[test]
fn core_040_core_049_core_078_the_table_of_consent() {
    const REQUIRED: &str = "authorize.consent_required";
    let storage = store();
    let fresh = signed_in(0);
    let api =
        |prompt: &'static str| [("audience", AUDIENCE), ("scope", "openid read:things"), ("prompt", prompt)];
    let table: [(&str, bool, Done, &str); 13] = [
        ("", false, NOTHING, "consent"),
        ("", true, NOTHING, "complete"),
        ("", false, LOGIN, "consent"),
        ("", false, CONSENT, "complete"),
        ("", false, LOGIN_CONSENT, "complete"),
        ("none", false, NOTHING, REQUIRED),
        ("none", true, NOTHING, "complete"),
        ("consent", true, NOTHING, "consent"),
        ("consent", true, LOGIN, "consent"),
        ("consent", true, CONSENT, "complete"),
        ("login consent", true, NOTHING, "login"),
        ("login consent", true, LOGIN, "consent"),
        ("login consent", true, LOGIN_CONSENT, "complete"),
    ];
    for (prompt, consented, done, expected) in table {
        let found = decide(&storage, &api(prompt), Some(&fresh), consented, done);
        assert_eq!(found, expected, "{prompt:?} {consented} {done:?}");
    }
    edit_api(&storage, |api| api.settings.skip_consent_for_verifiable_first_party_clients = true);
    assert_eq!(decide(&storage, &api(""), Some(&fresh), false, NOTHING), "complete");
    assert_eq!(decide(&storage, &api("none"), Some(&fresh), false, NOTHING), "complete");
    assert_eq!(decide(&storage, &api("consent"), Some(&fresh), false, NOTHING), "consent");
    assert_eq!(decide(&storage, &[("prompt", "consent")], Some(&fresh), false, NOTHING), "consent");
}

#[test]
fn core_044_core_079_sp_022_the_table_of_confirmation() {
    const REQUIRED: &str = "authorize.confirmation_required";
    let fresh = signed_in(0);
    for callback in
        ["com.example.app://callback", "http://localhost:3000/cb", "http://127.0.0.1/cb", "http://[::1]:1/cb"]
    {
        let storage = with_callback(callback);
        let ask = |prompt: &'static str, done: Done| {
            decide(&storage, &[("redirect_uri", callback), ("prompt", prompt)], Some(&fresh), true, done)
        };
        assert_eq!(ask("", NOTHING), "confirmation", "{callback}");
        assert_eq!(ask("none", NOTHING), REQUIRED);
        assert_eq!(ask("", CONFIRMATION), "complete");
        // Another page was shown in this transaction.
        assert_eq!(ask("", LOGIN), "complete");
        assert_eq!(ask("", CONSENT), "complete");
        edit_client(&storage, |client| {
            client.settings.skip_non_verifiable_callback_uri_confirmation_prompt = Some(true);
        });
        let ask = |prompt: &'static str| {
            decide(&storage, &[("redirect_uri", callback), ("prompt", prompt)], Some(&fresh), true, NOTHING)
        };
        assert_eq!(ask(""), "complete");
        assert_eq!(ask("none"), "complete");
    }
}

#[test]
fn consent_comes_before_confirmation_and_makes_it_superfluous() {
    let callback = "com.example.app://callback";
    let storage = with_callback(callback);
    let more = [("redirect_uri", callback), ("audience", AUDIENCE), ("scope", "read:things")];
    let fresh = signed_in(0);
    assert_eq!(decide(&storage, &more, Some(&fresh), false, NOTHING), "consent");
    assert_eq!(decide(&storage, &more, Some(&fresh), false, CONSENT), "complete");
    assert_eq!(decide(&storage, &more, Some(&fresh), true, NOTHING), "confirmation");
}

#[test]
fn a_session_of_a_connection_that_the_client_has_not_is_none() {
    let storage = store();
    let mut elsewhere = signed_in(0);
    elsewhere.connection.id = "con_other".into();
    elsewhere.connection.settings = ConnectionSettings::default();
    assert_eq!(decide(&storage, &[], Some(&elsewhere), false, NOTHING), "login");
    assert_eq!(
        decide(&storage, &[("prompt", "none")], Some(&elsewhere), false, NOTHING),
        "authorize.login_required"
    );
    assert_eq!(decide(&storage, &[], Some(&elsewhere), false, LOGIN), "login");
}

#[test]
fn core_039_core_040_the_refusals_carry_their_codes() {
    let storage = store();
    let request = valid(&storage, &[("prompt", "none")]);
    let Next::Refuse(error) = next(&request, None, None, NOTHING, NOW) else { panic!() };
    assert_eq!(error.code, ErrorCode::LoginRequired);
    let more = [("prompt", "none"), ("audience", AUDIENCE), ("scope", "read:things")];
    let request = valid(&storage, &more);
    let Next::Refuse(error) = next(&request, Some(&signed_in(0)), None, NOTHING, NOW) else { panic!() };
    assert_eq!((error.code, error.description), (ErrorCode::ConsentRequired, "Consent required"));
}
