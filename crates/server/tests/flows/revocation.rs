//! Revocation (RFC 7009 §2.1 and §2.2).

use countersign_management::revoke_consent;
use countersign_testkit::{AUDIENCE, USER_ID, block_on};
use serde_json::json;

use crate::support::{Harness, Request, Response, SPA, WEB, WEB_ID, exchange, on_every_backend, refresh};

const INVALID: (u16, &str, &str) = (403, "invalid_grant", "Unknown or invalid refresh token.");
const SCOPE: &str = "openid offline_access read:things";

fn revoke(server: &Harness, client: &[(&str, &str)], token: &str) -> Response {
    server.post("/oauth/revoke", &[client, &[("token", token)]].concat())
}

fn request(server: &Harness, pairs: &[(&str, &str)]) -> Request {
    Request::post_form(server.url("/oauth/revoke"), pairs)
}

#[test]
fn core_225_a_revoked_token_is_dead_at_once() {
    on_every_backend(|server| {
        let web = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        let spa = server.spa_tokens(SCOPE, AUDIENCE).text("refresh_token");
        let later = server.refresh(SPA, &spa).expect(200).text("refresh_token");
        for (client, token) in [(WEB, web), (SPA, later)] {
            let answer = revoke(server, client, &token).expect(200);
            assert_eq!(answer.body, "");
            server.refuse_token(&[client, &refresh(&token)].concat(), &[&token], INVALID);
            // A second time is no error.
            assert_eq!(revoke(server, client, &token).expect(200).body, "");
        }
    });
}

#[test]
fn core_226_an_unknown_token_is_200() {
    on_every_backend(|server| {
        for hint in ["", "refresh_token", "access_token", "no-such-hint"] {
            let pairs = [WEB, &[("token", "no-such-token"), ("token_type_hint", hint)]].concat();
            let answer = server.send_in_vain(&request(server, &pairs), &[], 200);
            assert_eq!(answer.body, "");
        }
    });
}

#[test]
fn core_227_a_wrong_secret_is_401() {
    on_every_backend(|server| {
        let token = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        for secret in ["wrong", ""] {
            let pairs = [("client_id", WEB_ID), ("client_secret", secret), ("token", &token)];
            server.refuse(&request(server, &pairs), &[&token], (401, "access_denied", "Unauthorized"));
        }
        server.refresh(WEB, &token).expect(200);
    });
}

#[test]
fn core_228_form_and_json_are_both_accepted() {
    on_every_backend(|server| {
        let [one, two] = [(); 2].map(|()| server.web_tokens(SCOPE, AUDIENCE).text("refresh_token"));
        revoke(server, WEB, &one).expect(200);
        let body = json!({ "client_id": WEB_ID, "client_secret": WEB[1].1, "token": two });
        let answer = server.send(&Request::post_json(server.url("/oauth/revoke"), &body)).expect(200);
        assert_eq!(answer.body, "");
        for token in [one, two] {
            server.refuse_token(&[WEB, &refresh(&token)].concat(), &[&token], INVALID);
        }
        let wrong = json!({ "client_id": WEB_ID, "client_secret": "wrong", "token": "any" });
        let wrong = Request::post_json(server.url("/oauth/revoke"), &wrong);
        server.refuse(&wrong, &[], (401, "access_denied", "Unauthorized"));
    });
}

#[test]
fn a_request_without_a_token_or_with_anothers_is_refused() {
    on_every_backend(|server| {
        let text = "Missing required parameter: token";
        server.refuse(&request(server, WEB), &[], (400, "invalid_request", text));
        let token = server.spa_tokens(SCOPE, AUDIENCE).text("refresh_token");
        let foreign = request(server, &[WEB, &[("token", &token)]].concat());
        let answer = server.send_in_vain(&foreign, &[&token], 400);
        assert_eq!(answer.text("error"), "invalid_request");
        server.refresh(SPA, &token).expect(200);
    });
}

/// Two families for the API, one for userinfo alone, one of another client; and a consent.
fn families(server: &Harness) -> [String; 4] {
    server.change_api(|api| api.settings.skip_consent_for_verifiable_first_party_clients = false);
    let families = [
        server.web_tokens(SCOPE, AUDIENCE),
        server.web_tokens(SCOPE, AUDIENCE),
        server.web_tokens("openid offline_access", ""),
        server.spa_tokens(SCOPE, AUDIENCE),
    ];
    assert!(has_consent(server), "no consent was kept");
    families.map(|tokens| tokens.text("refresh_token"))
}

fn has_consent(server: &Harness) -> bool {
    let found = block_on(server.storage.consent(&USER_ID.into(), &WEB_ID.into(), &AUDIENCE.into())).unwrap();
    found.is_some()
}

#[test]
fn core_229_with_the_flag_off_the_grant_and_other_tokens_stay() {
    on_every_backend(|server| {
        let [one, two, userinfo, spa] = families(server);
        revoke(server, WEB, &one).expect(200);
        assert!(has_consent(server));
        server.refuse_token(&[WEB, &refresh(&one)].concat(), &[&one], INVALID);
        server.refresh(WEB, &two).expect(200);
        server.refresh(WEB, &userinfo).expect(200);
        server.refresh(SPA, &spa).expect(200);
    });
}

#[test]
fn core_229_with_the_flag_on_the_grant_and_all_its_tokens_go() {
    on_every_backend(|server| {
        let [one, two, userinfo, spa] = families(server);
        server.change_settings(|settings| settings.flags.revoke_refresh_token_grant = true);
        revoke(server, WEB, &one).expect(200);
        assert!(!has_consent(server));
        for token in [&one, &two] {
            server.refuse_token(&[WEB, &refresh(token)].concat(), &[token], INVALID);
        }
        server.refresh(WEB, &userinfo).expect(200);
        server.refresh(SPA, &spa).expect(200);
    });
}

#[test]
fn core_230_access_tokens_work_on() {
    on_every_backend(|server| {
        for audience in [AUDIENCE, ""] {
            let tokens = server.web_tokens("openid offline_access", audience);
            let access = tokens.text("access_token");
            revoke(server, WEB, &tokens.text("refresh_token")).expect(200);
            server.userinfo(&access).expect(200);
            // Nor does naming the access token itself change anything.
            let pairs = [WEB, &[("token", access.as_str())]].concat();
            server.send_in_vain(&request(server, &pairs), &[&access], 200);
            server.userinfo(&access).expect(200);
        }
    });
}

#[test]
fn core_276_revoking_a_grant_kills_its_refresh_tokens_and_codes() {
    on_every_backend(|server| {
        let [one, two, userinfo, spa] = families(server);
        let code = server.web_code(SCOPE, AUDIENCE);
        let (user, client, audience) = (USER_ID.into(), WEB_ID.into(), AUDIENCE.into());
        block_on(revoke_consent(&user, &client, &audience, &server.admin())).unwrap();
        for token in [&one, &two] {
            server.refuse_token(&[WEB, &refresh(token)].concat(), &[token], INVALID);
            assert_eq!(server.is_over(token), (true, true));
        }
        let text = "Invalid authorization code";
        server.refuse_token(&[WEB, &exchange(&code)].concat(), &[&code], (403, "invalid_grant", text));
        server.refresh(WEB, &userinfo).expect(200);
        server.refresh(SPA, &spa).expect(200);
    });
}
