use countersign_connections::Proof;
use countersign_fake_providers::Token;
use countersign_oauth::{Seconds, Secret};
use countersign_storage::Connection;
use countersign_testkit::NOW;
use serde_json::{Value, json};

use crate::{Stand, access_token};

const APP: &str = "1.apps.googleusercontent.com";
const MOBILE: &str = "2.apps.googleusercontent.com";

fn stand() -> (Stand, Connection) {
    let stand = Stand::new();
    let jane = json!({
        "email": "Jane@Example.com", "email_verified": true, "name": "Jane Doe", "given_name": "Jane",
        "family_name": "Doe", "picture": "https://lh3.example/j", "hd": "example.com",
    });
    stand.fakes.add_user("google-oauth2", "1150", jane);
    let connection =
        stand.connection("google-oauth2", json!({ "client_id": APP, "allowed_audiences": [MOBILE] }));
    (stand, connection)
}

#[test]
fn a_good_access_token_brings_the_profile_and_is_kept() {
    let (stand, connection) = stand();
    stand.fakes.issue("google-oauth2", Token::new("ya29.good", APP, "1150"));
    let profile = stand.accept(&connection, &access_token("ya29.good")).unwrap();
    assert_eq!(profile.provider_user_id, "1150");
    assert_eq!((profile.email.as_deref(), profile.email_verified), (Some("jane@example.com"), true));
    assert_eq!(profile.claims["given_name"], "Jane");
    assert_eq!(profile.attributes, *json!({ "hd": "example.com" }).as_object().unwrap());
    assert_eq!(profile.tokens.access_token.unwrap().expose(), "ya29.good");
    assert_eq!(profile.tokens.expires_at, Some(NOW.plus(Seconds(3600))));
}

#[test]
fn sp_087_a_token_of_another_application_is_refused_before_a_profile_is_read() {
    let (stand, connection) = stand();
    stand.fakes.issue("google-oauth2", Token::new("ya29.other", "evil.apps.googleusercontent.com", "1150"));
    assert_eq!(stand.rule(&connection, &access_token("ya29.other")), "connections.other_application");
    assert_eq!(stand.fakes.calls("openidconnect.googleapis.com/v1/userinfo"), 0);
    // A mobile application that the connection lists is ours, as audience or as authorised party.
    stand.fakes.issue("google-oauth2", Token::new("ya29.mobile", MOBILE, "1150"));
    stand.accept(&connection, &access_token("ya29.mobile")).unwrap();
}

#[test]
fn an_expired_a_revoked_and_an_invented_token_are_refused() {
    let (stand, connection) = stand();
    stand.fakes.issue("google-oauth2", Token::new("ya29.old", APP, "1150").expiring_at(NOW.seconds() - 1));
    stand.fakes.issue("google-oauth2", Token::new("ya29.gone", APP, "1150"));
    stand.fakes.revoke("google-oauth2", "ya29.gone");
    for token in ["ya29.old", "ya29.gone", "ya29.invented", "a&b=c"] {
        assert_eq!(stand.rule(&connection, &access_token(token)), "connections.token_refused", "{token}");
    }
}

#[test]
fn sp_133_a_profile_of_another_user_is_refused() {
    let (stand, connection) = stand();
    stand.fakes.issue("google-oauth2", Token::new("ya29.mix", APP, "77"));
    stand.fakes.add_user("google-oauth2", "77", json!({ "sub": "1150" }));
    assert_eq!(stand.rule(&connection, &access_token("ya29.mix")), "connections.other_user");
}

fn id_token(stand: &Stand, claims: &Value) -> Proof {
    Proof::GoogleIdToken(Secret::from(stand.fakes.google_id_token(claims).unwrap().as_str()))
}

/// OpenID Connect Core §3.1.3.7.
#[test]
fn sp_088_an_id_token_is_held_against_signature_issuer_audience_party_and_times() {
    let (stand, connection) = stand();
    let good = json!({ "sub": "1150", "aud": APP, "azp": MOBILE });
    let profile = stand.accept(&connection, &id_token(&stand, &good)).unwrap();
    assert_eq!((profile.provider_user_id.as_str(), profile.email_verified), ("1150", true));
    assert_eq!(
        profile.attributes,
        *json!({ "hd": "example.com" }).as_object().unwrap(),
        "no claim of the protocol"
    );
    stand.accept(&connection, &id_token(&stand, &good)).expect("a platform's SDK presents it again");
    stand
        .accept(
            &connection,
            &id_token(&stand, &json!({ "sub": "1150", "aud": APP, "iss": "accounts.google.com" })),
        )
        .unwrap();
    let now = NOW.seconds();
    for (claims, rule) in [
        (json!({ "aud": "evil.apps.googleusercontent.com" }), "connections.other_application"),
        (json!({ "aud": [APP, "evil"] }), "connections.other_application"),
        (json!({ "aud": [] }), "connections.other_application"),
        (json!({ "azp": "evil.apps.googleusercontent.com" }), "connections.other_application"),
        (json!({ "iss": "https://accounts.google.com.evil.example" }), "connections.id_token"),
        (json!({ "exp": now - 1 }), "connections.token_expired"),
        (json!({ "exp": null }), "connections.id_token"),
        (json!({ "iat": null }), "connections.id_token"),
        (json!({ "iat": now + 3600 }), "connections.id_token"),
        (json!({ "sub": null }), "connections.id_token"),
        (json!({ "sub": "" }), "connections.unavailable"),
    ] {
        let mut all = good.as_object().unwrap().clone();
        all.extend(claims.as_object().unwrap().clone());
        assert_eq!(stand.rule(&connection, &id_token(&stand, &Value::Object(all))), rule, "{claims}");
    }
    let Proof::GoogleIdToken(token) = id_token(&stand, &good) else { panic!() };
    let (rest, _) = token.expose().rsplit_once('.').unwrap();
    for forged in [format!("{rest}.AAAA"), format!("{rest}."), rest.to_owned(), "x".to_owned(), String::new()]
    {
        let forged = Proof::GoogleIdToken(Secret::new(forged));
        assert_eq!(stand.rule(&connection, &forged), "connections.id_token");
    }
}

#[test]
fn sp_145_a_rotated_key_is_found_and_unknown_ones_cause_no_calls() {
    let (stand, connection) = stand();
    let certs = || stand.fakes.calls("www.googleapis.com/oauth2/v3/certs");
    let claims = json!({ "sub": "1150", "aud": APP });
    stand.accept(&connection, &id_token(&stand, &claims)).unwrap();
    let before = id_token(&stand, &claims);
    stand.fakes.rotate_keys("google-oauth2").unwrap();
    assert_eq!(
        stand.rule(&connection, &id_token(&stand, &claims)),
        "connections.id_token",
        "within 30 seconds"
    );
    assert_eq!(certs(), 1, "no second call within 30 seconds");
    stand.clock.advance(Seconds(31));
    stand.accept(&connection, &id_token(&stand, &claims)).unwrap();
    assert_eq!(certs(), 2);
    // The withdrawn key is nobody's now, whoever asks how often.
    for _ in 0..5 {
        assert_eq!(stand.rule(&connection, &before), "connections.id_token");
    }
    assert_eq!(certs(), 2);
}
