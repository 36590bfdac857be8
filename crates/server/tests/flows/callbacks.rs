use crate::support::{
    Harness, Request, STATE, Tenant, WEB_CALLBACK, WEB_ID, WEB_SECRET, on_every_backend_with,
};
use countersign_testkit::{EMAIL, PASSWORD};

const MISMATCH: &str = "The provided redirect_uri is not in the list of allowed callback URLs.";

fn tenant() -> Tenant {
    let mut tenant = Tenant::default();
    tenant.client(WEB_ID).settings.callbacks = vec![
        WEB_CALLBACK.to_owned(),
        "https://app.example.com/Other?kind=a".to_owned(),
        "http://127.0.0.1:4711/back".to_owned(),
    ];
    tenant
}

/// Sends the request by GET and by POST and expects the same page, nothing written.
fn refused(server: &Harness, changes: &[(&str, &str)], status: u16, description: &str) {
    let pairs = crate::support::ask(changes);
    let by_get = Request::get(server.ask(changes));
    for request in [by_get, Request::post_form(server.url("/authorize"), &pairs)] {
        server.in_vain(|| server.send(&request)).expect_error_page(status, "invalid_request", description);
    }
}

fn mismatched(server: &Harness, redirect_uri: &str) {
    refused(server, &[("redirect_uri", redirect_uri)], 403, MISMATCH);
}

fn login_is_asked(server: &Harness, redirect_uri: &str) {
    server.send(&Request::get(server.ask(&[("redirect_uri", redirect_uri)]))).expect_login_page();
}

#[test]
fn core_008_a_request_without_client_id_shows_the_error_page_and_never_redirects() {
    on_every_backend_with(tenant, |server| {
        refused(server, &[("client_id", "")], 400, "Missing required parameter: client_id");
    });
}

#[test]
fn core_009_an_unknown_client_id_shows_the_error_page_and_never_redirects() {
    on_every_backend_with(tenant, |server| {
        refused(server, &[("client_id", "nobody")], 400, "Unknown client: nobody");
        // Ids are case-sensitive.
        refused(server, &[("client_id", "TEST-CLIENT")], 400, "Unknown client: TEST-CLIENT");
    });
}

#[test]
fn core_010_a_redirect_uri_that_is_not_registered_shows_the_mismatch_page_with_403() {
    on_every_backend_with(tenant, |server| {
        for foreign in [
            "https://evil.example/callback",
            "https://app.example.com/callback/more",
            "https://app.example.com/callback?more=1",
            "https://app.example.com/Other",
            "https://app.example.com:444/callback",
            "http://app.example.com/callback",
            "https://app.example.com@evil.example/callback",
            "javascript:alert(1)",
            "not a url",
        ] {
            mismatched(server, foreign);
        }
        let page = server.send(&Request::get(server.ask(&[("redirect_uri", "https://evil.example/")])));
        assert_eq!(page.expect(403).marked("<title>", "</title>"), "Callback URL mismatch.");
    });
}

#[test]
fn core_010_a_client_without_callbacks_shows_the_mismatch_page() {
    let tenant = || {
        let mut tenant = Tenant::default();
        tenant.client(WEB_ID).settings.callbacks.clear();
        tenant
    };
    on_every_backend_with(tenant, |server| {
        mismatched(server, WEB_CALLBACK);
        refused(server, &[("redirect_uri", "")], 403, MISMATCH);
    });
}

#[test]
fn core_011_a_request_without_redirect_uri_goes_to_the_first_callback() {
    on_every_backend_with(tenant, |server| {
        let url = server.ask(&[("redirect_uri", "")]);
        let answer = server.browser().submit_login(&url, EMAIL, PASSWORD);
        let callback = answer.expect_callback(&format!("{WEB_CALLBACK}?"));
        // What the request left out, the exchange leaves out too (RFC 6749 §4.1.3).
        server
            .token(&[
                ("grant_type", "authorization_code"),
                ("client_id", WEB_ID),
                ("client_secret", WEB_SECRET),
                ("code", callback.code()),
            ])
            .expect(200);
    });
}

#[test]
fn core_012_a_trailing_slash_makes_another_redirect_uri() {
    on_every_backend_with(tenant, |server| mismatched(server, &format!("{WEB_CALLBACK}/")));
}

#[test]
fn core_013_the_letter_case_of_scheme_and_host_does_not_matter() {
    on_every_backend_with(tenant, |server| {
        login_is_asked(server, "https://APP.Example.COM/callback");
        login_is_asked(server, "HTTPS://app.example.com/callback");
    });
}

#[test]
fn core_014_the_letter_case_of_the_path_matters() {
    on_every_backend_with(tenant, |server| {
        mismatched(server, "https://app.example.com/Callback");
        mismatched(server, "https://app.example.com/other?kind=a");
        mismatched(server, "https://app.example.com/Other?kind=A");
        login_is_asked(server, "https://app.example.com/Other?kind=a");
    });
}

