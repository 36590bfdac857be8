use countersign_storage::{Change, ClientGrant, RedirectionPolicy};
use countersign_testkit::{AUDIENCE, EMAIL, PASSWORD, USER_ID, block_on, user_client_grant};

use crate::support::{
    Browser, Callback, Harness, Response, STATE, Tenant, VERIFIER, WEB_CALLBACK, WEB_ID, WEB_SECRET,
    on_every_backend, on_every_backend_with, s256,
};

/// The web application belongs to somebody else and may reach the API for users.
fn tenant() -> Tenant {
    let mut tenant = Tenant::default();
    tenant.client(WEB_ID).settings.is_first_party = false;
    tenant.client_grants.push(ClientGrant { allow_all_scopes: true, ..user_client_grant() });
    tenant
}

fn redirecting_tenant() -> Tenant {
    let mut tenant = tenant();
    tenant.client(WEB_ID).settings.redirection_policy = Some(RedirectionPolicy::AllowAlways);
    tenant
}

/// A right request of the third party, with changes.
fn request(server: &Harness, changes: &[(&str, &str)]) -> String {
    let challenge = s256(VERIFIER);
    let right = [
        ("scope", "read:things"),
        ("audience", AUDIENCE),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let kept = right.into_iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    server.ask(&kept.chain(changes.iter().copied()).collect::<Vec<_>>())
}

/// The refusal as page under `open_redirect_protection` (the default), and as redirect without.
fn refused(changes: &[(&str, &str)], code: &str) {
    on_every_backend_with(tenant, |server| {
        for mut browser in [server.browser(), signed_in(server)] {
            let page = server.in_vain(|| browser.get(&request(server, changes)));
            let page = page.expect_error_code(400, code);
            assert!(page.all("set-cookie").is_empty(), "{page:?}");
        }
    });
    on_every_backend_with(redirecting_tenant, |server| {
        let mut browser = server.browser();
        let answer = server.in_vain(|| browser.get(&request(server, changes)));
        let answer = answer.expect_callback(WEB_CALLBACK);
        assert_eq!(answer.get("error"), code);
        assert_eq!(answer.get("state"), STATE);
    });
}

/// A browser with a session: signed in and not yet decided about the third party.
fn signed_in(server: &Harness) -> Browser {
    let mut browser = server.browser();
    browser.submit_login(&request(server, &[]), EMAIL, PASSWORD).expect_question();
    browser
}

fn redeem(server: &Harness, callback: &Callback) -> Response {
    server.token(&[
        ("grant_type", "authorization_code"),
        ("client_id", WEB_ID),
        ("client_secret", WEB_SECRET),
        ("code", callback.code()),
        ("redirect_uri", WEB_CALLBACK),
        ("code_verifier", VERIFIER),
    ])
}

#[test]
fn core_073_a_strict_third_party_that_sends_screen_hint_is_refused() {
    refused(&[("screen_hint", "signup")], "invalid_request");
}

#[test]
fn a_strict_third_party_sends_known_parameters_alone() {
    on_every_backend_with(redirecting_tenant, |server| {
        for name in ["claims", "id_token_hint", "invitation", "login_ticket", "request", "whatever"] {
            let answer = server.browser().get(&request(server, &[(name, "{}")]));
            let answer = answer.expect_callback(WEB_CALLBACK);
            assert_eq!(answer.get("error"), "invalid_request", "{name}");
        }
        let known = [("ext-color", "red"), ("display", "page"), ("ui_locales", "en"), ("nonce", "n")];
        server.browser().get(&request(server, &known)).expect_login_page();
    });
}

#[test]
fn core_074_a_strict_third_party_without_code_challenge_is_refused() {
    refused(&[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request");
}

#[test]
fn core_075_a_strict_third_party_that_asks_for_a_token_gets_unsupported_response_type() {
    refused(&[("response_type", "token")], "unsupported_response_type");
}

#[test]
fn core_076_declined_consent_shows_the_error_page_or_redirects_by_the_policy() {
    on_every_backend_with(tenant, |server| {
        let mut browser = server.browser();
        let url = request(server, &[]);
        let page = browser.submit_login(&url, EMAIL, PASSWORD).expect_question();
        let answer = server.in_vain(|| browser.press(&url, &page, "deny"));
        let text = "User did not authorize the request";
        answer.expect_error_page(400, "access_denied", text);
    });
    on_every_backend_with(redirecting_tenant, |server| {
        let mut browser = server.browser();
        let url = request(server, &[]);
        let page = browser.submit_login(&url, EMAIL, PASSWORD).expect_question();
        let answer = server.in_vain(|| browser.press(&url, &page, "deny")).expect(303);
        let text = "User did not authorize the request";
        answer.expect_callback_error(WEB_CALLBACK, "access_denied", text, STATE);
        assert_eq!(consent(server), None);
    });
}

fn consent(server: &Harness) -> Option<countersign_storage::Consent> {
    block_on(server.storage.consent(&USER_ID.into(), &WEB_ID.into(), &AUDIENCE.into())).unwrap()
}

#[test]
fn core_077_a_third_party_asks_for_consent_once_until_it_is_revoked() {
    on_every_backend_with(tenant, |server| {
        let mut browser = server.browser();
        let url = request(server, &[]);
        let page = browser.submit_login(&url, EMAIL, PASSWORD).expect_question();
        let callback = browser.press(&url, &page, "accept").expect_callback(WEB_CALLBACK);
        let tokens = redeem(server, &callback).expect(200);
        assert_eq!(tokens.claims("access_token")["scope"], "read:things");
        browser.get(&url).expect(302).expect_callback(WEB_CALLBACK).code();
        // More than was allowed is asked for again; what was allowed before stays.
        let more = request(server, &[("scope", "read:things write:things")]);
        browser.get(&more).expect_question();
        browser.get(&url).expect(302);
        let id = consent(server).unwrap().id;
        server.commit(Change::DeleteConsent { id, at: server.now() });
        browser.get(&url).expect_question();
    });
}

#[test]
fn core_078_a_first_party_skips_consent_where_the_api_allows_it() {
    let api = [("audience", AUDIENCE), ("scope", "openid read:things")];
    on_every_backend(|server| {
        let mut browser = server.browser();
        let url = server.ask(&api);
        browser.submit_login(&url, EMAIL, PASSWORD).expect_callback(WEB_CALLBACK).code();
        browser.get(&url).expect(302).expect_callback(WEB_CALLBACK).code();
    });
    let asking = || {
        let mut tenant = Tenant::default();
        tenant.api().settings.skip_consent_for_verifiable_first_party_clients = false;
        tenant
    };
    on_every_backend_with(asking, |server| {
        let mut browser = server.browser();
        browser.submit_login(&server.ask(&api), EMAIL, PASSWORD).expect_question();
        // OpenID scopes alone need none.
        browser.get(&server.ask(&[])).expect(302).expect_callback(WEB_CALLBACK).code();
    });
}

#[test]
fn a_strict_third_party_gets_no_id_token() {
    on_every_backend_with(tenant, |server| {
        let mut browser = server.browser();
        let url = request(server, &[("scope", "openid profile read:things")]);
        let page = browser.submit_login(&url, EMAIL, PASSWORD).expect_question();
        let callback = browser.press(&url, &page, "accept").expect_callback(WEB_CALLBACK);
        let tokens = redeem(server, &callback).expect(200).json();
        assert!(tokens.get("id_token").is_none(), "{tokens}");
    });
}
