//! Login and consent pages of somebody else, of another time, or forged (SP-015, SP-019, SP-020, SP-147).

use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD};

use crate::kit::asking;
use crate::support::{
    Backend, Browser, Form, Harness, Request, Response, Tenant, WEB_CALLBACK, WEB_ID, authorize_url,
    on_every_backend,
};

const LOST: &str = "This page is no longer good. Go back to the application and try again.";

fn login_page(server: &Harness, browser: &mut Browser) -> Form {
    let page = browser.get(&authorize_url(&server.https, &asking(WEB_ID, &[("state", "s")]))).shows(200);
    Form::find(&page.body).unwrap()
}

fn submit(server: &Harness, browser: &mut Browser, form: &Form) -> Response {
    browser.submit(&server.https, form, &[("username", EMAIL), ("password", PASSWORD)], "default")
}

#[test]
fn sp_015_after_a_post_the_redirect_is_303() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        let form = login_page(server, &mut browser);
        let answer = submit(server, &mut browser, &form).expect(303);
        assert!(answer.header("location").unwrap().starts_with(WEB_CALLBACK));
        let url = server.url("/authorize");
        let again = browser.send(Request::post_form(url, &asking(WEB_ID, &[]))).expect(303);
        assert!(again.header("location").unwrap().contains("code="));
    });
}

#[test]
fn sp_019_a_page_of_another_browser_is_refused() {
    on_every_backend(|server| {
        let form = login_page(server, &mut server.browser());
        // A browser that was never here, and one that has a page of its own.
        let mut fresh = server.browser();
        let mut other = server.browser();
        login_page(server, &mut other);
        for browser in [&mut fresh, &mut other] {
            server.writes_nothing(&[], || {
                submit(server, browser, &form).shows_error(400, "invalid_request", LOST)
            });
        }
    });
}

#[test]
fn sp_019_a_guessed_or_changed_transaction_is_refused() {
    let server = Harness::new();
    let mut browser = server.browser();
    let form = login_page(&server, &mut browser);
    let good = form.hidden["transaction"].clone();
    let (key, sealed) = good.split_once('.').unwrap();
    let middle = sealed.len() / 2;
    let flipped = if sealed.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let changed = format!("{key}.{}{flipped}{}", &sealed[..middle], &sealed[middle + 1..]);
    let guesses = [
        String::new(),
        "1".to_owned(),
        ".".to_owned(),
        "e30.e30".to_owned(),
        good[..good.len() - 1].to_owned(),
        format!("{good}A"),
        format!("{key}.{}", "A".repeat(sealed.len())),
        format!("AAAA.{sealed}"),
        changed,
    ];
    for guess in guesses {
        let mut forged = form.clone();
        forged.hidden.insert("transaction".to_owned(), guess);
        server.writes_nothing(&[], || {
            submit(&server, &mut browser, &forged).shows_error(400, "invalid_request", LOST)
        });
    }
    submit(&server, &mut browser, &form).expect(303);
}

#[test]
fn sp_019_a_finished_or_an_old_transaction_is_refused() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        let form = login_page(server, &mut browser);
        let late = login_page(server, &mut browser);
        submit(server, &mut browser, &form).expect(303);
        server.writes_nothing(&[], || {
            let answer = submit(server, &mut browser, &form);
            assert_eq!(answer.header("location"), None, "{answer:?}");
            answer.shows(400)
        });
        server.clock.advance(countersign_oauth::Seconds(3601));
        server.writes_nothing(&[], || {
            submit(server, &mut browser, &late).shows_error(400, "invalid_request", LOST)
        });
    });
}

#[test]
fn sp_019_a_login_page_of_one_domain_is_not_good_at_the_other() {
    let server = Harness::new();
    let mut browser = server.browser();
    let form = login_page(&server, &mut browser);
    let binding = browser.cookies["__Host-countersign_browser"].clone();
    browser.cookies.insert("countersign_browser_http".to_owned(), binding);
    let answer =
        browser.submit(&server.http, &form, &[("username", EMAIL), ("password", PASSWORD)], "default");
    answer.shows_error(400, "invalid_request", LOST);
}

