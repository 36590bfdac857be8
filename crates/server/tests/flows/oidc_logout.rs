//! Logout by the client (OpenID Connect RP-Initiated Logout §2).

use countersign_jose::Algorithm;
use countersign_oauth::Seconds;
use countersign_testkit::block_on;
use serde_json::json;

use crate::support::{
    Browser, Form, Harness, Request, Response, STATE, Tenant, WEB_CALLBACK, WEB_ID, on_every_backend,
    on_every_backend_with,
};

const CLIENTS_OWN: &str = "https://app.example.com/";
const WITH_QUERY: &str = "https://app.example.com/bye?from=app";
const TENANTS: &str = "https://www.example.com/signed-out";
const URI: &str = "post_logout_redirect_uri";

fn tenant() -> Tenant {
    let mut tenant = Tenant::default();
    tenant.client(WEB_ID).settings.allowed_logout_urls =
        vec![CLIENTS_OWN.to_owned(), WITH_QUERY.to_owned(), "https://*.example.net/bye".to_owned()];
    tenant.settings.allowed_logout_urls = vec![TENANTS.to_owned()];
    tenant
}

/// A signed-in browser and the web application's ID token of that session.
fn signed_in(server: &Harness) -> (Browser, String) {
    let mut browser = server.browser();
    let code = server.code_in(&mut browser, WEB_ID, &[("scope", "openid")]);
    let tokens = server.web_exchange(&code).expect(200);
    (browser, tokens.text("id_token"))
}

fn sid(id_token: &str) -> String {
    let payload = id_token.split('.').nth(1).unwrap();
    let claims: serde_json::Value =
        serde_json::from_slice(&countersign_jose::decode_base64url(payload).unwrap()).unwrap();
    claims["sid"].as_str().unwrap().to_owned()
}

fn url(server: &Harness, pairs: &[(&str, &str)]) -> String {
    server.url(&format!("/oidc/logout?{}", serde_urlencoded::to_string(pairs).unwrap()))
}

fn log_out(server: &Harness, browser: &mut Browser, pairs: &[(&str, &str)]) -> Response {
    browser.get(&url(server, pairs))
}

/// It redirects there without a page, takes the cookies away, and the session is over.
fn goes_to(server: &Harness, browser: &mut Browser, answer: &Response, target: &str) {
    assert!(matches!(answer.status, 302 | 303), "{answer:?}");
    assert_eq!(answer.header("location"), Some(target));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    is_over(server, browser);
}

fn is_over(server: &Harness, browser: &mut Browser) {
    for name in ["auth0", "auth0_compat"] {
        assert!(!browser.cookies.contains_key(name));
    }
    assert!(server.sessions().iter().all(|session| session.ended_at == Some(server.now())));
    let silent = browser.get(&server.ask(&[("prompt", "none")]));
    silent.expect_callback_error(WEB_CALLBACK, "login_required", "Login required", STATE);
}

fn is_alive(server: &Harness, browser: &mut Browser) {
    browser.get(&server.ask(&[("prompt", "none")])).expect_callback(WEB_CALLBACK).code();
}

fn refused(server: &Harness, browser: &mut Browser, pairs: &[(&str, &str)], text: &str) {
    let request = url(server, pairs);
    let page = server.in_vain(|| browser.get(&request));
    page.expect_error_page(400, "invalid_request", text);
    is_alive(server, browser);
}

#[test]
fn core_260_a_matching_id_token_hint_logs_out_without_a_prompt_and_redirects_with_state() {
    on_every_backend_with(tenant, |server| {
        for (uri, state, target) in [
            (CLIENTS_OWN, "a b&c=\"", "https://app.example.com/?state=a%20b%26c%3D%22"),
            (WITH_QUERY, "s", "https://app.example.com/bye?from=app&state=s"),
            (CLIENTS_OWN, "", CLIENTS_OWN),
        ] {
            let (mut browser, hint) = signed_in(server);
            let pairs = [("id_token_hint", hint.as_str()), (URI, uri), ("state", state)];
            let answer = log_out(server, &mut browser, &pairs).expect(302);
            goes_to(server, &mut browser, &answer, target);
        }
        let row = block_on(server.storage.log_events(100)).unwrap();
        assert!(row.iter().any(|row| row.event == "slo" && row.client_id == Some(WEB_ID.into())));
    });
}

