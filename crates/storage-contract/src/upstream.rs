//! Users who come from a provider, and what is written about a user in passing.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_oauth::Timestamp;
use countersign_storage::{Change, Conflict, Identity, Storage, UpstreamProfile, UpstreamUpdate, User};
use serde_json::json;

use crate::race;
use crate::run::{attempt, read, write};
use crate::samples::{at, identity, insert, json_map, sealed, upstream_update, user};

pub fn a_user_is_found_by_his_identity(storage: &dyn Storage) {
    let second = Identity { tokens: Some(sealed()), ..of_google("5") };
    let one = User { identities: vec![of_google("4"), second], ..user("one") };
    write(storage, [Change::UpsertUser(insert(one.clone()))]);
    for id in ["4", "5"] {
        assert_eq!(by_identity(storage, "con_1", "google-oauth2", id), Some(one.clone()));
    }
    assert_eq!(by_identity(storage, "con_2", "google-oauth2", "4"), None);
    assert_eq!(by_identity(storage, "con_1", "facebook", "4"), None);
    assert_eq!(by_identity(storage, "con_1", "google-oauth2", "6"), None);
    let taken = User { identities: vec![of_google("5")], ..user("two") };
    assert_eq!(
        attempt(storage, Change::UpsertUser(insert(taken))),
        Err(Conflict::Exists),
        "with other tokens"
    );
    write(storage, [Change::DeleteUser { id: "one".into(), at: at(1) }]);
    assert_eq!(by_identity(storage, "con_1", "google-oauth2", "4"), None);
}

pub fn users_of_a_provider_may_share_an_address(storage: &dyn Storage) {
    let address = Some("shared@example.com".to_owned());
    let of_a_database = User { email: address.clone(), ..user("one") };
    let others = ["4", "5"].map(|id| User {
        email: address.clone(),
        identities: vec![of_google(id)],
        ..user(&format!("google {id}"))
    });
    write(storage, [Change::UpsertUser(insert(of_a_database.clone()))]);
    write(storage, others.map(|user| Change::UpsertUser(insert(user))));
    let found = read(storage.user_by_identifier(&"con_1".into(), "shared@example.com"));
    assert_eq!(found, Some(of_a_database), "an address that a provider names finds nobody");
}

pub fn what_a_provider_says_replaces_what_it_said(storage: &dyn Storage) {
    let before = User { profile: profile(json!({ "name": "Z", "nickname": "z" })), ..user("one") };
    write(storage, [Change::UpsertUser(insert(before.clone()))]);
    let update = upstream_update("one", at(5));
    write(storage, [Change::UpdateFromUpstream(update.clone())]);
    let mut expected = before;
    update.apply(&mut expected);
    assert_eq!((expected.version, expected.epoch, expected.updated_at), (2, 1, at(5)));
    assert_eq!(find(storage), expected);
    let tokens_alone = UpstreamUpdate { profile: None, tokens: None, at: at(6), ..update.clone() };
    write(storage, [Change::UpdateFromUpstream(tokens_alone)]);
    assert_eq!(find(storage), User { version: 3, updated_at: at(6), ..expected.clone() });
    let of_nobody = UpstreamUpdate { user: "nobody".into(), ..update.clone() };
    let of_another_account = UpstreamUpdate { provider_user_id: "another".to_owned(), at: at(7), ..update };
    write(storage, [of_nobody, of_another_account].map(Change::UpdateFromUpstream));
    assert_eq!(find(storage), User { version: 4, updated_at: at(7), ..expected });
}

pub fn of_two_arrivals_the_later_counts(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("one")))]);
    write(storage, [named("late", at(9)), named("early", at(8))].map(Change::UpdateFromUpstream));
    assert_eq!(find(storage).profile.claims, json_map(&json!({ "name": "late" })));
    assert_eq!(find(storage).updated_at, at(9));
}

pub fn arrivals_at_once_are_no_conflict(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("one")))]);
    let outcomes = race(&[storage], 16, |storage, racer| {
        let moment = i64::try_from(racer).expect("a small number");
        attempt(storage, Change::UpdateFromUpstream(named(&format!("name {racer}"), at(moment))))
    });
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let kept = find(storage);
    assert_eq!(kept.profile.claims, json_map(&json!({ "name": "name 15" })));
    assert_eq!((kept.updated_at, kept.epoch), (at(15), 1));
}

pub fn metadata_is_merged_member_by_member(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("one")))]);
    let patch = |user_metadata, app_metadata, moment| Change::PatchMetadata {
        user: "one".into(),
        user_metadata: json_map(&user_metadata),
        app_metadata: json_map(&app_metadata),
        at: at(moment),
    };
    write(storage, [patch(json!({ "theme": "dark", "n": { "a": 1 } }), json!({ "plan": "paid" }), 5)]);
    write(storage, [patch(json!({ "n": { "b": 2 }, "absent": null }), json!({ "plan": null }), 4)]);
    let kept = find(storage);
    assert_eq!(kept.profile.user_metadata, json_map(&json!({ "theme": "dark", "n": { "b": 2 } })));
    assert_eq!(kept.profile.app_metadata, serde_json::Map::new());
    assert_eq!((kept.version, kept.epoch, kept.updated_at), (3, 1, at(5)));
    let of_nobody = Change::PatchMetadata {
        user: "nobody".into(),
        user_metadata: json_map(&json!({ "theme": "dark" })),
        app_metadata: serde_json::Map::new(),
        at: at(1),
    };
    write(storage, [of_nobody]);
    assert_eq!(read(storage.user(&"nobody".into())), None);
}

pub fn of_two_that_patch_at_once_both_count(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("one")))]);
    let outcomes = race(&[storage], 16, |storage, racer| {
        let patch = Change::PatchMetadata {
            user: "one".into(),
            user_metadata: json_map(&json!({ format!("member {racer}"): racer })),
            app_metadata: serde_json::Map::new(),
            at: at(1),
        };
        attempt(storage, patch)
    });
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(find(storage).profile.user_metadata.len(), 16);
}

fn of_google(id: &str) -> Identity {
    Identity { provider: "google-oauth2".to_owned(), ..identity(id) }
}

fn by_identity(storage: &dyn Storage, connection: &str, provider: &str, id: &str) -> Option<User> {
    read(storage.user_by_identity(&connection.into(), provider, id))
}

fn find(storage: &dyn Storage) -> User {
    read(storage.user(&"one".into())).expect("the user")
}

fn profile(claims: serde_json::Value) -> countersign_storage::Profile {
    countersign_storage::Profile { claims: json_map(&claims), ..Default::default() }
}

fn named(name: &str, at: Timestamp) -> UpstreamUpdate {
    let profile = UpstreamProfile {
        email: None,
        email_verified: false,
        claims: json_map(&json!({ "name": name })),
        attributes: serde_json::Map::new(),
    };
    UpstreamUpdate { profile: Some(profile), ..upstream_update("one", at) }
}
