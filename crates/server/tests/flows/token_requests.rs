//! Token requests before any grant decides (RFC 6749 §1.3, §3.2 and §5.2).

use countersign_testkit::AUDIENCE;
use serde_json::{Value, json};

use crate::support::{
    Harness, MACHINE, Request, Response, SPA, WEB, WEB_CALLBACK, WEB_ID, WEB_SECRET, client_credentials,
    exchange, on_every_backend, refresh,
};

const REFUSED: &str = "Missing required parameter: grant_type";

/// One request in both encodings, form first.
fn both_ways(server: &Harness, pairs: &[(&str, &str)]) -> [Response; 2] {
    let body: serde_json::Map<String, Value> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let url = server.url("/oauth/token");
    [Request::post_form(&url, pairs), Request::post_json(&url, &body.into())]
        .map(|request| server.send(&request))
}

#[test]
fn core_005_every_token_response_is_one_that_no_cache_keeps() {
    on_every_backend(|server| {
        let web = server.web_tokens("openid offline_access", AUDIENCE);
        let refreshed = server.refresh(WEB, &web.text("refresh_token")).expect(200);
        for answer in [web, refreshed, server.machine_token(AUDIENCE)] {
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert_eq!(answer.header("pragma"), Some("no-cache"));
            assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
            assert!(answer.all("set-cookie").is_empty());
        }
    });
}

#[test]
fn core_092_form_and_json_give_identical_answers() {
    on_every_backend(|server| {
        let machine = [MACHINE, &client_credentials(AUDIENCE)].concat();
        let [form, json] = both_ways(server, &machine).map(|answer| answer.expect(200));
        // The clock stands still, and an RS256 signature is the same for the same claims.
        assert_eq!(form.json(), json.json());
        let refusals: [&[(&str, &str)]; 4] = [
            &[("client_id", "nobody"), ("grant_type", "client_credentials")],
            &[WEB, &[("grant_type", "no-such-grant")]].concat(),
            &[WEB, &[("grant_type", "authorization_code")]].concat(),
            &[WEB, &refresh("no-such-token")].concat(),
        ];
        for pairs in refusals {
            let [form, json] = both_ways(server, pairs);
            assert_eq!((form.status, form.json()), (json.status, json.json()));
            assert!(form.status >= 400);
            for header in ["cache-control", "pragma", "content-type", "www-authenticate"] {
                assert_eq!(form.header(header), json.header(header));
            }
        }
    });
}

#[test]
fn core_092_a_code_and_a_refresh_token_are_exchanged_in_json_too() {
    on_every_backend(|server| {
        let scope = "openid offline_access read:things";
        let code = server.web_code(scope, AUDIENCE);
        let body = json!({
            "client_id": WEB_ID, "client_secret": WEB_SECRET, "grant_type": "authorization_code",
            "code": code, "redirect_uri": WEB_CALLBACK,
        });
        let by_json = server.send(&Request::post_json(server.url("/oauth/token"), &body)).expect(200).json();
        // A new token each time, but of the same kind.
        let by_form = server.web_tokens(scope, AUDIENCE).json();
        assert!(by_json.as_object().unwrap().keys().eq(by_form.as_object().unwrap().keys()));
        assert_eq!(by_json["scope"], by_form["scope"]);
        let tokens = server.web_tokens(scope, AUDIENCE);
        let token = tokens.text("refresh_token");
        let pairs = [WEB, &refresh(&token)].concat();
        let [form, json] = both_ways(server, &pairs).map(|answer| answer.expect(200));
        assert_eq!(form.json(), json.json());
    });
}

#[test]
fn core_093_a_missing_grant_type_is_invalid_request() {
    on_every_backend(|server| {
        server.refuse_token(WEB, &[], (400, "invalid_request", REFUSED));
        let empty = [WEB, &[("grant_type", "")]].concat();
        server.refuse_token(&empty, &[], (400, "invalid_request", REFUSED));
        server.refuse_token(&[], &[], (400, "invalid_request", REFUSED));
    });
}

#[test]
fn core_094_an_unknown_grant_is_unsupported_grant_type() {
    on_every_backend(|server| {
        for grant in ["no-such-grant", "password", "urn:ietf:params:oauth:grant-type:device_code"] {
            let text = format!("Unsupported grant type: {grant}");
            let pairs = [WEB, &[("grant_type", grant)]].concat();
            server.refuse_token(&pairs, &[], (403, "unsupported_grant_type", &text));
        }
    });
}

#[test]
fn core_095_a_grant_that_the_client_may_not_use_is_unauthorized_client() {
    on_every_backend(|server| {
        let code = server.web_code("openid", "");
        let text = "Grant type 'authorization_code' not allowed for the client.";
        let pairs = [MACHINE, &exchange(&code)].concat();
        server.refuse_token(&pairs, &[&code], (403, "unauthorized_client", text));
        let text = "Grant type 'refresh_token' not allowed for the client.";
        server.refuse_token(
            &[MACHINE, &refresh("a-token")].concat(),
            &[],
            (403, "unauthorized_client", text),
        );
        let text = "Grant type 'client_credentials' not allowed for the client.";
        server.refuse_token(
            &[SPA, &client_credentials(AUDIENCE)].concat(),
            &[],
            (403, "unauthorized_client", text),
        );
    });
}

#[test]
fn core_099_a_spurious_bearer_header_changes_nothing() {
    on_every_backend(|server| {
        let pairs = [MACHINE, &client_credentials(AUDIENCE)].concat();
        let request = Request::post_form(server.url("/oauth/token"), &pairs);
        let plain = server.send(&request).expect(200);
        let with = server.send(&request.header("authorization", "Bearer of-something-else")).expect(200);
        assert_eq!(with.json(), plain.json());
    });
}

#[test]
fn what_is_no_token_request_is_refused() {
    on_every_backend(|server| {
        let url = server.url("/oauth/token");
        let got = server.send_in_vain(&Request::get(&url), &[], 405);
        assert!(got.header("allow").is_some_and(|allow| allow.contains("POST")));
        let text = Request::new("POST", &url).header("content-type", "text/plain").body("grant_type=x");
        let answer = server.send_in_vain(&text, &[], 415);
        assert_eq!(answer.text("error"), "invalid_request");
        let broken = Request::new("POST", &url).header("content-type", "application/json").body("{");
        server.refuse(&broken, &[], (400, "invalid_request", "Invalid request body"));
        let twice = [MACHINE, &client_credentials(AUDIENCE), &[("grant_type", "refresh_token")]].concat();
        let answer = server.send_in_vain(&Request::post_form(&url, &twice), &[], 400);
        assert_eq!(answer.text("error"), "invalid_request");
    });
}
