//! Accounts: who is unique by what, and which writes may race.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_oauth::{ConnectionId, UserId};
use countersign_storage::{Change, Conflict, PasswordHash, Storage, User};

use crate::race;
use crate::run::{attempt, read, winners, write};
use crate::samples::{at, client, family, identity, insert, narrow, session, update, user};

pub fn ids_are_case_sensitive(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("auth0|a")))]);
    let other = User { email: Some("other@example.com".to_owned()), ..user("auth0|A") };
    write(storage, [Change::UpsertUser(insert(other.clone()))]);
    assert_eq!(find(storage, "auth0|a"), Some(user("auth0|a")));
    assert_eq!(find(storage, "auth0|A"), Some(other));
    assert_eq!(find(storage, "AUTH0|a"), None);
    write(storage, [Change::UpsertClient(insert(client("Client")))]);
    assert_eq!(read(storage.client(&"client".into())), None);
}

pub fn an_identifier_is_unique_within_its_connection(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(named("one", "name")))]);
    let same_address = User { email: user("one").email, ..user("two") };
    assert_eq!(attempt(storage, Change::UpsertUser(insert(same_address.clone()))), Err(Conflict::Exists));
    assert_eq!(attempt(storage, Change::UpsertUser(insert(named("two", "name")))), Err(Conflict::Exists));
    assert_eq!(attempt(storage, Change::UpsertUser(insert(user("one")))), Err(Conflict::Exists));
    assert_eq!(find(storage, "two"), None);

    let elsewhere = User { connection_id: ConnectionId::new("con_2"), ..same_address };
    write(storage, [Change::UpsertUser(insert(elsewhere.clone()))]);
    assert_eq!(by(storage, "one@example.com"), Some(named("one", "name")));
    assert_eq!(by(storage, "name"), Some(named("one", "name")));
    assert_eq!(by(storage, "One@example.com"), None, "the caller folds");
    let found = read(storage.user_by_identifier(&"con_2".into(), "one@example.com"));
    assert_eq!(found, Some(elsewhere));
    write(storage, [Change::UpsertUser(insert(user("three")))]);
    let stolen = User { email: user("one").email, ..user("three") };
    assert_eq!(attempt(storage, Change::UpsertUser(update(stolen, 1))), Err(Conflict::Exists));
    assert_eq!(find(storage, "three"), Some(user("three")));
}

pub fn a_username_is_never_anothers_address(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("one")))]);
    let imposter = named("two", "one@example.com");
    assert_eq!(attempt(storage, Change::UpsertUser(insert(imposter))), Err(Conflict::Exists));
    let same_twice = named("three", "three@example.com");
    write(storage, [Change::UpsertUser(insert(same_twice.clone()))]);
    assert_eq!(by(storage, "three@example.com"), Some(same_twice));
}

pub fn an_identity_belongs_to_one_user(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("one")))]);
    let linked = User { identities: vec![identity("two"), identity("one")], ..user("two") };
    assert_eq!(attempt(storage, Change::UpsertUser(insert(linked.clone()))), Err(Conflict::Exists));
    write(storage, [Change::DeleteUser { id: "one".into(), at: at(1) }]);
    assert_eq!(attempt(storage, Change::UpsertUser(insert(linked))), Ok(()));
}

pub fn a_changed_address_frees_the_old_one(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("one")))]);
    let moved = User { email: Some("new@example.com".to_owned()), ..user("one") };
    write(storage, [Change::UpsertUser(update(moved, 1))]);
    assert_eq!(by(storage, "one@example.com"), None);
    let heir = User { email: user("one").email, ..user("two") };
    assert_eq!(attempt(storage, Change::UpsertUser(insert(heir))), Ok(()));
    assert_eq!(by(storage, "one@example.com").map(|user| user.id), Some(UserId::new("two")));
}

pub fn of_sixteen_that_sign_up_with_one_address_one_wins(storage: &dyn Storage) {
    let outcomes = race(&[storage], 16, |storage, racer| {
        let email = Some("one@example.com".to_owned());
        attempt(storage, Change::UpsertUser(insert(User { email, ..user(&format!("user {racer}")) })))
    });
    assert_eq!(winners(&outcomes, &Conflict::Exists), 1);
    assert_eq!(read(storage.users(100)).len(), 1);
}

pub fn an_update_names_the_version_that_it_saw(storage: &dyn Storage) {
    assert_eq!(attempt(storage, Change::UpsertUser(update(user("one"), 1))), Err(Conflict::Version));
    write(storage, [Change::UpsertUser(insert(User { version: 99, epoch: 99, ..user("one") }))]);
    assert_eq!(find(storage, "one"), Some(user("one")), "the store sets version and epoch");
    assert_eq!(attempt(storage, Change::UpsertUser(update(user("one"), 2))), Err(Conflict::Version));
    let blocked = User { blocked: true, ..user("one") };
    write(storage, [Change::UpsertUser(update(blocked.clone(), 1))]);
    assert_eq!(attempt(storage, Change::UpsertUser(update(user("one"), 1))), Err(Conflict::Version));
    assert_eq!(find(storage, "one"), Some(User { version: 2, ..blocked }));
}

