//! Management objects: updates name the version that they saw.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_jose::Algorithm;
use countersign_storage::{
    Change, Client, ClientGrant, ClientSettings, Conflict, Connection, KeyState, ResourceServer, Script,
    ScriptKind, Storage, SubjectType, TenantSettings,
};

use crate::race;
use crate::run::{attempt, read, winners, write};
use crate::samples::{
    api, at, client, client_grant, code, connection, consent, insert, log_event, narrow, script, session,
    signing_key, update, user,
};

pub fn clients_are_updated_by_version(storage: &dyn Storage) {
    let find = || read(storage.client(&"client".into()));
    let renamed = Client {
        settings: ClientSettings { name: "new name".to_owned(), ..ClientSettings::default() },
        ..client("client")
    };
    refuses(storage, Change::UpsertClient(update(client("client"), 1)), Conflict::Version);
    write(storage, [Change::UpsertClient(insert(Client { version: 9, epoch: 9, ..client("client") }))]);
    assert_eq!(find(), Some(client("client")));
    refuses(storage, Change::UpsertClient(insert(renamed.clone())), Conflict::Exists);
    write(storage, [Change::UpsertClient(update(renamed.clone(), 1))]);
    assert_eq!(find(), Some(Client { version: 2, ..renamed.clone() }));
    refuses(storage, Change::UpsertClient(update(client("client"), 1)), Conflict::Version);
    write(storage, [Change::UpsertClient(narrow(renamed.clone(), 2))]);
    assert_eq!(find(), Some(Client { version: 3, epoch: 2, ..renamed }));
}

pub fn apis_are_updated_by_version(storage: &dyn Storage) {
    let moved = ResourceServer { identifier: "moved".into(), ..api("api") };
    refuses(storage, Change::UpsertResourceServer(update(api("api"), 1)), Conflict::Version);
    write(storage, ["api", "other"].map(|name| Change::UpsertResourceServer(insert(api(name)))));
    refuses(storage, Change::UpsertResourceServer(insert(api("api"))), Conflict::Exists);
    let same_identifier = ResourceServer { id: "another row".into(), ..api("api") };
    refuses(storage, Change::UpsertResourceServer(insert(same_identifier)), Conflict::Exists);
    let taken = ResourceServer { identifier: "other".into(), ..api("api") };
    refuses(storage, Change::UpsertResourceServer(update(taken, 1)), Conflict::Exists);
    write(storage, [Change::UpsertResourceServer(narrow(moved.clone(), 1))]);
    assert_eq!(read(storage.resource_server(&"api".into())), None);
    let expected = ResourceServer { version: 2, epoch: 2, ..moved };
    assert_eq!(read(storage.resource_server(&"moved".into())), Some(expected));
}

pub fn client_grants_are_updated_by_version(storage: &dyn Storage) {
    let grant = client_grant("client", "api");
    let find = |subject| read(storage.client_grant(&"client".into(), &"api".into(), subject));
    refuses(storage, Change::UpsertClientGrant(update(grant.clone(), 1)), Conflict::Version);
    write(storage, [Change::UpsertClientGrant(insert(grant.clone()))]);
    let same_place = ClientGrant { id: "another".into(), ..grant.clone() };
    refuses(storage, Change::UpsertClientGrant(insert(same_place.clone())), Conflict::Exists);
    let for_users = ClientGrant { subject_type: SubjectType::User, ..same_place };
    assert_eq!(find(SubjectType::User), None);
    write(storage, [Change::UpsertClientGrant(insert(for_users.clone()))]);
    assert_eq!(find(SubjectType::User), Some(for_users));
    let wide = ClientGrant { allow_all_scopes: true, ..grant };
    write(storage, [Change::UpsertClientGrant(narrow(wide.clone(), 1))]);
    assert_eq!(find(SubjectType::Client), Some(ClientGrant { version: 2, epoch: 2, ..wide.clone() }));
    write(storage, [Change::DeleteClientGrant { id: wide.id }]);
    assert_eq!(find(SubjectType::Client), None);
    assert!(find(SubjectType::User).is_some());
}