#[test]
fn core_022_another_port_on_loopback_is_another_redirect_uri() {
    on_every_backend_with(tenant, |server| {
        mismatched(server, "http://127.0.0.1:4712/back");
        mismatched(server, "http://127.0.0.1/back");
        mismatched(server, "http://localhost:4711/back");
        login_is_asked(server, "http://127.0.0.1:4711/back");
    });
}

#[test]
fn core_023_the_fragment_of_redirect_uri_is_dropped() {
    on_every_backend_with(tenant, |server| {
        let url = server.ask(&[("redirect_uri", "https://app.example.com/callback#part")]);
        let answer = server.browser().submit_login(&url, EMAIL, PASSWORD);
        let callback = answer.expect_callback(&format!("{WEB_CALLBACK}?"));
        assert!(!callback.url.contains('#'), "{}", callback.url);
        assert!(!callback.url.contains("part"), "{}", callback.url);
        let again = server.browser().get(
            &server.ask(&[("redirect_uri", "https://app.example.com/callback#part"), ("prompt", "none")]),
        );
        again.expect_callback_error(
            &format!("{WEB_CALLBACK}?error="),
            "login_required",
            "Login required",
            STATE,
        );
    });
}

#[test]
fn a_callback_keeps_the_query_it_has() {
    on_every_backend_with(tenant, |server| {
        let url = server.ask(&[("redirect_uri", "https://app.example.com/Other?kind=a")]);
        let answer = server.browser().submit_login(&url, EMAIL, PASSWORD);
        let callback = answer.expect_callback("https://app.example.com/Other?kind=a&");
        assert_eq!(callback.get("kind"), "a");
        assert!(!callback.code().is_empty());
    });
}

#[test]
fn a_redirect_uri_that_stands_twice_is_refused_on_our_page() {
    on_every_backend_with(tenant, |server| {
        let url = format!("{}&redirect_uri=https%3A%2F%2Fevil.example%2F", server.ask(&[]));
        let page = server.in_vain(|| server.send(&Request::get(&url)));
        page.expect_error_code(400, "invalid_request");
    });
}

fn with_patterns() -> Tenant {
    let mut tenant = Tenant::default();
    tenant.client(WEB_ID).settings.callbacks = [
        "https://*.example.test/cb",
        "https://pre-*-suf.example.org/cb",
        "https://a.*.example.net/cb",
        "https://*.*.example.net/cb",
        "https://*.test/cb",
        "https://*.co.uk/cb",
        "com.example.*://cb",
        "com.example.app://*.example.test/cb",
        "https://{organization_name}.example.info/cb",
        WEB_CALLBACK,
    ]
    .map(str::to_owned)
    .to_vec();
    tenant
}

#[test]
fn core_015_core_017_a_wildcard_matches_one_label_and_the_code_can_be_redeemed() {
    on_every_backend_with(with_patterns, |server| {
        for target in ["https://a.example.test/cb", "https://pre-x-suf.example.org/cb"] {
            let url = server.ask(&[("redirect_uri", target)]);
            let callback = server.browser().log_in(&url, EMAIL, PASSWORD);
            assert!(callback.url.starts_with(&format!("{target}?")), "{}", callback.url);
            let exchange = |code: &str, redirect_uri: &str| {
                server.token(&[
                    ("client_id", WEB_ID),
                    ("client_secret", WEB_SECRET),
                    ("grant_type", "authorization_code"),
                    ("redirect_uri", redirect_uri),
                    ("code", code),
                ])
            };
            exchange(callback.code(), target).expect(200);
            // A code is for the very URL that was asked for, not for the pattern.
            let callback = server.browser().log_in(&url, EMAIL, PASSWORD);
            exchange(callback.code(), "https://b.example.test/cb").expect(403);
        }
    });
}

#[test]
fn core_016_a_wildcard_does_not_match_two_labels() {
    on_every_backend_with(with_patterns, |server| {
        mismatched(server, "https://a.b.example.test/cb");
        mismatched(server, "https://pre-a.b-suf.example.org/cb");
        mismatched(server, "https://example.test/cb");
        mismatched(server, "https://pre--suf.example.org/cb");
    });
}

#[test]
fn core_018_core_019_a_wildcard_in_a_wrong_place_never_matches() {
    on_every_backend_with(with_patterns, |server| {
        for sent in [
            "https://a.b.example.net/cb",
            "https://evil.test/cb",
            "https://evil.co.uk/cb",
            "com.example.app://cb",
            "com.example.app://a.example.test/cb",
            "https://acme.example.info/cb",
            "https://*.example.test/cb",
            "https://{organization_name}.example.info/cb",
        ] {
            mismatched(server, sent);
        }
        // Nor is a pattern the default.
        let url = server.ask(&[("redirect_uri", "")]);
        assert!(server.browser().log_in(&url, EMAIL, PASSWORD).url.starts_with(WEB_CALLBACK));
    });
}
