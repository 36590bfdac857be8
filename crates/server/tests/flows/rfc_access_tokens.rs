use countersign_oauth::{Compliance, Seconds};
use countersign_testkit::{AUDIENCE, USER_ID};
use serde_json::{Value, json};

use crate::support::{
    Harness, MACHINE, MACHINE_ID, Request, SPA, WEB, WEB_ID, client_credentials, on_every_backend, under_rfc,
};

fn in_an_rfc_tenant(test: impl Fn(&Harness)) {
    on_every_backend(|server| {
        server.change_settings(|settings| settings.compliance = Compliance::Rfc);
        test(server);
    });
}

fn introspect(server: &Harness, client: &[(&str, &str)], token: &str) -> Value {
    let answer = server.post("/oauth/introspect", &[client, &[("token", token)]].concat()).expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()
}

#[test]
fn rfc_7009_access_tokens_can_be_revoked() {
    under_rfc(|server| {
        for audience in [AUDIENCE, ""] {
            let tokens = server.web_tokens("openid", audience);
            let token = tokens.text("access_token");
            server.userinfo(&token).expect(200);
            let other = Request::post_form(
                server.url("/oauth/revoke"),
                &[MACHINE, &[("token", token.as_str())]].concat(),
            );
            let answer = server.send_in_vain(&other, &[&token], 400);
            assert_eq!(answer.text("error"), "invalid_request");
            server.userinfo(&token).expect(200);
            let answer = server.post("/oauth/revoke", &[WEB, &[("token", &token)]].concat()).expect(200);
            assert_eq!(answer.body, "");
            server.send_in_vain(&server.userinfo_request(&token), &[&token], 401);
        }
    });
}

#[test]
fn rfc_7662_a_client_learns_about_its_own_tokens() {
    in_an_rfc_tenant(|server| {
        let tokens = server.web_tokens("openid offline_access read:things", AUDIENCE);
        let access = introspect(server, WEB, &tokens.text("access_token"));
        let now = server.now().seconds();
        for (member, value) in [
            ("active", json!(true)),
            ("client_id", json!(WEB_ID)),
            ("sub", json!(USER_ID)),
            ("scope", json!("openid offline_access read:things")),
            ("iss", json!(server.issuer())),
            ("iat", json!(now)),
            ("exp", json!(now + 86_400)),
            ("token_type", json!("Bearer")),
        ] {
            assert_eq!(access[member], value, "{member}");
        }
        let refresh = introspect(server, WEB, &tokens.text("refresh_token"));
        assert_eq!((&refresh["active"], &refresh["client_id"]), (&json!(true), &json!(WEB_ID)));
        let inactive = json!({ "active": false });
        for token in [tokens.text("access_token"), tokens.text("refresh_token")] {
            assert_eq!(introspect(server, MACHINE, &token), inactive);
        }
        assert_eq!(introspect(server, WEB, "no-such-token"), inactive);
        assert_eq!(introspect(server, WEB, &tokens.text("id_token")), inactive);
        server.clock.advance(Seconds(86_400));
        assert_eq!(introspect(server, WEB, &tokens.text("access_token")), inactive);
        for audience in [AUDIENCE, ""] {
            let tokens = server.web_tokens("openid offline_access", audience);
            for token in [tokens.text("access_token"), tokens.text("refresh_token")] {
                server.post("/oauth/revoke", &[WEB, &[("token", token.as_str())]].concat()).expect(200);
                assert_eq!(introspect(server, WEB, &token), inactive);
            }
        }
        let machine = server.token(&[MACHINE, &client_credentials(AUDIENCE)].concat()).expect(200);
        let machine = introspect(server, MACHINE, &machine.text("access_token"));
        assert_eq!(machine["sub"], format!("{MACHINE_ID}@clients"));
    });
}

#[test]
fn rfc_7662_only_confidential_clients_may_ask() {
    in_an_rfc_tenant(|server| {
        let url = server.url("/oauth/introspect");
        let wrong = [("client_id", WEB_ID), ("client_secret", "wrong"), ("token", "any")];
        for pairs in [&wrong[..], &[SPA, &[("token", "any")]].concat()] {
            let answer = server.send_in_vain(&Request::post_form(&url, pairs), &[], 401);
            assert_eq!(answer.text("error"), "invalid_client");
            assert!(answer.header("www-authenticate").is_some());
        }
        let answer = server.send_in_vain(&Request::post_form(&url, WEB), &[], 400);
        assert_eq!(answer.text("error"), "invalid_request");
    });
}

#[test]
fn rfc_6750_no_token_in_the_query() {
    under_rfc(|server| {
        for audience in [AUDIENCE, ""] {
            let token = server.web_tokens("openid", audience).text("access_token");
            let query = Request::get(format!("{}?access_token={token}", server.url("/userinfo")));
            let answer = server.send_in_vain(&query, &[&token], 401);
            assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
            server.userinfo(&token).expect(200);
        }
    });
}

#[test]
fn rfc_6750_a_token_without_openid_is_403_insufficient_scope() {
    under_rfc(|server| {
        for (scope, audience) in [("profile", ""), ("read:things", AUDIENCE)] {
            let token = server.web_tokens(scope, audience).text("access_token");
            let answer = server.send_in_vain(&server.userinfo_request(&token), &[&token], 403);
            assert_eq!(answer.text("error"), "insufficient_scope");
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
            assert!(challenge.starts_with("Bearer"), "{challenge}");
        }
    });
}

#[test]
fn the_document_is_assembled_from_what_is_served() {
    in_an_rfc_tenant(|server| {
        let document = server.get("/.well-known/openid-configuration").expect(200).json();
        let issuer = server.issuer();
        assert_eq!(document["issuer"], issuer);
        assert_eq!(document["introspection_endpoint"], format!("{issuer}oauth/introspect"));
        assert_eq!(document["response_types_supported"], json!(["code"]));
        let exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
        let grants = json!(["authorization_code", "client_credentials", "refresh_token", exchange]);
        assert_eq!(document["grant_types_supported"], grants);
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        let methods = document["token_endpoint_auth_methods_supported"].as_array().unwrap();
        let standard =
            ["client_secret_basic", "client_secret_post", "private_key_jwt", "client_secret_jwt", "none"];
        assert_eq!(*methods, standard.map(|name| json!(name)));
        let algorithms = json!(["RS256", "RS384", "PS256", "ES256", "EdDSA", "HS256"]);
        assert_eq!(document["token_endpoint_auth_signing_alg_values_supported"], algorithms);
        for absent in [
            "device_authorization_endpoint",
            "mfa_challenge_endpoint",
            "registration_endpoint",
            "global_token_revocation_endpoint",
            "pushed_authorization_request_endpoint",
        ] {
            assert!(document.get(absent).is_none(), "{absent}");
        }
        // Whatever it names is there.
        for (member, value) in document.as_object().unwrap() {
            if !member.ends_with("_endpoint") && member != "jwks_uri" {
                continue;
            }
            let url = value.as_str().unwrap();
            let [got, posted] = [Request::get(url), Request::post_form(url, &[])].map(|it| server.send(&it));
            assert!(got.status != 404 && posted.status != 404, "{member}");
        }
        let other = server.get("/.well-known/oauth-authorization-server").expect(200);
        assert_eq!(other.json(), document);
    });
}
