use countersign_oauth::Seconds;
use countersign_testkit::{EMAIL, PASSWORD, USER_ID, block_on};

use crate::support::{Browser, Harness, Request, Response, STATE, WEB_CALLBACK, on_every_backend};

/// Asks for the terms once, and denies whoever does not accept them.
const TERMS: &str = "
exports.onExecutePostLogin = async (event, api) => {
  if (event.user.app_metadata.terms) return;
  const token = api.redirect.encodeToken({ secret: event.secrets.KEY, payload: { user: event.user.user_id } });
  api.redirect.sendUserTo('https://terms.example.com/accept', { query: { session_token: token, lang: 'en' } });
};
exports.onContinuePostLogin = async (event, api) => {
  if (event.request.query.accepted !== 'yes') return api.access.deny('terms not accepted');
  api.user.setAppMetadata('terms', true);
  api.idToken.setCustomClaim('https://example.com/terms', 'accepted');
};";

const LOST: &str = "This page is no longer good. Go back to the application and try again.";

/// Signs in and is sent away: the browser, and the state that comes back.
fn sent_away(server: &Harness) -> (Browser, String) {
    server.bind_code("terms", TERMS);
    let mut browser = server.browser();
    let page = browser.submit_login(&server.ask(&[]), EMAIL, PASSWORD).expect_page(200);
    // After a form a page goes on: browsers hold redirects against the form's policy.
    let url = page.marked("<meta http-equiv=\"refresh\" content=\"0; url=", "\">");
    (browser, state_of(&url))
}

fn state_of(url: &str) -> String {
    assert!(url.starts_with("https://terms.example.com/accept?"), "{url}");
    assert!(url.contains("session_token=") && url.contains("lang=en"), "{url}");
    url.rsplit_once("state=").unwrap().1.to_owned()
}

fn come_back(server: &Harness, browser: &mut Browser, state: &str, more: &str) -> Response {
    browser.get(&server.url(&format!("/continue?state={state}{more}")))
}

fn sessions(server: &Harness) -> usize {
    block_on(server.storage.sessions_of_user(&USER_ID.into())).unwrap().len()
}

#[test]
fn a_login_that_is_sent_elsewhere_ends_at_its_return() {
    on_every_backend(|server| {
        let (mut browser, state) = sent_away(server);
        assert_eq!(sessions(server), 1);
        let answer = come_back(server, &mut browser, &state, "&accepted=yes");
        assert_eq!(answer.status, 302);
        let callback = answer.expect_callback(WEB_CALLBACK);
        assert_eq!(callback.get("state"), STATE);
        let tokens = server.redeem(callback.code()).expect(200);
        assert_eq!(tokens.claims("id_token")["https://example.com/terms"], "accepted");
        assert_eq!(server.user().profile.app_metadata["terms"], true);
        assert_eq!(sessions(server), 1);
        // The terms are accepted, so nobody is sent away again, silently neither.
        browser.get(&server.ask(&[("prompt", "none")])).expect_callback(WEB_CALLBACK).code();
    });
}

#[test]
fn core_041_a_silent_login_that_would_be_sent_elsewhere_is_interaction_required() {
    on_every_backend(|server| {
        let mut browser = server.signed_in();
        server.bind_code("terms", TERMS);
        let answer = browser.get(&server.ask(&[("prompt", "none")]));
        let text = "External interaction required";
        answer.expect_callback_error(WEB_CALLBACK, "interaction_required", text, STATE);
        // With pages, the session that is there is enough, and goes there by a redirect.
        let away = browser.get(&server.ask(&[])).expect(302);
        let state = state_of(away.header("location").unwrap());
        come_back(server, &mut browser, &state, "&accepted=yes").expect_callback(WEB_CALLBACK).code();
    });
}

#[test]
fn a_state_is_good_once_in_its_browser_and_in_time() {
    on_every_backend(|server| {
        let (mut browser, state) = sent_away(server);
        let lost = |answer: Response| answer.expect_error_page(400, "invalid_request", LOST);
        lost(server.in_vain(|| come_back(server, &mut server.browser(), &state, "&accepted=yes")));
        let mut signed_out = browser.clone();
        signed_out.cookies.retain(|name, _| !name.starts_with("auth0"));
        lost(server.in_vain(|| come_back(server, &mut signed_out, &state, "&accepted=yes")));
        come_back(server, &mut browser, &state, "&accepted=yes").expect_callback(WEB_CALLBACK).code();
        lost(server.in_vain(|| come_back(server, &mut browser, &state, "&accepted=yes")));
    });
}

#[test]
fn who_is_away_for_too_long_begins_anew() {
    on_every_backend(|server| {
        let (mut browser, state) = sent_away(server);
        server.clock.advance(Seconds(3_600));
        let answer = server.in_vain(|| come_back(server, &mut browser, &state, "&accepted=yes"));
        answer.expect_error_page(400, "invalid_request", LOST);
    });
}

#[test]
fn who_does_not_accept_is_denied_and_may_not_try_the_state_again() {
    on_every_backend(|server| {
        let (mut browser, state) = sent_away(server);
        let answer = come_back(server, &mut browser, &state, "");
        answer.expect_callback_error(WEB_CALLBACK, "access_denied", "terms not accepted", STATE);
        let again = come_back(server, &mut browser, &state, "&accepted=yes");
        again.expect_error_page(400, "invalid_request", LOST);
        assert_eq!(server.user().profile.app_metadata.get("terms"), None);
    });
}

#[test]
fn a_form_of_the_other_site_comes_back_without_the_lax_cookie() {
    on_every_backend(|server| {
        let (mut browser, state) = sent_away(server);
        browser.cookies.retain(|name, _| !name.contains("countersign_browser"));
        let post = |values: &[(&str, &str)]| {
            Request::post_form(server.url("/continue"), values)
                .header("origin", "https://terms.example.com")
                .header("sec-fetch-site", "cross-site")
        };
        let lost = server.browser().send(post(&[("state", &state)]));
        lost.expect_error_page(400, "invalid_request", LOST);
        // The Action looks at the query alone.
        let answer = browser.send(post(&[("state", &state), ("accepted", "yes")]));
        assert_eq!(answer.status, 303);
        answer.expect_callback_error(WEB_CALLBACK, "access_denied", "terms not accepted", STATE);
    });
}

#[test]
fn other_methods_are_not_allowed_and_a_missing_state_is_a_page() {
    on_every_backend(|server| {
        let answer = server.send(&Request::new("PUT", server.url("/continue"))).expect(405);
        assert_eq!(answer.header("allow"), Some("GET, POST"));
        server.get("/continue").expect_error_page(400, "invalid_request", LOST);
    });
}
