use countersign_storage::AppType;
use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD};

use crate::support::{Harness, STATE, Tenant, WEB_CALLBACK, WEB_ID, on_every_backend_with};

const SCHEME: &str = "com.example.app://callback";
const LOOPBACK: &str = "http://127.0.0.1:4711/callback";

fn tenant() -> Tenant {
    let mut tenant = Tenant::default();
    let settings = &mut tenant.client(WEB_ID).settings;
    settings.app_type = Some(AppType::Native);
    settings.callbacks.extend([SCHEME.to_owned(), LOOPBACK.to_owned()]);
    tenant
}

fn to(server: &Harness, redirect_uri: &str) -> String {
    server.ask(&[("redirect_uri", redirect_uri)])
}

#[test]
fn core_079_a_callback_that_is_nobodys_asks_to_confirm_when_no_other_page_was_shown() {
    on_every_backend_with(tenant, |server| {
        let mut browser = server.signed_in();
        for callback in [SCHEME, LOOPBACK] {
            let url = to(server, callback);
            let page = server.in_vain(|| browser.get(&url)).expect_question();
            assert!(page.body.contains("Test application"), "{page:?}");
            let answer = browser.press(&url, &page, "accept").expect(303);
            assert_eq!(answer.expect_callback(callback).get("state"), STATE);
            answer.expect_callback(callback).code();
            // It was for this time only.
            browser.get(&url).expect_question();
            // Another page shown in the transaction is confirmation enough.
            server.browser().submit_login(&url, EMAIL, PASSWORD).expect_callback(callback).code();
        }
        browser.get(&to(server, WEB_CALLBACK)).expect(302);
    });
}

#[test]
fn the_confirmation_can_be_switched_off() {
    on_every_backend_with(tenant, |server| {
        let mut browser = server.signed_in();
        server.change_settings(|settings| {
            settings.skip_non_verifiable_callback_uri_confirmation_prompt = true;
        });
        browser.get(&to(server, SCHEME)).expect(302).expect_callback(SCHEME).code();
        server.change_client(WEB_ID, |client| {
            client.settings.skip_non_verifiable_callback_uri_confirmation_prompt = Some(false);
        });
        browser.get(&to(server, SCHEME)).expect_question();
    });
}

#[test]
fn a_consent_page_is_confirmation_enough() {
    let asking = || {
        let mut tenant = tenant();
        tenant.api().settings.skip_consent_for_verifiable_first_party_clients = false;
        tenant
    };
    on_every_backend_with(asking, |server| {
        let mut browser = server.signed_in();
        let url =
            server.ask(&[("redirect_uri", SCHEME), ("audience", AUDIENCE), ("scope", "openid read:things")]);
        let page = browser.get(&url).expect_question();
        assert!(page.body.contains("read:things"), "{page:?}");
        browser.press(&url, &page, "accept").expect(303).expect_callback(SCHEME).code();
    });
}

#[test]
fn core_080_cancelling_the_confirmation_is_access_denied() {
    on_every_backend_with(tenant, |server| {
        let mut browser = server.signed_in();
        for callback in [SCHEME, LOOPBACK] {
            let url = to(server, callback);
            let page = browser.get(&url).expect_question();
            let answer = server.in_vain(|| browser.press(&url, &page, "deny")).expect(303);
            let text = "User cancelled the confirmation prompt.";
            answer.expect_callback_error(callback, "access_denied", text, STATE);
            // The page is used up: the answer cannot be changed by sending it again.
            let again = server.in_vain(|| browser.press(&url, &page, "accept"));
            again.expect_error_code(400, "invalid_request");
        }
    });
}
