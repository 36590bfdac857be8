//! Assertions that were copied, forged, or meant for something else (SP-051 to SP-055, SP-059 to SP-063).

use std::thread;

use countersign_jose::{Algorithm, encode_base64url};
use countersign_testkit::AUDIENCE;
use serde_json::{Value, json};

use crate::support::{
    ClientKey, Harness, MACHINE_ID, MACHINE_SECRET, Request, WEB_ID, asserted, client_credentials,
    on_every_backend, sign_with_secret,
};

const FAILED: (u16, &str, &str) = (401, "invalid_client", "Client authentication failed");

fn asking(server: &Harness, assertion: &str) -> Request {
    let pairs = [&asserted(assertion)[..], &client_credentials(AUDIENCE)].concat();
    Request::post_form(server.url("/oauth/token"), &pairs)
}

fn fails(server: &Harness, assertion: &str) {
    server.refuse(&asking(server, assertion), &[], FAILED);
}

#[test]
fn sp_052_of_64_uses_of_one_assertion_at_once_one_succeeds() {
    let key = ClientKey::generate(Algorithm::RS256);
    on_every_backend(|server| {
        server.register_keys(MACHINE_ID, &[&key]);
        server.register_keys(WEB_ID, &[&key]);
        // Over plain HTTP: 64 TLS handshakes at once would only say how fast the machine is.
        let mut claims = server.assertion_claims(MACHINE_ID);
        claims["aud"] = json!(format!("{}/", server.http));
        let mut request = asking(server, &key.sign(&claims));
        request.url = format!("{}/oauth/token", server.http);
        let answers: Vec<_> = thread::scope(|scope| {
            let started: Vec<_> = (0..64).map(|_| scope.spawn(|| server.send(&request))).collect();
            started.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1, "{won:?}");
        for answer in lost {
            answer.expect_error(FAILED.0, FAILED.1, FAILED.2);
        }
        // Another client's assertion with the same id is another one.
        let mut other = server.assertion_claims(WEB_ID);
        other["jti"] = claims["jti"].clone();
        server.send(&asking(server, &key.sign(&other))).expect(200);
    });
}

/// A signature that anybody can make.
fn unsigned(header: &Value, claims: &Value, signature: &str) -> String {
    format!("{}.{}.{signature}", encode_base64url(header.to_string()), encode_base64url(claims.to_string()))
}

#[test]
fn sp_051_sp_059_an_assertion_without_a_signature_is_none() {
    let key = ClientKey::generate(Algorithm::RS256);
    let server = Harness::new();
    server.register_keys(MACHINE_ID, &[&key]);
    let claims = server.assertion_claims(MACHINE_ID);
    for number in 0..16 {
        let alg: String = "none"
            .chars()
            .enumerate()
            .map(|(at, letter)| if number >> at & 1 == 1 { letter.to_ascii_uppercase() } else { letter })
            .collect();
        for signature in ["", "AA", &encode_base64url([0; 256])] {
            fails(&server, &unsigned(&json!({ "alg": alg }), &claims, signature));
        }
    }
    let good = key.sign(&claims);
    let (input, signature) = good.rsplit_once('.').unwrap();
    for broken in [input.to_owned(), format!("{input}."), format!("{good}."), format!("{good}.x")] {
        fails(&server, &broken);
    }
    fails(&server, &format!("{input}.{}", &signature[..signature.len() - 4]));
    // Beside a secret that is right, it is two methods.
    let beside = [("client_assertion", "x"), ("client_id", MACHINE_ID), ("client_secret", MACHINE_SECRET)];
    server.refuse_token(
        &[&beside[..], &client_credentials(AUDIENCE)].concat(),
        &[],
        (400, "invalid_request", "More than one authentication method was used"),
    );
    server.send(&asking(&server, &good)).expect(200);
}

#[test]
fn sp_060_a_public_key_is_no_secret() {
    let key = ClientKey::generate(Algorithm::RS256);
    let server = Harness::new();
    server.register_keys(MACHINE_ID, &[&key]);
    let jwk = serde_json::to_string(&key.credential().jwk).unwrap();
    let jwks = server.get("/.well-known/jwks.json").expect(200).body;
    for secret in [jwk.as_str(), &jwk[..64], &jwks, MACHINE_SECRET, &key.credential().kid] {
        fails(&server, &sign_with_secret(secret, &server.assertion_claims(MACHINE_ID)));
    }
}

#[test]
fn sp_055_sp_061_sp_062_no_key_of_the_attackers_signs() {
    let (key, foreign) = (ClientKey::generate(Algorithm::RS256), ClientKey::generate(Algorithm::RS256));
    let server = Harness::new();
    server.register_keys(MACHINE_ID, &[&key]);
    server.register_keys(WEB_ID, &[&foreign]);
    let claims = || server.assertion_claims(MACHINE_ID);
    fails(&server, &foreign.sign(&claims()));
    let jwk = serde_json::to_value(foreign.credential().jwk).unwrap();
    for smuggled in [
        json!({ "jwk": jwk }),
        json!({ "jku": "https://evil.example/jwks.json" }),
        json!({ "x5u": "https://evil.example/cert.pem" }),
        json!({ "x5c": ["MIIB"] }),
        json!({ "kid": key.credential().kid }),
        json!({ "kid": foreign.credential().kid }),
        json!({ "kid": "../../../../dev/null" }),
        json!({ "kid": "' UNION SELECT 1 --" }),
        json!({ "kid": "x".repeat(1000) }),
        json!({ "kid": null }),
        json!({ "kid": [key.credential().kid] }),
    ] {
        let mut header = json!({ "alg": "RS256" });
        header.as_object_mut().unwrap().extend(smuggled.as_object().unwrap().clone());
        fails(&server, &foreign.sign_under(&header, &claims()));
    }
    // The web application's key signs for the web application alone, whoever is named beside it.
    let own = foreign.sign(&server.assertion_claims(WEB_ID));
    let mut pairs = [&asserted(&own)[..], &client_credentials(AUDIENCE)].concat();
    pairs.push(("client_id", MACHINE_ID));
    server.refuse_token(&pairs, &[], FAILED);
    let mut split = server.assertion_claims(WEB_ID);
    split["sub"] = json!(MACHINE_ID);
    fails(&server, &foreign.sign(&split));
}

#[test]
fn sp_063_no_token_of_ours_is_an_assertion() {
    let key = ClientKey::generate(Algorithm::RS256);
    let server = Harness::new();
    let tokens = server.tokens_for(WEB_ID, &[("audience", AUDIENCE), ("scope", "openid")]);
    let machine = server.machine_token(AUDIENCE).text("access_token");
    server.register_keys(WEB_ID, &[&key]);
    server.register_keys(MACHINE_ID, &[&key]);
    for token in [tokens.text("access_token"), tokens.text("id_token"), machine] {
        if token.len() <= 2048 {
            fails(&server, &token);
        }
    }
    for typ in ["at+jwt", "dpop+jwt", "logout+jwt", "oauth-authz-req+jwt"] {
        let header = json!({ "alg": "RS256", "typ": typ });
        fails(&server, &key.sign_under(&header, &server.assertion_claims(MACHINE_ID)));
    }
}

#[test]
fn sp_053_sp_054_claims_of_every_wrong_kind_are_refused() {
    let key = ClientKey::generate(Algorithm::RS256);
    let server = Harness::new();
    server.register_keys(MACHINE_ID, &[&key]);
    let now = server.now().seconds();
    for (name, value) in [
        ("aud", json!(server.url("/oauth/par"))),
        ("aud", json!(server.url("/oauth/revoke"))),
        ("aud", json!(server.https)),
        ("aud", json!("https://local")),
        ("aud", json!(null)),
        ("exp", json!(null)),
        ("exp", json!((now + 60).to_string())),
        ("exp", json!(now as f64 + 60.5)),
        ("exp", json!(-now)),
        ("exp", json!(u64::MAX)),
        ("iat", json!(now + 61)),
        ("nbf", json!("soon")),
        ("jti", json!("")),
        ("jti", json!("j".repeat(65))),
        ("jti", json!(7)),
        ("iss", json!([MACHINE_ID])),
    ] {
        let mut claims = server.assertion_claims(MACHINE_ID);
        claims[name] = value;
        fails(&server, &key.sign(&claims));
    }
}