#[test]
fn sp_147_the_session_and_the_binding_are_new_and_planted_ones_are_not_adopted() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        for name in ["auth0", "auth0_compat", "__Host-countersign_browser"] {
            browser.cookies.insert(name.to_owned(), ("planted-by-the-attacker".to_owned(), true));
        }
        let form = login_page(server, &mut browser);
        submit(server, &mut browser, &form).expect(303);
        let first = browser.cookies["auth0"].0.clone();
        assert_ne!(first, "planted-by-the-attacker");
        assert_eq!(browser.cookies["auth0_compat"].0, first);
        // Whoever planted it is not signed in.
        let mut attacker = server.browser();
        attacker.cookies.insert("auth0".to_owned(), ("planted-by-the-attacker".to_owned(), true));
        let silent = authorize_url(&server.https, &asking(WEB_ID, &[("prompt", "none")]));
        attacker.get(&silent).goes_back(302, "login_required");
        // A second login makes a second session.
        let url = authorize_url(&server.https, &asking(WEB_ID, &[("prompt", "login")]));
        browser.log_in(&url, EMAIL, PASSWORD);
        assert_ne!(browser.cookies["auth0"].0, first);
    });
}

/// A tenant whose web application must ask.
fn asks_consent(backend: Backend) -> Harness {
    let mut tenant = Tenant::default();
    tenant.api().settings.skip_consent_for_verifiable_first_party_clients = false;
    Harness::start(backend, tenant)
}

fn consent_page(server: &Harness, browser: &mut Browser) -> Form {
    let asked = asking(WEB_ID, &[("audience", AUDIENCE), ("scope", "openid read:things")]);
    let page = browser.get(&authorize_url(&server.https, &asked)).shows(200);
    let page = submit(server, browser, &Form::find(&page.body).unwrap()).shows(200);
    let form = Form::find(&page.body).unwrap();
    assert_eq!(form.action, "/u/consent");
    form
}

#[test]
fn sp_020_a_consent_without_cookie_or_of_another_user_is_refused() {
    for backend in Backend::chosen() {
        let server = asks_consent(backend);
        let mut browser = server.browser();
        let form = consent_page(&server, &mut browser);
        let foreign = consent_page(&server, &mut server.browser());
        let mut without_session = browser.clone();
        without_session.cookies.retain(|name, _| name.starts_with("__Host-"));
        let mut without_binding = browser.clone();
        without_binding.cookies.retain(|name, _| !name.starts_with("__Host-"));
        let mut attempts = [
            (server.browser(), &form),
            (without_session, &form),
            (without_binding, &form),
            (browser.clone(), &foreign),
        ];
        for (browser, form) in &mut attempts {
            server.writes_nothing(&[], || {
                browser.submit(&server.https, form, &[], "accept").shows_error(400, "invalid_request", LOST)
            });
        }
        let answer = browser.submit(&server.https, &form, &[], "accept").expect(303);
        assert!(answer.header("location").unwrap().contains("code="));
        // Replayed, it gives nothing.
        server.writes_nothing(&[], || browser.submit(&server.https, &form, &[], "accept").shows(400));
    }
}

#[test]
fn sp_020_scopes_added_to_the_consent_form_are_not_granted() {
    for backend in Backend::chosen() {
        let server = asks_consent(backend);
        let mut browser = server.browser();
        let form = consent_page(&server, &mut browser);
        let more = [("scope", "openid read:things write:things"), ("audience", "https://other.example/")];
        let answer = browser.submit(&server.https, &form, &more, "accept").expect(303);
        let callback = crate::support::Callback::parse(answer.header("location").unwrap());
        let tokens = server.token(&crate::kit::redeeming(WEB_ID, callback.code(), &[])).expect(200);
        assert_eq!(tokens.claims("access_token")["scope"], "openid read:things");
        // A login page's transaction does not answer a consent, nor the other way round.
        let mut fresh = server.browser();
        let login = login_page(&server, &mut fresh);
        let mut crossed = login.clone();
        crossed.action = "/u/consent".to_owned();
        crossed.buttons.push("accept".to_owned());
        fresh.submit(&server.https, &crossed, &[], "accept").shows_error(400, "invalid_request", LOST);
    }
}
