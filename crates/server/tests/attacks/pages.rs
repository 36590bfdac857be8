//! Pages: nobody learns who has an account, nothing from outside becomes markup, nobody frames them
//! (SP-109, SP-155, SP-156, SP-160, SP-161).

use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD};

use crate::kit::asking;
use crate::support::{
    Browser, Form, Harness, Request, Response, Tenant, WEB_CALLBACK, WEB_ID, authorize_url, on_every_backend,
};

/// A page without what is random in it, and without what the user typed himself.
fn faceless(page: &Response, typed: &str) -> (u16, Vec<(String, String)>, String) {
    let transaction =
        Form::find(&page.body).map(|form| form.hidden["transaction"].clone()).unwrap_or_default();
    let body = page.body.replace(&transaction, "T").replace(typed, "IDENTIFIER");
    let random = ["x-request-id", "date", "content-length"];
    let mut headers = page.headers.clone();
    headers.retain(|(name, _)| !random.contains(&name.as_str()));
    headers.sort();
    (page.status, headers, body)
}

fn try_login(server: &Harness, email: &str, password: &str) -> (Response, Browser) {
    let mut browser = server.browser();
    let url = authorize_url(&server.https, &asking(WEB_ID, &[]));
    let form = Form::find(&browser.get(&url).body).unwrap();
    let answer = browser.submit(&url, &form, &[("username", email), ("password", password)], "default");
    (answer, browser)
}

#[test]
fn sp_109_a_wrong_password_gets_the_same_bytes_whoever_is_named() {
    on_every_backend(|server| {
        let wrong = |email: &str| {
            let (page, browser) = try_login(server, email, "not the password");
            assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["__Host-countersign_browser"]);
            faceless(&page.shows(400), email)
        };
        let known = wrong(EMAIL);
        assert_eq!(wrong("nobody@example.com"), known);
        assert_eq!(wrong("JANE@EXAMPLE.COM"), known);
        server.change_user(|user| user.email_verified = false);
        assert_eq!(wrong(EMAIL), known);
        server.change_user(|user| user.blocked = true);
        assert_eq!(wrong(EMAIL), known);
        // That it is blocked is told only to who has the password.
        let (blocked, _) = try_login(server, EMAIL, PASSWORD);
        assert_eq!(blocked.goes_back(303, "unauthorized").get("error_description"), "user is blocked");
        server.change_user(|user| {
            user.blocked = false;
            user.password = None;
        });
        assert_eq!(wrong(EMAIL), known);
    });
}

#[test]
fn sp_109_accounts_that_are_held_back_look_alike_too() {
    on_every_backend(|server| {
        let held = |email: &str| {
            for _ in 0..10 {
                try_login(server, email, "not the password").0.shows(400);
            }
            let (page, _) = try_login(server, email, PASSWORD);
            assert!(page.header("retry-after").is_some());
            faceless(&page.shows(429), email)
        };
        assert_eq!(held("nobody@example.com"), held(EMAIL));
    });
}

const CANARY: &str = "canary\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}&lt;";

/// Fails where the canary stands as markup.
fn is_inert(page: &Response) {
    for markup in ["<script>alert", "<img src=x", "canary\"", "canary'", "\"'>"] {
        assert!(!page.body.contains(markup), "{markup} in {}", page.body);
    }
    assert!(page.header("content-security-policy").is_some());
}

#[test]
fn sp_156_nothing_of_a_request_becomes_markup() {
    let mut tenant = Tenant::default();
    tenant.settings.friendly_name = CANARY.to_owned();
    tenant.client(WEB_ID).settings.name = CANARY.to_owned();
    tenant.api().settings.name = CANARY.to_owned();
    tenant.api().settings.skip_consent_for_verifiable_first_party_clients = false;
    tenant.users[0].profile.claims.insert("name".to_owned(), CANARY.into());
    let server = Harness::with(tenant);
    let all = [
        ("state", CANARY),
        ("nonce", CANARY),
        ("login_hint", CANARY),
        ("ui_locales", CANARY),
        ("display", CANARY),
        ("acr_values", CANARY),
        ("screen_hint", CANARY),
        (CANARY, CANARY),
        ("audience", AUDIENCE),
        ("scope", "openid read:things"),
    ];
    let mut browser = server.browser();
    let url = authorize_url(&server.https, &asking(WEB_ID, &all));
    let login = browser.get(&url).shows(200);
    is_inert(&login);
    // What was typed comes back in the form.
    let form = Form::find(&login.body).unwrap();
    let again =
        browser.submit(&url, &form, &[("username", CANARY), ("password", CANARY)], "default").shows(400);
    is_inert(&again);
    assert!(crate::support::unescape(&again.body).contains("canary\"'><script>"), "{}", again.body);
    let form = Form::find(&again.body).unwrap();
    let consent = browser.submit(&url, &form, &[("username", EMAIL), ("password", PASSWORD)], "default");
    is_inert(&consent.shows(200));
    // Error pages.
    for broken in [
        ("client_id", CANARY),
        ("redirect_uri", CANARY),
        (CANARY, "twice"),
        ("prompt", CANARY),
        ("response_mode", CANARY),
    ] {
        let query = serde_urlencoded::to_string(asking(WEB_ID, &[broken])).unwrap();
        let twice = serde_urlencoded::to_string([broken]).unwrap();
        for query in [query.clone(), format!("{query}&{twice}")] {
            let answer = server.get(&format!("/authorize?{query}"));
            match answer.header("location") {
                None => is_inert(&answer),
                Some(location) => {
                    assert!(location.starts_with(WEB_CALLBACK));
                    assert!(!location.contains(['<', '>', '"', '\'']), "{location}");
                }
            }
        }
    }
    for query in ["returnTo", "client_id", "federated"] {
        let pairs = serde_urlencoded::to_string([(query, CANARY)]).unwrap();
        is_inert(&server.get(&format!("/v2/logout?{pairs}")));
    }
}