pub fn connections_are_updated_by_version(storage: &dyn Storage) {
    refuses(storage, Change::UpsertConnection(update(connection("con_1"), 1)), Conflict::Version);
    write(storage, ["con_1", "con_2"].map(|id| Change::UpsertConnection(insert(connection(id)))));
    let same_name = Connection { name: connection("con_1").name, ..connection("con_3") };
    refuses(storage, Change::UpsertConnection(insert(same_name)), Conflict::Exists);
    let taken = Connection { name: connection("con_2").name, ..connection("con_1") };
    refuses(storage, Change::UpsertConnection(update(taken, 1)), Conflict::Exists);
    let renamed = Connection { name: "new name".to_owned(), ..connection("con_1") };
    write(storage, [Change::UpsertConnection(update(renamed.clone(), 1))]);
    let expected = Connection { version: 2, ..renamed };
    assert_eq!(read(storage.connection(&"con_1".into())), Some(expected));
}

pub fn scripts_are_updated_by_version(storage: &dyn Storage) {
    let (first, second) = (script("act_1", ScriptKind::Action), script("act_2", ScriptKind::Action));
    refuses(storage, Change::UpsertScript(update(first.clone(), 1)), Conflict::Version);
    write(storage, [&first, &second].map(|record| Change::UpsertScript(insert(record.clone()))));
    refuses(storage, Change::UpsertScript(insert(first.clone())), Conflict::Exists);
    let same_name = Script { name: first.name.clone(), ..script("act_3", ScriptKind::Action) };
    refuses(storage, Change::UpsertScript(insert(same_name.clone())), Conflict::Exists);
    let of_another_kind = Script { kind: ScriptKind::Rule, ..same_name };
    write(storage, [Change::UpsertScript(insert(of_another_kind.clone()))]);
    let taken = Script { name: second.name.clone(), ..first.clone() };
    refuses(storage, Change::UpsertScript(update(taken, 1)), Conflict::Exists);
    let renamed = Script { name: "new name".to_owned(), ..first };
    write(storage, [Change::UpsertScript(update(renamed.clone(), 1))]);
    let renamed = Script { version: 2, ..renamed };
    assert_eq!(*read(storage.scripts()), [renamed.clone(), second, of_another_kind.clone()]);
    write(
        storage,
        [Change::DeleteScript { id: "act_2".into() }, Change::DeleteScript { id: "act_9".into() }],
    );
    assert_eq!(*read(storage.scripts()), [renamed, of_another_kind]);
}

pub fn settings_are_updated_by_version(storage: &dyn Storage) {
    let named = |name: &str| TenantSettings { friendly_name: name.to_owned(), ..TenantSettings::default() };
    let find = || {
        let kept = read(storage.settings());
        (kept.record.friendly_name, kept.version)
    };
    assert_eq!(read(storage.settings()).record, TenantSettings::default());
    assert_eq!(find().1, 0);
    refuses(storage, Change::SetSettings(update(named("early"), 1)), Conflict::Version);
    write(storage, [Change::SetSettings(update(named("first"), 0))]);
    assert_eq!(find(), ("first".to_owned(), 1));
    refuses(storage, Change::SetSettings(insert(named("again"))), Conflict::Exists);
    refuses(storage, Change::SetSettings(update(named("stale"), 0)), Conflict::Version);
    write(storage, [Change::SetSettings(update(named("second"), 1))]);
    assert_eq!(find(), ("second".to_owned(), 2));
}

