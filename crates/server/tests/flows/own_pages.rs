use countersign_testkit::{EMAIL, PASSWORD};
use serde_json::json;

use crate::support::{
    Callback, Harness, Request, Tenant, VERIFIER, WEB_CALLBACK, WEB_ID, on_every_backend,
    on_every_backend_with, s256,
};

const ERRORS: &str = "https://www.example.com/error?theme=dark";
const LOGIN: &str = "https://www.example.com/start";

fn tenant() -> Tenant {
    let mut tenant = Tenant::default();
    tenant.settings.error_page = Some(json!({ "url": ERRORS, "html": "", "show_log_link": false }));
    tenant.settings.default_redirection_uri = Some(LOGIN.to_owned());
    tenant.settings.enabled_locales = vec!["de".to_owned(), "en".to_owned()];
    tenant
}

/// What the tenant's error page is told.
fn told(server: &Harness, changes: &[(&str, &str)]) -> Callback {
    let answer = server.in_vain(|| server.send(&Request::get(server.ask(changes)))).expect(302);
    let sent = answer.expect_callback("https://www.example.com/error?theme=dark&");
    assert_eq!(Some(sent.get("tracking")), answer.header("x-request-id"));
    assert_eq!(sent.get("lang"), "de");
    assert!(!sent.parameters.contains_key("state") && !sent.parameters.contains_key("code"));
    sent
}

#[test]
fn core_088_the_tenants_error_page_is_told_what_happened() {
    on_every_backend_with(tenant, |server| {
        let sent = told(server, &[("redirect_uri", "https://evil.example/")]);
        assert_eq!(sent.get("client_id"), WEB_ID);
        assert_eq!(sent.get("error"), "invalid_request");
        let text = "The provided redirect_uri is not in the list of allowed callback URLs.";
        assert_eq!(sent.get("error_description"), text);
        assert!(!sent.url.contains("evil"), "{}", sent.url);
        // What is absent is left out.
        let sent = told(server, &[("client_id", "")]);
        assert!(!sent.parameters.contains_key("client_id"), "{}", sent.url);
        assert!(!sent.parameters.contains_key("connection"), "{}", sent.url);
        assert_eq!(sent.get("error_description"), "Missing required parameter: client_id");
        // The connection is told where the request named one.
        let sent = told(server, &[("redirect_uri", "https://evil.example/"), ("connection", "a & b")]);
        assert_eq!(sent.get("connection"), "a & b");
        // What goes back to the application goes there still.
        let answer = server.send(&Request::get(server.ask(&[("prompt", "none")])));
        assert_eq!(answer.expect_callback(WEB_CALLBACK).get("error"), "login_required");
    });
}

#[test]
fn core_088_what_is_kept_from_a_third_party_is_told_too() {
    let third_party = || {
        let mut tenant = tenant();
        tenant.client(WEB_ID).settings.is_first_party = false;
        tenant
    };
    on_every_backend_with(third_party, |server| {
        let challenge = s256(VERIFIER);
        let url = server.ask(&[("code_challenge", &challenge), ("code_challenge_method", "S256")]);
        let mut browser = server.browser();
        let page = browser.submit_login(&url, EMAIL, PASSWORD).expect_question();
        let answer = server.in_vain(|| browser.press(&url, &page, "deny")).expect(303);
        let sent = answer.expect_callback("https://www.example.com/error?theme=dark&");
        assert_eq!(sent.get("client_id"), WEB_ID);
        assert_eq!(sent.get("error"), "access_denied");
        assert_eq!(sent.get("error_description"), "User did not authorize the request");
        // A user who is blocked by now, and who knows the password.
        server.change_user(|user| user.blocked = true);
        let answer = server.browser().submit_login(&url, EMAIL, PASSWORD).expect(303);
        let sent = answer.expect_callback("https://www.example.com/error?theme=dark&");
        assert_eq!((sent.get("client_id"), sent.get("error")), (WEB_ID, "unauthorized"));
    });
}

#[test]
fn a_login_page_that_is_opened_directly_goes_to_the_tenants_login_route() {
    on_every_backend_with(tenant, |server| {
        for page in ["/u/login", "/u/consent", "/u/confirmation"] {
            let answer = server.get(page).expect(302);
            assert_eq!(answer.header("location"), Some(LOGIN));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    });
    on_every_backend(|server| {
        for page in ["/u/login", "/u/login?state=x", "/u/consent", "/u/confirmation"] {
            let answer = server.in_vain(|| server.get(page));
            answer.expect_error_code(400, "invalid_request");
        }
    });
}

#[test]
fn core_005_every_page_and_redirect_stays_out_of_caches() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        // `expect_page` and `expect_callback` look at Cache-Control.
        let page = browser.get(&server.ask(&[])).expect_login_page();
        assert_eq!(page.header("pragma"), Some("no-cache"));
        server.get("/authorize").expect_page(400);
        server.get("/v2/logout").expect_page(200);
        browser.get(&server.ask(&[("prompt", "none")])).expect_callback(WEB_CALLBACK);
        let tokens = server.web_tokens("openid", "");
        assert_eq!(tokens.header("cache-control"), Some("no-store"));
        assert_eq!(tokens.header("pragma"), Some("no-cache"));
    });
}
