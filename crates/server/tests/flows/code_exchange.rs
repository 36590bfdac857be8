//! A code becomes tokens (RFC 6749 §1.3.1 and §4.1.3; RFC 7636 §4.5).

use countersign_oauth::Seconds;
use countersign_testkit::AUDIENCE;

use crate::support::{SPA, VERIFIER, WEB, WEB_CALLBACK, WEB_ID, exchange, on_every_backend, s256};

const INVALID: (u16, &str, &str) = (403, "invalid_grant", "Invalid authorization code");
const OTHER_VERIFIER: &str = "another-verifier-of-forty-three-characters-or-more";

#[test]
fn core_102_a_code_is_exchanged_once() {
    on_every_backend(|server| {
        for (code, again) in [
            (server.web_code("openid", AUDIENCE), WEB.to_vec()),
            (server.spa_code("openid", AUDIENCE), [SPA, &[("code_verifier", VERIFIER)]].concat()),
        ] {
            let pairs = [&again[..], &exchange(&code)].concat();
            server.token(&pairs).expect(200);
            server.token(&pairs).expect_error(INVALID.0, INVALID.1, INVALID.2);
            server.token(&pairs).expect_error(INVALID.0, INVALID.1, INVALID.2);
        }
    });
}

#[test]
fn a_code_that_is_unknown_missing_or_expired_is_refused() {
    on_every_backend(|server| {
        server.refuse_token(&[WEB, &exchange("no-such-code")].concat(), &[], INVALID);
        let none = [WEB, &[("grant_type", "authorization_code"), ("redirect_uri", WEB_CALLBACK)]].concat();
        server.refuse_token(&none, &[], (400, "invalid_request", "Missing required parameter: code"));
        let in_time = server.web_code("openid", "");
        server.clock.advance(Seconds(599));
        server.web_exchange(&in_time).expect(200);
        let late = server.web_code("openid", "");
        server.clock.advance(Seconds(600));
        server.refuse_token(&[WEB, &exchange(&late)].concat(), &[&late], INVALID);
    });
}

#[test]
fn core_103_a_code_of_another_client_is_refused_and_stays_good() {
    on_every_backend(|server| {
        let code = server.spa_code("openid", "");
        let stolen = [WEB, &exchange(&code), &[("code_verifier", VERIFIER)]].concat();
        server.refuse_token(&stolen, &[&code], INVALID);
        server.spa_exchange(&code).expect(200);
        let code = server.web_code("openid", "");
        server.refuse_token(&[SPA, &exchange(&code)].concat(), &[&code], INVALID);
        server.web_exchange(&code).expect(200);
    });
}

#[test]
fn core_104_another_redirect_uri_is_refused() {
    on_every_backend(|server| {
        let other = "https://app.example.com/other";
        server.change_client(WEB_ID, |client| client.settings.callbacks.push(other.to_owned()));
        let code = server.web_code("openid", "");
        for uri in [other, "https://app.example.com/callback/", "https://APP.example.com/callback", "x"] {
            let pairs = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", uri)];
            server.refuse_token(&[WEB, &pairs].concat(), &[&code], INVALID);
        }
        server.web_exchange(&code).expect(200);
    });
}

#[test]
fn core_105_the_redirect_uri_may_be_left_out_only_if_it_was_before() {
    on_every_backend(|server| {
        let sent = server.web_code("openid", "");
        let without = [WEB, &[("grant_type", "authorization_code"), ("code", &sent)]].concat();
        server.refuse_token(&without, &[&sent], INVALID);
        let request = [("client_id", WEB_ID), ("response_type", "code"), ("scope", "openid")];
        let left_out = server.log_in(&request);
        let code = left_out.code();
        server.token(&[WEB, &[("grant_type", "authorization_code"), ("code", code)]].concat()).expect(200);
    });
}

#[test]
fn core_106_a_wrong_verifier_is_refused() {
    on_every_backend(|server| {
        let code = server.spa_code("openid", "");
        let wrong = [SPA, &exchange(&code), &[("code_verifier", OTHER_VERIFIER)]].concat();
        let answer = server.token(&wrong);
        answer.expect_error(403, "invalid_grant", "Failed to verify code verifier");
        // The challenge itself is no verifier.
        let code = server.spa_code("openid", "");
        let challenge = s256(VERIFIER);
        let wrong = [SPA, &exchange(&code), &[("code_verifier", &challenge)]].concat();
        let answer = server.token(&wrong);
        answer.expect_error(403, "invalid_grant", "Failed to verify code verifier");
    });
}

#[test]
fn core_107_a_missing_verifier_is_refused() {
    on_every_backend(|server| {
        let code = server.spa_code("openid", "");
        let text = "Parameter 'code_verifier' is required";
        server.refuse_token(&[SPA, &exchange(&code)].concat(), &[&code], (400, "invalid_request", text));
        server.spa_exchange(&code).expect(200);
    });
}

#[test]
fn a_verifier_for_a_code_without_a_challenge_is_refused() {
    on_every_backend(|server| {
        let code = server.web_code("openid", "");
        let pairs = [WEB, &exchange(&code), &[("code_verifier", VERIFIER)]].concat();
        let answer = server.token(&pairs).expect(403);
        assert_eq!(answer.text("error"), "invalid_grant");
    });
}

#[test]
fn core_109_what_is_returned_follows_the_scope() {
    on_every_backend(|server| {
        for (scope, audience, id_token, refresh_token) in [
            ("openid", AUDIENCE, true, false),
            ("openid offline_access", AUDIENCE, true, true),
            ("offline_access read:things", AUDIENCE, false, true),
            ("read:things", AUDIENCE, false, false),
            ("openid offline_access", "", true, true),
        ] {
            for tokens in [server.web_tokens(scope, audience), server.spa_tokens(scope, audience)] {
                let body = tokens.json();
                assert_eq!(body.get("id_token").is_some(), id_token, "{scope}");
                assert_eq!(body.get("refresh_token").is_some(), refresh_token, "{scope}");
                assert_eq!(body["scope"], scope);
            }
        }
    });
}

#[test]
fn core_109_without_the_refresh_grant_there_is_no_refresh_token() {
    on_every_backend(|server| {
        server.change_client(WEB_ID, |client| {
            client.settings.grant_types.retain(|grant| grant.as_str() != "refresh_token");
        });
        let body = server.web_tokens("openid offline_access", AUDIENCE).json();
        assert!(body.get("refresh_token").is_none());
        assert_eq!(body["scope"], "openid");
    });
}

#[test]
fn core_110_an_api_that_forbids_offline_access_drops_it() {
    on_every_backend(|server| {
        server.change_api(|api| api.settings.allow_offline_access = false);
        let body = server.web_tokens("openid offline_access read:things", AUDIENCE).json();
        assert!(body.get("refresh_token").is_none());
        assert_eq!(body["scope"], "openid read:things");
    });
}
