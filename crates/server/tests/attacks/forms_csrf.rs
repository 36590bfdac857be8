//! Forms sent from elsewhere, cookies that were planted or forged, and logout (SP-148 to SP-153).

use countersign_testkit::{EMAIL, PASSWORD};

use crate::kit::asking;
use crate::support::{Browser, Form, Harness, Request, WEB_ID, authorize_url, on_every_backend};

const ELSEWHERE: &str = "This form was not sent from its own page";

fn login_form(server: &Harness, browser: &mut Browser) -> Form {
    let page = browser.get(&authorize_url(&server.https, &asking(WEB_ID, &[])));
    Form::find(&page.shows(200).body).unwrap()
}

fn post(server: &Harness, form: &Form) -> Request {
    let filled = form.filled(&[("username", EMAIL), ("password", PASSWORD)], "default");
    Request::post_form(server.url(&form.action), &filled)
}

fn silent(server: &Harness, browser: &mut Browser) -> crate::support::Response {
    browser.get(&authorize_url(&server.https, &asking(WEB_ID, &[("prompt", "none")])))
}

#[test]
fn sp_150_a_form_from_another_site_is_refused_and_writes_nothing() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        let form = login_form(server, &mut browser);
        let ours = server.https.as_str();
        for headers in [
            vec![("origin", "https://evil.example")],
            vec![("origin", "null")],
            vec![("origin", server.http.as_str())],
            vec![("origin", "https://localhost")],
            vec![("origin", "https://localhost.evil.example")],
            vec![("origin", "")],
            vec![("origin", "\u{e9}")],
            vec![("sec-fetch-site", "cross-site")],
            vec![("sec-fetch-site", "same-site")],
            vec![("sec-fetch-site", "x")],
            vec![("origin", ours), ("sec-fetch-site", "cross-site")],
            vec![("origin", "null"), ("sec-fetch-site", "none")],
            vec![("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        ] {
            for action in ["/u/login", "/u/consent", "/u/confirmation"] {
                let mut form = form.clone();
                form.action = action.to_owned();
                let request =
                    headers.iter().fold(post(server, &form), |r, (name, value)| r.header(name, value));
                server.writes_nothing(&[], || {
                    browser.send(request).shows_error(403, "invalid_request", ELSEWHERE)
                });
            }
        }
        let right = post(server, &form).header("origin", ours).header("sec-fetch-site", "same-origin");
        browser.send(right).expect(303);
    });
}

#[test]
fn sp_150_another_content_type_is_refused() {
    let server = Harness::new();
    let mut browser = server.browser();
    let form = login_form(&server, &mut browser);
    for content_type in ["text/plain", "application/json", "multipart/form-data; boundary=x", ""] {
        let mut request = post(&server, &form);
        request.headers.retain(|(name, _)| name != "content-type");
        let request = request.header("content-type", content_type);
        server.writes_nothing(&[], || browser.send(request).shows(415));
    }
    // A field that stands twice: which one was shown?
    for (name, value) in [("transaction", "x"), ("username", "x"), ("password", "x"), ("action", "default")] {
        let filled = form.filled(&[("username", EMAIL), ("password", PASSWORD), (name, value)], "default");
        let request = Request::post_form(server.url(&form.action), &filled);
        server.writes_nothing(&[], || browser.send(request).shows(400));
    }
}

#[test]
fn sp_150_pages_opened_directly_do_nothing() {
    let server = Harness::new();
    for path in ["/u/login", "/u/consent", "/u/confirmation", "/u/logout"] {
        server.writes_nothing(&[], || server.get(path).shows(400));
        server.writes_nothing(&[], || server.get(&format!("{path}?transaction=x&action=accept")).shows(400));
        server.writes_nothing(&[], || server.post(path, &[("action", "accept")]).shows(400));
    }
}

