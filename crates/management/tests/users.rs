//! Finding, showing and changing users.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use countersign_management::{
    Admin, ImportOptions, UserError, block_user, delete_user, find_user, first_database, import_users,
    patch_user, revoke_consent, set_password, show_user, unblock_user,
};
use countersign_oauth::{Secret, Timestamp, UserId};
use countersign_storage::{Change, Changes, Commit, Connections, Consents, Listing, RefreshTokens, User};
use countersign_testkit::{NOW, block_on, consent, refresh_family, session};
use countersign_users::{Account, LoginAttempts, LoginLimits};
use serde_json::{Value, json};
use support::{Desk, PlainHasher};

const ID: &str = "auth0|one";

fn id() -> UserId {
    UserId::from(ID)
}

/// Two users, one with a session, a refresh family and a consent.
fn desk() -> Desk {
    let desk = Desk::with("databases: [{name: db}]");
    let connection = block_on(first_database(&desk.storage)).unwrap().unwrap();
    let json = r#"[{"user_id": "one", "email": "a@a.test", "password": "the first password"},
                   {"user_id": "two", "email": "b@a.test", "username": "bob"}]"#;
    let options = ImportOptions { allow_clear_password: true, ..ImportOptions::default() };
    block_on(import_users(json, &connection, options, &PlainHasher, &desk.admin())).unwrap();
    let mut session = session();
    session.user_id = id();
    let mut family = refresh_family();
    family.user_id = id();
    let mut consent = consent();
    consent.user_id = id();
    let changes = Changes::none()
        .with(Change::InsertSession(session))
        .with(Change::InsertFamily(family))
        .with(Change::GrantConsent(consent));
    block_on(desk.storage.commit(changes)).unwrap_or_else(|error| panic!("{error:?}"));
    desk
}

fn patch(desk: &Desk, patch: Value) -> Result<User, UserError> {
    block_on(patch_user(&id(), &patch, &desk.admin()))
}

