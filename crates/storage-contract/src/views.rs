//! A view reads configuration from memory, and never shows what was true before its request began.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_storage::{
    Change, Client, ClientGrants, ClientSettings, Clients, ConfigurationCache, Connections, ResourceServers,
    ScriptKind, Scripts, Settings, Storage, SubjectType, TenantSettings, View,
};

use crate::run::{block_on, read, write};
use crate::samples::{api, at, client, client_grant, connection, insert, narrow, script, update};

pub fn a_view_shows_what_the_store_holds(storage: &dyn Storage) {
    let cache = ConfigurationCache::default();
    write(
        storage,
        [
            Change::UpsertClient(insert(client("client"))),
            Change::UpsertResourceServer(insert(api("api"))),
            Change::UpsertClientGrant(insert(client_grant("client", "api"))),
            Change::UpsertConnection(insert(connection("con_1"))),
            Change::UpsertScript(insert(script("act_1", ScriptKind::Action))),
        ],
    );
    // The second time it comes from memory.
    for _ in 0..2 {
        let view = open(&cache, storage);
        assert_eq!(read(view.client(&"client".into())), Some(client("client")));
        assert_eq!(read(view.client(&"Client".into())), None);
        assert_eq!(read(view.resource_server(&"api".into())), Some(api("api")));
        let grant = |subject| read(view.client_grant(&"client".into(), &"api".into(), subject));
        assert_eq!(grant(SubjectType::Client), Some(client_grant("client", "api")));
        assert_eq!(grant(SubjectType::User), None);
        assert_eq!(read(view.connections()), [connection("con_1")]);
        assert_eq!(read(view.connection(&"con_1".into())), Some(connection("con_1")));
        assert_eq!(read(view.connection(&"con_2".into())), None);
        assert_eq!(*read(view.scripts()), [script("act_1", ScriptKind::Action)]);
        assert_eq!(read(view.settings()).record, TenantSettings::default());
    }
}

pub fn a_view_shows_every_change_to_the_request_after_it(storage: &dyn Storage) {
    let cache = ConfigurationCache::default();
    let (named, settings) =
        (renamed("named"), TenantSettings { friendly_name: "Shop".to_owned(), ..TenantSettings::default() });
    write(storage, [Change::UpsertClient(insert(client("client")))]);
    assert_eq!(read(open(&cache, storage).client(&"client".into())), Some(client("client")));
    assert_eq!(read(open(&cache, storage).resource_server(&"api".into())), None);
    assert_eq!(read(open(&cache, storage).connections()), []);
    assert!(read(open(&cache, storage).scripts()).is_empty());
    assert_eq!(read(open(&cache, storage).settings()).record, TenantSettings::default());
    write(
        storage,
        [
            Change::UpsertClient(narrow(named.clone(), 1)),
            Change::UpsertResourceServer(insert(api("api"))),
            Change::UpsertConnection(insert(connection("con_1"))),
            Change::UpsertScript(insert(script("act_1", ScriptKind::Action))),
            Change::SetSettings(insert(settings.clone())),
        ],
    );
    let view = open(&cache, storage);
    let kept = read(view.client(&"client".into())).expect("the client");
    assert_eq!((kept.settings.name, kept.epoch), (named.settings.name, 2));
    assert_eq!(read(view.resource_server(&"api".into())), Some(api("api")));
    assert_eq!(read(view.connections()), [connection("con_1")]);
    assert_eq!(*read(view.scripts()), [script("act_1", ScriptKind::Action)]);
    assert_eq!(read(view.settings()).record, settings);
    write(storage, [Change::DeleteClient { id: "client".into(), at: at(1) }]);
    assert_eq!(read(open(&cache, storage).client(&"client".into())), None);
}

pub fn a_view_that_comes_late_does_not_bring_back_what_was(storage: &dyn Storage) {
    let cache = ConfigurationCache::default();
    write(storage, [Change::UpsertClient(insert(client("client")))]);
    let early = open(&cache, storage);
    assert_eq!(read(early.client(&"client".into())), Some(client("client")));
    write(storage, [Change::UpsertClient(update(renamed("later"), 1))]);
    assert_eq!(read(open(&cache, storage).client(&"client".into())).expect("it").settings.name, "later");
    // One request sees one client, whatever happens beside it.
    assert_eq!(read(early.client(&"client".into())), Some(client("client")));
    assert_eq!(read(open(&cache, storage).client(&"client".into())).expect("it").settings.name, "later");
}

fn renamed(name: &str) -> Client {
    let settings = ClientSettings { name: name.to_owned(), ..ClientSettings::default() };
    Client { settings, ..client("client") }
}

fn open<'a>(cache: &ConfigurationCache, storage: &'a dyn Storage) -> View<'a> {
    block_on(cache.view(storage)).expect("the version")
}
