//! Lists for administration.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_storage::{Change, Client, RefreshFamily, Session, SigningKey, Storage, User};

use crate::run::{read, write};
use crate::samples::{
    api, at, client, client_grant, connection, family, insert, log_event, session, signing_key, update, user,
};

pub fn clients_users_and_sessions_are_listed_oldest_first(storage: &dyn Storage) {
    for (name, made) in [("c", 3), ("a", 4), ("d", 1), ("b", 2)] {
        let (created_at, state) = (at(made), countersign_storage::KeyState::Previous);
        write(
            storage,
            [
                Change::UpsertClient(insert(Client { created_at, ..client(name) })),
                Change::UpsertUser(insert(User { created_at, ..user(name) })),
                Change::InsertSession(Session { created_at, ..session(name, "user") }),
                Change::InsertFamily(RefreshFamily { created_at, ..family(name, ("user", "client", "api")) }),
                Change::InsertSigningKey(SigningKey { created_at, ..signing_key(name, state) }),
            ],
        );
    }
    let expected = ["d", "b", "c", "a"];
    let clients = read(storage.clients());
    assert_eq!(clients.iter().map(|client| client.id.as_str()).collect::<Vec<_>>(), expected);
    let users = read(storage.users(10));
    assert_eq!(users.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(), expected);
    let sessions = read(storage.sessions_of_user(&"user".into()));
    assert_eq!(sessions.iter().map(|session| session.id.as_str()).collect::<Vec<_>>(), expected);
    let families = read(storage.families_of_user(&"user".into()));
    assert_eq!(families.iter().map(|family| family.id.as_str()).collect::<Vec<_>>(), expected);
    let keys = read(storage.signing_keys());
    assert_eq!(keys.iter().map(|key| key.kid.as_str()).collect::<Vec<_>>(), expected);
}

pub fn configuration_is_listed_in_the_order_of_its_making(storage: &dyn Storage) {
    let names = ["c", "a", "d", "b"];
    for name in names {
        write(
            storage,
            [
                Change::UpsertResourceServer(insert(api(name))),
                Change::UpsertClientGrant(insert(client_grant("client", name))),
                Change::UpsertConnection(insert(connection(name))),
            ],
        );
    }
    write(
        storage,
        [
            Change::UpsertResourceServer(update(api("a"), 1)),
            Change::UpsertClientGrant(update(client_grant("client", "a"), 1)),
            Change::UpsertConnection(update(connection("a"), 1)),
        ],
    );
    let apis = read(storage.resource_servers());
    assert_eq!(apis.iter().map(|api| api.identifier.as_str()).collect::<Vec<_>>(), names);
    let grants = read(storage.client_grants());
    assert_eq!(grants.iter().map(|grant| grant.audience.as_str()).collect::<Vec<_>>(), names);
    let connections = read(storage.connections());
    assert_eq!(connections.iter().map(|connection| connection.id.as_str()).collect::<Vec<_>>(), names);
}

pub fn users_are_listed_up_to_the_limit(storage: &dyn Storage) {
    assert_eq!(read(storage.users(10)), []);
    for number in 0..3 {
        let user = User { created_at: at(number), ..user(&format!("{number}")) };
        write(storage, [Change::UpsertUser(insert(user))]);
    }
    for limit in 0..=4 {
        let ids: Vec<_> = read(storage.users(limit)).into_iter().map(|user| user.id.to_string()).collect();
        let expected: Vec<_> = (0..limit.min(3)).map(|number| number.to_string()).collect();
        assert_eq!(ids, expected);
    }
    assert_eq!(read(storage.users(u32::MAX)).len(), 3);
}

pub fn the_log_is_listed_newest_first_up_to_the_limit(storage: &dyn Storage) {
    for number in 0..3 {
        write(storage, [Change::Log(log_event(&format!("{number}")))]);
    }
    write(storage, [Change::Log(log_event("3")), Change::Log(log_event("4"))]);
    let listed = |limit| {
        read(storage.log_events(limit)).into_iter().map(|event| event.description).collect::<Vec<_>>()
    };
    assert_eq!(listed(2), ["4", "3"]);
    assert_eq!(listed(9), ["4", "3", "2", "1", "0"]);
    assert_eq!(listed(u32::MAX).len(), 5);
}

pub fn families_and_sessions_of_one_user_are_listed_ended_or_not(storage: &dyn Storage) {
    for name in ["ended", "living"] {
        write(storage, [Change::InsertSession(session(name, "user"))]);
        write(storage, [Change::InsertFamily(family(name, ("user", "client", "api")))]);
    }
    write(storage, [Change::InsertSession(session("of another", "other"))]);
    write(storage, [Change::InsertFamily(family("of another", ("other", "client", "api")))]);
    write(storage, [Change::EndSession { id: "ended".into(), at: at(1) }]);
    write(storage, [Change::EndFamily { id: "ended".into(), at: at(1) }]);
    let sessions = read(storage.sessions_of_user(&"user".into()));
    assert_eq!(sessions.iter().filter(|session| session.ended_at.is_some()).count(), 1);
    assert_eq!(sessions.len(), 2);
    let families = read(storage.families_of_user(&"user".into()));
    assert_eq!(families.iter().filter(|family| family.ended_at.is_some()).count(), 1);
    assert_eq!(families.len(), 2);
}
