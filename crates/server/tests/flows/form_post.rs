//! Answers that the browser posts to the client (OAuth 2.0 Form Post Response Mode §2).

use countersign_oauth::Compliance;
use countersign_testkit::{EMAIL, PASSWORD};

use crate::support::{
    Form, Harness, Response, STATE, Tenant, WEB_CALLBACK, WEB_ID, on_every_backend, on_every_backend_with,
};

const MODE: (&str, &str) = ("response_mode", "form_post");

/// Fails unless it is a page that posts itself to the callback, and nothing else; answers what it posts.
fn posted(answer: &Response) -> Form {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("location"), None);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    assert_eq!(answer.header("referrer-policy"), Some("strict-origin"));
    let nonce = answer.marked("<script nonce=\"", "\"");
    assert!(nonce.len() >= 22, "{nonce}");
    let policy = answer.header("content-security-policy").unwrap();
    for directive in [
        "default-src 'none'",
        &format!("script-src 'nonce-{nonce}'"),
        "form-action https://app.example.com",
        "base-uri 'none'",
        "object-src 'none'",
    ] {
        assert!(policy.split(';').any(|known| known.trim() == directive), "{directive}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    // Where a redirect may happen inside a frame, so may this.
    assert_eq!(answer.header("x-frame-options"), None);
    let form = Form::find(&answer.body).unwrap();
    assert_eq!(form.action, WEB_CALLBACK);
    assert_eq!(form.buttons.len(), 1, "works without scripts: {answer:?}");
    assert!(form.fields.is_empty());
    form
}

fn expect_values(form: &Form, expected: &[(&str, &str)]) {
    let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    assert_eq!(form.hidden, expected.collect());
}

#[test]
fn core_033_form_post_answers_200_with_a_form_that_posts_itself_to_the_callback() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        let answer = browser.submit_login(&server.ask(&[MODE]), EMAIL, PASSWORD);
        assert_eq!(answer.all("set-cookie").len(), 2, "the session began: {answer:?}");
        let form = posted(&answer);
        expect_values(&form, &[("code", &form.hidden["code"]), ("state", STATE)]);
        server.redeem(&form.hidden["code"]).expect(200);
        // The session answers too, and silently.
        for more in [&[MODE][..], &[MODE, ("prompt", "none")]] {
            let form = posted(&browser.get(&server.ask(more)));
            server.redeem(&form.hidden["code"]).expect(200);
        }
    });
}

#[test]
fn core_033_core_036_errors_are_posted_too() {
    on_every_backend(|server| {
        let answer = server.in_vain(|| server.browser().get(&server.ask(&[MODE, ("prompt", "none")])));
        let expected =
            [("error", "login_required"), ("error_description", "Login required"), ("state", STATE)];
        expect_values(&posted(&answer), &expected);
        let answer = server.in_vain(|| server.browser().get(&server.ask(&[MODE, ("prompt", "x")])));
        assert_eq!(posted(&answer).hidden["error"], "invalid_request");
        // Before the callback is proved nothing is posted anywhere.
        let foreign = server.ask(&[MODE, ("redirect_uri", "https://evil.example/")]);
        server.in_vain(|| server.browser().get(&foreign)).expect_error_code(403, "invalid_request");
    });
}

#[test]
fn core_033_a_declined_consent_of_a_guarded_client_stays_on_our_page() {
    let tenant = || {
        let mut tenant = Tenant::default();
        tenant.client(WEB_ID).settings.redirection_policy =
            Some(countersign_storage::RedirectionPolicy::OpenRedirectProtection);
        tenant
    };
    on_every_backend_with(tenant, |server| {
        let page = server.in_vain(|| server.browser().get(&server.ask(&[MODE, ("prompt", "none")])));
        page.expect_error_code(400, "login_required");
    });
}

#[test]
fn sp_013_form_post_carries_the_issuer_under_rfc() {
    on_every_backend(|server| {
        server.change_settings(|settings| settings.compliance = Compliance::Rfc);
        let answer = server.browser().get(&server.ask(&[MODE, ("prompt", "none"), ("scope", "openid")]));
        let form = posted(&answer);
        assert_eq!(form.hidden["iss"], server.issuer());
        assert_eq!(form.hidden["state"], STATE);
    });
}

#[test]
fn core_037_sp_014_sp_156_any_state_comes_back_as_it_was_or_the_request_is_refused() {
    let server = Harness::new();
    let long = "s".repeat(8 * 1024);
    for state in [
        "\"><script>alert(1)</script>",
        "'&amp;&#34;&lt;",
        "</form><form action=\"https://evil.example\">",
        "\u{1f600} \u{202e}%00%0d%0a",
        "a+b c\td",
        &long,
    ] {
        let answer = server.browser().get(&server.ask(&[MODE, ("prompt", "none"), ("state", state)]));
        assert_eq!(posted(&answer).hidden["state"], state);
        assert_eq!(answer.body.matches("<script").count(), 1, "{state}");
    }
    for state in ["a\nb", "a\rb", "a\r\nb", "a\0b"] {
        let url = server.ask(&[MODE, ("prompt", "none"), ("state", state)]);
        let form = posted(&server.in_vain(|| server.browser().get(&url)));
        assert_eq!(form.hidden["error"], "invalid_request");
        assert_eq!(form.hidden.get("state"), None);
        // Other modes carry them.
        let url = server.ask(&[("prompt", "none"), ("state", state)]);
        assert_eq!(server.browser().get(&url).expect_callback(WEB_CALLBACK).get("state"), state);
    }
}
