use countersign_connections::Proof;
use countersign_fake_providers::Token;
use countersign_oauth::Secret;
use countersign_storage::Connection;
use countersign_testkit::NOW;
use serde_json::json;

use crate::{Stand, access_token};

const KEY: &str = "xvz1evFS4wEEPTGEFPHBog";

fn stand() -> (Stand, Connection) {
    let stand = Stand::new();
    stand.fakes.add_app("twitter", KEY, "consumer secret+/&=");
    stand.fakes.add_app("twitter", "other", "other secret");
    let jane = json!({
        "name": "Jane Doe", "screen_name": "jane", "email": "jane@example.com", "url": null, "verified": true,
        "profile_image_url_https": "https://pbs.example/j.jpg", "followers_count": 7,
    });
    stand.fakes.add_user("twitter", "38895958", jane);
    let options = json!({ "client_id": KEY, "client_secret": "consumer secret+/&=" });
    let connection = stand.connection("twitter", options);
    (stand, connection)
}

fn token(token: &str, secret: &str) -> Proof {
    Proof::AccessToken { token: Secret::from(token), token_secret: Some(Secret::from(secret)) }
}

/// The header is that of RFC 5849 §3.5.1, its values encoded by RFC 5849 §3.6.
#[test]
fn a_good_token_with_its_secret_brings_the_profile_without_a_verified_address() {
    let (stand, connection) = stand();
    stand.fakes.issue("twitter", Token::new("370773112-GmHx", KEY, "38895958").with_secret("s3cr+t/="));
    let profile = stand.accept(&connection, &token("370773112-GmHx", "s3cr+t/=")).unwrap();
    assert_eq!(profile.provider_user_id, "38895958");
    assert_eq!((profile.email.as_deref(), profile.email_verified), (Some("jane@example.com"), false));
    assert_eq!(profile.claims["nickname"], "jane");
    assert_eq!(profile.claims["picture"], "https://pbs.example/j.jpg");
    assert_eq!(profile.attributes["followers_count"], 7);
    assert_eq!(profile.tokens.access_token_secret.unwrap().expose(), "s3cr+t/=");
}

#[test]
fn sp_087_a_token_of_another_consumer_and_one_that_cannot_be_bound_are_refused() {
    let (stand, connection) = stand();
    stand.fakes.issue("twitter", Token::new("theirs", "other", "38895958").with_secret("s"));
    assert_eq!(stand.rule(&connection, &token("theirs", "s")), "connections.token_revoked");
    assert_eq!(stand.rule(&connection, &access_token("AAAAoauth2")), "connections.token_not_bound");
    assert_eq!(stand.fakes.calls("api.twitter.com/1.1/account/verify_credentials.json"), 1);
}

#[test]
fn expired_revoked_and_wrongly_signed_tokens_are_refused() {
    let (stand, connection) = stand();
    stand
        .fakes
        .issue("twitter", Token::new("old", KEY, "38895958").with_secret("s").expiring_at(NOW.seconds() - 1));
    stand.fakes.issue("twitter", Token::new("gone", KEY, "38895958").with_secret("s"));
    stand.fakes.revoke("twitter", "gone");
    stand.fakes.issue("twitter", Token::new("good", KEY, "38895958").with_secret("s"));
    for name in ["old", "gone", "invented"] {
        assert_eq!(stand.rule(&connection, &token(name, "s")), "connections.token_revoked", "{name}");
    }
    assert_eq!(stand.rule(&connection, &token("good", "wrong")), "connections.other_application");
}
