use countersign_connections::Proof;
use countersign_fake_providers::Token;
use countersign_oauth::Secret;
use countersign_storage::Connection;
use countersign_testkit::NOW;
use serde_json::{Value, json};

use crate::{Stand, access_token};

const APP: &str = "138483919580948";

fn stand() -> (Stand, Connection) {
    let stand = Stand::new();
    stand.fakes.add_app("facebook", APP, "app-secret");
    stand.fakes.add_app("facebook", "666", "other-secret");
    let jane = json!({
        "name": "Jane Doe", "first_name": "Jane", "last_name": "Doe", "email": "jane@example.com",
        "picture": { "data": { "url": "https://fb.example/j.jpg", "width": 200 } },
    });
    stand.fakes.add_user("facebook", "1207059", jane);
    let connection = stand.connection("facebook", json!({ "client_id": APP, "client_secret": "app-secret" }));
    (stand, connection)
}

#[test]
fn a_good_access_token_brings_the_profile() {
    let (stand, connection) = stand();
    stand.fakes.issue("facebook", Token::new("EAAgood", APP, "1207059"));
    let profile = stand.accept(&connection, &access_token("EAAgood")).unwrap();
    assert_eq!(profile.provider_user_id, "1207059");
    assert_eq!((profile.email.as_deref(), profile.email_verified), (Some("jane@example.com"), true));
    assert_eq!(profile.claims["family_name"], "Doe");
    assert_eq!(profile.claims["picture"], "https://fb.example/j.jpg");
    assert!(profile.attributes.is_empty(), "{:?}", profile.attributes);
}

#[test]
fn sp_087_a_token_of_another_application_is_refused_before_a_profile_is_read() {
    let (stand, connection) = stand();
    stand.fakes.issue("facebook", Token::new("EAAother", "666", "1207059"));
    assert_eq!(stand.rule(&connection, &access_token("EAAother")), "connections.other_application");
    assert_eq!(stand.fakes.calls("graph.facebook.com/me"), 0);
}

#[test]
fn expired_revoked_and_invented_tokens_are_told_apart() {
    let (stand, connection) = stand();
    stand.fakes.issue("facebook", Token::new("EAAold", APP, "1207059").expiring_at(NOW.seconds() - 1));
    stand.fakes.issue("facebook", Token::new("EAAgone", APP, "1207059"));
    stand.fakes.revoke("facebook", "EAAgone");
    assert_eq!(stand.rule(&connection, &access_token("EAAold")), "connections.token_expired");
    assert_eq!(stand.rule(&connection, &access_token("EAAgone")), "connections.token_revoked");
    assert_eq!(stand.rule(&connection, &access_token("EAAinvented")), "connections.token_refused");
}

#[test]
fn a_wrong_secret_of_ours_is_our_own_fault() {
    let (stand, _) = stand();
    let wrong = stand.connection("facebook", json!({ "client_id": APP, "client_secret": "wrong" }));
    let none = stand.connection("facebook", json!({ "client_id": APP }));
    for connection in [wrong, none] {
        assert_eq!(stand.rule(&connection, &access_token("EAAgood")), "connections.misconfigured");
    }
}

fn session(token: &str, user_profile: &Value) -> Proof {
    Proof::FacebookSession {
        token: Secret::from(token),
        user_profile: user_profile.as_object().unwrap().clone(),
    }
}

#[test]
fn a_session_token_brings_what_the_application_says_of_its_own_user_and_no_verified_address() {
    let (stand, connection) = stand();
    stand.fakes.issue("facebook", Token::new("session", APP, "1207059"));
    let said =
        json!({ "id": "1207059", "name": "Jane", "email": "jane@example.com", "email_verified": true });
    let profile = stand.accept(&connection, &session("session", &said)).unwrap();
    assert_eq!((profile.email.as_deref(), profile.email_verified), (Some("jane@example.com"), false));
    for other in
        [json!({ "id": "99", "name": "Jane" }), json!({ "name": "Jane" }), json!({ "id": ["1207059"] })]
    {
        assert_eq!(stand.rule(&connection, &session("session", &other)), "connections.other_user", "{other}");
    }
    stand.fakes.issue("facebook", Token::new("theirs", "666", "1207059"));
    assert_eq!(stand.rule(&connection, &session("theirs", &said)), "connections.other_application");
}
