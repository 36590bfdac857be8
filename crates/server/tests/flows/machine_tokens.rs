use countersign_oauth::{GrantType, Scope, Seconds};
use countersign_storage::{Change, ClientPolicy};
use countersign_testkit::AUDIENCE;

use crate::support::{MACHINE, MACHINE_ID, Request, SPA, SPA_ID, WEB, client_credentials, on_every_backend};

#[test]
fn core_100_expires_in_is_the_lifetime_of_the_apis_tokens() {
    on_every_backend(|server| {
        server.change_api(|api| api.settings.token_lifetime = Seconds(1234));
        for tokens in [server.machine_token(AUDIENCE), server.web_tokens("openid", AUDIENCE)] {
            assert_eq!(tokens.json()["expires_in"], 1234);
            let claims = tokens.claims("access_token");
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1234);
        }
    });
}

#[test]
fn core_112_a_machine_gets_neither_refresh_nor_id_token() {
    on_every_backend(|server| {
        let asked = [("scope", "openid offline_access read:things")];
        let answer = server.token(&[MACHINE, &client_credentials(AUDIENCE), &asked].concat()).expect(200);
        let body = answer.json();
        let mut members: Vec<&String> = body.as_object().unwrap().keys().collect();
        members.sort();
        assert_eq!(members, ["access_token", "expires_in", "scope", "token_type"]);
        assert_eq!(body["scope"], "read:things");
        assert_eq!(answer.claims("access_token")["aud"], AUDIENCE);
    });
}

#[test]
fn core_113_a_machines_token_names_the_machine() {
    on_every_backend(|server| {
        let claims = server.machine_token(AUDIENCE).claims("access_token");
        assert_eq!(claims["sub"], format!("{MACHINE_ID}@clients"));
        assert_eq!(claims["gty"], "client-credentials");
        assert_eq!(claims["azp"], MACHINE_ID);
    });
}

#[test]
fn core_114_an_unknown_audience_is_no_enabled_service() {
    on_every_backend(|server| {
        // Identifiers are compared byte by byte, also those that no store can hold.
        let others =
            ["https://nobody.example.com/", "https://api.example.com", "HTTPS://api.example.com/", "no\0"];
        for audience in others {
            let text = format!("Service not enabled within domain: {audience}");
            server.refuse_token(
                &[MACHINE, &client_credentials(audience)].concat(),
                &[],
                (403, "access_denied", &text),
            );
        }
    });
}

#[test]
fn core_115_without_a_client_grant_there_is_no_token() {
    on_every_backend(|server| {
        server.commit(Change::DeleteClientGrant { id: "cgr_machine".into() });
        let text = format!(
            "Client is not authorized to access \"{AUDIENCE}\". You need to create a \"client-grant\" \
             associated to this API. See: \
             https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants"
        );
        let pairs = [MACHINE, &client_credentials(AUDIENCE)].concat();
        server.refuse_token(&pairs, &[], (403, "access_denied", &text));
    });
}

#[test]
fn an_api_that_denies_clients_gives_no_token() {
    on_every_backend(|server| {
        server.change_api(|api| api.settings.subject_type_authorization.client = ClientPolicy::DenyAll);
        let pairs = [MACHINE, &client_credentials(AUDIENCE)].concat();
        let request = Request::post_form(server.url("/oauth/token"), &pairs);
        let answer = server.send_in_vain(&request, &[], 403);
        assert!(["access_denied", "unauthorized_client"].contains(&answer.text("error").as_str()));
    });
}

#[test]
fn core_116_an_omitted_scope_is_all_of_the_grant() {
    on_every_backend(|server| {
        let answer = server.machine_token(AUDIENCE);
        assert_eq!(answer.text("scope"), "read:things");
        server.change_grant("cgr_machine", |grant| {
            grant.scope = ["read:things", "write:things"].into_iter().collect();
        });
        let answer = server.machine_token(AUDIENCE);
        assert_eq!(answer.text("scope"), "read:things write:things");
        assert_eq!(answer.claims("access_token")["scope"], "read:things write:things");
        server.change_grant("cgr_machine", |grant| grant.scope = Scope::default());
        let answer = server.machine_token(AUDIENCE);
        assert!(answer.json().get("scope").is_none());
        assert!(answer.claims("access_token").get("scope").is_none());
    });
}

#[test]
fn core_117_scopes_outside_the_grant_are_not_issued() {
    on_every_backend(|server| {
        for (asked, granted) in
            [("read:things write:things no:such", Some("read:things")), ("write:things", None)]
        {
            let pairs = [MACHINE, &client_credentials(AUDIENCE), &[("scope", asked)]].concat();
            let answer = server.token(&pairs).expect(200);
            assert_eq!(answer.json().get("scope").and_then(|scope| scope.as_str()), granted);
            assert_eq!(answer.claims("access_token").get("scope").and_then(|scope| scope.as_str()), granted);
        }
    });
}

#[test]
fn core_118_a_public_client_is_refused() {
    on_every_backend(|server| {
        server.change_client(SPA_ID, |client| {
            client.settings.grant_types.push(GrantType::CLIENT_CREDENTIALS);
        });
        let mut grant = countersign_testkit::client_grant();
        grant.id = "cgr_spa".into();
        grant.client_id = SPA_ID.into();
        server.add_grant(grant);
        let pairs = [SPA, &client_credentials(AUDIENCE)].concat();
        let request = Request::post_form(server.url("/oauth/token"), &pairs);
        let answer = server.send_in_vain(&request, &[], 403);
        assert_eq!(answer.text("error"), "unauthorized_client");
    });
}

#[test]
fn a_machine_without_an_audience_is_refused_or_gets_a_token_for_nothing() {
    on_every_backend(|server| {
        let pairs = [WEB, &[("grant_type", "client_credentials")]].concat();
        let request = Request::post_form(server.url("/oauth/token"), &pairs);
        let answer = server.send_in_vain(&request, &[], 400);
        assert_eq!(answer.text("error"), "invalid_request");
    });
}
