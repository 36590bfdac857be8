//! The server as a whole: the foreign grant, the foreign method, and the foreign store beneath both.

mod support;

use countersign_jose::decode_base64url;
use serde_json::{Value, json};
use support::{API, Key, PARTNER, SECRET, USER, World, assertion, now, sign_with_secret};

fn world() -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let world = World::start(folder.path(), Key::generate());
    world.add_user();
    (world, folder)
}

fn claims_of(body: &Value) -> Value {
    let token = body["access_token"].as_str().unwrap();
    serde_json::from_slice(&decode_base64url(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

#[track_caller]
fn refused(world: &World, (status, body): &(u16, Value), expected: (u16, &str, &str), rule: &str) {
    let (expected_status, error, description) = expected;
    assert_eq!(*status, expected_status, "{body}");
    assert_eq!(*body, json!({ "error": error, "error_description": description }));
    assert_eq!(world.logged_rules().first().map(String::as_str), Some(rule));
}

const INVALID: (u16, &str, &str) = (403, "invalid_grant", "The ticket is not valid");

#[test]
fn a_partners_ticket_gives_a_token_for_the_user_once() {
    let (world, _folder) = world();
    let ticket = world.ticket(&world.claims());
    let (status, body) = world.show(&ticket);
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["token_type"], "Bearer");
    assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none());
    let claims = claims_of(&body);
    assert_eq!((&claims["sub"], &claims["aud"]), (&json!(USER), &json!(API)));
    assert_eq!(claims["scope"], "read:orders write:orders");
    assert_eq!(claims["gty"], "partner-ticket");
    refused(&world, &world.show(&ticket), INVALID, "partner_ticket.used");
    let narrow =
        world.show_for(&world.ticket(&world.claims()), &[("audience", API), ("scope", "read:orders x")]);
    assert_eq!(claims_of(&narrow.1)["scope"], "read:orders");
}

#[test]
fn a_ticket_that_breaks_a_rule_is_refused() {
    let (world, _folder) = world();
    let with = |name: &str, value: Value| {
        let mut claims = world.claims();
        claims[name] = value;
        world.show(&world.ticket(&claims))
    };
    for (name, value, rule) in [
        ("iss", json!("https://other.example.test"), "partner_ticket.invalid"),
        ("aud", json!("https://other.example.test/"), "partner_ticket.invalid"),
        ("exp", json!(now().seconds()), "partner_ticket.expired"),
        ("exp", json!(now().seconds() + 400), "partner_ticket.invalid"),
        ("iat", json!(now().seconds() + 100), "partner_ticket.invalid"),
        ("jti", json!(""), "partner_ticket.invalid"),
        ("sub", json!("auth0|nobody"), "partner_ticket.user"),
    ] {
        refused(&world, &with(name, value), INVALID, rule);
    }
    let forged = Key::generate()
        .sign(&json!({ "typ": "partner-ticket+jwt", "alg": "ES256", "kid": "partner" }), &world.claims());
    refused(&world, &world.show(&forged), INVALID, "partner_ticket.invalid");
    let other =
        world.partner.sign(&json!({ "typ": "JWT", "alg": "ES256", "kid": "partner" }), &world.claims());
    refused(&world, &world.show(&other), INVALID, "partner_ticket.invalid");
    let unknown =
        world.show_for(&world.ticket(&world.claims()), &[("audience", "https://none.example.test")]);
    let target = (400, "invalid_target", "There is no API https://none.example.test");
    refused(&world, &unknown, target, "partner_ticket.audience");
    let missing = world.show_for("x", &[]);
    assert_eq!((missing.0, &missing.1["error"]), (400, &json!("invalid_request")));
}

#[test]
fn the_gate_decides_over_a_ticket_too() {
    let (world, _folder) = world();
    world.block_user();
    let (status, body) = world.show(&world.ticket(&world.claims()));
    assert_eq!((status, &body["error"]), (403, &json!("invalid_grant")), "{body}");
    assert_eq!(world.logged_rules().first().map(String::as_str), Some("gate.user_blocked"));
    // The job has not the grant.
    let mut pairs = vec![("grant_type", support::TICKET), ("audience", API), ("ticket", "x")];
    let job = sign_with_secret(SECRET, &assertion(&world.issuer));
    pairs.push(("client_assertion_type", "urn:example:client-assertion-type:badge"));
    pairs.push(("client_assertion", &job));
    let (status, body) = world.token(&pairs);
    assert_eq!((status, &body["error"]), (403, &json!("unauthorized_client")), "{body}");
}

#[test]
fn a_client_that_signs_with_its_secret_is_authenticated_once_for_each_assertion() {
    let (world, _folder) = world();
    let good = sign_with_secret(SECRET, &assertion(&world.issuer));
    let (status, body) = world.present(&good);
    assert_eq!(status, 200, "{body}");
    assert_eq!(claims_of(&body)["sub"], "job@clients");
    let invalid = |answer: (u16, Value)| {
        let expected =
            json!({ "error": "invalid_client", "error_description": "Client authentication failed" });
        assert_eq!(answer, (401, expected));
    };
    invalid(world.present(&good));
    let with = |name: &str, value: Value| {
        let mut claims = assertion(&world.issuer);
        claims[name] = value;
        world.assert(&claims)
    };
    invalid(with("iss", json!("portal")));
    invalid(with("aud", json!("https://other.example.test/")));
    invalid(with("exp", json!(now().seconds())));
    invalid(with("exp", json!(now().seconds() + 400)));
    invalid(with("iat", json!(now().seconds() + 100)));
    invalid(with("jti", json!("")));
    invalid(world.present(&sign_with_secret("another secret", &assertion(&world.issuer))));
}

#[test]
fn a_method_is_for_the_clients_that_are_registered_for_it() {
    let (world, _folder) = world();
    // The portal's method is another one.
    let mut claims = assertion(&world.issuer);
    (claims["iss"], claims["sub"]) = (json!("portal"), json!("portal"));
    let (status, body) = world.assert(&claims);
    assert_eq!((status, &body["error"]), (401, &json!("access_denied")), "{body}");
    // The job's secret no longer travels.
    let secret = ("client_secret", SECRET);
    let own = [("grant_type", "client_credentials"), ("audience", API), ("client_id", "job")];
    let (status, body) = world.token(&[own.as_slice(), &[secret]].concat());
    assert_eq!((status, &body["error"]), (401, &json!("access_denied")), "{body}");
    let (status, body) = world.token(&own);
    assert_eq!((status, &body["error"]), (401, &json!("access_denied")), "{body}");
    // Two methods in one request are none.
    let good = sign_with_secret(SECRET, &assertion(&world.issuer));
    let both = [
        own.as_slice(),
        &[secret, ("client_assertion", &good)],
        &[("client_assertion_type", "urn:example:client-assertion-type:badge")],
    ];
    let (status, body) = world.token(&both.concat());
    assert_eq!((status, &body["error"]), (400, &json!("invalid_request")), "{body}");
    // Nothing of it spent the assertion.
    assert_eq!(world.present(&good).0, 200);
}

#[test]
fn discovery_names_what_was_added() {
    let (world, _folder) = world();
    let (status, text) = world.get(".well-known/openid-configuration");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status, 200);
    let methods = document["token_endpoint_auth_methods_supported"].as_array().unwrap();
    assert!(methods.contains(&json!("client_badge")), "{methods:?}");
    let algorithms = document["token_endpoint_auth_signing_alg_values_supported"].as_array().unwrap();
    assert!(algorithms.contains(&json!("HS256")), "{algorithms:?}");
    assert_eq!(world.get("readyz").0, 200);
}

fn kids(world: &World) -> Vec<String> {
    let set: Value = serde_json::from_str(&world.get(".well-known/jwks.json").1).unwrap();
    let keys = set["keys"].as_array().unwrap();
    assert!(!keys.is_empty());
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_was_spent_stays_spent_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::start(folder.path(), Key::generate());
    world.add_user();
    let issuer = world.issuer.clone();
    let claims = world.claims();
    assert_eq!(world.show(&world.ticket(&claims)).0, 200);
    let keys = kids(&world);
    let World { running, partner, .. } = world;
    running.stop().unwrap();
    let again = World::start(folder.path(), partner);
    let keys_again = kids(&again);
    assert!(keys.iter().all(|kid| keys_again.contains(kid)), "the signing keys are the same");
    let mut claims = claims;
    assert_ne!(again.issuer, issuer);
    claims["aud"] = again.issuer.as_str().into();
    refused(&again, &again.show(&again.ticket(&claims)), INVALID, "partner_ticket.used");
    assert_eq!(again.show(&again.ticket(&again.claims())).0, 200);
    assert_eq!(claims["iss"], PARTNER);
}