#[test]
fn core_260_a_hint_that_has_expired_or_is_signed_by_the_secret_does_as_well() {
    on_every_backend_with(tenant, |server| {
        let (mut browser, hint) = signed_in(server);
        server.clock.advance(Seconds(11 * 3600));
        let pairs = [("id_token_hint", hint.as_str()), (URI, CLIENTS_OWN)];
        let answer = log_out(server, &mut browser, &pairs);
        goes_to(server, &mut browser, &answer, CLIENTS_OWN);
        for algorithm in [Algorithm::HS256, Algorithm::ES256] {
            server.change_client(WEB_ID, |client| client.settings.jwt_configuration.alg = algorithm);
            let (mut browser, hint) = signed_in(server);
            let answer = log_out(server, &mut browser, &[("id_token_hint", &hint), (URI, CLIENTS_OWN)]);
            goes_to(server, &mut browser, &answer, CLIENTS_OWN);
        }
    });
}

#[test]
fn core_261_without_a_hint_the_user_confirms_and_the_tenants_switch_skips_that() {
    on_every_backend_with(tenant, |server| {
        let pairs = [("client_id", WEB_ID), (URI, CLIENTS_OWN), ("state", "s")];
        let (mut browser, _) = signed_in(server);
        let asked = url(server, &pairs);
        let page = server.in_vain(|| browser.get(&asked)).expect_question();
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("form-action 'self' https://app.example.com;"), "{policy}");
        is_alive(server, &mut browser);

        let stays = browser.press(&asked, &page, "deny").expect_page(200);
        assert!(stays.body.contains("data-notice=\"still-signed-in\""), "{stays:?}");
        is_alive(server, &mut browser);

        let answer = browser.press(&asked, &page, "accept").expect(303);
        goes_to(server, &mut browser, &answer, "https://app.example.com/?state=s");

        let off = json!({ "rp_logout_end_user_confirmation": false });
        server.change_settings(|settings| settings.oidc_logout = Some(off));
        let (mut browser, _) = signed_in(server);
        let answer = log_out(server, &mut browser, &pairs).expect(302);
        goes_to(server, &mut browser, &answer, "https://app.example.com/?state=s");
    });
}

#[test]
fn core_261_where_there_is_nowhere_to_go_a_page_says_that_the_user_is_signed_out() {
    on_every_backend_with(tenant, |server| {
        for pairs in [&[][..], &[("state", "s")]] {
            let (mut browser, _) = signed_in(server);
            let page = log_out(server, &mut browser, pairs).expect_question();
            let done = browser.press(&url(server, pairs), &page, "accept").expect_page(200);
            assert!(done.body.contains("data-notice=\"signed-out\""), "{done:?}");
            is_over(server, &mut browser);
        }
        let (mut browser, hint) = signed_in(server);
        let done = log_out(server, &mut browser, &[("id_token_hint", &hint), ("ui_locales", "en")]);
        assert!(done.expect_page(200).body.contains("data-notice=\"signed-out\""));
        is_over(server, &mut browser);
        // Without a session there is nothing to ask about.
        let mut nobody = server.browser();
        assert!(log_out(server, &mut nobody, &[]).expect_page(200).body.contains("signed-out"));
        let answer = log_out(server, &mut nobody, &[("client_id", WEB_ID)]).expect(302);
        assert_eq!(answer.header("location"), Some(CLIENTS_OWN));
        let answer = log_out(server, &mut nobody, &[(URI, TENANTS)]).expect(302);
        assert_eq!(answer.header("location"), Some(TENANTS));
    });
}

#[test]
fn core_262_the_current_sid_as_logout_hint_skips_the_prompt_and_a_random_one_does_not() {
    on_every_backend_with(tenant, |server| {
        let (mut browser, hint) = signed_in(server);
        let with = |hint: &str| {
            let pairs = [("logout_hint", hint), ("client_id", WEB_ID), (URI, CLIENTS_OWN)];
            url(server, &pairs)
        };
        browser.get(&with("some-other-session")).expect_question();
        is_alive(server, &mut browser);
        let answer = browser.get(&with(&sid(&hint))).expect(302);
        goes_to(server, &mut browser, &answer, CLIENTS_OWN);
    });
}

#[test]
fn core_263_hints_that_contradict_each_other_are_an_error() {
    on_every_backend_with(tenant, |server| {
        let (mut browser, hint) = signed_in(server);
        let hint = ("id_token_hint", hint.as_str());
        let text = "The logout_hint is not the session of the id_token_hint";
        refused(server, &mut browser, &[hint, ("logout_hint", "another"), (URI, CLIENTS_OWN)], text);
        let text = "The client_id is not the audience of the id_token_hint";
        refused(server, &mut browser, &[hint, ("client_id", "test-spa"), (URI, CLIENTS_OWN)], text);
        let rows = block_on(server.storage.log_events(100)).unwrap();
        let rules: Vec<_> =
            rows.iter().filter(|row| row.event == "flo").map(|row| row.rule.clone()).collect();
        assert!(rules.contains(&Some("logout.client_mismatch".to_owned())), "{rules:?}");
    });
}

