use countersign_connections::Proof;
use countersign_fake_providers::{Misbehaviour, Token};
use countersign_oauth::{Seconds, Secret};
use countersign_storage::Connection;
use serde_json::json;

use crate::{Stand, access_token};

/// Each provider with a proof that is good, and its hosts.
fn providers(stand: &Stand) -> Vec<(Connection, Proof, &'static [&'static str])> {
    for (strategy, app, user) in
        [("google-oauth2", "1", "10"), ("facebook", "1", "10"), ("twitter", "1", "10"), ("weibo", "1", "10")]
    {
        stand.fakes.add_app(strategy, app, "secret");
        stand.fakes.add_user(strategy, user, json!({ "name": "Jane" }));
        stand.fakes.issue(strategy, Token::new("good", app, user).with_secret("s"));
    }
    let options = || json!({ "client_id": "1", "client_secret": "secret" });
    let pem = stand.fakes.add_apple_key("TEAM", "KEY").unwrap();
    stand.fakes.add_apple_code("code", "com.example.app", &json!({ "sub": "10" }));
    let apple = json!({ "team_id": "TEAM", "kid": "KEY", "app_secret": pem });
    let id_token = stand.fakes.google_id_token(&json!({ "sub": "10", "aud": "1" })).unwrap();
    let signed = Proof::AccessToken { token: Secret::from("good"), token_secret: Some(Secret::from("s")) };
    let google = stand.connection("google-oauth2", options());
    vec![
        (google.clone(), access_token("good"), &["oauth2.googleapis.com", "openidconnect.googleapis.com"]),
        (google, Proof::GoogleIdToken(Secret::new(id_token)), &["www.googleapis.com"]),
        (stand.connection("facebook", options()), access_token("good"), &["graph.facebook.com"]),
        (stand.connection("twitter", options()), signed, &["api.twitter.com"]),
        (stand.connection("weibo", options()), access_token("good"), &["api.weibo.com"]),
        (
            stand.connection("apple", apple),
            Proof::AppleCode { code: Secret::from("code"), name: None },
            &["appleid.apple.com"],
        ),
    ]
}

#[test]
fn sp_141_143_144_a_provider_that_answers_wrongly_is_unavailable_and_says_nothing_of_itself() {
    let stand = Stand::new();
    let inside = format!("{}/graph.facebook.com/inside", stand.fakes.base_url());
    let wrongs = [
        Misbehaviour::ServerError,
        Misbehaviour::Html,
        Misbehaviour::WrongType,
        Misbehaviour::Malformed,
        Misbehaviour::Huge,
        Misbehaviour::Redirect(inside),
        Misbehaviour::Hang,
    ];
    for (connection, proof, hosts) in providers(&stand) {
        for (host, wrong) in hosts.iter().flat_map(|host| wrongs.iter().map(move |wrong| (host, wrong))) {
            stand.fakes.misbehave(host, Some(wrong.clone()));
            let error = stand.accept(&connection, &proof).unwrap_err();
            assert_eq!(error.rule(), "connections.unavailable", "{host}: {wrong:?}: {error}");
            let text = error.to_string();
            assert!(
                !text.contains("127.0.0.1") && !text.contains("good") && !text.contains("secret"),
                "{text}"
            );
            stand.fakes.misbehave(host, None);
            if *host == "www.googleapis.com" {
                // Keys are asked for again after a while only.
                stand.clock.advance(Seconds(31));
            }
        }
        stand.accept(&connection, &proof).expect("it answers rightly again");
    }
    assert_eq!(stand.fakes.calls("graph.facebook.com/inside"), 0);
}
