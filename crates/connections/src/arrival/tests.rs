use countersign_oauth::{Sealer, Seconds, Secret};
use countersign_storage::{Change, Connection};
use countersign_testkit::{NOW, TestSealer, connection, user};
use serde_json::{Value, json};

use super::{Arrived, arrive};
use crate::{IDENTITY_TOKENS, ProviderProfile, UpstreamTokens};

fn google(options: &Value) -> Connection {
    let mut google = connection();
    google.strategy = "google-oauth2".to_owned();
    google.settings.options = options.as_object().unwrap().clone();
    google
}

/// A profile: e-mail address verified, claims, attributes.
fn profile(email: &str, claims: &Value, attributes: &Value) -> ProviderProfile {
    let mut profile = ProviderProfile::of("1150").unwrap();
    profile.set_email(Some(&json!(email)), Some(&json!(true)));
    profile.claims_of(claims.as_object().unwrap());
    profile.attributes_of(attributes.as_object().unwrap(), &[]);
    profile
}

fn first(profile: &ProviderProfile, connection: &Connection) -> Arrived {
    arrive(None, profile, connection, &TestSealer::default(), NOW)
}

fn again(before: Arrived, profile: &ProviderProfile, connection: &Connection) -> Arrived {
    arrive(Some(before.user), profile, connection, &TestSealer::default(), NOW.plus(Seconds(60)))
}

#[test]
fn ext_163_a_first_login_makes_an_account_with_its_identity() {
    let connection = google(&json!({}));
    let said =
        json!({ "name": "Jane Doe", "given_name": "Jane", "family_name": "Doe", "picture": "https://x/j" });
    let arrived = first(&profile("Jane@Example.com", &said, &json!({ "hd": "example.com" })), &connection);
    let user = &arrived.user;
    assert_eq!(user.id.as_str(), "google-oauth2|1150");
    assert_eq!((user.email.as_deref(), user.email_verified), (Some("jane@example.com"), true));
    let [identity] = &user.identities[..] else { panic!("one identity") };
    assert_eq!((identity.provider.as_str(), identity.provider_user_id.as_str()), ("google-oauth2", "1150"));
    assert_eq!(identity.connection_id, connection.id);
    assert_eq!(user.profile.claims["given_name"], "Jane");
    assert_eq!(user.profile.claims["nickname"], "jane", "the local part");
    assert_eq!(user.profile.attributes, *json!({ "hd": "example.com" }).as_object().unwrap());
    assert!(user.password.is_none() && !user.blocked);
    assert!(arrived.is_new);
    let Change::UpsertUser(upsert) = &arrived.change else { panic!("it is inserted") };
    assert_eq!((&upsert.record, upsert.expected_version), (user, None));
}

#[test]
fn ext_165_who_has_no_picture_gets_one_and_who_has_no_nickname_the_local_part() {
    let arrived = first(&profile("MyEmailAddress@example.com", &json!({}), &json!({})), &google(&json!({})));
    // The hash of Gravatar's own documentation.
    let picture = "https://s.gravatar.com/avatar/0bc83cb571cd1c50ba6f3e8a78ef1346?s=480&r=pg\
                   &d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fmy.png";
    assert_eq!(arrived.user.profile.claims["picture"], picture);
    assert_eq!(arrived.user.profile.claims["nickname"], "myemailaddress");
    assert_eq!(arrived.user.profile.claims["name"], "myemailaddress@example.com");
    let nameless = first(&ProviderProfile::of("77").unwrap(), &google(&json!({})));
    let claims = &nameless.user.profile.claims;
    assert_eq!((&claims["nickname"], &claims["name"]), (&json!("77"), &json!("77")));
    assert!(claims["picture"].as_str().unwrap().ends_with("avatars%2F77.png"));
}

#[test]
fn what_a_provider_says_later_replaces_what_it_said() {
    let connection = google(&json!({}));
    let before = first(
        &profile("jane@example.com", &json!({ "name": "Jane" }), &json!({ "a": 1, "b": 2 })),
        &connection,
    );
    let mut edited = before;
    edited.user.profile.claims.insert("name".to_owned(), json!("Edited"));
    let after = again(
        edited,
        &profile("j@example.org", &json!({ "name": "Jane Doe" }), &json!({ "a": 3 })),
        &connection,
    );
    assert_eq!(after.user.profile.claims["name"], "Jane Doe");
    assert_eq!(after.user.email.as_deref(), Some("j@example.org"));
    assert_eq!(after.user.profile.attributes, *json!({ "a": 3 }).as_object().unwrap());
    assert!(!after.is_new);
    let Change::UpdateFromUpstream(update) = &after.change else { panic!("it is updated") };
    assert_eq!(update.at, NOW.plus(Seconds(60)));
    let mut stored = countersign_storage::User { updated_at: NOW, ..after.user.clone() };
    stored.profile.claims.clear();
    update.apply(&mut stored);
    assert_eq!(stored.profile, after.user.profile, "the change says the same");
}

