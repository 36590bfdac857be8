use countersign_testkit::{AUDIENCE, USER_ID, block_on};

use crate::support::{
    Browser, Harness, Request, Response, SPA_ID, STATE, Tenant, VERIFIER, WEB, WEB_CALLBACK, WEB_ID,
    on_every_backend, on_every_backend_with, s256,
};

const CLIENTS_OWN: &str = "https://app.example.com/";
const CLIENTS_SECOND: &str = "https://app.example.com/Bye/now";
const TENANTS: &str = "https://www.example.com/signed-out";

fn tenant() -> Tenant {
    let mut tenant = Tenant::default();
    tenant.client(WEB_ID).settings.allowed_logout_urls =
        vec![CLIENTS_OWN.to_owned(), CLIENTS_SECOND.to_owned(), "https://*.example.net/".to_owned()];
    tenant.settings.allowed_logout_urls = vec![TENANTS.to_owned()];
    tenant
}

fn log_out(server: &Harness, browser: &mut Browser, pairs: &[(&str, &str)]) -> Response {
    let query = serde_urlencoded::to_string(pairs).unwrap();
    browser.send(Request::get(server.url(&format!("/v2/logout?{query}"))))
}

/// It redirects there, and takes the cookies away.
fn goes_to(server: &Harness, pairs: &[(&str, &str)], target: &str) {
    let mut browser = server.signed_in();
    let answer = log_out(server, &mut browser, pairs).expect(302);
    assert_eq!(answer.header("location"), Some(target));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(!browser.cookies.contains_key("auth0"), "{answer:?}");
    assert!(!browser.cookies.contains_key("auth0_compat"), "{answer:?}");
    is_over(server, &mut browser);
}

fn refused(server: &Harness, pairs: &[(&str, &str)], url: &str) {
    let page = log_out(server, &mut server.browser(), pairs);
    let text = format!(
        "The \"returnTo\" querystring parameter \"{url}\" is not defined as a valid URL in \"Allowed Logout \
         URLs\"."
    );
    assert_eq!(page.marked("id=\"error-description\" class=\"description\"><bdi>", "</bdi>"), text);
    page.expect_page(400);
}

fn is_over(server: &Harness, browser: &mut Browser) {
    let answer = browser.get(&server.ask(&[("prompt", "none")]));
    answer.expect_callback_error(WEB_CALLBACK, "login_required", "Login required", STATE);
}

#[test]
fn core_253_a_clients_allowed_url_is_redirected_to_and_another_is_refused_with_400() {
    on_every_backend_with(tenant, |server| {
        for allowed in [CLIENTS_OWN, CLIENTS_SECOND, "HTTPS://App.Example.COM/Bye/now"] {
            goes_to(server, &[("client_id", WEB_ID), ("returnTo", allowed)], allowed);
        }
        for foreign in [
            "https://evil.example/",
            "https://app.example.com/bye/now",
            "https://app.example.com/Bye/now/",
            "https://app.example.com:8443/",
            "http://app.example.com/",
            "https://app.example.com@evil.example/",
            "https://app.example.com.evil.example/",
            "javascript:alert(1)",
            "//evil.example/",
        ] {
            refused(server, &[("client_id", WEB_ID), ("returnTo", foreign)], foreign);
        }
        let unknown = [("client_id", "nobody"), ("returnTo", CLIENTS_OWN)];
        log_out(server, &mut server.browser(), &unknown).expect_page(400);
    });
}

#[test]
fn core_254_without_a_client_the_tenants_list_alone_counts() {
    on_every_backend_with(tenant, |server| {
        goes_to(server, &[("returnTo", TENANTS)], TENANTS);
        refused(server, &[("returnTo", CLIENTS_OWN)], CLIENTS_OWN);
        refused(server, &[("client_id", WEB_ID), ("returnTo", TENANTS)], TENANTS);
        let page = log_out(server, &mut server.signed_in(), &[]).expect_page(200);
        assert!(page.body.contains("OK"), "{page:?}");
    });
}

#[test]
fn core_255_a_client_without_return_to_goes_to_its_first_logout_url() {
    on_every_backend_with(tenant, |server| goes_to(server, &[("client_id", WEB_ID)], CLIENTS_OWN));
}

#[test]
fn core_256_the_query_of_return_to_does_not_count_and_is_kept() {
    on_every_backend_with(tenant, |server| {
        for more in ["?a=1&b=%20", "?next=https://evil.example/", "#part", "?a=1#part"] {
            let target = format!("{CLIENTS_SECOND}{more}");
            goes_to(server, &[("client_id", WEB_ID), ("returnTo", &target)], &target);
            let target = format!("{TENANTS}{more}");
            goes_to(server, &[("returnTo", &target)], &target);
        }
    });
}

#[test]
fn core_257_logout_asks_nothing() {
    on_every_backend_with(tenant, |server| {
        // Whatever is sent along, whether there is a session or not: one request is enough.
        for more in [&[][..], &[("federated", "")], &[("auth0Client", "eyJuYW1lIjoieCJ9")]] {
            let pairs = [&[("client_id", WEB_ID), ("returnTo", CLIENTS_OWN)][..], more].concat();
            for mut browser in [server.browser(), server.signed_in()] {
                let answer = log_out(server, &mut browser, &pairs).expect(302);
                assert_eq!(answer.header("location"), Some(CLIENTS_OWN));
            }
        }
        let mut browser = server.signed_in();
        assert!(!log_out(server, &mut browser, &[]).expect(200).body.contains("<form"));
        is_over(server, &mut browser);
    });
}

#[test]
fn core_258_the_session_is_over_for_every_application() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        let tokens = {
            let code = server.code_in(
                &mut browser,
                WEB_ID,
                &[("scope", "openid offline_access read:things"), ("audience", AUDIENCE)],
            );
            server.web_exchange(&code).expect(200)
        };
        let challenge = s256(VERIFIER);
        let spa = |prompt| {
            server.ask(&[
                ("client_id", SPA_ID),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
                ("prompt", prompt),
            ])
        };
        browser.get(&spa("none")).expect_callback(WEB_CALLBACK).code();
        let kept = browser.clone();
        log_out(server, &mut browser, &[("client_id", WEB_ID)]).expect(302);
        // Not only is the cookie gone: a copy of it opens nothing.
        for mut browser in [browser, kept] {
            is_over(server, &mut browser);
            let answer = browser.get(&spa("none"));
            answer.expect_callback_error(WEB_CALLBACK, "login_required", "Login required", STATE);
            browser.get(&spa("")).expect_login_page();
        }
        for session in block_on(server.storage.sessions_of_user(&USER_ID.into())).unwrap() {
            assert_eq!(session.ended_at, Some(server.now()));
        }
        // Tokens are not the session's (core §7.1).
        server.userinfo(&tokens.text("access_token")).expect(200);
        server.refresh(WEB, &tokens.text("refresh_token")).expect(200);
    });
}

#[test]
fn a_refused_return_to_ends_the_session_all_the_same() {
    on_every_backend_with(tenant, |server| {
        let mut browser = server.signed_in();
        log_out(server, &mut browser, &[("returnTo", "https://evil.example/")]).expect_page(400);
        is_over(server, &mut browser);
    });
}
