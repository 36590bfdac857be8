//! What `countersign dev --fake-providers` adds to a tenant: logins over real calls to fake providers.

use std::sync::Arc;

use countersign_crypto::OsRandom;
use countersign_fake_providers::{APPLE_APP, FakeProviders, Misbehaviour, Token};
use countersign_management::{Admin, FAKE_LEGACY_ID, FAKE_NATIVE_ID, apply_fake_providers};
use countersign_testkit::{FixedClock, NOW, block_on};
use serde_json::json;

use crate::support::{
    APPLE_CODE, APPLE_ID_TOKEN, EXCHANGE, FACEBOOK, GOOGLE, Harness, Request, Response, on_every_backend,
};

/// The fake providers, and a tenant that knows them.
fn fakes_of(server: &Harness) -> FakeProviders {
    let fakes = FakeProviders::start(Arc::new(FixedClock::new(NOW))).unwrap();
    let admin = Admin { storage: &*server.storage, random: &OsRandom, now: NOW };
    let connections = fakes.add_sample().unwrap();
    for _ in 0..2 {
        // At the next start it is there already.
        block_on(apply_fake_providers(&connections, APPLE_APP, &*Harness::data_key(), &admin)).unwrap();
    }
    fakes
}

fn native(server: &Harness, kind: &str, token: &str, more: &[(&str, &str)]) -> Response {
    let common = [
        EXCHANGE,
        ("client_id", FAKE_NATIVE_ID),
        ("subject_token", token),
        ("subject_token_type", kind),
        ("scope", "openid profile email"),
    ];
    server.send(&Request::post_form(server.url("/oauth/token"), &[&common, more].concat()))
}

fn legacy(server: &Harness, connection: &str, more: &[(&str, &str)]) -> Response {
    let common = [
        ("client_id", FAKE_LEGACY_ID),
        ("access_token", "good"),
        ("connection", connection),
        ("scope", "openid profile"),
    ];
    server.send(&Request::post_form(server.url("/oauth/access_token"), &[&common, more].concat()))
}

#[test]
fn ext_163_native_logins_reach_their_providers() {
    on_every_backend(|server| {
        let fakes = fakes_of(server);
        let google = json!({ "sub": "2000001", "aud": "fake.apps.googleusercontent.com" });
        let answer = native(server, GOOGLE, &fakes.google_id_token(&google).unwrap(), &[]).expect(200);
        let claims = answer.claims("id_token");
        assert_eq!(
            (&claims["sub"], &claims["name"]),
            (&json!("google-oauth2|2000001"), &json!("Fay Example"))
        );
        assert_eq!((&claims["email"], &claims["email_verified"]), (&json!("fay@fake.example"), &json!(true)));
        let apple = json!({ "sub": "2000001", "aud": APPLE_APP });
        let answer = native(server, APPLE_ID_TOKEN, &fakes.apple_id_token(&apple).unwrap(), &[]).expect(200);
        assert_eq!(answer.claims("id_token")["sub"], "apple|2000001");
        fakes.add_apple_code("code", APPLE_APP, &json!({ "sub": "2000002" }));
        let named = [("user_profile", r#"{"name":{"firstName":"Ada","lastName":"Stone"}}"#)];
        let claims = native(server, APPLE_CODE, "code", &named).expect(200).claims("id_token");
        assert_eq!((&claims["sub"], &claims["name"]), (&json!("apple|2000002"), &json!("Ada Stone")));
        native(server, APPLE_CODE, "code", &named).expect(400);
        fakes.issue("facebook", Token::new("session", "1000001", "2000001"));
        let profile = [("user_profile", r#"{"id":"2000001","name":"Fay","email":"fay@fake.example"}"#)];
        let claims = native(server, FACEBOOK, "session", &profile).expect(200).claims("id_token");
        assert_eq!((&claims["sub"], &claims["email_verified"]), (&json!("facebook|2000001"), &json!(false)));
    });
}

#[test]
fn legacy_logins_reach_their_providers() {
    on_every_backend(|server| {
        let fakes = fakes_of(server);
        for (connection, app) in [
            ("google-oauth2", "fake.apps.googleusercontent.com"),
            ("facebook", "1000001"),
            ("twitter", "1000001"),
            ("weibo", "1000001"),
        ] {
            fakes.issue(connection, Token::new("good", app, "2000001").with_secret("second half+/="));
            let more: &[(&str, &str)] =
                if connection == "twitter" { &[("access_token_secret", "second half+/=")] } else { &[] };
            let answer = legacy(server, connection, more).expect(200);
            assert_eq!(answer.claims("id_token")["sub"], format!("{connection}|2000001"));
            fakes.revoke(connection, "good");
            legacy(server, connection, more).expect(401);
        }
    });
}

#[test]
fn sp_143_a_provider_that_sends_us_inside_brings_an_error_that_says_nothing_of_it() {
    on_every_backend(|server| {
        let fakes = fakes_of(server);
        fakes.issue("weibo", Token::new("good", "1000001", "2000001"));
        let inside = format!("{}/control/weibo/access-token", fakes.base_url());
        for how in [Misbehaviour::Redirect(inside), Misbehaviour::Huge, Misbehaviour::Html] {
            fakes.misbehave("api.weibo.com", Some(how));
            let answer = legacy(server, "weibo", &[]);
            assert!(answer.status >= 400, "{}", answer.status);
            let text = answer.json().to_string();
            assert!(
                !text.contains("127.0.0.1") && !text.contains("weibo.com") && !text.contains("302"),
                "{text}"
            );
        }
        assert_eq!(fakes.calls("control/weibo/access-token"), 0);
        fakes.misbehave("api.weibo.com", None);
        legacy(server, "weibo", &[]).expect(200);
    });
}
