//! How answers travel to the client (OAuth 2.0 Multiple Response Types §2.1; RFC 9700 §4.12).

use countersign_oauth::GrantType;
use countersign_testkit::{EMAIL, PASSWORD};
use serde_json::{Value, json};

use crate::support::{
    Harness, Request, Response, SPA_ID, STATE, Tenant, WEB_CALLBACK, WEB_ID, ask, on_every_backend,
    on_every_backend_with, s256,
};

const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more-0";

/// What the page that answers a window posts, and to which origin.
pub(crate) fn posted(page: &Response) -> (Value, Value) {
    let (_, call) = page.body.split_once("postMessage(").unwrap();
    let mut values = serde_json::Deserializer::from_str(call).into_iter::<Value>();
    let message = values.next().unwrap().unwrap();
    let rest = call[values.byte_offset()..].trim_start_matches([',', ' ']);
    let target = serde_json::Deserializer::from_str(rest).into_iter::<Value>().next().unwrap().unwrap();
    (message, target)
}

/// The silent request of the single-page application by its SDK.
pub(crate) fn web_message(server: &Harness, more: &[(&str, &str)]) -> String {
    let challenge = s256(VERIFIER);
    let changes = [
        ("client_id", SPA_ID),
        ("response_mode", "web_message"),
        ("prompt", "none"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    server.ask(&[&changes, more].concat())
}

/// The page posts and shows nothing, and a frame of the application may hold it.
fn expect_carrier(page: &Response) {
    assert_eq!(page.status, 200, "{page:?}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("x-frame-options"), None);
    let policy = page.header("content-security-policy").unwrap();
    assert!(!policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(policy.contains("script-src 'nonce-"), "{policy}");
    assert!(!page.body.contains("<form"), "{page:?}");
}

#[test]
fn core_024_a_missing_response_type_is_told_to_the_application() {
    on_every_backend(|server| {
        let pairs = ask(&[("response_type", "")]);
        let url = server.ask(&[("response_type", "")]);
        for request in [Request::get(url), Request::post_form(server.url("/authorize"), &pairs)] {
            let answer = server.in_vain(|| server.send(&request));
            let text = "Missing required parameter: response_type";
            answer.expect_callback_error(WEB_CALLBACK, "invalid_request", text, STATE);
        }
    });
}

#[test]
fn core_025_a_code_comes_back_in_the_query_with_the_state() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        let answer = browser.submit_login(&server.ask(&[]), EMAIL, PASSWORD).expect(303);
        let callback = answer.expect_callback(&format!("{WEB_CALLBACK}?"));
        assert_eq!(callback.parameters.keys().collect::<Vec<_>>(), ["code", "state"]);
        assert_eq!(callback.get("state"), STATE);
        // With a session the same happens at once, by POST (OpenID Connect Core §3.1.2.1) as by GET.
        let silent = browser.get(&server.ask(&[])).expect(302);
        silent.expect_callback(&format!("{WEB_CALLBACK}?")).code();
        let post = Request::post_form(server.url("/authorize"), &ask(&[]));
        let silent = browser.send(post).expect(303).expect_callback(&format!("{WEB_CALLBACK}?"));
        assert_eq!(silent.get("state"), STATE);
        server.redeem(silent.code()).expect(200);
    });
}

#[test]
fn core_029_implicit_types_are_unauthorized_without_the_implicit_grant() {
    on_every_backend(|server| {
        for kind in ["token", "id_token", "id_token token", "token id_token", "code id_token", "code token"] {
            let url = server.ask(&[("response_type", kind), ("nonce", "n-1")]);
            let answer = server.in_vain(|| server.send(&Request::get(&url)));
            let text = "Grant type 'implicit' not allowed for the client.";
            let callback = format!("{WEB_CALLBACK}#");
            answer.expect_callback_error(&callback, "unauthorized_client", text, STATE);
        }
    });
}

#[test]
fn a_response_type_that_is_not_served_is_unsupported_where_the_client_has_its_grant() {
    let tenant = || {
        let mut tenant = Tenant::default();
        tenant.client(WEB_ID).settings.grant_types.push(GrantType::IMPLICIT);
        tenant
    };
    on_every_backend_with(tenant, |server| {
        for (kind, mark) in [("token", '#'), ("code id_token", '#'), ("banana", '?')] {
            let url = server.ask(&[("response_type", kind), ("nonce", "n-1")]);
            let answer = server.in_vain(|| server.send(&Request::get(&url)));
            let text = format!("Unsupported response type: {kind}");
            let callback = format!("{WEB_CALLBACK}{mark}");
            answer.expect_callback_error(&callback, "unsupported_response_type", &text, STATE);
        }
    });
}

#[test]
fn core_034_web_message_posts_the_answer_to_the_origin_of_the_redirect_uri() {
    on_every_backend(|server| {
        let mut browser = server.signed_in();
        let page = browser.get(&web_message(server, &[]));
        expect_carrier(&page);
        let (message, target) = posted(&page);
        assert_eq!(target, "https://app.example.com");
        let code = message["response"]["code"].as_str().unwrap();
        let expected = json!({ "code": code, "state": STATE });
        assert_eq!(message, json!({ "type": "authorization_response", "response": expected }));
        server
            .token(&[
                ("grant_type", "authorization_code"),
                ("client_id", SPA_ID),
                ("code", code),
                ("redirect_uri", WEB_CALLBACK),
                ("code_verifier", VERIFIER),
            ])
            .expect(200);
    });
}

#[test]
fn core_035_web_message_is_refused_when_the_origin_is_not_among_the_web_origins() {
    let tenant = || {
        let mut tenant = Tenant::default();
        let origins = ["http://app.example.com", "https://app.example.com:8443", "https://example.com"];
        tenant.client(SPA_ID).settings.web_origins = origins.map(str::to_owned).to_vec();
        tenant
    };
    on_every_backend_with(tenant, |server| {
        for mut browser in [server.browser(), server.signed_in()] {
            let page = server.in_vain(|| browser.get(&web_message(server, &[])));
            assert!(!page.body.contains("postMessage"), "{page:?}");
            page.expect_error_code(403, "invalid_request");
        }
    });
}

#[test]
fn core_036_an_error_comes_the_way_the_success_would() {
    on_every_backend(|server| {
        let silent = |mode| server.ask(&[("prompt", "none"), ("response_mode", mode)]);
        for (mode, mark) in [("query", '?'), ("fragment", '#'), ("", '?')] {
            let answer = server.in_vain(|| server.send(&Request::get(silent(mode))));
            let callback = format!("{WEB_CALLBACK}{mark}error=");
            answer.expect_callback_error(&callback, "login_required", "Login required", STATE);
        }
        let page = server.in_vain(|| server.send(&Request::get(web_message(server, &[]))));
        expect_carrier(&page);
        let (message, target) = posted(&page);
        assert_eq!(target, "https://app.example.com");
        let response =
            json!({ "error": "login_required", "error_description": "Login required", "state": STATE });
        assert_eq!(message, json!({ "type": "authorization_response", "response": response }));
    });
}

#[test]
fn a_code_comes_in_the_fragment_where_the_request_asks_for_it() {
    on_every_backend(|server| {
        let url = server.ask(&[("response_mode", "fragment")]);
        let answer = server.browser().submit_login(&url, EMAIL, PASSWORD).expect(303);
        let callback = answer.expect_callback(&format!("{WEB_CALLBACK}#"));
        assert_eq!(callback.get("state"), STATE);
        server.redeem(callback.code()).expect(200);
    });
}

#[test]
fn core_037_the_state_comes_back_byte_for_byte() {
    on_every_backend(|server| {
        let long = "~".repeat(2_000);
        let states = [
            "a b+c&d=e?f#g%20/\\\"'<script>alert(1)</script>;",
            "ünï→🦀\u{202e}",
            "\u{1}\t\r\nLocation: https://evil.example/",
            " ",
            long.as_str(),
        ];
        let mut browser = server.signed_in();
        for state in states {
            let success = browser.get(&server.ask(&[("state", state)])).expect_callback(WEB_CALLBACK);
            assert_eq!(success.get("state"), state);
            success.code();
            let silent = server.send(&Request::get(server.ask(&[("state", state), ("prompt", "none")])));
            silent.expect_callback_error(WEB_CALLBACK, "login_required", "Login required", state);
            let page = browser.get(&web_message(server, &[("state", state)]));
            assert_eq!(posted(&page).0["response"]["state"], state);
        }
        let without = browser.get(&server.ask(&[("state", "")])).expect_callback(WEB_CALLBACK);
        assert_eq!(without.parameters.keys().collect::<Vec<_>>(), ["code"]);
    });
}

#[test]
fn core_038_the_nonce_is_copied_into_the_id_token() {
    on_every_backend(|server| {
        let nonce = "n & \"1\" <ü>";
        let url = server.ask(&[("nonce", nonce)]);
        let mut browser = server.browser();
        let callback = browser.log_in(&url, EMAIL, PASSWORD);
        assert_eq!(server.redeem(callback.code()).expect(200).claims("id_token")["nonce"], nonce);
        let silent = browser.log_in(&server.ask(&[]), EMAIL, PASSWORD);
        assert!(server.redeem(silent.code()).expect(200).claims("id_token").get("nonce").is_none());
    });
}
