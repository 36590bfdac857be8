use std::sync::Arc;

use countersign_jose::{KeyRing as _, sign_compact};
use countersign_oauth::{Handle, Issuer, RequestContext};
use countersign_storage::Changes;
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{
    AUDIENCE, CLIENT_ID, ISSUER, NOW, SeededRandom, TestKeyRing, TestSealer, USER_ID, request_context, user,
};
use serde_json::json;

use super::*;
use crate::next::Done;
use crate::tests::{edit_api, edit_settings, request, store, valid};
use crate::transaction::Transaction;

fn with_journey<T>(storage: &MemoryStorage, more: &[(&str, &str)], see: impl FnOnce(&Journey<'_>) -> T) -> T {
    let context = request_context();
    let browser = Handle::restore("browser");
    let random = SeededRandom::default();
    let issuer = Issuer::new(ISSUER);
    let transaction = Transaction::begin(&request(more), &browser, &issuer, &random, NOW);
    see(&Journey {
        request: valid(storage, more),
        done: Done::default(),
        transaction,
        context: &context,
        stage_changes: Changes::none(),
        new_login: None,
    })
}

fn consent_lines(storage: &MemoryStorage) -> Vec<(String, Option<String>)> {
    let more = [("audience", AUDIENCE), ("scope", "openid read:things write:things")];
    let form = with_journey(storage, &more, |journey| consent(journey, &user(), &TestSealer::default()));
    let Interaction::Consent(form) = form else { panic!("{form:?}") };
    assert_eq!(form.api_name.as_deref(), Some("Test API"));
    assert_eq!(form.scope.to_string(), "openid read:things write:things");
    form.scopes.into_iter().map(|line| (line.value, line.description)).collect()
}

#[test]
fn every_form_names_client_tenant_and_where_it_posts_to() {
    let storage = store();
    edit_settings(&storage, |settings| settings.friendly_name = "Acme".to_owned());
    let sealer = TestSealer::default();
    with_journey(&storage, &[("ui_locales", "de")], |journey| {
        let forms = [
            (login(journey, "", None, &sealer), "/u/login"),
            (consent(journey, &user(), &sealer), "/u/consent"),
            (confirmation(journey, &user(), &sealer), "/u/confirmation"),
        ];
        for (form, action) in forms {
            let frame = match form {
                Interaction::Login(form) => form.frame,
                Interaction::Consent(form) => form.frame,
                Interaction::Confirmation(form) => form.frame,
            };
            assert_eq!(frame.action, action);
            assert_eq!(
                (frame.client_name.as_str(), frame.tenant_name.as_str()),
                ("Test application", "Acme")
            );
            assert_eq!(frame.redirect_uri.csp_source(), "https://app.example.com");
            assert_eq!(frame.locale.as_deref(), Some("de"));
            assert!(!frame.transaction.is_empty());
        }
    });
}

#[test]
fn the_consent_page_shows_descriptions_where_the_tenant_says_so() {
    let storage = store();
    edit_api(&storage, |api| api.settings.scopes[0].description = Some("See your things".to_owned()));
    let line = |value: &str, description: Option<&str>| (value.to_owned(), description.map(str::to_owned));
    let plain = vec![line("openid", None), line("read:things", None), line("write:things", None)];
    assert_eq!(consent_lines(&storage), plain);
    edit_settings(&storage, |settings| settings.flags.use_scope_descriptions_for_consent = true);
    let described =
        vec![line("openid", None), line("read:things", Some("See your things")), line("write:things", None)];
    assert_eq!(consent_lines(&storage), described);
}

#[test]
fn a_user_is_named_by_address_else_username_else_name_else_id() {
    let mut jane = user();
    assert_eq!(name_of(&jane), "jane@example.com");
    jane.email = None;
    jane.username = Some("jane".to_owned());
    assert_eq!(name_of(&jane), "jane");
    jane.username = None;
    assert_eq!(name_of(&jane), "Jane Doe");
    jane.profile.claims.clear();
    assert_eq!(name_of(&jane), USER_ID);
}

#[test]
fn the_confirmation_page_shows_the_target_without_its_query() {
    let storage = store();
    crate::tests::edit_client(&storage, |client| {
        client.settings.callbacks = vec!["com.example.app://cb/x?secret=1".to_owned()];
    });
    let more = [("redirect_uri", "com.example.app://cb/x?secret=1")];
    let form =
        with_journey(&storage, &more, |journey| confirmation(journey, &user(), &TestSealer::default()));
    let Interaction::Confirmation(form) = form else { panic!("{form:?}") };
    assert_eq!(form.target, "com.example.app://cb/x");
}

fn hint(typ: &str, claims: &serde_json::Value, algorithm: Algorithm) -> String {
    sign_compact(&*TestKeyRing::new().signer(algorithm).unwrap(), typ, claims).unwrap()
}

fn subject_of(hint: &str) -> Option<String> {
    hint_subject(hint, &CLIENT_ID.into(), &TestKeyRing::new(), &request_context())
}

#[test]
fn a_hint_names_its_subject_though_it_has_expired() {
    let claims = json!({ "iss": ISSUER, "sub": USER_ID, "aud": "test-client", "iat": 1, "exp": 2 });
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::PS256] {
        assert_eq!(subject_of(&hint("JWT", &claims, algorithm)).as_deref(), Some(USER_ID));
    }
}

#[test]
fn sp_059_sp_063_sp_068_a_hint_that_is_no_id_token_of_ours_names_nobody() {
    let claims = json!({ "iss": ISSUER, "sub": USER_ID, "aud": "test-client", "iat": 1, "exp": 2 });
    let foreign = json!({ "iss": "https://other.example.com/", "sub": USER_ID, "aud": "x", "exp": 2 });
    let no_subject = json!({ "iss": ISSUER, "aud": "test-client", "exp": 2 });
    let for_an_api =
        json!({ "iss": ISSUER, "sub": USER_ID, "aud": [AUDIENCE], "azp": "test-client", "exp": 2 });
    let right = hint("JWT", &claims, Algorithm::RS256);
    let (input, _) = right.rsplit_once('.').unwrap();
    for bad in [
        String::new(),
        "a.b.c".to_owned(),
        format!("{input}."),
        format!("{input}.AAAA"),
        hint("at+jwt", &claims, Algorithm::RS256),
        hint("logout+jwt", &claims, Algorithm::RS256),
        hint("JWT", &foreign, Algorithm::RS256),
        hint("JWT", &no_subject, Algorithm::RS256),
        hint("JWT", &for_an_api, Algorithm::RS256),
        sign_compact(&*TestKeyRing::new().symmetric_signer(b"k"), "JWT", &claims).unwrap(),
    ] {
        assert_eq!(subject_of(&bad), None, "{bad}");
    }
    let elsewhere = Arc::new(countersign_oauth::Domain { issuer: Issuer::new("http://localhost:3000/") });
    let context = RequestContext { domain: elsewhere, ..request_context() };
    assert_eq!(hint_subject(&right, &CLIENT_ID.into(), &TestKeyRing::new(), &context), None);
}
