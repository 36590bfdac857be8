use countersign_oauth::Seconds;
use countersign_storage::{AppType, Session};
use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD, USER_ID, block_on};

use crate::support::{
    Browser, Harness, Response, STATE, Tenant, WEB_CALLBACK, WEB_ID, on_every_backend, on_every_backend_with,
};

const HOUR: i64 = 3_600;
const LOOPBACK: &str = "http://localhost:8080/callback";

fn silently(server: &Harness, browser: &mut Browser, more: &[(&str, &str)]) -> Response {
    let changes = [&[("prompt", "none")], more].concat();
    browser.get(&server.ask(&changes)).expect(302)
}

fn refused(server: &Harness, browser: &mut Browser, more: &[(&str, &str)], code: &str, text: &str) {
    let callback = more.iter().find(|(name, _)| *name == "redirect_uri").map_or(WEB_CALLBACK, |(_, v)| *v);
    let answer = server.in_vain(|| silently(server, browser, more));
    answer.expect_callback_error(callback, code, text, STATE);
    assert!(answer.all("set-cookie").is_empty(), "{answer:?}");
}

fn only_session(server: &Harness) -> Session {
    let sessions = block_on(server.storage.sessions_of_user(&USER_ID.into())).unwrap();
    let [session] = sessions.as_slice() else { panic!("{sessions:?}") };
    session.clone()
}

/// An API that asks first parties for consent.
fn asking_tenant() -> Tenant {
    let mut tenant = Tenant::default();
    tenant.api().settings.skip_consent_for_verifiable_first_party_clients = false;
    tenant
}

fn loopback_tenant() -> Tenant {
    let mut tenant = Tenant::default();
    tenant.client(WEB_ID).settings.callbacks.push(LOOPBACK.to_owned());
    tenant
}

#[test]
fn core_039_prompt_none_without_a_session_is_login_required() {
    on_every_backend(|server| {
        refused(server, &mut server.browser(), &[], "login_required", "Login required");
        // A cookie that names no session is none.
        let mut browser = server.browser();
        for name in ["auth0", "auth0_compat"] {
            browser.cookies.insert(name.to_owned(), ("made-up".to_owned(), true));
        }
        refused(server, &mut browser, &[], "login_required", "Login required");
        // Nor is one whose user may not sign in any more, nor one older than max_age allows.
        let mut browser = server.signed_in();
        server.clock.advance(Seconds(61));
        refused(server, &mut browser, &[("max_age", "60")], "login_required", "Login required");
        server.change_user(|user| user.blocked = true);
        refused(server, &mut browser, &[], "login_required", "Login required");
    });
}

#[test]
fn core_040_prompt_none_without_the_consent_it_needs_is_consent_required() {
    on_every_backend_with(asking_tenant, |server| {
        let mut browser = server.signed_in();
        let api = [("audience", AUDIENCE), ("scope", "openid read:things")];
        refused(server, &mut browser, &api, "consent_required", "Consent required");
        let accepted = browser.log_in(&server.ask(&api), EMAIL, PASSWORD);
        accepted.code();
        silently(server, &mut browser, &api).expect_callback(WEB_CALLBACK).code();
        let more = [("audience", AUDIENCE), ("scope", "openid read:things write:things")];
        refused(server, &mut browser, &more, "consent_required", "Consent required");
    });
}

#[test]
fn core_042_prompt_none_never_shows_a_page() {
    on_every_backend_with(asking_tenant, |server| {
        let requests: [&[(&str, &str)]; 7] = [
            &[],
            &[("max_age", "0")],
            &[("audience", AUDIENCE), ("scope", "openid read:things")],
            &[("audience", "https://nowhere.example/")],
            &[("login_hint", "somebody@else.example")],
            &[("connection", "nowhere")],
            &[("prompt", "none login")],
        ];
        for more in requests {
            for mut browser in [server.browser(), server.signed_in()] {
                let changes = [&[("prompt", "none")], more].concat();
                let changes = if more.iter().any(|(name, _)| *name == "prompt") { more } else { &changes };
                let answer = browser.get(&server.ask(changes));
                let callback = answer.expect_callback(WEB_CALLBACK);
                assert_eq!(callback.get("state"), STATE, "{changes:?}");
            }
        }
    });
}

#[test]
fn prompt_none_with_another_value_is_an_invalid_request() {
    on_every_backend(|server| {
        let mut browser = server.signed_in();
        let url = server.ask(&[("prompt", "none login")]);
        let answer = server.in_vain(|| browser.get(&url));
        assert_eq!(answer.expect_callback(WEB_CALLBACK).get("error"), "invalid_request");
    });
}

#[test]
fn core_043_a_silent_success_starts_the_idle_time_anew() {
    on_every_backend(|server| {
        let mut browser = server.signed_in();
        let began = only_session(server);
        server.clock.advance(Seconds(71 * HOUR));
        silently(server, &mut browser, &[]).expect_callback(WEB_CALLBACK).code();
        let touched = only_session(server);
        assert_eq!(touched.idle_expires_at, server.now().plus(Seconds(72 * HOUR)));
        assert_eq!(touched.expires_at, began.expires_at);
        assert_eq!(touched.authentication, began.authentication);
        // 142 hours after the login and still alive; without that success it would have ended at 72.
        server.clock.advance(Seconds(71 * HOUR));
        silently(server, &mut browser, &[]).expect_callback(WEB_CALLBACK).code();
    });
}

#[test]
fn core_044_a_silent_login_to_localhost_is_consent_required_while_confirmation_is_on() {
    on_every_backend_with(loopback_tenant, |server| {
        let mut browser = server.signed_in();
        let to_loopback = [("redirect_uri", LOOPBACK)];
        refused(server, &mut browser, &to_loopback, "consent_required", "Consent required");
        server.change_settings(|settings| {
            settings.skip_non_verifiable_callback_uri_confirmation_prompt = true;
        });
        silently(server, &mut browser, &to_loopback).expect_callback(LOOPBACK).code();
        // The client's own setting comes before the tenant's.
        server.change_client(WEB_ID, |client| {
            client.settings.skip_non_verifiable_callback_uri_confirmation_prompt = Some(false);
        });
        refused(server, &mut browser, &to_loopback, "consent_required", "Consent required");
    });
}

#[test]
fn a_silent_login_to_an_apps_own_scheme_is_consent_required_too() {
    let tenant = || {
        let mut tenant = loopback_tenant();
        let settings = &mut tenant.client(WEB_ID).settings;
        settings.app_type = Some(AppType::Native);
        settings.callbacks.push("com.example.app://callback".to_owned());
        tenant
    };
    on_every_backend_with(tenant, |server| {
        let to_app = [("redirect_uri", "com.example.app://callback")];
        refused(server, &mut server.signed_in(), &to_app, "consent_required", "Consent required");
    });
}

#[test]
fn a_silent_login_whose_hint_names_another_user_is_login_required() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        let callback = browser.log_in(&server.ask(&[]), EMAIL, PASSWORD);
        let hint = server.redeem(callback.code()).expect(200).text("id_token");
        silently(server, &mut browser, &[("id_token_hint", &hint)]).expect_callback(WEB_CALLBACK).code();
        let foreign = [("id_token_hint", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhdXRoMHwxIn0.")];
        let answer = silently(server, &mut browser, &foreign).expect_callback(WEB_CALLBACK);
        assert_eq!(answer.get("error"), "login_required");
    });
}
