use countersign_oauth::{Handle, Issuer};
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{AUDIENCE, ISSUER, NOW, SeededRandom, TestSealer, request_context, user};

use super::*;
use crate::tests::{edit_api, edit_settings, request, store, valid};
use crate::transaction::Transaction;

fn with_journey<T>(storage: &MemoryStorage, more: &[(&str, &str)], see: impl FnOnce(&Journey<'_>) -> T) -> T {
    let context = request_context();
    let browser = Handle::restore("browser");
    let random = SeededRandom::default();
    let issuer = Issuer::new(ISSUER);
    let transaction = Transaction::begin(&request(more), &browser, &issuer, &random, NOW);
    see(&Journey::new(valid(storage, more), transaction, &context))
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
