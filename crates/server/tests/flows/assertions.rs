//! Clients that sign: `private_key_jwt` and `client_secret_jwt` (RFC 7523 §2.2, OpenID Connect Core §9).

use countersign_jose::Algorithm;
use countersign_oauth::{Compliance, Seconds};
use countersign_storage::TokenEndpointAuthMethod;
use countersign_testkit::AUDIENCE;
use serde_json::{Value, json};

use crate::support::{
    ClientKey, Harness, MACHINE, MACHINE_ID, MACHINE_SECRET, Request, Response, WEB_ID, asserted,
    client_credentials, exchange, on_every_backend, refresh, sign_with_secret, under_rfc,
};

/// What a failed assertion gets, whatever is wrong with it.
const FAILED: (u16, &str, &str) = (401, "invalid_client", "Client authentication failed");

fn machine(server: &Harness, assertion: &str) -> Response {
    server.token(&[&asserted(assertion)[..], &client_credentials(AUDIENCE)].concat())
}

fn machine_fails(server: &Harness, assertion: &str) {
    server.refuse_token(&[&asserted(assertion)[..], &client_credentials(AUDIENCE)].concat(), &[], FAILED);
}

fn set_method(server: &Harness, client: &str, method: TokenEndpointAuthMethod) {
    server.change_client(client, |client| client.settings.token_endpoint_auth_method = method);
}

/// A way to sign for a client.
type Sign<'a> = &'a dyn Fn(&Value) -> String;

/// Every endpoint and grant that a confidential client asks, each with an assertion of its own.
fn every_request_works(server: &Harness, sign: Sign<'_>) {
    let web = || sign(&server.assertion_claims(WEB_ID));
    let code = server.web_code("openid offline_access", AUDIENCE);
    let tokens = server.token(&[&asserted(&web())[..], &exchange(&code)].concat()).expect(200);
    let token = tokens.text("refresh_token");
    let named = [("client_id", WEB_ID)];
    let refreshed = server.token(&[&named[..], &asserted(&web()), &refresh(&token)].concat()).expect(200);
    assert!(refreshed.json().get("access_token").is_some());
    server.post("/oauth/revoke", &[&asserted(&web())[..], &[("token", &token)]].concat()).expect(200);
    assert!(server.is_over(&token).0);
    machine(server, &sign(&server.assertion_claims(MACHINE_ID))).expect(200);
}

#[test]
fn a_client_with_a_key_asks_every_endpoint_by_assertion() {
    let key = ClientKey::generate(Algorithm::RS256);
    on_every_backend(|server| {
        server.register_keys(WEB_ID, &[&key]);
        server.register_keys(MACHINE_ID, &[&key]);
        every_request_works(server, &|claims| key.sign(claims));
    });
}

#[test]
fn a_client_of_client_secret_jwt_does_too_in_every_profile() {
    let by_secret = |server: &Harness| {
        let secret_of = |claims: &Value| {
            if claims["iss"] == MACHINE_ID { MACHINE_SECRET } else { crate::support::WEB_SECRET }
        };
        set_method(server, WEB_ID, TokenEndpointAuthMethod::ClientSecretJwt);
        set_method(server, MACHINE_ID, TokenEndpointAuthMethod::ClientSecretJwt);
        every_request_works(server, &|claims| sign_with_secret(secret_of(claims), claims));
        machine_fails(
            server,
            &sign_with_secret("another-secret-of-length", &server.assertion_claims(MACHINE_ID)),
        );
    };
    on_every_backend(by_secret);
    under_rfc(by_secret);
}

#[test]
fn an_assertion_comes_as_json_too() {
    let key = ClientKey::generate(Algorithm::RS256);
    on_every_backend(|server| {
        server.register_keys(MACHINE_ID, &[&key]);
        let assertion = key.sign(&server.assertion_claims(MACHINE_ID));
        let mut body = json!({ "grant_type": "client_credentials", "audience": AUDIENCE });
        for (name, value) in asserted(&assertion) {
            body[name] = value.into();
        }
        server.send(&Request::post_json(server.url("/oauth/token"), &body)).expect(200);
        server
            .send(&Request::post_json(server.url("/oauth/token"), &body))
            .expect_error(FAILED.0, FAILED.1, FAILED.2);
    });
}

