use std::sync::Arc;

use countersign_actions::ActionsOptions;
use countersign_oauth::{ClientGrantId, ClientId, GrantType, HttpFetch, Sealer};
use countersign_server::config::RateLimits;
use countersign_storage::{
    AppType, Change, Changes, Client, ClientGrant, Connection, ResourceServer, Storage, TenantSettings,
    TokenEndpointAuthMethod, Upsert, User,
};
use countersign_testkit::{CALLBACK, CLIENT_ID, CLIENT_SECRET, block_on};

/// The confidential web application.
pub const WEB_ID: &str = CLIENT_ID;
/// Its secret.
pub const WEB_SECRET: &str = CLIENT_SECRET;
/// The callback of web and single-page application.
pub const WEB_CALLBACK: &str = CALLBACK;
/// The public single-page application.
pub const SPA_ID: &str = "test-spa";
/// The machine-to-machine application.
pub const MACHINE_ID: &str = "test-machine";
/// Its secret.
pub const MACHINE_SECRET: &str = "test-machine-secret";

/// A tenant to be changed before a server starts with it: the records of testkit, three applications, one
/// API, one user.
pub struct Tenant {
    pub settings: TenantSettings,
    pub clients: Vec<Client>,
    pub apis: Vec<ResourceServer>,
    pub client_grants: Vec<ClientGrant>,
    pub connections: Vec<Connection>,
    pub users: Vec<User>,
    /// Secrets by client, in clear; sealed when they are stored.
    pub secrets: Vec<(ClientId, &'static str)>,
    /// What the deployment limits: nothing, without being told.
    pub rate_limits: RateLimits,
    /// What calls other servers, instead of what may call servers on loopback.
    pub fetch: Option<Arc<dyn HttpFetch>>,
    /// The limits of its scripts.
    pub actions: ActionsOptions,
    /// Whether it shows what was compared.
    pub development: bool,
}

impl Default for Tenant {
    fn default() -> Self {
        let web = countersign_testkit::client();
        let mut spa = countersign_testkit::public_client();
        spa.id = ClientId::new(SPA_ID);
        let mut machine = countersign_testkit::client();
        machine.id = ClientId::new(MACHINE_ID);
        machine.settings.name = "Test machine".to_owned();
        machine.settings.app_type = Some(AppType::NonInteractive);
        machine.settings.callbacks = Vec::new();
        machine.settings.grant_types = vec![GrantType::CLIENT_CREDENTIALS];
        let mut api = countersign_testkit::api();
        api.settings.skip_consent_for_verifiable_first_party_clients = true;
        let grant = countersign_testkit::client_grant();
        let machine_grant = ClientGrant {
            id: ClientGrantId::new("cgr_machine"),
            client_id: machine.id.clone(),
            ..grant.clone()
        };
        let mut connection = countersign_testkit::connection();
        connection.settings.enabled_clients = vec![web.id.clone(), spa.id.clone()];
        Self {
            settings: countersign_testkit::settings(),
            secrets: vec![(web.id.clone(), WEB_SECRET), (machine.id.clone(), MACHINE_SECRET)],
            clients: vec![web, spa, machine],
            apis: vec![api],
            client_grants: vec![grant, machine_grant],
            connections: vec![connection],
            users: vec![countersign_testkit::user()],
            rate_limits: RateLimits::default(),
            fetch: None,
            actions: ActionsOptions::default(),
            development: false,
        }
    }
}

impl Tenant {
    /// A client to change.
    pub fn client(&mut self, id: &str) -> &mut Client {
        self.clients.iter_mut().find(|client| client.id.as_str() == id).unwrap()
    }

    /// The API to change.
    pub fn api(&mut self) -> &mut ResourceServer {
        &mut self.apis[0]
    }

    /// Writes it into an empty store.
    pub(super) fn store(self, storage: &dyn Storage, sealer: &dyn Sealer) {
        let version = block_on(storage.settings()).unwrap().version;
        let mut changes = Changes::none().with(Change::SetSettings(Upsert {
            record: self.settings,
            expected_version: Some(version),
            raise_epoch: false,
        }));
        for mut client in self.clients {
            let is_public = client.settings.token_endpoint_auth_method == TokenEndpointAuthMethod::None;
            let secret = self.secrets.iter().find(|(id, _)| *id == client.id).filter(|_| !is_public);
            client.secret = secret.map(|(_, secret)| sealer.seal("client_secret", secret.as_bytes()));
            changes = changes.with(Change::UpsertClient(new(client)));
        }
        for api in self.apis {
            changes = changes.with(Change::UpsertResourceServer(new(api)));
        }
        for grant in self.client_grants {
            changes = changes.with(Change::UpsertClientGrant(new(grant)));
        }
        for connection in self.connections {
            changes = changes.with(Change::UpsertConnection(new(connection)));
        }
        for user in self.users {
            changes = changes.with(Change::UpsertUser(new(user)));
        }
        block_on(storage.commit(changes)).unwrap();
    }
}

fn new<T>(record: T) -> Upsert<T> {
    Upsert { record, expected_version: None, raise_epoch: false }
}