#[test]
fn ext_166_with_on_first_login_later_edits_of_root_attributes_stay() {
    let connection = google(&json!({ "set_user_root_attributes": "on_first_login" }));
    let mut before =
        first(&profile("jane@example.com", &json!({ "name": "Jane" }), &json!({ "a": 1 })), &connection);
    assert_eq!(before.user.profile.claims["name"], "Jane");
    before.user.profile.claims.insert("name".to_owned(), json!("Edited"));
    let said = json!({ "name": "Jane Doe", "picture": "https://x/new", "locale": "de" });
    let after = again(before, &profile("new@example.com", &said, &json!({ "a": 2 })), &connection);
    assert_eq!(after.user.profile.claims["name"], "Edited");
    assert_ne!(after.user.profile.claims["picture"], "https://x/new");
    assert_eq!(after.user.profile.claims["locale"], "de", "no root attribute");
    assert_eq!(after.user.email.as_deref(), Some("new@example.com"), "an address is its provider's");
    assert_eq!(after.user.profile.attributes["a"], 2);
}

#[test]
fn with_never_on_login_root_attributes_never_come_from_the_provider() {
    let connection = google(&json!({ "set_user_root_attributes": "never_on_login" }));
    let said = profile("jane@example.com", &json!({ "name": "Jane", "given_name": "Jane" }), &json!({}));
    let arrived = first(&said, &connection);
    assert_eq!(arrived.user.profile.claims["name"], "jane@example.com");
    assert!(!arrived.user.profile.claims.contains_key("given_name"));
}

#[test]
fn what_the_connection_does_not_keep_is_not_kept() {
    let connection = google(&json!({ "non_persistent_attrs": ["email", "hd", "given_name"] }));
    let said = profile("jane@example.com", &json!({ "given_name": "Jane" }), &json!({ "hd": "x", "a": 1 }));
    let user = first(&said, &connection).user;
    assert_eq!((user.email.as_deref(), user.email_verified), (None, false));
    assert!(!user.profile.claims.contains_key("given_name"));
    assert_eq!(user.profile.attributes, *json!({ "a": 1 }).as_object().unwrap());
}

#[test]
fn a_provider_that_says_a_part_takes_nothing_away() {
    let connection = google(&json!({}));
    let before =
        first(&profile("jane@example.com", &json!({ "name": "Jane Doe" }), &json!({ "a": 1 })), &connection);
    let part = ProviderProfile { partial: true, ..ProviderProfile::of("1150").unwrap() };
    let after = again(before, &part, &connection);
    assert_eq!(after.user.profile.claims["name"], "Jane Doe");
    assert_eq!(after.user.email.as_deref(), Some("jane@example.com"));
    assert_eq!(after.user.profile.attributes["a"], 1);
}

#[test]
fn sp_132_nobody_is_linked_by_an_address_and_what_is_ours_stays_ours() {
    let said = json!({
        "user_id": "auth0|admin", "app_metadata": { "roles": ["admin"] }, "blocked": false, "identities": [],
        "user_metadata": {}, "username": "admin", "email_verified": true, "hd": "x",
    });
    let arrived = first(&profile(user().email.as_deref().unwrap(), &json!({}), &said), &google(&json!({})));
    assert_ne!(arrived.user.id, user().id);
    assert_eq!(arrived.user.username, None);
    assert!(arrived.user.profile.app_metadata.is_empty());
    assert_eq!(arrived.user.profile.attributes, *json!({ "hd": "x" }).as_object().unwrap());
}

#[test]
fn sp_132_133_an_address_is_verified_only_where_the_same_document_says_so() {
    for (verified, is) in [
        (Some(json!(true)), true),
        (Some(json!("true")), true),
        (Some(json!(false)), false),
        (Some(json!("false")), false),
        (Some(json!(1)), false),
        (Some(json!("yes")), false),
        (Some(Value::Null), false),
        (None, false),
    ] {
        let mut profile = ProviderProfile::of("1").unwrap();
        profile.set_email(Some(&json!("jane@example.com")), verified.as_ref());
        assert_eq!(profile.email_verified, is, "{verified:?}");
        profile.set_email(None, verified.as_ref());
        assert!(!profile.email_verified, "no address is no verified one");
    }
}

#[test]
fn tokens_are_kept_sealed_and_stay_where_none_come() {
    let (connection, sealer) = (google(&json!({})), TestSealer::default());
    let mut said = profile("jane@example.com", &json!({}), &json!({}));
    said.tokens = UpstreamTokens {
        access_token: Some(Secret::from("ya29.secret")),
        refresh_token: Some(Secret::from("1//refresh")),
        expires_at: Some(NOW.plus(Seconds(3600))),
        ..UpstreamTokens::default()
    };
    let arrived = first(&said, &connection);
    let sealed = arrived.user.identities[0].tokens.clone().unwrap();
    let opened: Value = serde_json::from_slice(&sealer.open(IDENTITY_TOKENS, &sealed).unwrap()).unwrap();
    let expires_at = NOW.plus(Seconds(3600)).millis();
    assert_eq!(
        opened,
        json!({ "access_token": "ya29.secret", "refresh_token": "1//refresh", "expires_at": expires_at })
    );
    said.tokens = UpstreamTokens::default();
    let after = again(arrived, &said, &connection);
    assert_eq!(after.user.identities[0].tokens, Some(sealed));
    let Change::UpdateFromUpstream(update) = after.change else { panic!("it is updated") };
    assert_eq!(update.tokens, None);
}

#[test]
fn a_user_id_that_is_none_is_refused() {
    for id in ["", "a b", "a\nb", "ü", &"x".repeat(256)] {
        assert!(ProviderProfile::of(id).is_err(), "{id}");
    }
}
