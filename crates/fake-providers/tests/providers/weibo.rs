use countersign_fake_providers::Token;
use countersign_storage::Connection;
use countersign_testkit::NOW;
use serde_json::json;

use crate::{Stand, access_token};

const APP: &str = "1352222456";

fn stand() -> (Stand, Connection) {
    let stand = Stand::new();
    let jane = json!({
        "screen_name": "jane_w", "name": "", "location": "北京", "avatar_large": "https://tva.example/j", "gender": "f",
    });
    stand.fakes.add_user("weibo", "1073880650", jane);
    let connection = stand.connection("weibo", json!({ "client_id": APP }));
    (stand, connection)
}

#[test]
fn a_good_token_brings_the_profile() {
    let (stand, connection) = stand();
    stand.fakes.issue("weibo", Token::new("2.00good", APP, "1073880650"));
    let profile = stand.accept(&connection, &access_token("2.00good")).unwrap();
    assert_eq!(profile.provider_user_id, "1073880650");
    assert_eq!(
        (profile.claims["name"].as_str(), profile.claims["nickname"].as_str()),
        (Some("jane_w"), Some("jane_w"))
    );
    assert_eq!(profile.claims["picture"], "https://tva.example/j");
    assert_eq!((profile.email, profile.email_verified), (None, false));
    assert_eq!(profile.attributes["location"], "北京");
}

#[test]
fn sp_087_a_token_of_another_application_is_refused_before_a_profile_is_read() {
    let (stand, connection) = stand();
    stand.fakes.issue("weibo", Token::new("2.00other", "666", "1073880650"));
    assert_eq!(stand.rule(&connection, &access_token("2.00other")), "connections.other_application");
    assert_eq!(stand.fakes.calls("api.weibo.com/2/users/show.json"), 0);
}

#[test]
fn expired_revoked_and_invented_tokens_are_told_apart() {
    let (stand, connection) = stand();
    stand.fakes.issue("weibo", Token::new("old", APP, "1073880650").expiring_at(NOW.seconds()));
    stand.fakes.issue("weibo", Token::new("gone", APP, "1073880650"));
    stand.fakes.revoke("weibo", "gone");
    assert_eq!(stand.rule(&connection, &access_token("old")), "connections.token_expired");
    assert_eq!(stand.rule(&connection, &access_token("gone")), "connections.token_revoked");
    assert_eq!(stand.rule(&connection, &access_token("invented")), "connections.token_revoked");
}

#[test]
fn sp_133_a_profile_of_another_user_is_refused() {
    let (stand, connection) = stand();
    stand.fakes.issue("weibo", Token::new("mix", APP, "5"));
    stand.fakes.add_user("weibo", "5", json!({ "idstr": "1073880650" }));
    assert_eq!(stand.rule(&connection, &access_token("mix")), "connections.other_user");
}
