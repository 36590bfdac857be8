use countersign_oauth::Compliance;
use countersign_testkit::AUDIENCE;

use crate::support::{
    Harness, MACHINE, MACHINE_ID, MACHINE_SECRET, Request, SPA, WEB, WEB_ID, WEB_SECRET, basic,
    client_credentials, exchange, on_every_backend, refresh, under_rfc,
};

fn status_and_code(server: &Harness, pairs: &[(&str, &str)], shown: &[&str], status: u16, code: &str) {
    let request = Request::post_form(server.url("/oauth/token"), pairs);
    let answer = server.send_in_vain(&request, shown, status);
    assert_eq!(answer.text("error"), code);
    assert!(!answer.text("error_description").is_empty());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
}

#[test]
fn rfc_6749_5_2_statuses_of_a_right_client() {
    under_rfc(|server| {
        status_and_code(server, &[WEB, &exchange("no-such-code")].concat(), &[], 400, "invalid_grant");
        status_and_code(server, &[WEB, &refresh("no-such-token")].concat(), &[], 400, "invalid_grant");
        let unknown = [WEB, &[("grant_type", "no-such-grant")]].concat();
        status_and_code(server, &unknown, &[], 400, "unsupported_grant_type");
        let code = server.web_code("openid", "");
        let pairs = [MACHINE, &exchange(&code)].concat();
        status_and_code(server, &pairs, &[&code], 400, "unauthorized_client");
        status_and_code(server, WEB, &[], 400, "invalid_request");
        // Where the RFC says nothing, Auth0's column holds.
        let nobody = [MACHINE, &client_credentials("https://nobody.example/")].concat();
        status_and_code(server, &nobody, &[], 403, "access_denied");
    });
}

#[test]
fn a_clients_own_setting_overrides_the_tenants() {
    on_every_backend(|server| {
        server.change_settings(|settings| settings.compliance = Compliance::Rfc);
        server.change_client(WEB_ID, |client| client.settings.compliance = Some(Compliance::Auth0));
        let text = "Invalid authorization code";
        server.refuse_token(&[WEB, &exchange("no-such-code")].concat(), &[], (403, "invalid_grant", text));
        let wrong = [("client_id", WEB_ID), ("client_secret", "wrong")];
        let pairs = [&wrong[..], &refresh("any")].concat();
        server.refuse_token(&pairs, &[], (401, "access_denied", "Unauthorized"));
    });
}

#[test]
fn rfc_6749_5_2_a_failed_authentication_is_401_invalid_client_with_a_challenge() {
    under_rfc(|server| {
        let url = server.url("/oauth/token");
        let posted = [("client_id", MACHINE_ID), ("client_secret", "wrong")];
        let posted = Request::post_form(&url, &[&posted[..], &client_credentials(AUDIENCE)].concat());
        let missing = [&[("client_id", MACHINE_ID)][..], &client_credentials(AUDIENCE)].concat();
        let missing = Request::post_form(&url, &missing);
        for request in [posted, missing] {
            let refusal = (401, "invalid_client", "Client authentication failed");
            let answer = server.refuse(&request, &[], refusal);
            assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic")));
        }
    });
}

#[test]
fn rfc_6749_5_2_an_unknown_client_is_401_invalid_client() {
    on_every_backend(|server| {
        server.change_settings(|settings| settings.compliance = Compliance::Rfc);
        let unknown = [("client_id", "nobody"), ("client_secret", "secret")];
        let request = Request::post_form(
            server.url("/oauth/token"),
            &[&unknown[..], &client_credentials(AUDIENCE)].concat(),
        );
        let answer = server.send_in_vain(&request, &[], 401);
        assert_eq!(answer.text("error"), "invalid_client");
        assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic")));
        let basic = Request::post_form(server.url("/oauth/token"), &client_credentials(AUDIENCE))
            .header("authorization", &basic("nobody", "secret"));
        let answer = server.send_in_vain(&basic, &[], 401);
        assert_eq!(answer.text("error"), "invalid_client");
        assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic")));
    });
}

#[test]
fn basic_and_post_are_separate_methods_under_rfc() {
    under_rfc(|server| {
        let by_basic = Request::post_form(server.url("/oauth/token"), &client_credentials(AUDIENCE))
            .header("authorization", &basic(MACHINE_ID, MACHINE_SECRET));
        let posted = Request::post_form(
            server.url("/oauth/token"),
            &[MACHINE, &client_credentials(AUDIENCE)].concat(),
        );
        server.send(&posted).expect(200);
        let refusal = (401, "invalid_client", "Client authentication failed");
        let answer = server.refuse(&by_basic, &[], refusal);
        assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic")));
        server.change_client(MACHINE_ID, |client| {
            client.settings.token_endpoint_auth_method =
                countersign_storage::TokenEndpointAuthMethod::ClientSecretBasic;
        });
        server.send(&by_basic).expect(200);
        server.refuse(&posted, &[], refusal);
    });
}

#[test]
fn a_missing_verifier_is_invalid_grant_under_rfc() {
    under_rfc(|server| {
        let code = server.spa_code("openid", "");
        let pairs = [SPA, &exchange(&code)].concat();
        status_and_code(server, &pairs, &[&code], 400, "invalid_grant");
        server.spa_exchange(&code).expect(200);
    });
}

#[test]
fn a_refresh_beyond_the_grant_is_refused_under_rfc() {
    under_rfc(|server| {
        let token = server.web_tokens("openid offline_access read:things", AUDIENCE).text("refresh_token");
        let asked = |name, value| [WEB, &refresh(&token), &[(name, value)]].concat();
        let excess = asked("scope", "openid write:things");
        status_and_code(server, &excess, &[&token], 400, "invalid_scope");
        let foreign = asked("audience", "https://other.example.com/");
        status_and_code(server, &foreign, &[&token], 400, "invalid_target");
        server.token(&asked("scope", "openid")).expect(200);
        server.token(&asked("audience", AUDIENCE)).expect(200);
    });
}

#[test]
fn revocation_answers_by_the_same_rule() {
    under_rfc(|server| {
        let wrong = [("client_id", WEB_ID), ("client_secret", "wrong"), ("token", "any")];
        let request = Request::post_form(server.url("/oauth/revoke"), &wrong);
        let refusal = (401, "invalid_client", "Client authentication failed");
        let answer = server.refuse(&request, &[], refusal);
        assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic")));
        let by_basic = Request::post_form(server.url("/oauth/revoke"), &[("token", "any")])
            .header("authorization", &basic(WEB_ID, WEB_SECRET));
        server.refuse(&by_basic, &[], refusal);
    });
}
