//! What tokens look like (RFC 9068 §2; OpenID Connect Core §2).

use countersign_crypto::SigningKeys;
use countersign_jose::{Algorithm, Compact, KeyRing as _};
use countersign_management::SIGNING_SECRET_PURPOSE;
use countersign_oauth::Seconds;
use countersign_storage::TokenDialect;
use countersign_testkit::{AUDIENCE, NOW, USER_ID};
use serde_json::{Value, json};

use crate::support::{Harness, MACHINE_ID, SPA_ID, WEB, WEB_ID, on_every_backend, refresh, under_rfc};

fn dialect(server: &Harness, dialect: TokenDialect) {
    server.change_api(|api| api.settings.token_dialect = dialect);
}

fn members(claims: &Value) -> Vec<&str> {
    let mut members: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    members
}

#[test]
fn core_199_200_auth0s_dialects() {
    on_every_backend(|server| {
        for kind in [TokenDialect::AccessToken, TokenDialect::AccessTokenAuthz] {
            dialect(server, kind);
            let user = server.web_tokens("openid read:things", AUDIENCE);
            let header = user.jose_header("access_token");
            assert_eq!((&header["typ"], &header["alg"]), (&json!("JWT"), &json!("RS256")));
            assert!(header["kid"].is_string());
            let claims = user.claims("access_token");
            assert_eq!(members(&claims), ["aud", "azp", "exp", "iat", "iss", "scope", "sub"]);
            assert_eq!((&claims["iss"], &claims["azp"]), (&json!(server.issuer()), &json!(WEB_ID)));
            assert_eq!((&claims["sub"], &claims["iat"]), (&json!(USER_ID), &json!(NOW.seconds())));
            let machine = server.machine_token(AUDIENCE).claims("access_token");
            assert_eq!(members(&machine), ["aud", "azp", "exp", "gty", "iat", "iss", "scope", "sub"]);
        }
    });
}

