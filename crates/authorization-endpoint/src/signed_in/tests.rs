use std::sync::Arc;

use countersign_oauth::{Issuer, Seconds, UserId};
use countersign_storage::{Change, CookieMode, Upsert};
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{NOW, SESSION_COOKIE, USER_ID, block_on, domain, session, user};

use super::*;
use crate::tests::{put, store};

fn browser(cookies: &[&str]) -> Browser {
    Browser { session: cookies.iter().map(|cookie| (*cookie).to_owned()).collect(), binding: Vec::new() }
}

fn find_with(
    storage: &MemoryStorage,
    cookies: &[&str],
    settings: &TenantSettings,
    (domain, now): (Arc<Domain>, Timestamp),
) -> Option<SignedIn> {
    block_on(find(&browser(cookies), &domain, settings, now, storage)).unwrap()
}

fn is_signed_in(storage: &MemoryStorage, cookies: &[&str]) -> bool {
    find_with(storage, cookies, &TenantSettings::default(), (domain(), NOW)).is_some()
}

#[test]
fn a_living_session_tells_its_user_and_connection() {
    let settings = TenantSettings::default();
    let found = find_with(&store(), &[SESSION_COOKIE], &settings, (domain(), NOW)).unwrap();
    assert_eq!(found.session, session());
    assert_eq!(found.user.id.as_str(), USER_ID);
    assert_eq!(found.connection.id, session().connection_id);
}

#[test]
fn core_271_the_same_cookie_twice_is_one_and_two_different_ones_are_none() {
    let storage = store();
    assert!(!is_signed_in(&storage, &[]));
    assert!(is_signed_in(&storage, &[SESSION_COOKIE, SESSION_COOKIE]));
    assert!(!is_signed_in(&storage, &[SESSION_COOKIE, "other"]));
    assert!(!is_signed_in(&storage, &["other", SESSION_COOKIE]));
    for cookie in ["other", "", "test-session", &SESSION_COOKIE[1..], "Test-Session-Cookie"] {
        assert!(!is_signed_in(&storage, &[cookie]), "{cookie}");
    }
}

#[test]
fn sp_068_a_session_of_another_domain_is_none() {
    let elsewhere = Arc::new(Domain { issuer: Issuer::new("http://localhost:3000/") });
    let settings = TenantSettings::default();
    assert!(find_with(&store(), &[SESSION_COOKIE], &settings, (elsewhere, NOW)).is_none());
}

#[test]
fn core_272_a_session_that_ended_or_expired_is_none() {
    let settings = TenantSettings::default();
    let at = |seconds: i64| {
        find_with(&store(), &[SESSION_COOKIE], &settings, (domain(), NOW.plus(Seconds(seconds)))).is_some()
    };
    assert!(at(72 * 3600 - 1));
    assert!(!at(72 * 3600));
    let storage = store();
    put(&storage, Change::EndSession { id: session().id, at: NOW });
    assert!(!is_signed_in(&storage, &[SESSION_COOKIE]));
}

#[test]
fn core_273_limits_that_were_lowered_count_at_once() {
    let storage = store();
    let later = NOW.plus(Seconds(3600));
    let alive = |settings: &TenantSettings| {
        find_with(&storage, &[SESSION_COOKIE], settings, (domain(), later)).is_some()
    };
    assert!(alive(&TenantSettings::default()));
    assert!(!alive(&TenantSettings { session_lifetime: 1.0, ..TenantSettings::default() }));
    assert!(!alive(&TenantSettings { idle_session_lifetime: 1.0, ..TenantSettings::default() }));
    let ephemeral =
        TenantSettings { session_cookie: Some(CookieMode::NonPersistent), ..TenantSettings::default() };
    assert!(alive(&ephemeral));
}

#[test]
fn the_session_of_a_blocked_or_deleted_user_is_none() {
    let storage = store();
    let upsert = |blocked, version| {
        let record = countersign_storage::User { blocked, ..user() };
        put(
            &storage,
            Change::UpsertUser(Upsert { record, expected_version: Some(version), raise_epoch: true }),
        );
    };
    let version =
        block_on(countersign_storage::Users::user(&storage, &UserId::new(USER_ID))).unwrap().unwrap().version;
    upsert(true, version);
    assert!(!is_signed_in(&storage, &[SESSION_COOKIE]));
    upsert(false, version + 1);
    assert!(is_signed_in(&storage, &[SESSION_COOKIE]));
    put(&storage, Change::DeleteUser { id: UserId::new(USER_ID), at: NOW });
    assert!(!is_signed_in(&storage, &[SESSION_COOKIE]));
}

#[test]
fn the_session_of_a_connection_that_is_gone_is_none() {
    let storage = MemoryStorage::new();
    put(&storage, Change::UpsertUser(crate::tests::new(user())));
    put(&storage, Change::InsertSession(session()));
    assert!(!is_signed_in(&storage, &[SESSION_COOKIE]));
}
