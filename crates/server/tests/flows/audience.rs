//! The API that a request names (RFC 6749 §1.1; RFC 8707 §2).

use countersign_storage::{Change, ClientGrant, Upsert, UserPolicy};
use countersign_testkit::{AUDIENCE, user_client_grant};

use crate::support::{
    Harness, Request, STATE, Tenant, WEB_CALLBACK, on_every_backend, on_every_backend_with,
};

fn with_policy(policy: UserPolicy) -> impl Fn() -> Tenant {
    move || {
        let mut tenant = Tenant::default();
        tenant.api().settings.subject_type_authorization.user = policy;
        tenant
    }
}

fn not_authorized(server: &Harness) {
    let text = format!("Client \"test-client\" is not authorized to access resource server \"{AUDIENCE}\".");
    let changes = [("audience", AUDIENCE), ("scope", "openid read:things")];
    for mut browser in [server.browser(), server.signed_in()] {
        let answer = server.in_vain(|| browser.get(&server.ask(&changes)));
        answer.expect_callback_error(WEB_CALLBACK, "invalid_request", &text, STATE);
    }
}

#[test]
fn core_058_an_unknown_api_is_access_denied() {
    on_every_backend(|server| {
        // Identifiers are compared byte by byte.
        let others =
            ["https://nowhere.example/", "https://api.example.com", "https://API.example.com/", "no\0"];
        for unknown in others {
            let url = server.ask(&[("audience", unknown)]);
            let answer = server.in_vain(|| server.send(&Request::get(&url)));
            let text = format!("Service not found: {unknown}");
            answer.expect_callback_error(WEB_CALLBACK, "access_denied", &text, STATE);
        }
    });
}

#[test]
fn core_059_without_an_audience_the_tenants_default_is_applied() {
    on_every_backend(|server| {
        server.change_settings(|settings| settings.default_audience = Some(AUDIENCE.to_owned()));
        let tokens = server.web_tokens("openid read:things", "");
        let audiences = tokens.claims("access_token")["aud"].clone();
        assert_eq!(audiences, serde_json::json!([AUDIENCE, server.url("/userinfo")]));
        assert_eq!(tokens.claims("access_token")["scope"], "openid read:things");
        // A request that names the userinfo endpoint itself has said what it wants.
        let tokens = server.web_tokens("openid", &server.url("/userinfo"));
        assert!(!tokens.text("access_token").contains('.'), "opaque");
        // A default that is no API of the tenant's refuses as if the request had named it.
        let nowhere = "https://nowhere.example/";
        server.change_settings(|settings| settings.default_audience = Some(nowhere.to_owned()));
        let answer = server.in_vain(|| server.send(&Request::get(server.ask(&[]))));
        let text = format!("Service not found: {nowhere}");
        answer.expect_callback_error(WEB_CALLBACK, "access_denied", &text, STATE);
        server.web_tokens("openid read:things", AUDIENCE);
    });
}

#[test]
fn core_060_without_an_audience_the_access_token_is_opaque_and_works_at_userinfo() {
    on_every_backend(|server| {
        let code = server.log_in(&crate::support::ask(&[("scope", "openid email read:things")]));
        let tokens = server.redeem(code.code()).expect(200);
        let token = tokens.text("access_token");
        assert!(!token.contains('.'), "{token}");
        let user = server.userinfo(&token).expect(200);
        assert_eq!(user.text("sub"), countersign_testkit::USER_ID);
        assert_eq!(user.text("email"), countersign_testkit::EMAIL);
    });
}

#[test]
fn core_063_an_api_that_denies_users_refuses_every_client() {
    on_every_backend_with(with_policy(UserPolicy::DenyAll), |server| {
        not_authorized(server);
        // A grant changes nothing.
        grant(server);
        not_authorized(server);
    });
}

#[test]
fn core_064_an_api_that_needs_a_grant_refuses_a_client_without_a_users_grant() {
    // The default tenant's grant is for the client itself.
    on_every_backend_with(with_policy(UserPolicy::RequireClientGrant), |server| {
        not_authorized(server);
        grant(server);
        let scope = "openid read:things write:things";
        let code = server.log_in(&crate::support::ask(&[("audience", AUDIENCE), ("scope", scope)]));
        let claims = server.redeem(code.code()).expect(200).claims("access_token");
        assert_eq!(claims["scope"], "openid read:things");
    });
}

fn grant(server: &Harness) {
    let record: ClientGrant = user_client_grant();
    server.commit(Change::UpsertClientGrant(Upsert { record, expected_version: None, raise_epoch: false }));
}

#[test]
fn core_066_unknown_scopes_are_dropped() {
    on_every_backend(|server| {
        let scope = "openid no:such read:things READ:THINGS";
        let code = server.log_in(&crate::support::ask(&[("audience", AUDIENCE), ("scope", scope)]));
        let tokens = server.redeem(code.code()).expect(200);
        assert_eq!(tokens.claims("access_token")["scope"], "openid read:things");
        assert_eq!(tokens.text("scope"), "openid read:things");
    });
}

#[test]
fn a_scope_with_illegal_characters_is_invalid() {
    on_every_backend(|server| {
        let many = vec!["a"; 101].iter().enumerate().map(|(i, a)| format!("{a}{i}")).collect::<Vec<_>>();
        let (many, long) = (many.join(" "), "a".repeat(4_097));
        for scope in ["openid \"quoted\"", "openid back\\slash", "openid ünï", &many, &long] {
            let url = server.ask(&[("scope", scope)]);
            let answer = server.in_vain(|| server.send(&Request::get(&url)));
            assert_eq!(answer.expect_callback(WEB_CALLBACK).get("error"), "invalid_scope", "{scope}");
        }
    });
}

#[test]
fn resource_stands_for_an_absent_audience() {
    on_every_backend(|server| {
        let code = server.log_in(&crate::support::ask(&[("resource", AUDIENCE), ("scope", "openid")]));
        let claims = server.redeem(code.code()).expect(200).claims("access_token");
        assert_eq!(claims["aud"][0], AUDIENCE);
        let url = server.ask(&[("resource", "https://nowhere.example/")]);
        let answer = server.send(&Request::get(&url));
        let text = "Service not found: https://nowhere.example/";
        answer.expect_callback_error(WEB_CALLBACK, "access_denied", text, STATE);
        let twice = format!("{}&resource=a&resource=a", server.ask(&[]));
        let answer = server.send(&Request::get(&twice)).expect_callback(WEB_CALLBACK);
        assert_eq!(answer.get("error"), "invalid_request");
    });
}