pub fn of_sixteen_updates_of_one_version_one_wins(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("one")))]);
    let outcomes = race(&[storage], 16, |storage, racer| {
        let username = Some(format!("name {racer}"));
        attempt(storage, Change::UpsertUser(update(User { username, ..user("one") }, 1)))
    });
    assert_eq!(winners(&outcomes, &Conflict::Version), 1);
    assert_eq!(find(storage, "one").expect("the user").version, 2);
}

pub fn an_epoch_is_raised_when_asked_alone(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("one")))]);
    write(storage, [Change::UpsertUser(update(user("one"), 1))]);
    assert_eq!(find(storage, "one").expect("the user").epoch, 1);
    write(storage, [Change::UpsertUser(narrow(user("one"), 2))]);
    assert_eq!(find(storage, "one"), Some(User { version: 3, epoch: 2, ..user("one") }));
}

pub fn a_rehash_sets_the_hash_that_was_verified(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("one")))]);
    write(storage, [rehash("$argon2id$other", "$argon2id$new"), rehash("$ARGON2ID$old", "$argon2id$new")]);
    assert_eq!(find(storage, "one"), Some(user("one")), "losing that race is no conflict");
    write(storage, [rehash("$argon2id$old", "$argon2id$new")]);
    let password = Some(PasswordHash::new("$argon2id$new"));
    assert_eq!(find(storage, "one"), Some(User { password, ..user("one") }), "no version, no epoch");
}

pub fn concurrent_logins_are_all_counted(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("one")))]);
    race(&[storage], 16, |storage, racer| {
        let moment = i64::try_from(racer).expect("a small number");
        write(storage, [login(moment, &format!("192.0.2.{racer}"))]);
    });
    let counted = User {
        logins_count: 16,
        last_login: Some(at(15)),
        last_ip: Some("192.0.2.15".to_owned()),
        ..user("one")
    };
    assert_eq!(find(storage, "one"), Some(counted));
}

pub fn an_earlier_login_that_comes_late_does_not_hide_a_later_one(storage: &dyn Storage) {
    write(storage, [Change::UpsertUser(insert(user("one")))]);
    write(storage, [login(2, "192.0.2.2"), login(1, "192.0.2.1")]);
    let user = find(storage, "one").expect("the user");
    assert_eq!((user.logins_count, user.last_login), (2, Some(at(2))));
    assert_eq!(user.last_ip.as_deref(), Some("192.0.2.2"));
    write(storage, [login(2, "192.0.2.3")]);
    let user = find(storage, "one").expect("the user");
    assert_eq!((user.logins_count, user.last_ip.as_deref()), (3, Some("192.0.2.3")));
}

pub fn an_update_leaves_the_logins_as_they_are(storage: &dyn Storage) {
    let imported = User { logins_count: 7, last_login: Some(at(-9)), ..user("one") };
    write(storage, [Change::UpsertUser(insert(imported))]);
    write(storage, [login(1, "192.0.2.1")]);
    let blocked = User { blocked: true, ..user("one") };
    write(storage, [Change::UpsertUser(update(blocked.clone(), 1))]);
    let expected = User {
        logins_count: 8,
        last_login: Some(at(1)),
        last_ip: Some("192.0.2.1".to_owned()),
        version: 2,
        ..blocked
    };
    assert_eq!(find(storage, "one"), Some(expected));
}

pub fn changes_of_absent_rows_are_no_conflict(storage: &dyn Storage) {
    let changes = [
        rehash("$argon2id$old", "$argon2id$new"),
        login(1, "192.0.2.1"),
        Change::DeleteUser { id: "one".into(), at: at(1) },
        Change::EndSessionsOfUser { user: "one".into(), at: at(1) },
        Change::EndSession { id: "sid".into(), at: at(1) },
        Change::TouchSession {
            id: "sid".into(),
            now: at(0),
            idle_expires_at: at(1),
            absolute_expires_at: at(2),
        },
        Change::EndFamily { id: "family".into(), at: at(1) },
        Change::EndAuthorization { id: "authorization".into(), at: at(1), deny_access_tokens: true },
        Change::DeleteConsent { id: "consent".into(), at: at(1) },
        Change::DeleteClient { id: "client".into(), at: at(1) },
        Change::DeleteResourceServer { id: "api".into(), at: at(1) },
        Change::DeleteClientGrant { id: "grant".into() },
        Change::DeleteConnection { id: "con_1".into(), at: at(1) },
    ];
    for change in changes {
        assert_eq!(attempt(storage, change), Ok(()));
    }
    assert_eq!(find(storage, "one"), None);
    assert_eq!(read(storage.session(&session("sid", "one").id)), None);
    assert_eq!(read(storage.refresh_family(&family("family", ("one", "client", "api")).id)), None);
}

fn named(id: &str, username: &str) -> User {
    User { username: Some(username.to_owned()), ..user(id) }
}

fn find(storage: &dyn Storage, id: &str) -> Option<User> {
    read(storage.user(&id.into()))
}

fn by(storage: &dyn Storage, identifier: &str) -> Option<User> {
    read(storage.user_by_identifier(&"con_1".into(), identifier))
}

fn rehash(old: &str, new: &str) -> Change {
    Change::Rehash { user: "one".into(), old: PasswordHash::new(old), new: PasswordHash::new(new) }
}

fn login(moment: i64, ip: &str) -> Change {
    Change::CountLogin { user: "one".into(), at: at(moment), ip: ip.to_owned() }
}
