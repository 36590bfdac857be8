use countersign_crypto::SigningKeys;
use countersign_jose::{Algorithm, Compact, KeyRing as _, encode_base64url};
use countersign_oauth::{Compliance, Sealer as _};
use countersign_storage::TokenEndpointAuthMethod;
use countersign_testkit::AUDIENCE;
use countersign_token::SIGNING_SECRET_PURPOSE;
use serde_json::{Value, json};

use crate::support::{Harness, SPA_ID, WEB, WEB_ID, WEB_SECRET, on_every_backend};

const SECRET: &[u8] = b"the-signing-secret-of-the-test-api";

fn under_a_secret(server: &Harness) {
    let sealed = server.sealer.seal(SIGNING_SECRET_PURPOSE, SECRET);
    server.change_api(|api| {
        api.settings.signing_alg = Algorithm::HS256;
        api.signing_secret = Some(sealed);
    });
}

fn mac(server: &Harness, secret: &[u8], input: &str) -> String {
    let ring = SigningKeys::new(Vec::new(), server.sealer.clone()).unwrap();
    encode_base64url(ring.symmetric_signer(secret).sign(input.as_bytes()).unwrap())
}

/// Introspection is served where the tenant says `rfc`.
fn where_it_is_served(test: impl Fn(&Harness)) {
    on_every_backend(|server| {
        server.change_settings(|settings| settings.compliance = Compliance::Rfc);
        test(server);
    });
}

fn introspect(server: &Harness, token: &str) -> Value {
    server.post("/oauth/introspect", &[WEB, &[("token", token)]].concat()).expect(200).json()
}

#[test]
fn under_rfc_a_token_of_an_hs256_api_is_introspected_and_revoked() {
    where_it_is_served(|server| {
        under_a_secret(server);
        let token = server.web_tokens("openid read:things", AUDIENCE).text("access_token");
        let told = introspect(server, &token);
        assert_eq!((&told["active"], &told["aud"]), (&json!(true), &json!(AUDIENCE)));
        server.post("/oauth/revoke", &[WEB, &[("token", token.as_str())]].concat()).expect(200);
        assert_eq!(introspect(server, &token), json!({ "active": false }));
    });
}

#[test]
fn sp_059_060_forged_tokens_of_an_hs256_api_are_inactive() {
    where_it_is_served(|server| {
        let by_key = server.web_tokens("openid read:things", AUDIENCE).text("access_token");
        under_a_secret(server);
        let token = server.web_tokens("openid read:things", AUDIENCE).text("access_token");
        let (input, _) = token.rsplit_once('.').unwrap();
        let (header, payload) = input.split_once('.').unwrap();
        let inactive =
            |token: &str| assert_eq!(introspect(server, token), json!({ "active": false }), "{token}");
        // The API's key of before, as a secret: how it is published, and its id.
        let jwks = server.get("/.well-known/jwks.json").json();
        let key = &jwks["keys"][0];
        for text in [key.to_string(), key["n"].as_str().unwrap().to_owned(), key["x5c"][0].to_string()] {
            inactive(&format!("{input}.{}", mac(server, text.as_bytes(), input)));
        }
        for alg in ["none", "None", "HS512", "RS256", "ES256"] {
            for kid in [Value::Null, key["kid"].clone()] {
                let mut head = json!({ "alg": alg, "typ": "JWT", "kid": kid });
                if head["kid"].is_null() {
                    head.as_object_mut().unwrap().remove("kid");
                }
                let input = format!("{}.{payload}", encode_base64url(head.to_string()));
                inactive(&format!("{input}.{}", mac(server, SECRET, &input)));
                inactive(&format!("{input}."));
            }
        }
        // The secret is the one of another API, or of the client.
        let input = format!("{header}.{payload}");
        inactive(&format!("{input}.{}", mac(server, WEB_SECRET.as_bytes(), &input)));
        // A token from before the switch is under our own key and stays good.
        assert_eq!(introspect(server, &by_key)["active"], true);
        // And back: under a key pair the secret verifies nothing.
        server.change_api(|api| api.settings.signing_alg = Algorithm::RS256);
        inactive(&token);
    });
}

#[test]
fn core_202_userinfo_refuses_a_token_of_an_hs256_api() {
    on_every_backend(|server| {
        under_a_secret(server);
        let token = server.web_tokens("openid", AUDIENCE).text("access_token");
        let answer = server.send_in_vain(&server.userinfo_request(&token), &[&token], 401);
        assert!(answer.header("www-authenticate").unwrap().contains("invalid_token"));
        let machine = server.machine_token(AUDIENCE).text("access_token");
        server.userinfo(&machine).expect(401);
        assert_eq!(Compact::parse(&machine).unwrap().header.alg, "HS256");
    });
}

#[test]
fn core_206_an_id_token_has_the_clients_algorithm_and_a_public_one_never_a_secret() {
    on_every_backend(|server| {
        for alg in [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::HS256] {
            server.change_client(WEB_ID, |client| client.settings.jwt_configuration.alg = alg);
            let tokens = server.web_tokens("openid", AUDIENCE);
            assert_eq!(tokens.jose_header("id_token")["alg"], alg.as_str());
            assert_eq!(tokens.claims("id_token")["aud"], WEB_ID);
            let id_token = tokens.text("id_token");
            let (input, signature) = id_token.rsplit_once('.').unwrap();
            let by_secret = mac(server, WEB_SECRET.as_bytes(), input) == signature;
            assert_eq!(by_secret, alg == Algorithm::HS256);
            server.userinfo(&id_token).expect(401);
        }
        server.change_client(SPA_ID, |client| {
            client.settings.jwt_configuration.alg = Algorithm::HS256;
            assert_eq!(client.settings.token_endpoint_auth_method, TokenEndpointAuthMethod::None);
        });
        assert_eq!(server.spa_tokens("openid", AUDIENCE).jose_header("id_token")["alg"], "RS256");
    });
}

#[test]
fn core_248_alg_disappears_with_the_tenants_setting() {
    on_every_backend(|server| {
        let keys = || server.get("/.well-known/jwks.json").json()["keys"].as_array().unwrap().clone();
        // A key of RSA names RS256, whatever else it signs, until the tenant leaves it out.
        server.change_api(|api| api.settings.signing_alg = Algorithm::PS256);
        assert!(keys().iter().all(|key| key["alg"] == "RS256"));
        server.change_settings(|settings| settings.flags.remove_alg_from_jwks = true);
        assert!(keys().iter().all(|key| key.get("alg").is_none() && key["kid"].is_string()));
        let token = server.machine_token(AUDIENCE);
        assert_eq!(token.jose_header("access_token")["alg"], "PS256");
    });
}

#[test]
fn under_rfc_a_key_of_several_algorithms_names_none() {
    on_every_backend(|server| {
        server.change_settings(|settings| settings.compliance = Compliance::Rfc);
        let alg = || server.get("/.well-known/jwks.json").json()["keys"][0].get("alg").cloned();
        assert_eq!(alg(), Some(json!("RS256")));
        server.change_api(|api| api.settings.signing_alg = Algorithm::PS256);
        assert_eq!(alg(), None);
    });
}
