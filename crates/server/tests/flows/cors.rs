use countersign_testkit::AUDIENCE;

use crate::support::{
    DpopKey, Harness, MACHINE, Request, Response, SPA, SPA_ID, VERIFIER, WEB, client_credentials, exchange,
    on_every_backend, refresh,
};

/// The origin of the callback of web and single-page application.
const CALLBACKS: &str = "https://app.example.com";
const UNKNOWN: &str = "https://evil.example";
const PATHS: [(&str, &str); 3] = [("/oauth/token", "POST"), ("/oauth/revoke", "POST"), ("/userinfo", "GET")];

fn preflight(server: &Harness, path: &str, method: &str, origin: &str) -> Response {
    let request = Request::new("OPTIONS", server.url(path)).header("origin", origin);
    let request = request.header("access-control-request-method", method);
    server.send(&request.header("access-control-request-headers", "content-type,dpop,auth0-client"))
}

fn lists(answer: &Response, header: &str, wanted: &[&str]) {
    let value = answer.header(header).unwrap_or_else(|| panic!("no {header}: {answer:?}"));
    let listed: Vec<String> = value.split(',').map(|entry| entry.trim().to_ascii_lowercase()).collect();
    for wanted in wanted {
        assert!(listed.contains(&wanted.to_ascii_lowercase()), "{header}: {value}");
    }
}

fn has_no_cors_headers(answer: &Response) {
    let found = answer.headers.iter().find(|(name, _)| name.starts_with("access-control-"));
    assert!(found.is_none(), "{answer:?}");
}

#[test]
fn core_250_a_registered_origin_may_call() {
    on_every_backend(|server| {
        for (path, method) in PATHS {
            let answer = preflight(server, path, method, CALLBACKS).expect(204);
            assert_eq!(answer.header("access-control-allow-origin"), Some(CALLBACKS));
            lists(&answer, "access-control-allow-methods", &[method]);
            let headers = ["content-type", "authorization", "auth0-client", "dpop", "auth0-forwarded-for"];
            lists(&answer, "access-control-allow-headers", &headers);
            assert!(answer.header("access-control-max-age").is_some());
            lists(&answer, "vary", &["origin"]);
        }
        let code = server.spa_code("openid", AUDIENCE);
        let pairs = [SPA, &exchange(&code), &[("code_verifier", VERIFIER)]].concat();
        let request = Request::post_form(server.url("/oauth/token"), &pairs).header("origin", CALLBACKS);
        let answer = server.send(&request).expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), Some(CALLBACKS));
        lists(&answer, "vary", &["origin"]);
        let userinfo = server.userinfo_request(&answer.text("access_token")).header("origin", CALLBACKS);
        let answer = server.send(&userinfo).expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), Some(CALLBACKS));
        // A script must be able to read refusals too.
        let pairs = [SPA, &refresh("no-such-token")].concat();
        let request = Request::post_form(server.url("/oauth/token"), &pairs).header("origin", CALLBACKS);
        let answer = server.send(&request).expect(403);
        assert_eq!(answer.header("access-control-allow-origin"), Some(CALLBACKS));
    });
}

#[test]
fn core_250_allowed_and_web_origins_count_for_their_client() {
    on_every_backend(|server| {
        server.change_client(SPA_ID, |client| {
            let allowed = [
                "https://*.widgets.example",
                "https://pr-*-web.preview.example:8443",
                "https://*.example",
                "https://www.*.wrong.example",
                "https://*.*.wrong.example",
            ];
            client.settings.allowed_origins = allowed.map(str::to_owned).to_vec();
            client.settings.web_origins = vec!["https://frame.example".to_owned()];
        });
        for origin in
            ["https://one.widgets.example", "https://pr-17-web.preview.example:8443", "https://frame.example"]
        {
            preflight(server, "/oauth/token", "POST", origin).expect(204);
            let of = |client: &[(&str, &str)]| {
                let pairs = [client, &refresh("no-such-token")].concat();
                let request = Request::post_form(server.url("/oauth/token"), &pairs);
                server.send(&request.header("origin", origin))
            };
            assert_eq!(of(SPA).header("access-control-allow-origin"), Some(origin));
            has_no_cors_headers(&of(WEB));
        }
        for origin in [
            "https://a.b.widgets.example",
            "http://one.widgets.example",
            "https://one.widgets.example:444",
            "https://widgets.example",
            "https://.widgets.example",
            "https://*.widgets.example",
            "https://pr--web.preview.example:8443",
            "https://pr-17-web.preview.example",
            "https://wrong.example",
            "https://www.a.wrong.example",
            "https://a.b.wrong.example",
        ] {
            has_no_cors_headers(&preflight(server, "/oauth/token", "POST", origin));
        }
    });
}

#[test]
fn core_251_an_unregistered_origin_gets_no_headers() {
    on_every_backend(|server| {
        for origin in [UNKNOWN, "null", "https://app.example.com.evil.example", "http://app.example.com"] {
            for (path, method) in PATHS {
                has_no_cors_headers(&preflight(server, path, method, origin));
            }
            let pairs = [MACHINE, &client_credentials(AUDIENCE)].concat();
            let request = Request::post_form(server.url("/oauth/token"), &pairs);
            has_no_cors_headers(&server.send(&request.header("origin", origin)));
            let userinfo = server.userinfo_request("no-such-token").header("origin", origin);
            has_no_cors_headers(&server.send(&userinfo));
        }
    });
}

#[test]
fn core_252_the_dpop_nonce_may_be_read_by_scripts() {
    on_every_backend(|server| {
        let key = DpopKey::generate();
        let proof = key.proof("POST", &server.url("/oauth/token"), server.now());
        let pairs = [SPA, &refresh("any")].concat();
        let request = Request::post_form(server.url("/oauth/token"), &pairs)
            .header("origin", CALLBACKS)
            .header("dpop", &proof);
        let answer = server.send(&request).expect(400);
        assert!(answer.header("dpop-nonce").is_some());
        lists(&answer, "access-control-expose-headers", &["DPoP-Nonce"]);
        let userinfo = server.userinfo_request("no-such-token").header("origin", CALLBACKS);
        lists(&server.send(&userinfo).expect(401), "access-control-expose-headers", &["DPoP-Nonce"]);
    });
}
