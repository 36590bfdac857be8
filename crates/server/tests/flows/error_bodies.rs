use serde_json::Value;

use crate::support::{Harness, MACHINE, MACHINE_ID, Request, Response, WEB_ID, WEB_SECRET, on_every_backend};

/// A refusal of every endpoint that answers in JSON.
fn refusals(server: &Harness) -> Vec<Response> {
    let post = |path: &str, pairs: &[(&str, &str)]| server.post(path, pairs);
    let json = |path: &str, body: &str| {
        let request = Request::new("POST", server.url(path)).header("content-type", "application/json");
        server.send(&request.body(body))
    };
    let bearer = |token: &str| server.userinfo(token);
    let code = [("grant_type", "authorization_code"), ("client_id", WEB_ID), ("client_secret", WEB_SECRET)];
    let refresh = [("grant_type", "refresh_token"), ("client_id", WEB_ID), ("client_secret", WEB_SECRET)];
    vec![
        post("/oauth/token", &[]),
        post("/oauth/token", &[("client_id", WEB_ID)]),
        post("/oauth/token", &[("grant_type", "client_credentials"), ("client_id", "nobody")]),
        post("/oauth/token", &[("grant_type", "client_credentials"), ("client_id", MACHINE_ID)]),
        post("/oauth/token", &[MACHINE, &[("grant_type", "urn:example:none")]].concat()),
        post("/oauth/token", &[MACHINE, &[("grant_type", "client_credentials"), ("audience", "x")]].concat()),
        post("/oauth/token", &[MACHINE, &[("grant_type", "authorization_code"), ("code", "x")]].concat()),
        post("/oauth/token", &code),
        post("/oauth/token", &[&code[..], &[("code", "x"), ("code", "y")]].concat()),
        post("/oauth/token", &[&code[..], &[("code", "made-up")]].concat()),
        post("/oauth/token", &[&refresh[..], &[("refresh_token", "made-up")]].concat()),
        json("/oauth/token", "{"),
        json("/oauth/token", "[]"),
        json("/oauth/token", "{\"grant_type\": 1}"),
        server.send(&Request::new("POST", server.url("/oauth/token")).header("content-type", "text/plain")),
        post("/oauth/revoke", &[]),
        post("/oauth/revoke", &[("client_id", WEB_ID), ("client_secret", "wrong"), ("token", "x")]),
        json("/oauth/revoke", "nothing"),
        bearer("made-up"),
        bearer("eyJhbGciOiJub25lIn0.e30."),
        server.get("/userinfo"),
    ]
}

#[test]
fn core_001_every_json_refusal_has_error_and_error_description() {
    on_every_backend(|server| {
        for answer in refusals(server) {
            assert!((400..500).contains(&answer.status), "{answer:?}");
            assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"), "{answer:?}");
            let body = answer.json();
            for member in ["error", "error_description"] {
                let text = body.get(member).and_then(Value::as_str);
                assert!(text.is_some_and(|text| !text.is_empty()), "{member}: {answer:?}");
            }
        }
    });
}

#[test]
fn core_002_no_json_refusal_mixes_the_two_families_of_members() {
    on_every_backend(|server| {
        for answer in refusals(server) {
            let body = answer.json();
            for member in ["code", "description", "name", "statusCode", "message"] {
                assert!(body.get(member).is_none(), "{member}: {answer:?}");
            }
        }
    });
}

#[test]
fn core_007_auth0_client_is_ignored_as_header_and_as_parameter() {
    on_every_backend(|server| {
        let well_formed = "eyJuYW1lIjoiYXV0aDAtc3BhLWpzIiwidmVyc2lvbiI6IjIuMjcuMCJ9";
        for telemetry in [well_formed, "%%% not base64 %%%", &"x".repeat(2_000)] {
            let url = server.ask(&[("auth0Client", telemetry)]);
            let mut browser = server.browser();
            let callback = browser.log_in(&url, countersign_testkit::EMAIL, countersign_testkit::PASSWORD);
            assert!(!callback.parameters.contains_key("auth0Client"), "{}", callback.url);
            let form = [
                ("grant_type", "authorization_code"),
                ("client_id", WEB_ID),
                ("client_secret", WEB_SECRET),
                ("code", callback.code()),
                ("redirect_uri", crate::support::WEB_CALLBACK),
                ("auth0Client", telemetry),
            ];
            let request = Request::post_form(server.url("/oauth/token"), &form);
            let tokens = server.send(&request.header("Auth0-Client", telemetry)).expect(200);
            let userinfo = server.userinfo_request(&tokens.text("access_token"));
            server.send(&userinfo.header("Auth0-Client", telemetry)).expect(200);
            let discovery = Request::get(server.url("/.well-known/openid-configuration"));
            server.send(&discovery.header("Auth0-Client", telemetry)).expect(200);
            let query = serde_urlencoded::to_string([("auth0Client", telemetry)]).unwrap();
            browser.get(&server.url(&format!("/v2/logout?{query}"))).expect(200);
        }
    });
}