#[test]
fn sp_156_the_web_message_page_is_no_way_in() {
    let mut tenant = Tenant::default();
    tenant.client(WEB_ID).settings.web_origins = vec!["https://app.example.com".to_owned()];
    let server = Harness::with(tenant);
    let state = "</script><script>alert(1)</script>\u{2028}\\\"";
    let asked = [("prompt", "none"), ("response_mode", "web_message"), ("state", state)];
    let page = server.send(&Request::get(authorize_url(&server.https, &asking(WEB_ID, &asked)))).expect(200);
    assert_eq!(page.body.matches("<script").count(), 1, "{}", page.body);
    assert_eq!(page.body.to_lowercase().matches("</script").count(), 1, "{}", page.body);
    assert!(page.body.contains("https://app.example.com") && !page.body.contains("\"*\""), "{}", page.body);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'nonce-") && !policy.contains("unsafe-inline"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    // Another origin gets no message at all.
    server.change_client(WEB_ID, |client| client.settings.web_origins.clear());
    let answer = server.send(&Request::get(authorize_url(&server.https, &asking(WEB_ID, &asked))));
    assert!(!answer.shows(403).body.contains("<script"));
}

/// Every page and every endpoint, each once.
fn walk(server: &Harness) -> Vec<(String, Response)> {
    let asked = serde_urlencoded::to_string(asking(WEB_ID, &[])).unwrap();
    let silent = serde_urlencoded::to_string(asking(WEB_ID, &[("prompt", "none")])).unwrap();
    let mut seen = Vec::new();
    for path in [
        &format!("/authorize?{asked}"),
        &format!("/authorize?{silent}"),
        "/authorize",
        "/u/login",
        "/u/consent",
        "/u/confirmation",
        "/u/logout",
        "/userinfo",
        "/v2/logout",
        "/logout?returnTo=x",
        "/oidc/logout",
    ] {
        seen.push((format!("GET {path}"), server.get(path)));
    }
    for path in [
        "/authorize",
        "/u/login",
        "/u/consent",
        "/u/confirmation",
        "/u/logout",
        "/oauth/token",
        "/oauth/revoke",
        "/userinfo",
        "/oidc/logout",
        "/oauth/device/code",
        "/mfa/challenge",
        "/oidc/register",
        "/oauth/global-token-revocation/connection/x",
    ] {
        seen.push((format!("POST {path}"), server.post(path, &[("x", "1")])));
    }
    seen
}

#[test]
fn sp_155_sp_160_sp_161_every_answer_has_its_headers() {
    let server = Harness::new();
    for (name, answer) in walk(&server) {
        assert!(answer.status < 500, "{name} {answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{name} {answer:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{name}");
        assert!(matches!(answer.header("referrer-policy"), Some("no-referrer" | "same-origin")), "{name}");
        assert!(answer.header("permissions-policy").is_some(), "{name}");
        assert!(answer.header("x-request-id").is_some_and(|id| id.len() >= 20), "{name}");
        assert_eq!(answer.header("server"), None, "{name}");
        assert_eq!(answer.header("x-powered-by"), None, "{name}");
        // Never for loopback names.
        assert_eq!(answer.header("strict-transport-security"), None, "{name}");
        if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{name}");
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.contains("frame-ancestors 'none'"), "{name} {policy}");
            // Login pages may stand in a popup, which needs its opener for the answer.
            let opener = answer.header("cross-origin-opener-policy");
            assert!(answer.status < 400 || opener == Some("same-origin"), "{name} {answer:?}");
        }
    }
    for path in ["/.well-known/openid-configuration", "/.well-known/jwks.json"] {
        let answer = server.get(path).expect(200);
        let cache = answer.header("cache-control").unwrap();
        assert!(cache.contains("max-age=") && !cache.contains("no-store"), "{path} {cache}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
}
