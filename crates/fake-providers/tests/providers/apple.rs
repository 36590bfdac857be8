use countersign_connections::{AppleName, Proof};
use countersign_oauth::{Seconds, Secret};
use countersign_storage::Connection;
use countersign_testkit::NOW;
use serde_json::{Value, json};

use crate::{Stand, access_token};

const APP: &str = "com.example.app";

fn stand() -> (Stand, Connection) {
    let stand = Stand::new();
    let pem = stand.fakes.add_apple_key("TEAM", "KEY1").unwrap();
    let options =
        json!({ "client_id": "com.example.web", "team_id": "TEAM", "kid": "KEY1", "app_secret": pem });
    let connection = stand.connection("apple", options);
    (stand, connection)
}

fn jane() -> Value {
    json!({ "sub": "001473.fe6f", "email": "Jane@PrivateRelay.appleid.com", "email_verified": "true", "is_private_email": "true" })
}

fn code(code: &str) -> Proof {
    let name = AppleName { first: Some("Ada".to_owned()), last: Some("Stone".to_owned()) };
    Proof::AppleCode { code: Secret::from(code), name: Some(name) }
}

#[test]
fn a_code_is_redeemed_once_and_the_name_is_what_the_application_says() {
    let (stand, connection) = stand();
    stand.fakes.add_apple_code("c1", APP, &jane());
    let profile = stand.accept(&connection, &code("c1")).unwrap();
    assert_eq!(profile.provider_user_id, "001473.fe6f");
    assert_eq!(
        (profile.email.as_deref(), profile.email_verified),
        (Some("jane@privaterelay.appleid.com"), true)
    );
    assert_eq!(profile.claims["name"], "Ada Stone");
    assert_eq!(
        (&profile.claims["given_name"], &profile.claims["family_name"]),
        (&json!("Ada"), &json!("Stone"))
    );
    assert_eq!(profile.attributes, *json!({ "is_private_email": "true" }).as_object().unwrap());
    assert_eq!(profile.tokens.refresh_token.unwrap().expose(), "r0.fake");
    assert!(profile.partial);
    assert_eq!(stand.rule(&connection, &code("c1")), "connections.token_refused", "it was used");
}

#[test]
fn sp_087_a_code_of_another_application_an_expired_and_an_invented_one_are_refused() {
    let (stand, connection) = stand();
    stand.fakes.add_apple_code("other", "com.evil.app", &jane());
    stand.fakes.add_apple_code("old", APP, &jane());
    assert_eq!(stand.rule(&connection, &code("other")), "connections.token_refused");
    assert_eq!(stand.rule(&connection, &code("invented")), "connections.token_refused");
    stand.clock.advance(Seconds(301));
    assert_eq!(stand.rule(&connection, &code("old")), "connections.token_refused");
}

#[test]
fn a_code_with_a_nonce_that_we_did_not_send_is_refused() {
    let (stand, connection) = stand();
    let mut claims = jane();
    claims["nonce"] = json!("theirs");
    stand.fakes.add_apple_code("c1", APP, &claims);
    assert_eq!(stand.rule(&connection, &code("c1")), "connections.nonce_not_ours");
}

#[test]
fn what_apple_does_not_take_for_our_secret_is_our_own_fault() {
    let (mut stand, connection) = stand();
    stand.fakes.add_apple_code("c1", APP, &jane());
    let other_key = stand.fakes.add_apple_key("OTHER", "KEY1").unwrap();
    for options in [
        json!({ "team_id": "TEAM", "kid": "KEY1", "app_secret": other_key }),
        json!({ "team_id": "TEAM", "kid": "KEY2", "app_secret": other_key }),
        json!({ "team_id": "TEAM", "kid": "KEY1", "app_secret": "no key" }),
        json!({ "team_id": "TEAM", "kid": "KEY1" }),
    ] {
        let wrong = stand.connection("apple", options);
        assert_eq!(stand.rule(&wrong, &code("c1")), "connections.misconfigured");
    }
    stand.accept(&connection, &code("c1")).expect("none of them used the code up");
    stand.client.settings.other.clear();
    assert_eq!(
        stand.rule(&connection, &code("c1")),
        "connections.misconfigured",
        "the client has no application"
    );
}

#[test]
fn sp_088_an_identity_token_is_held_against_signature_issuer_audience_and_expiry() {
    let (stand, connection) = stand();
    let token = |claims: Value| {
        let mut all = jane().as_object().unwrap().clone();
        all.insert("aud".to_owned(), json!(APP));
        all.extend(claims.as_object().unwrap().clone());
        let token = stand.fakes.apple_id_token(&Value::Object(all)).unwrap();
        Proof::AppleIdToken { token: Secret::new(token), name: None }
    };
    let profile = stand.accept(&connection, &token(json!({}))).unwrap();
    assert!(profile.email_verified && profile.claims.is_empty());
    for (claims, rule) in [
        (json!({ "aud": "com.example.web" }), "connections.other_application"),
        (json!({ "iss": "https://accounts.google.com" }), "connections.id_token"),
        (json!({ "exp": NOW.seconds() }), "connections.token_expired"),
    ] {
        assert_eq!(stand.rule(&connection, &token(claims.clone())), rule, "{claims}");
    }
    let googles =
        stand.fakes.google_id_token(&json!({ "iss": "https://appleid.apple.com", "aud": APP, "sub": "1" }));
    let foreign = Proof::AppleIdToken { token: Secret::new(googles.unwrap()), name: None };
    assert_eq!(stand.rule(&connection, &foreign), "connections.id_token");
    assert_eq!(stand.rule(&connection, &access_token("a0.fake")), "connections.proof_not_taken");
}
