//! A tenant with its authorization endpoint.

use std::sync::Arc;

use countersign_authorization_endpoint::AuthorizationEndpoint;
use countersign_oauth::{ClientId, UserId};
use countersign_storage::*;
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{
    AUDIENCE, CLIENT_ID, EMAIL, PASSWORD, SESSION_COOKIE, SeededRandom, TestKeyRing, TestSealer, USER_ID,
    api, block_on, client, connection, session, user, user_client_grant,
};
use countersign_token::IdTokenReader;
use countersign_users::{LoginLimits, NoHook, PostLogin};

use crate::browser::Visitor;
use crate::hasher::{FakeHasher, hash};
use crate::spy::SpyStorage;

/// A tenant with `client()`, `api()`, `connection()` and `user()`, whose password is [`PASSWORD`].
pub(crate) struct House {
    pub(crate) storage: Arc<SpyStorage>,
    pub(crate) hasher: Arc<FakeHasher>,
    pub(crate) endpoint: AuthorizationEndpoint,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with_hook(Arc::new(NoHook))
    }

    /// The same with code of the tenant's own.
    pub(crate) fn with_hook(hook: Arc<dyn PostLogin>) -> Self {
        let storage = Arc::new(SpyStorage::default());
        let hasher = Arc::new(FakeHasher::default());
        let endpoint = AuthorizationEndpoint {
            configuration: Arc::default(),
            storage: storage.clone(),
            sealer: Arc::new(TestSealer::default()),
            random: Arc::new(SeededRandom::default()),
            hints: IdTokenReader::new(
                Arc::new(TestKeyRing::new()),
                Arc::new(TestSealer::default()),
                "client_secret",
            ),
            hasher: hasher.clone(),
            limits: LoginLimits {
                per_account_and_ip: Some(10),
                per_account: Some(100),
                ..LoginLimits::default()
            },
            exempt: countersign_users::Allowlist::default(),
            hook,
        };
        let house = Self { storage, hasher, endpoint };
        house.put(Change::UpsertClient(new(client())));
        house.put(Change::UpsertResourceServer(new(api())));
        house.put(Change::UpsertConnection(new(connection())));
        house.put(Change::UpsertUser(new(User { password: Some(hash(PASSWORD)), ..user() })));
        house
    }

    /// The same with a client as `edit` makes it.
    pub(crate) fn with_client(edit: impl FnOnce(&mut Client)) -> Self {
        let house = Self::new();
        house.edit_client(edit);
        house
    }

    /// The same with a third party, held as strictly as `mode` says, that may ask for the API's things.
    pub(crate) fn with_third_party(mode: Option<ThirdPartySecurityMode>) -> Self {
        let house = Self::with_client(|client| {
            client.settings.is_first_party = false;
            client.settings.third_party_security_mode = mode;
        });
        house.put(Change::UpsertClientGrant(new(user_client_grant())));
        house
    }

    /// A browser that is signed in already.
    pub(crate) fn signed_in(&self) -> Visitor {
        self.put(Change::InsertSession(session()));
        Visitor { session: vec![SESSION_COOKIE.to_owned()], ..Visitor::default() }
    }

    /// Writes past the spy.
    #[track_caller]
    pub(crate) fn put(&self, change: Change) {
        put(self.storage.inner(), change);
    }

    pub(crate) fn edit_client(&self, edit: impl FnOnce(&mut Client)) {
        let mut record = block_on(self.storage.client(&CLIENT_ID.into())).unwrap().unwrap();
        edit(&mut record);
        self.put(Change::UpsertClient(changed(record.version, record)));
    }

    pub(crate) fn edit_user(&self, edit: impl FnOnce(&mut User)) {
        edit_user(self.storage.inner(), edit);
    }

    pub(crate) fn edit_api(&self, edit: impl FnOnce(&mut ResourceServer)) {
        let mut record = block_on(self.storage.resource_server(&AUDIENCE.into())).unwrap().unwrap();
        edit(&mut record);
        self.put(Change::UpsertResourceServer(changed(record.version, record)));
    }

    pub(crate) fn edit_settings(&self, edit: impl FnOnce(&mut TenantSettings)) {
        let Keyed { mut record, version } = block_on(self.storage.settings()).unwrap();
        edit(&mut record);
        self.put(Change::SetSettings(changed(version, record)));
    }

    /// Another user of the same database.
    pub(crate) fn add_user(&self, name: &str, edit: impl FnOnce(&mut User)) -> UserId {
        let mut record = user();
        record.id = UserId::new(format!("auth0|{name}"));
        record.email = Some(format!("{name}@example.com"));
        record.identities.clear();
        record.password = Some(hash(PASSWORD));
        edit(&mut record);
        let id = record.id.clone();
        self.put(Change::UpsertUser(new(record)));
        id
    }

    pub(crate) fn add_client(&self, id: &str, edit: impl FnOnce(&mut Client)) {
        let mut record = Client { id: ClientId::new(id), ..client() };
        edit(&mut record);
        self.put(Change::UpsertClient(new(record)));
        let mut connection = block_on(self.storage.connection(&"con_test".into())).unwrap().unwrap();
        connection.settings.enabled_clients.push(ClientId::new(id));
        self.put(Change::UpsertConnection(changed(connection.version, connection)));
    }

    /// Everything written since the last look, rows of the log aside.
    pub(crate) fn take_effects(&self) -> Vec<Change> {
        let mut written = self.storage.take_writes();
        written.retain(|change| !matches!(change, Change::Log(_)));
        written
    }

    #[track_caller]
    pub(crate) fn assert_untouched(&self) {
        let written = self.take_effects();
        assert!(written.is_empty(), "written: {written:?}");
    }

    /// All sessions of the user, the oldest first.
    pub(crate) fn sessions(&self) -> Vec<Session> {
        block_on(self.storage.sessions_of_user(&UserId::new(USER_ID))).unwrap()
    }

    pub(crate) fn user(&self) -> User {
        block_on(self.storage.user(&UserId::new(USER_ID))).unwrap().unwrap()
    }

    pub(crate) fn consent(&self, audience: &str) -> Option<Consent> {
        let user = UserId::new(USER_ID);
        block_on(self.storage.consent(&user, &CLIENT_ID.into(), &audience.into())).unwrap()
    }

    /// The log, the newest first, as (event, rule).
    pub(crate) fn log(&self) -> Vec<(String, String)> {
        let events = block_on(self.storage.log_events(1000)).unwrap();
        events.into_iter().map(|event| (event.event, event.rule.unwrap_or_default())).collect()
    }
}

pub(crate) fn new<T>(record: T) -> Upsert<T> {
    Upsert { record, expected_version: None, raise_epoch: false }
}

pub(crate) fn changed<T>(version: i64, record: T) -> Upsert<T> {
    Upsert { record, expected_version: Some(version), raise_epoch: true }
}

#[track_caller]
pub(crate) fn put(storage: &MemoryStorage, change: Change) {
    block_on(storage.commit(Changes::none().with(change))).unwrap();
}

pub(crate) fn edit_user(storage: &MemoryStorage, edit: impl FnOnce(&mut User)) {
    let mut record = block_on(storage.user_by_identifier(&"con_test".into(), EMAIL)).unwrap().unwrap();
    edit(&mut record);
    put(storage, Change::UpsertUser(changed(record.version, record)));
}