#[test]
fn core_199_200_rfc_9068s_dialects() {
    on_every_backend(|server| {
        for kind in [TokenDialect::Rfc9068Profile, TokenDialect::Rfc9068ProfileAuthz] {
            dialect(server, kind);
            let user = server.web_tokens("openid read:things", AUDIENCE);
            assert_eq!(user.jose_header("access_token")["typ"], "at+jwt");
            assert_eq!(user.jose_header("id_token")["typ"], "JWT");
            let claims = user.claims("access_token");
            assert_eq!(members(&claims), ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub"]);
            assert_eq!(claims["client_id"], WEB_ID);
            let machines = [(); 2].map(|()| server.machine_token(AUDIENCE));
            let [one, two] = machines.map(|answer| answer.claims("access_token"));
            assert_eq!(members(&one), ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub"]);
            assert_eq!(one["sub"], format!("{MACHINE_ID}@clients"));
            assert_ne!(one["jti"], two["jti"]);
        }
    });
}

#[test]
fn core_201_openid_adds_userinfo_to_the_audience() {
    on_every_backend(|server| {
        let with = server.web_tokens("openid read:things", AUDIENCE);
        assert_eq!(with.claims("access_token")["aud"], json!([AUDIENCE, server.url("/userinfo")]));
        server.userinfo(&with.text("access_token")).expect(200);
        let without = server.web_tokens("read:things", AUDIENCE);
        assert_eq!(without.claims("access_token")["aud"], AUDIENCE);
    });
}

#[test]
fn core_202_an_hs256_token_never_names_userinfo() {
    on_every_backend(|server| {
        let secret = b"the-signing-secret-of-the-test-api";
        let sealed = server.sealer.seal(SIGNING_SECRET_PURPOSE, secret);
        server.change_api(|api| {
            api.settings.signing_alg = Algorithm::HS256;
            api.signing_secret = Some(sealed);
        });
        let tokens = server.web_tokens("openid read:things", AUDIENCE);
        let header = tokens.jose_header("access_token");
        assert_eq!((&header["alg"], header.get("kid")), (&json!("HS256"), None));
        assert_eq!(tokens.claims("access_token")["aud"], AUDIENCE);
        let token = tokens.text("access_token");
        let compact = Compact::parse(&token).unwrap();
        let ring = SigningKeys::new(Vec::new(), server.sealer.clone()).unwrap();
        let right = ring.symmetric_signer(secret).sign(compact.signing_input.as_bytes()).unwrap();
        assert_eq!(compact.signature, right);
        server.send_in_vain(&server.userinfo_request(&token), &[&token], 401);
        // The ID token is the client's affair.
        assert_eq!(tokens.jose_header("id_token")["alg"], "RS256");
    });
}

#[test]
fn core_204_without_rbac_all_requested_scopes_of_the_api_are_granted() {
    on_every_backend(|server| {
        for (asked, granted) in [
            ("read:things", "read:things"),
            ("write:things read:things no:such", "write:things read:things"),
            ("openid read:things write:things", "openid read:things write:things"),
        ] {
            let tokens = server.web_tokens(asked, AUDIENCE);
            assert_eq!(tokens.text("scope"), granted);
            let claims = tokens.claims("access_token");
            assert_eq!(claims["scope"], granted);
            assert!(claims.get("permissions").is_none());
        }
    });
}

#[test]
fn core_205_lifetimes_by_default() {
    on_every_backend(|server| {
        let lifetime = |claims: Value| claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        for tokens in [server.web_tokens("openid", AUDIENCE), server.spa_tokens("openid", AUDIENCE)] {
            assert_eq!(lifetime(tokens.claims("access_token")), 86_400);
            assert_eq!(lifetime(tokens.claims("id_token")), 36_000);
            assert_eq!(tokens.json()["expires_in"], 86_400);
        }
        let userinfo = server.web_tokens("openid", "");
        assert_eq!(userinfo.json()["expires_in"], 86_400);
        let token = userinfo.text("access_token");
        assert!(!token.contains('.'), "a userinfo token is opaque");
        server.clock.advance(Seconds(86_399));
        server.userinfo(&token).expect(200);
        server.clock.advance(Seconds(1));
        server.userinfo(&token).expect(401);
    });
}

#[test]
fn core_205_the_clients_setting_is_the_id_tokens_lifetime() {
    on_every_backend(|server| {
        server.change_client(WEB_ID, |client| {
            client.settings.jwt_configuration.lifetime_in_seconds = Seconds(77);
        });
        let claims = server.web_tokens("openid", AUDIENCE).claims("id_token");
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 77);
    });
}

#[test]
fn core_206_the_id_tokens_audience_is_the_client() {
    on_every_backend(|server| {
        let web = server.web_tokens("openid offline_access", AUDIENCE);
        assert_eq!(web.claims("id_token")["aud"], WEB_ID);
        assert!(web.claims("id_token").get("azp").is_none());
        assert_eq!(server.spa_tokens("openid", "").claims("id_token")["aud"], SPA_ID);
        let token = web.text("refresh_token");
        let again = server.token(&[WEB, &refresh(&token)].concat()).expect(200);
        assert_eq!(again.claims("id_token")["aud"], WEB_ID);
    });
}

#[test]
fn core_207_updated_at_is_text_with_milliseconds() {
    on_every_backend(|server| {
        let tokens = server.web_tokens("openid profile", "");
        assert_eq!(tokens.claims("id_token")["updated_at"], "2026-01-02T03:04:05.678Z");
        let answer = server.userinfo(&tokens.text("access_token")).expect(200);
        assert_eq!(answer.json()["updated_at"], "2026-01-02T03:04:05.678Z");
    });
}

#[test]
fn core_207_under_rfc_updated_at_is_a_number() {
    under_rfc(|server| {
        let tokens = server.web_tokens("openid profile", "");
        assert_eq!(tokens.claims("id_token")["updated_at"], NOW.seconds());
        let answer = server.userinfo(&tokens.text("access_token")).expect(200);
        assert_eq!(answer.json()["updated_at"], NOW.seconds());
    });
}