#[test]
fn sp_148_cookies_have_the_attributes_of_the_contract() {
    let server = Harness::new();
    let mut browser = server.browser();
    let url = authorize_url(&server.https, &asking(WEB_ID, &[]));
    let page = browser.get(&url).shows(200);
    let [binding] = page.all("set-cookie")[..] else { panic!("{page:?}") };
    assert!(binding.starts_with("__Host-countersign_browser="), "{binding}");
    assert!(binding.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/"), "{binding}");
    let form = Form::find(&page.body).unwrap();
    let typed = [("username", EMAIL), ("password", PASSWORD)];
    let answer = browser.submit(&url, &form, &typed, "default").expect(303);
    let cookies = answer.all("set-cookie");
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    for cookie in cookies {
        assert!(cookie.contains("; HttpOnly") && cookie.contains("; Secure") && cookie.contains("; Path=/"));
        assert!(!cookie.to_ascii_lowercase().contains("domain="), "{cookie}");
        let first = cookie.starts_with("auth0=");
        assert!(first || cookie.starts_with("auth0_compat="), "{cookie}");
        assert_eq!(cookie.contains("SameSite=None"), first, "{cookie}");
        assert_eq!(cookie.contains("SameSite"), first, "{cookie}");
    }
}

#[test]
fn sp_148_two_different_session_cookies_of_one_name_count_as_none() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        browser.log_in(&authorize_url(&server.https, &asking(WEB_ID, &[])), EMAIL, PASSWORD);
        assert!(silent(server, &mut browser).expect(302).header("location").unwrap().contains("code="));
        let session = browser.cookies["auth0"].0.clone();
        let url = authorize_url(&server.https, &asking(WEB_ID, &[("prompt", "none")]));
        for cookies in [
            format!("auth0=planted; auth0={session}"),
            format!("auth0={session}; auth0=planted"),
            format!("auth0=planted; auth0_compat={session}"),
            format!("AUTH0={session}"),
            format!("auth0=\"{session}\""),
            format!("auth0_http={session}"),
        ] {
            let request = Request::get(&url).header("cookie", &cookies);
            server.send(&request).goes_back(302, "login_required");
        }
    });
}

#[test]
fn sp_149_forged_cookies_are_no_session_and_break_nothing() {
    let server = Harness::new();
    let mut browser = server.browser();
    browser.log_in(&authorize_url(&server.https, &asking(WEB_ID, &[])), EMAIL, PASSWORD);
    let session = browser.cookies["auth0"].0.clone();
    let url = authorize_url(&server.https, &asking(WEB_ID, &[("prompt", "none")]));
    let many: String = (0..200).map(|number| format!("c{number}=x; ")).collect();
    for cookies in [
        format!("auth0={}", &session[1..]),
        format!("auth0={session}A"),
        format!("auth0={}", session.to_lowercase()),
        "auth0=%00".to_owned(),
        "auth0".to_owned(),
        "auth0==".to_owned(),
        "=; ;;; auth0=;".to_owned(),
        format!("auth0={}", "A".repeat(20_000)),
        "auth0=\u{fffd}\u{1f600}".to_owned(),
        "auth0={\"alg\":\"none\"}".to_owned(),
    ] {
        server.send(&Request::get(&url).header("cookie", &cookies)).goes_back(302, "login_required");
    }
    let good = format!("{many}auth0={session}");
    assert!(
        server
            .send(&Request::get(&url).header("cookie", &good))
            .expect(302)
            .header("location")
            .unwrap()
            .contains("code=")
    );
    let huge = format!("auth0={}", "A".repeat(100_000));
    let head = format!("Cookie: {huge}\r\n");
    let answer = server.send_head("GET /authorize?client_id=x", &head, "");
    assert!(matches!(answer.status, 400 | 431), "{}", answer.status);
}