fn problems(desk: &Desk, value: Value) -> Vec<String> {
    match patch(desk, value) {
        Err(UserError::Refused(problems)) => problems.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

fn living_sessions(desk: &Desk) -> usize {
    let sessions = block_on(desk.storage.sessions_of_user(&id())).unwrap();
    sessions.iter().filter(|session| session.ended_at.is_none()).count()
}

fn living_families(desk: &Desk) -> usize {
    let families = block_on(desk.storage.families_of_user(&id())).unwrap();
    families.iter().filter(|family| family.ended_at.is_none()).count()
}

#[test]
fn a_user_is_found_by_id_address_or_username() {
    let desk = desk();
    for (text, wanted) in [(ID, ID), (" A@a.TEST", ID), ("BOB", "auth0|two"), ("auth0|two", "auth0|two")] {
        assert_eq!(block_on(find_user(text, &desk.storage)).unwrap().id.as_str(), wanted, "{text}");
    }
    for text in ["", "auth0|ONE", "nobody@a.test"] {
        assert!(matches!(block_on(find_user(text, &desk.storage)), Err(UserError::NotFound)), "{text}");
    }
}

#[test]
fn an_address_of_two_connections_is_ambiguous() {
    let desk = desk();
    desk.apply("databases: [{name: other}]");
    let connections = block_on(desk.storage.connections()).unwrap();
    let other = connections.iter().find(|connection| connection.name == "other").unwrap();
    let json = r#"[{"email": "a@a.test"}]"#;
    block_on(import_users(json, other, ImportOptions::default(), &PlainHasher, &desk.admin())).unwrap();
    let result = block_on(find_user("a@a.test", &desk.storage));
    assert!(matches!(result, Err(UserError::Ambiguous(ids)) if ids.len() == 2));
}

#[test]
fn a_user_is_shown_as_auth0_shows_him() {
    let desk = desk();
    patch(&desk, json!({"phone_number": "+4912345", "phone_verified": true, "user_metadata": {"a": 1}}))
        .unwrap();
    let connections = block_on(desk.storage.connections()).unwrap();
    let shown = show_user(&desk.user(ID).unwrap(), &connections);
    let at = desk.now.to_iso8601();
    assert_eq!(
        shown,
        json!({
            "user_id": ID, "email": "a@a.test", "email_verified": false, "name": "a@a.test", "nickname": "a",
            "phone_number": "+4912345", "phone_verified": true, "user_metadata": {"a": 1},
            "identities": [{"connection": "db", "provider": "auth0", "user_id": "one", "isSocial": false}],
            "created_at": at, "updated_at": at,
        })
    );
    assert!(!shown.to_string().contains("password"));
}

#[test]
fn a_patch_changes_what_it_names() {
    let desk = desk();
    let user = patch(
        &desk,
        json!({"name": "Ann", "given_name": "Ann", "nickname": null, "picture": "https://a.test/a.png"}),
    );
    let claims = user.unwrap().profile.claims;
    assert_eq!((&claims["name"], claims.get("nickname")), (&"Ann".into(), None));
    assert_eq!(living_sessions(&desk), 1);
    assert_eq!(desk.log().last().unwrap(), &("sapi".to_owned(), "Update a user".to_owned()));
}

#[test]
fn a_patch_that_changes_nothing_writes_nothing() {
    let desk = desk();
    let (before, log) = (desk.user(ID).unwrap(), desk.log().len());
    let mut later = desk;
    later.now = Timestamp::from_millis(NOW.millis() + 1_000);
    patch(&later, json!({"email": "A@a.test", "blocked": false, "connection": "db"})).unwrap();
    assert_eq!((later.user(ID).unwrap(), later.log().len()), (before, log));
}

#[test]
fn metadata_unite_on_their_first_level() {
    let desk = desk();
    patch(&desk, json!({"user_metadata": {"a": {"x": 1}, "b": 2}, "app_metadata": {"plan": "free"}}))
        .unwrap();
    let user = patch(&desk, json!({"user_metadata": {"a": {"y": 2}, "b": null, "c": 3}})).unwrap();
    assert_eq!(Value::Object(user.profile.user_metadata), json!({"a": {"y": 2}, "c": 3}));
    assert_eq!(Value::Object(user.profile.app_metadata), json!({"plan": "free"}));
    let user = patch(&desk, json!({"user_metadata": {}})).unwrap();
    assert!(user.profile.user_metadata.is_empty());
}

#[test]
fn sp_176_read_only_unknown_and_malformed_keys_are_refused_all_at_once() {
    let desk = desk();
    let before = desk.user(ID).unwrap();
    let refused = problems(
        &desk,
        json!({"user_id": "x", "logins_count": 0, "password": "x", "role": "admin", "blocked": "no", "email": "x", "name": "y"}),
    );
    assert_eq!(refused.len(), 6, "{refused:#?}");
    for key in ["user_id", "identities", "created_at", "last_login", "tenant", "custom_password_hash"] {
        assert_eq!(problems(&desk, json!({ key: 1 })), [format!("{key} cannot be changed")]);
    }
    assert_eq!(problems(&desk, json!({"app_metadata": {"user_id": 1}})).len(), 1);
    assert_eq!(problems(&desk, json!({"user_metadata": {"big": "x".repeat(20_000)}})).len(), 1);
    assert_eq!(problems(&desk, json!({"email": null})).len(), 1);
    assert_eq!(problems(&desk, json!([])).len(), 1);
    assert_eq!(desk.user(ID).unwrap(), before);
}

#[test]
fn a_new_identifier_ends_the_sessions_and_is_not_verified() {
    for value in [
        json!({"email": "new@a.test"}),
        json!({"email_verified": true}),
        json!({"username": "ann"}),
        json!({"phone_number": "+4912345"}),
    ] {
        let desk = desk();
        let before = desk.user(ID).unwrap();
        patch(&desk, value.clone()).unwrap();
        assert_eq!(living_sessions(&desk), 0, "{value}");
        assert!(desk.user(ID).unwrap().epoch > before.epoch, "{value}");
    }
    let desk = desk();
    patch(&desk, json!({"email_verified": true})).unwrap();
    assert!(!patch(&desk, json!({"email": "new@a.test"})).unwrap().email_verified);
    assert!(patch(&desk, json!({"email": "newer@a.test", "email_verified": true})).unwrap().email_verified);
}

#[test]
fn an_identifier_that_is_taken_is_refused() {
    let desk = desk();
    for value in [json!({"email": "b@a.test"}), json!({"username": "Bob"})] {
        assert!(matches!(patch(&desk, value), Err(UserError::Taken)));
    }
    assert_eq!(living_sessions(&desk), 1);
}

#[test]
fn core_275_sp_121_a_new_password_ends_sessions_and_refresh_tokens() {
    let desk = desk();
    let before = desk.user(ID).unwrap();
    block_on(set_password(&id(), &Secret::from("the second password"), &PlainHasher, &desk.admin())).unwrap();
    let after = desk.user(ID).unwrap();
    assert_eq!(after.password.unwrap().as_str(), "plain:the second password");
    assert!(after.epoch > before.epoch && after.password_changed_at == Some(desk.now));
    assert_eq!((living_sessions(&desk), living_families(&desk)), (0, 0));
    assert_eq!(desk.log().last().unwrap().0, "scp");
    assert!(!format!("{:?}", desk.log()).contains("second password"));
}

#[test]
fn sp_111_a_password_over_the_limit_never_reaches_the_hasher() {
    let desk = desk();
    for password in [String::new(), "x".repeat(1025)] {
        let result = block_on(set_password(&id(), &Secret::new(password), &PlainHasher, &desk.admin()));
        assert!(matches!(result, Err(UserError::Refused(_))));
    }
    assert_eq!(living_sessions(&desk), 1);
}

#[test]
fn blocking_raises_the_epoch_and_ends_refresh_tokens_and_unblocking_forgets_failed_logins() {
    let desk = desk();
    let before = desk.user(ID).unwrap();
    block_on(block_user(&id(), &desk.admin())).unwrap();
    let blocked = desk.user(ID).unwrap();
    assert!(blocked.blocked && blocked.epoch > before.epoch);
    assert_eq!(living_families(&desk), 0, "a refresh token of a blocked user is dead");

    let limits = LoginLimits { per_account_and_ip: Some(1), per_account: Some(1), ..LoginLimits::default() };
    let address = "192.0.2.1".parse().unwrap();
    let user = id();
    let attempts = || {
        let account = Account::Known(&user);
        block_on(LoginAttempts::of(account, address, limits, &desk.storage, NOW)).unwrap()
    };
    block_on(attempts().begin()).unwrap();
    assert!(block_on(attempts().are_exhausted()).unwrap());
    block_on(unblock_user(&id(), &desk.admin())).unwrap();
    assert!(!desk.user(ID).unwrap().blocked);
    assert!(!block_on(attempts().are_exhausted()).unwrap());
}

#[test]
fn a_deleted_user_is_gone_with_his_sessions() {
    let desk = desk();
    block_on(delete_user(&id(), &desk.admin())).unwrap();
    assert!(desk.user(ID).is_none());
    assert_eq!((living_sessions(&desk), living_families(&desk)), (0, 0));
    assert!(matches!(block_on(delete_user(&id(), &desk.admin())), Err(UserError::NotFound)));
    assert_eq!(desk.log().last().unwrap().0, "sdu");
}

#[test]
fn core_276_a_consent_withdrawn_kills_its_refresh_tokens() {
    let desk = desk();
    let given = consent();
    let revoke =
        |admin: Admin<'_>| block_on(revoke_consent(&id(), &given.client_id, &given.audience, &admin));
    revoke(desk.admin()).unwrap();
    assert!(block_on(desk.storage.consent(&id(), &given.client_id, &given.audience)).unwrap().is_none());
    assert_eq!(living_families(&desk), 0);
    assert!(block_on(desk.storage.refresh_family(&refresh_family().id)).unwrap().unwrap().ended_at.is_some());
    assert!(matches!(revoke(desk.admin()), Err(UserError::NotFound)));
}

#[test]
fn nobody_is_changed_who_is_not_there() {
    let desk = desk();
    let nobody = UserId::from("auth0|nobody");
    let admin = desk.admin();
    assert!(matches!(block_on(patch_user(&nobody, &json!({}), &admin)), Err(UserError::NotFound)));
    assert!(matches!(block_on(block_user(&nobody, &admin)), Err(UserError::NotFound)));
    let password = Secret::from("a password");
    assert!(matches!(
        block_on(set_password(&nobody, &password, &PlainHasher, &admin)),
        Err(UserError::NotFound)
    ));
}