#[test]
fn core_264_the_url_matches_exactly_with_its_query() {
    on_every_backend_with(tenant, |server| {
        let (mut browser, hint) = signed_in(server);
        for uri in [
            "https://app.example.com/bye",
            "https://app.example.com/bye?from=app&more=1",
            "https://app.example.com/?from=app",
            "https://a.b.example.net/bye",
            "https://a.example.net/bye?x=1",
            TENANTS,
        ] {
            let text = format!(
                "The \"post_logout_redirect_uri\" querystring parameter \"{uri}\" is not defined as a valid \
                 URL in \"Allowed Logout URLs\"."
            );
            refused(server, &mut browser, &[("id_token_hint", &hint), (URI, uri)], &text);
        }
        let uri = "https://pr-7.example.net/bye";
        let answer = log_out(server, &mut browser, &[("id_token_hint", &hint), (URI, uri)]);
        goes_to(server, &mut browser, &answer, uri);
    });
}

#[test]
fn core_265_a_form_is_accepted_and_federated_false_does_not_federate() {
    on_every_backend_with(tenant, |server| {
        for federated in ["false", "true", ""] {
            let (mut browser, hint) = signed_in(server);
            let pairs = [
                ("id_token_hint", hint.as_str()),
                (URI, WITH_QUERY),
                ("federated", federated),
                ("state", "s"),
            ];
            let answer = browser.send(Request::post_form(server.url("/oidc/logout"), &pairs)).expect(303);
            goes_to(server, &mut browser, &answer, "https://app.example.com/bye?from=app&state=s");
        }
        let (mut browser, hint) = signed_in(server);
        let body = json!({ "id_token_hint": hint });
        let json = Request::post_json(server.url("/oidc/logout"), &body);
        server.in_vain(|| browser.send(json)).expect_page(415);
        let twice = format!("/oidc/logout?id_token_hint={hint}");
        let twice = Request::post_form(server.url(&twice), &[("id_token_hint", &hint)]);
        server.in_vain(|| browser.send(twice)).expect_error_code(400, "invalid_request");
        is_alive(server, &mut browser);
        // The confirmation comes by POST too.
        let page = browser.send(Request::post_form(server.url("/oidc/logout"), &[])).expect_question();
        browser.press(&server.url("/"), &page, "accept").expect_page(200);
        is_over(server, &mut browser);
    });
}

#[test]
fn core_259_federated_leads_to_no_identity_provider_where_there_is_none() {
    on_every_backend_with(tenant, |server| {
        for federated in ["federated", "federated=", "federated=true"] {
            for base in ["/v2/logout?returnTo", "/oidc/logout?logout_hint={sid}&post_logout_redirect_uri"] {
                let (mut browser, hint) = signed_in(server);
                let base = base.replace("{sid}", &sid(&hint));
                let target = "https%3A%2F%2Fapp.example.com%2F";
                let path = format!("{base}={target}&client_id={WEB_ID}&{federated}");
                let answer = browser.get(&server.url(&path)).expect(302);
                goes_to(server, &mut browser, &answer, CLIENTS_OWN);
            }
        }
    });
}

#[test]
fn sp_059_sp_153_a_hint_that_does_not_verify_is_refused() {
    on_every_backend_with(tenant, |server| {
        let (mut browser, hint) = signed_in(server);
        let (input, _) = hint.rsplit_once('.').unwrap();
        let elsewhere = Harness::with(tenant());
        let (_, foreign) = signed_in(&elsewhere);
        for bad in ["x", &format!("{input}.AAAA"), &format!("{input}."), &foreign] {
            let text = "The id_token_hint is not an ID token of this server";
            refused(server, &mut browser, &[("id_token_hint", bad), (URI, CLIENTS_OWN)], text);
        }
    });
}

#[test]
fn a_session_replaced_while_the_page_was_open_is_not_ended_by_it() {
    on_every_backend(|server| {
        let (mut browser, _) = signed_in(server);
        let page = log_out(server, &mut browser, &[]).expect_question();
        let again = server.ask(&[("prompt", "login")]);
        browser.submit_login(&again, countersign_testkit::EMAIL, countersign_testkit::PASSWORD);
        let form = Form::find(&page.body).unwrap();
        let answer = server.in_vain(|| browser.submit(&again, &form, &[], "accept"));
        answer.expect_error_code(400, "invalid_request");
        is_alive(server, &mut browser);
    });
}