pub fn ids_and_names_of_configuration_are_case_sensitive(storage: &dyn Storage) {
    for name in ["name", "Name"] {
        write(
            storage,
            [
                Change::UpsertClient(insert(client(name))),
                Change::UpsertResourceServer(insert(api(name))),
                Change::UpsertClientGrant(insert(client_grant(name, name))),
                Change::UpsertConnection(insert(connection(name))),
            ],
        );
    }
    assert_eq!(read(storage.client(&"Name".into())), Some(client("Name")));
    assert_eq!(read(storage.resource_server(&"Name".into())), Some(api("Name")));
    assert_eq!(read(storage.connection(&"Name".into())), Some(connection("Name")));
    let grant = |client: &str, audience: &str| {
        read(storage.client_grant(&client.into(), &audience.into(), SubjectType::Client))
    };
    assert_eq!(grant("Name", "Name"), Some(client_grant("Name", "Name")));
    assert_eq!(grant("Name", "name"), None);
    assert_eq!(read(storage.client(&"NAME".into())), None);
    assert_eq!(read(storage.resource_server(&"NAME".into())), None);
    assert_eq!(read(storage.connection(&"NAME".into())), None);
}

pub fn every_change_of_configuration_raises_its_version(storage: &dyn Storage) {
    let changes = [
        Change::SetSettings(insert(TenantSettings::default())),
        Change::InsertSigningKey(signing_key("kid", KeyState::Current)),
        Change::SetKeyState { kid: "kid".into(), state: KeyState::Previous, at: at(1) },
        Change::PublishSigningKeys { algorithm: Algorithm::RS256, at: at(1) },
        Change::UpsertClient(insert(client("client"))),
        Change::UpsertClient(update(client("client"), 1)),
        Change::UpsertResourceServer(insert(api("api"))),
        Change::UpsertClientGrant(insert(client_grant("client", "api"))),
        Change::UpsertConnection(insert(connection("con_1"))),
        Change::UpsertScript(insert(script("act_1", ScriptKind::Action))),
        Change::UpsertScript(update(script("act_1", ScriptKind::Action), 1)),
        Change::DeleteScript { id: "act_1".into() },
        Change::DeleteClientGrant { id: client_grant("client", "api").id },
        Change::DeleteResourceServer { id: api("api").id, at: at(1) },
        Change::DeleteClient { id: "client".into(), at: at(1) },
        Change::DeleteConnection { id: "con_1".into(), at: at(1) },
    ];
    for change in changes {
        let before = read(storage.configuration_version());
        write(storage, [change.clone()]);
        assert!(read(storage.configuration_version()) > before, "{change:?}");
    }
}

pub fn other_changes_do_not_raise_the_version_of_the_configuration(storage: &dyn Storage) {
    write(storage, [Change::UpsertClient(insert(client("client")))]);
    let before = read(storage.configuration_version());
    refuses(storage, Change::UpsertClient(insert(client("client"))), Conflict::Exists);
    let changes = [
        Change::UpsertUser(insert(user("user"))),
        Change::PatchMetadata {
            user: "user".into(),
            user_metadata: serde_json::Map::new(),
            app_metadata: serde_json::Map::new(),
            at: at(1),
        },
        Change::InsertSession(session("sid", "user")),
        Change::GrantConsent(consent("consent", ("user", "client", "api"))),
        Change::InsertSingleUse(code("code")),
        Change::Log(log_event("a sentence")),
        Change::DeleteUser { id: "user".into(), at: at(1) },
    ];
    write(storage, changes);
    assert_eq!(read(storage.configuration_version()), before);
}

pub fn of_sixteen_updates_of_one_client_one_wins(storage: &dyn Storage) {
    write(storage, [Change::UpsertClient(insert(client("client")))]);
    let outcomes = race(&[storage], 16, |storage, racer| {
        let settings = ClientSettings { name: format!("name {racer}"), ..ClientSettings::default() };
        let change = update(Client { settings, ..client("client") }, 1);
        attempt(storage, Change::UpsertClient(change))
    });
    assert_eq!(winners(&outcomes, &Conflict::Version), 1);
    let kept = read(storage.client(&"client".into())).expect("the client");
    let winner = outcomes.iter().position(Result::is_ok).expect("a winner");
    assert_eq!((kept.version, kept.settings.name), (2, format!("name {winner}")));
}

fn refuses(storage: &dyn Storage, change: Change, conflict: Conflict) {
    assert_eq!(attempt(storage, change), Err(conflict));
}
