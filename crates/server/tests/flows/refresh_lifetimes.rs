use countersign_oauth::Seconds;
use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD};

use crate::support::{
    Harness, SPA, SPA_ID, WEB, WEB_CALLBACK, WEB_ID, authorize_url, on_every_backend, refresh,
};

const INVALID: (u16, &str, &str) = (403, "invalid_grant", "Unknown or invalid refresh token.");
const SCOPE: &str = "openid offline_access read:things";
const DAY: i64 = 86_400;

fn spa_token(server: &Harness) -> String {
    server.spa_tokens(SCOPE, AUDIENCE).text("refresh_token")
}

fn next(server: &Harness, token: &str) -> String {
    server.refresh(SPA, token).expect(200).text("refresh_token")
}

#[test]
fn core_132_rotation_does_not_extend_the_absolute_lifetime() {
    on_every_backend(|server| {
        let mut token = spa_token(server);
        for _ in 0..2 {
            server.clock.advance(Seconds(10 * DAY));
            token = next(server, &token);
        }
        server.clock.advance(Seconds(10 * DAY - 1));
        token = next(server, &token);
        server.clock.advance(Seconds(1));
        server.refuse_token(&[SPA, &refresh(&token)].concat(), &[&token], INVALID);
    });
}

#[test]
fn core_132_a_later_setting_does_not_alter_the_absolute_lifetime() {
    on_every_backend(|server| {
        let token = spa_token(server);
        server
            .change_client(SPA_ID, |client| client.settings.refresh_token.token_lifetime = Seconds(60 * DAY));
        server.clock.advance(Seconds(14 * DAY));
        let token = next(server, &token);
        server.clock.advance(Seconds(14 * DAY));
        let token = next(server, &token);
        server.clock.advance(Seconds(2 * DAY));
        server.refuse_token(&[SPA, &refresh(&token)].concat(), &[&token], INVALID);
    });
}

#[test]
fn core_133_each_exchange_restarts_the_idle_lifetime_by_current_settings() {
    on_every_backend(|server| {
        let token = spa_token(server);
        server.clock.advance(Seconds(15 * DAY - 1));
        let token = next(server, &token);
        server
            .change_client(SPA_ID, |client| client.settings.refresh_token.idle_token_lifetime = Seconds(DAY));
        // What was handed out before keeps its end; what is handed out now has the new one.
        server.clock.advance(Seconds(2 * DAY));
        let token = next(server, &token);
        server.clock.advance(Seconds(DAY - 1));
        let token = next(server, &token);
        server.clock.advance(Seconds(DAY));
        server.refuse_token(&[SPA, &refresh(&token)].concat(), &[&token], INVALID);
    });
}

#[test]
fn core_133_a_token_that_does_not_rotate_has_an_idle_end_too() {
    on_every_backend(|server| {
        server.change_client(WEB_ID, |client| {
            client.settings.refresh_token.infinite_token_lifetime = false;
            client.settings.refresh_token.infinite_idle_token_lifetime = false;
            client.settings.refresh_token.idle_token_lifetime = Seconds(10 * DAY);
        });
        let token = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        server.clock.advance(Seconds(10 * DAY - 1));
        server.refresh(WEB, &token).expect(200);
        server.clock.advance(Seconds(10 * DAY - 1));
        server.refresh(WEB, &token).expect(200);
        server.change_client(WEB_ID, |client| {
            client.settings.refresh_token.idle_token_lifetime = Seconds(DAY);
        });
        server.clock.advance(Seconds(DAY));
        server.refresh(WEB, &token).expect(200);
        server.clock.advance(Seconds(DAY));
        server.refuse_token(&[WEB, &refresh(&token)].concat(), &[&token], INVALID);
    });
}

#[test]
fn core_145_a_refresh_does_not_keep_the_session_awake() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        let code = server.code_in(&mut browser, WEB_ID, &[("scope", SCOPE), ("audience", AUDIENCE)]);
        let token = server.web_exchange(&code).expect(200).text("refresh_token");
        let before = server.sessions();
        server.clock.advance(Seconds(71 * 3600));
        server.refresh(WEB, &token).expect(200);
        assert_eq!(server.sessions(), before);
        server.clock.advance(Seconds(3600));
        let request = [
            ("client_id", WEB_ID),
            ("response_type", "code"),
            ("redirect_uri", WEB_CALLBACK),
            ("scope", "openid"),
            ("prompt", "none"),
        ];
        let silent = browser.log_in(&authorize_url(&server.https, &request), EMAIL, PASSWORD);
        assert_eq!(silent.get("error"), "login_required");
        // The refresh token outlives it.
        server.refresh(WEB, &token).expect(200);
    });
}