#[test]
fn core_215_too_long_too_late_replayed_or_for_another_is_401_and_writes_nothing() {
    let key = ClientKey::generate(Algorithm::RS256);
    on_every_backend(|server| {
        server.register_keys(MACHINE_ID, &[&key]);
        let with = |name: &str, value: Value| {
            let mut claims = server.assertion_claims(MACHINE_ID);
            claims[name] = value;
            key.sign(&claims)
        };
        let now = server.now().seconds();
        machine_fails(server, &with("pad", json!("x".repeat(2048))));
        machine_fails(server, &with("exp", json!(now + 301)));
        machine_fails(server, &with("exp", json!(now)));
        machine_fails(server, &with("aud", json!("https://other.example.com/")));
        machine_fails(server, &with("aud", json!([server.issuer(), "https://other.example.com/"])));
        machine_fails(server, &with("aud", json!(format!("{}/", server.http))));
        let good = with("aud", json!([server.url("/oauth/token")]));
        machine(server, &good).expect(200);
        machine_fails(server, &good);
        // It stays spent as long as it would be good.
        server.clock.advance(Seconds(59));
        machine_fails(server, &good);
    });
}

#[test]
fn core_216_a_clock_that_is_ten_seconds_ahead_is_accepted() {
    let key = ClientKey::generate(Algorithm::RS256);
    on_every_backend(|server| {
        server.register_keys(MACHINE_ID, &[&key]);
        let ahead = |seconds: i64| {
            let mut claims = server.assertion_claims(MACHINE_ID);
            claims["iat"] = json!(server.now().seconds() + seconds);
            claims["nbf"] = claims["iat"].clone();
            key.sign(&claims)
        };
        machine(server, &ahead(10)).expect(200);
        machine_fails(server, &ahead(11));
    });
}

#[test]
fn core_217_the_keys_own_algorithm_and_no_other() {
    let (key, same_bits) = (ClientKey::generate(Algorithm::RS256), ClientKey::generate(Algorithm::PS256));
    on_every_backend(|server| {
        server.register_keys(MACHINE_ID, &[&key]);
        machine_fails(server, &same_bits.sign(&server.assertion_claims(MACHINE_ID)));
        let relabelled = key.sign_under(&json!({ "alg": "PS256" }), &server.assertion_claims(MACHINE_ID));
        machine_fails(server, &relabelled);
        server.register_keys(MACHINE_ID, &[&same_bits]);
        machine(server, &same_bits.sign(&server.assertion_claims(MACHINE_ID))).expect(200);
    });
}

#[test]
fn core_218_a_client_with_a_key_cannot_use_its_old_secret() {
    let key = ClientKey::generate(Algorithm::RS256);
    on_every_backend(|server| {
        server.machine_token(AUDIENCE);
        server.register_keys(MACHINE_ID, &[&key]);
        server.refuse_token(&[MACHINE, &client_credentials(AUDIENCE)].concat(), &[], FAILED);
        let basic = crate::support::basic(MACHINE_ID, MACHINE_SECRET);
        let request = Request::post_form(server.url("/oauth/token"), &client_credentials(AUDIENCE));
        server.refuse(&request.header("authorization", &basic), &[], FAILED);
        server.refuse_token(&[&MACHINE[..1], &client_credentials(AUDIENCE)].concat(), &[], FAILED);
        machine(server, &key.sign(&server.assertion_claims(MACHINE_ID))).expect(200);
    });
}

#[test]
fn a_client_with_a_secret_cannot_use_an_assertion() {
    let key = ClientKey::generate(Algorithm::RS256);
    on_every_backend(|server| {
        // Keys are there, and the method is another one.
        server.register_keys(MACHINE_ID, &[&key]);
        set_method(server, MACHINE_ID, TokenEndpointAuthMethod::ClientSecretPost);
        let claims = server.assertion_claims(MACHINE_ID);
        machine_fails(server, &key.sign(&claims));
        machine_fails(server, &sign_with_secret(MACHINE_SECRET, &claims));
        server.machine_token(AUDIENCE);
    });
}

