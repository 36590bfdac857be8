use countersign_oauth::Seconds;
use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD};

use crate::support::{
    Browser, Harness, Response, STATE, Tenant, WEB_CALLBACK, on_every_backend, on_every_backend_with,
};

/// Logs in again on the page that is open; the ID token's claims.
fn log_in_again(server: &Harness, browser: &mut Browser, page: &Response) -> serde_json::Value {
    let answer = browser.submit_password(&server.https, page, EMAIL, PASSWORD);
    let callback = answer.expect_callback(WEB_CALLBACK);
    server.redeem(callback.code()).expect(200).claims("id_token")
}

/// Expects an immediate answer from the session; the ID token's claims.
fn from_session(server: &Harness, browser: &mut Browser, changes: &[(&str, &str)]) -> serde_json::Value {
    let callback = browser.get(&server.ask(changes)).expect(302).expect_callback(WEB_CALLBACK);
    server.redeem(callback.code()).expect(200).claims("id_token")
}

#[test]
fn core_045_prompt_login_asks_again_despite_a_session() {
    on_every_backend(|server| {
        let mut browser = server.signed_in();
        let first = from_session(server, &mut browser, &[]);
        let url = server.ask(&[("prompt", "login")]);
        let page = server.in_vain(|| browser.get(&url)).expect_login_page();
        // Opening the page ended nothing: the session is good until the new login takes its place.
        from_session(server, &mut browser, &[]);
        server.clock.advance(Seconds(60));
        let again = log_in_again(server, &mut browser, &page);
        assert_ne!(again["sid"], first["sid"]);
        assert_eq!(again["auth_time"], server.now().seconds());
    });
}

#[test]
fn core_046_prompt_login_gives_auth_time_in_the_id_token() {
    on_every_backend(|server| {
        let url = server.ask(&[("prompt", "login")]);
        let mut browser = server.browser();
        let page = browser.get(&url).expect_login_page();
        server.clock.advance(Seconds(7));
        let claims = log_in_again(server, &mut browser, &page);
        assert_eq!(claims["auth_time"], server.now().seconds());
    });
}

#[test]
fn core_047_max_age_zero_asks_again_and_gives_auth_time() {
    on_every_backend(|server| {
        let mut browser = server.signed_in();
        let page = browser.get(&server.ask(&[("max_age", "0")])).expect_login_page();
        server.clock.advance(Seconds(5));
        let claims = log_in_again(server, &mut browser, &page);
        assert_eq!(claims["auth_time"], server.now().seconds());
    });
}

#[test]
fn core_048_a_session_older_than_max_age_asks_again() {
    on_every_backend(|server| {
        let mut browser = server.signed_in();
        let login = server.now();
        server.clock.advance(Seconds(60));
        let claims = from_session(server, &mut browser, &[("max_age", "60")]);
        assert_eq!(claims["auth_time"], login.seconds());
        server.clock.advance(Seconds(1));
        let page = browser.get(&server.ask(&[("max_age", "60")])).expect_login_page();
        let claims = log_in_again(server, &mut browser, &page);
        assert_eq!(claims["auth_time"], server.now().seconds());
        for malformed in ["-1", "soon", "1.5"] {
            let answer = browser.get(&server.ask(&[("max_age", malformed)]));
            assert_eq!(answer.expect_callback(WEB_CALLBACK).get("error"), "invalid_request");
        }
    });
}

#[test]
fn core_049_prompt_consent_asks_although_a_consent_stands() {
    let tenant = || {
        let mut tenant = Tenant::default();
        tenant.api().settings.skip_consent_for_verifiable_first_party_clients = false;
        tenant
    };
    on_every_backend_with(tenant, |server| {
        let mut browser = server.browser();
        let api = [("audience", AUDIENCE), ("scope", "openid read:things")];
        let page = browser.submit_login(&server.ask(&api), EMAIL, PASSWORD).expect_question();
        assert!(page.body.contains("read:things"), "{page:?}");
        browser.press(&server.https, &page, "accept").expect_callback(WEB_CALLBACK).code();
        from_session(server, &mut browser, &api);
        let again = server.ask(&[api[0], api[1], ("prompt", "consent")]);
        let page = browser.get(&again).expect_question();
        browser.press(&server.https, &page, "accept").expect_callback(WEB_CALLBACK).code();
        // Whoever declines now takes nothing back of what was given before.
        let page = browser.get(&again).expect_question();
        let declined = browser.press(&server.https, &page, "deny").expect_callback(WEB_CALLBACK);
        assert_eq!(declined.get("error"), "access_denied");
        assert_eq!(declined.get("error_description"), "User did not authorize the request");
        from_session(server, &mut browser, &api);
    });
}

#[test]
fn core_055_login_hint_fills_in_the_identifier() {
    on_every_backend(|server| {
        for hint in [EMAIL, "o'hara+\"tag\"@example.com", "\"><script>alert(1)</script>"] {
            let page = server.browser().get(&server.ask(&[("login_hint", hint)])).expect_login_page();
            assert_eq!(page.marked("name=\"username\" type=\"text\" value=\"", "\""), hint);
            assert!(!page.body.contains("<script"), "{page:?}");
        }
        let page = server.browser().get(&server.ask(&[])).expect_login_page();
        assert_eq!(page.marked("name=\"username\" type=\"text\" value=\"", "\""), "");
    });
}

#[test]
fn ui_locales_chooses_the_language_of_the_pages() {
    let tenant = || {
        let mut tenant = Tenant::default();
        tenant.settings.enabled_locales = vec!["en".to_owned(), "de".to_owned()];
        tenant
    };
    on_every_backend_with(tenant, |server| {
        let title = |ui_locales: &str| {
            let page = server.browser().get(&server.ask(&[("ui_locales", ui_locales)])).expect_login_page();
            (
                page.marked("<html lang=\"", "\""),
                page.marked("<button class=\"answer answer-main\"", "</button>"),
            )
        };
        let (tag, german) = title("de en");
        assert_eq!(tag, "de");
        let (tag, english) = title("");
        assert_eq!(tag, "en");
        assert_ne!(german, english);
        // The first element must be enabled, else the tenant's default counts.
        for other in ["fr de", "xx", "../../etc/passwd"] {
            assert_eq!(title(other), ("en".to_owned(), english.clone()), "{other}");
        }
        // A refused login keeps the language.
        let mut browser = server.browser();
        let page = browser.submit_login(&server.ask(&[("ui_locales", "de")]), EMAIL, "wrong");
        assert_eq!(page.marked("<html lang=\"", "\""), "de");
    });
}

/// Nobody can sign up here yet, so what a request without a session gets is what a tenant with sign-up
/// switched off shows: the login page.
#[test]
fn core_050_screen_hint_signup_is_ignored_with_a_session() {
    on_every_backend(|server| {
        let hint = ("screen_hint", "signup");
        let mut browser = server.signed_in();
        for more in [&[hint][..], &[hint, ("prompt", "none")]] {
            browser.get(&server.ask(more)).expect(302).expect_callback(WEB_CALLBACK).code();
        }
        browser.get(&server.ask(&[hint, ("prompt", "login")])).expect_login_page();
        for value in ["signup", "login", "reset-password", "anything"] {
            server.browser().get(&server.ask(&[("screen_hint", value)])).expect_login_page();
        }
        // It is no error either where there is nobody.
        let silent = server.browser().get(&server.ask(&[hint, ("prompt", "none")]));
        silent.expect_callback_error(WEB_CALLBACK, "login_required", "Login required", STATE);
    });
}
