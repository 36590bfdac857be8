use countersign_jose::Algorithm;
use countersign_testkit::AUDIENCE;
use serde_json::{Value, json};

use crate::support::{Harness, Request, WEB, on_every_backend};

fn document(server: &Harness) -> Value {
    let answer = server.get("/.well-known/openid-configuration").expect(200);
    assert!(answer.header("content-type").unwrap().starts_with("application/json"));
    answer.json()
}

#[test]
fn core_241_every_member_that_is_always_there() {
    on_every_backend(|server| {
        let document = document(server);
        let issuer = server.issuer();
        let at = |path: &str| json!(format!("{issuer}{path}"));
        let expected = [
            ("issuer", json!(issuer)),
            ("authorization_endpoint", at("authorize")),
            ("token_endpoint", at("oauth/token")),
            ("device_authorization_endpoint", at("oauth/device/code")),
            ("userinfo_endpoint", at("userinfo")),
            ("mfa_challenge_endpoint", at("mfa/challenge")),
            ("jwks_uri", at(".well-known/jwks.json")),
            ("registration_endpoint", at("oidc/register")),
            ("revocation_endpoint", at("oauth/revoke")),
            (
                "scopes_supported",
                json!([
                    "openid",
                    "profile",
                    "offline_access",
                    "name",
                    "given_name",
                    "family_name",
                    "nickname",
                    "email",
                    "email_verified",
                    "picture",
                    "created_at",
                    "identities",
                    "phone",
                    "address",
                ]),
            ),
            (
                "response_types_supported",
                json!([
                    "code",
                    "token",
                    "id_token",
                    "code token",
                    "code id_token",
                    "token id_token",
                    "code token id_token",
                ]),
            ),
            ("code_challenge_methods_supported", json!(["S256", "plain"])),
            ("response_modes_supported", json!(["query", "fragment", "form_post"])),
            ("subject_types_supported", json!(["public"])),
            (
                "token_endpoint_auth_methods_supported",
                json!(["client_secret_basic", "client_secret_post", "private_key_jwt"]),
            ),
            ("token_endpoint_auth_signing_alg_values_supported", json!(["RS256", "RS384", "PS256"])),
            (
                "claims_supported",
                json!([
                    "aud",
                    "auth_time",
                    "created_at",
                    "email",
                    "email_verified",
                    "exp",
                    "family_name",
                    "given_name",
                    "iat",
                    "identities",
                    "iss",
                    "name",
                    "nickname",
                    "phone_number",
                    "picture",
                    "sub",
                ]),
            ),
            ("request_uri_parameter_supported", json!(false)),
            ("request_parameter_supported", json!(false)),
            ("id_token_signing_alg_values_supported", json!(["HS256", "RS256", "PS256"])),
            ("dpop_signing_alg_values_supported", json!(["ES256"])),
            (
                "global_token_revocation_endpoint",
                at("oauth/global-token-revocation/connection/{connectionName}"),
            ),
        ];
        for (member, value) in expected {
            assert_eq!(document[member], value, "{member}");
        }
        for absent in [
            "grant_types_supported",
            "claims_parameter_supported",
            "check_session_iframe",
            "frontchannel_logout_supported",
            "pushed_authorization_request_endpoint",
            "mtls_endpoint_aliases",
            "acr_values_supported",
        ] {
            assert!(document.get(absent).is_none(), "{absent}");
        }
    });
}

#[test]
fn core_242_web_message_is_not_published() {
    on_every_backend(|server| {
        let modes = document(server)["response_modes_supported"].clone();
        assert!(!modes.as_array().unwrap().contains(&json!("web_message")));
    });
}

#[test]
fn core_243_the_end_session_endpoint_follows_the_toggle() {
    on_every_backend(|server| {
        let member = |server: &Harness| document(server).get("end_session_endpoint").cloned();
        let there = Some(json!(server.url("/oidc/logout")));
        assert_eq!(member(server), there);
        for (published, expected) in [(false, None), (true, there)] {
            server.change_settings(|settings| {
                settings.oidc_logout = Some(json!({ "rp_logout_end_session_endpoint_discovery": published }));
            });
            assert_eq!(member(server), expected);
        }
    });
}

#[test]
fn core_245_the_oauth_document_is_the_same() {
    on_every_backend(|server| {
        let oauth = server.get("/.well-known/oauth-authorization-server").expect(200);
        assert_eq!(oauth.json(), document(server));
    });
}

#[test]
fn core_246_no_introspection_endpoint_is_advertised_or_served() {
    on_every_backend(|server| {
        assert!(document(server).get("introspection_endpoint").is_none());
        let request = Request::post_form(server.url("/oauth/introspect"), WEB);
        server.send_in_vain(&request, &[], 404);
    });
}

#[test]
fn an_api_that_signs_with_es256_adds_it_to_the_key_set() {
    on_every_backend(|server| {
        let algorithms = || {
            let keys = server.get("/.well-known/jwks.json").expect(200).json()["keys"].clone();
            let keys = keys.as_array().unwrap().clone();
            keys.iter().map(|key| key["alg"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert!(!algorithms().contains(&"ES256".to_owned()));
        server.change_api(|api| api.settings.signing_alg = Algorithm::ES256);
        assert!(algorithms().contains(&"ES256".to_owned()));
        let tokens = server.web_tokens("openid", AUDIENCE);
        assert_eq!(tokens.jose_header("access_token")["alg"], "ES256");
        server.userinfo(&tokens.text("access_token")).expect(200);
    });
}
