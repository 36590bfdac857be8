//! Scripts of other origins (SP-159).

use crate::support::{Harness, MACHINE_ID, MACHINE_SECRET, Request, SPA_ID, WEB_ID};

const ALLOWED: &str = "https://app.example.com";
const FOREIGN: [&str; 11] = [
    "null",
    "https://evil.example",
    "https://app.example.com.evil.example",
    "https://evilapp.example.com",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com/",
    "https://app.example.com/x",
    "https://user@app.example.com",
    "*",
    "",
];

fn is_closed(answer: &crate::support::Response, origin: &str) {
    for name in
        ["access-control-allow-origin", "access-control-allow-credentials", "access-control-allow-methods"]
    {
        assert_eq!(answer.header(name), None, "{origin} {answer:?}");
    }
}

#[test]
fn sp_159_a_foreign_origin_may_read_nothing() {
    let server = Harness::new();
    for path in ["/oauth/token", "/oauth/revoke", "/userinfo"] {
        for origin in FOREIGN {
            let preflight = Request::new("OPTIONS", server.url(path))
                .header("origin", origin)
                .header("access-control-request-method", "POST");
            is_closed(&server.send(&preflight), origin);
            let post =
                Request::post_form(server.url(path), &[("client_id", SPA_ID)]).header("origin", origin);
            is_closed(&server.send(&post), origin);
        }
        let preflight = Request::new("OPTIONS", server.url(path))
            .header("origin", ALLOWED)
            .header("access-control-request-method", "POST");
        let answer = server.send(&preflight).expect(204);
        assert_eq!(answer.header("access-control-allow-origin"), Some(ALLOWED));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert!(answer.header("vary").unwrap().contains("Origin"));
        let post = Request::post_form(server.url(path), &[("client_id", SPA_ID)]).header("origin", ALLOWED);
        let answer = server.send(&post);
        assert_eq!(answer.header("access-control-allow-origin"), Some(ALLOWED), "{path} {answer:?}");
        assert!(answer.header("vary").unwrap().contains("Origin"));
    }
}

#[test]
fn sp_159_an_origin_of_one_client_does_not_read_what_another_gets() {
    let server = Harness::new();
    let pairs =
        [("grant_type", "client_credentials"), ("client_id", MACHINE_ID), ("client_secret", MACHINE_SECRET)];
    let request = Request::post_form(server.url("/oauth/token"), &pairs).header("origin", ALLOWED);
    is_closed(&server.send(&request), ALLOWED);
    // When the client's origins change, so does the answer.
    for id in [WEB_ID, SPA_ID] {
        server.change_client(id, |client| {
            client.settings.callbacks = vec!["https://other.example/cb".to_owned()];
            client.settings.web_origins.clear();
            client.settings.allowed_origins.clear();
        });
    }
    let preflight = Request::new("OPTIONS", server.url("/oauth/token")).header("origin", ALLOWED);
    is_closed(&server.send(&preflight), ALLOWED);
}

#[test]
fn sp_159_pages_and_logout_are_open_to_no_script() {
    let server = Harness::new();
    for path in ["/authorize?client_id=test-client", "/u/login", "/v2/logout", "/healthz"] {
        for method in ["GET", "OPTIONS"] {
            let request = Request::new(method, server.url(path)).header("origin", ALLOWED);
            is_closed(&server.send(&request), path);
        }
    }
}