#[test]
fn keys_are_rotated_without_a_gap_and_end_in_time() {
    let (old, new) = (ClientKey::generate(Algorithm::RS256), ClientKey::generate(Algorithm::RS256));
    on_every_backend(|server| {
        let sign = |key: &ClientKey| key.sign(&server.assertion_claims(MACHINE_ID));
        server.register_keys(MACHINE_ID, &[&old]);
        machine(server, &sign(&old)).expect(200);
        machine_fails(server, &sign(&new));
        server.register_keys(MACHINE_ID, &[&old, &new]);
        machine(server, &sign(&old)).expect(200);
        machine(server, &sign(&new)).expect(200);
        let end = server.now().plus(Seconds(100));
        server.change_client(MACHINE_ID, |client| {
            let methods = client.settings.client_authentication_methods.as_mut().unwrap();
            methods.private_key_jwt.as_mut().unwrap().credentials[0].expires_at = Some(end);
        });
        machine(server, &sign(&old)).expect(200);
        server.clock.advance(Seconds(100));
        machine_fails(server, &sign(&old));
        machine(server, &sign(&new)).expect(200);
    });
}

#[test]
fn what_belongs_together_is_400_when_it_does_not_come_so() {
    let key = ClientKey::generate(Algorithm::RS256);
    on_every_backend(|server| {
        server.register_keys(MACHINE_ID, &[&key]);
        let assertion = key.sign(&server.assertion_claims(MACHINE_ID));
        let [kind, shown] = asserted(&assertion);
        let ask = |pairs: &[(&str, &str)], text: &str| {
            let pairs = [pairs, &client_credentials(AUDIENCE)].concat();
            server.refuse_token(&pairs, &[], (400, "invalid_request", text));
        };
        let two = "More than one authentication method was used";
        ask(&[kind, shown, MACHINE[1]], two);
        ask(&[kind, shown, MACHINE[0], MACHINE[1]], two);
        ask(&[kind, MACHINE[1]], two);
        let wrong = "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        ask(&[shown], wrong);
        ask(&[shown, ("client_assertion_type", "jwt-bearer")], wrong);
        ask(&[kind, MACHINE[0]], "Missing required parameter: client_assertion");
        let request = [&[kind, shown][..], &client_credentials(AUDIENCE)].concat();
        let request = Request::post_form(server.url("/oauth/token"), &request);
        let basic = crate::support::basic(MACHINE_ID, MACHINE_SECRET);
        server.refuse(&request.header("authorization", &basic), &[], (400, "invalid_request", two));
        // None of it spent the assertion.
        machine(server, &assertion).expect(200);
    });
}

/// Core contract §0.5: ES256 keys, and the challenge that RFC 6749 §5.2 wants.
#[test]
fn es256_is_accepted_under_rfc_alone() {
    let key = ClientKey::generate(Algorithm::ES256);
    on_every_backend(|server| {
        server.register_keys(MACHINE_ID, &[&key]);
        machine_fails(server, &key.sign(&server.assertion_claims(MACHINE_ID)));
        server.change_client(MACHINE_ID, |client| client.settings.compliance = Some(Compliance::Rfc));
        machine(server, &key.sign(&server.assertion_claims(MACHINE_ID))).expect(200);
        let unknown = key.sign(&server.assertion_claims("nobody"));
        let answer = machine(server, &unknown).expect(401);
        assert_eq!(answer.text("error"), "invalid_client");
    });
}

#[test]
fn an_assertion_introspects_under_rfc() {
    let key = ClientKey::generate(Algorithm::PS256);
    on_every_backend(|server| {
        server.change_settings(|settings| settings.compliance = Compliance::Rfc);
        let token = server.web_tokens("openid offline_access", AUDIENCE).text("refresh_token");
        server.register_keys(WEB_ID, &[&key]);
        let assertion = key.sign(&server.assertion_claims(WEB_ID));
        let asked = [&asserted(&assertion)[..], &[("token", &token)]].concat();
        let answer = server.post("/oauth/introspect", &asked).expect(200);
        assert_eq!(answer.json()["active"], true);
    });
}