#[test]
fn sp_150_sp_153_nobody_can_be_made_to_confirm_a_logout() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        browser.log_in(&authorize_url(&server.https, &asking(WEB_ID, &[])), EMAIL, PASSWORD);
        let url = server.url("/oidc/logout");
        let page = browser.get(&url).shows(200);
        let form = Form::find(&page.body).unwrap();
        assert_eq!(form.action, "/u/logout");
        let post = |pairs: &[(&str, &str)]| Request::post_form(server.url(&form.action), pairs);
        let filled = form.filled(&[], "accept");
        // From elsewhere, or with what the attacker's own browser was shown.
        for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
            let request = post(&filled).header(name, value);
            server.writes_nothing(&[], || browser.send(request).shows(403));
        }
        let mut attackers = server.browser();
        attackers.log_in(&authorize_url(&server.https, &asking(WEB_ID, &[])), EMAIL, PASSWORD);
        let planted = Form::find(&attackers.get(&url).body).unwrap();
        let request = post(&planted.filled(&[], "accept"));
        server.writes_nothing(&[], || browser.send(request).shows(400));
        for pairs in [&[][..], &[("action", "accept")], &[("transaction", "x.y"), ("action", "accept")]] {
            let request = post(pairs);
            server.writes_nothing(&[], || browser.send(request).shows(400));
        }
        // The form of a login is none of a logout, and the other way round.
        let login = server.browser().get(&authorize_url(&server.https, &asking(WEB_ID, &[])));
        let login = Form::find(&login.body).unwrap();
        let request = post(&[("transaction", &login.hidden["transaction"]), ("action", "accept")]);
        server.writes_nothing(&[], || browser.send(request).shows(400));
        let confirmation = form.hidden["transaction"].as_str();
        for path in ["/u/consent", "/u/confirmation", "/u/login"] {
            let pairs =
                [("transaction", confirmation), ("action", "accept"), ("username", "x"), ("password", "x")];
            let request = Request::post_form(server.url(path), &pairs);
            server.writes_nothing(&[], || browser.send(request).shows(400));
        }
        assert!(silent(server, &mut browser).expect(302).header("location").unwrap().contains("code="));
        // The page is in no frame, and a request by GET changes nothing.
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        server.writes_nothing(&[], || browser.get(&server.url("/u/logout?action=accept")).shows(400));
        browser.submit(&url, &form, &[], "accept").shows(200);
        silent(server, &mut browser).goes_back(302, "login_required");
    });
}

#[test]
fn sp_153_logout_sends_nobody_to_a_target_that_is_not_registered() {
    on_every_backend(|server| {
        for target in [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "javascript:alert(1)",
            "https://app.example.com@evil.example/",
            "https://app.example.com.evil.example/",
            "https://app.example.com:443@evil.example/",
            "https://app.example.com\\@evil.example/",
            "https://app.example.com/other",
            "https://app.example.com",
            "http://app.example.com/",
            "https://app.example.com/\r\nSet-Cookie: x=1",
            "https://app.example.com/ ",
            "https://app.example.com/../",
            "\t//evil.example",
        ] {
            for client in [Some(WEB_ID), None] {
                let mut browser = server.browser();
                browser.log_in(&authorize_url(&server.https, &asking(WEB_ID, &[])), EMAIL, PASSWORD);
                let mut pairs = vec![("returnTo", target)];
                pairs.extend(client.map(|id| ("client_id", id)));
                let query = serde_urlencoded::to_string(&pairs).unwrap();
                let page = browser.get(&server.url(&format!("/v2/logout?{query}"))).shows(400);
                assert!(page.body.contains("data-error-code=\"invalid_request\""), "{target}");
                // Without a confirmation by contract: the session is over whatever came of the target.
                silent(server, &mut browser).goes_back(302, "login_required");
            }
        }
        let allowed = "https://app.example.com/?a=1#b";
        let query = serde_urlencoded::to_string([("returnTo", allowed), ("client_id", WEB_ID)]).unwrap();
        let answer = server.get(&format!("/v2/logout?{query}")).expect(302);
        assert_eq!(answer.header("location"), Some(allowed));
        // A target of another client is not this one's.
        let query = serde_urlencoded::to_string([("returnTo", allowed), ("client_id", "test-spa")]).unwrap();
        server.change_client("test-spa", |client| client.settings.allowed_logout_urls.clear());
        server.get(&format!("/v2/logout?{query}")).shows(400);
    });
}
