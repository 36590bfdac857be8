use std::sync::Arc;

use countersign_oauth::Fault;
use countersign_storage::{
    Client, ClientGrant, Connection, Keyed, ResourceServer, Script, Storage, TenantSettings, User,
};
use serde_json::{Map, Value};

use crate::{TenantFile, playground, sample};

/// What the store holds of all that a file may touch.
pub(super) struct State {
    pub(super) clients: Vec<Client>,
    pub(super) apis: Vec<ResourceServer>,
    pub(super) client_grants: Vec<ClientGrant>,
    pub(super) connections: Vec<Connection>,
    pub(super) scripts: Arc<[Script]>,
    pub(super) settings: Keyed<TenantSettings>,
    /// The sample tenant's user, if he is there.
    pub(super) sample_user: Option<User>,
    /// Whether a sample connection has other users, who must stay.
    pub(super) sample_database_is_used: bool,
}

impl State {
    pub(super) async fn read(file: &TenantFile, storage: &dyn Storage) -> Result<Self, Fault> {
        let connections = storage.connections().await?;
        let sample_user = storage.user(&sample::user_id()).await?.filter(sample::is_sample_user);
        let replaces_sample = !file.is_sample && connections.iter().any(|c| is_sample(&c.settings.other));
        let users = if replaces_sample { storage.users(u32::MAX).await? } else { Vec::new() };
        let is_used = |user: &User| {
            !sample::is_sample_user(user)
                && connections.iter().any(|c| c.id == user.connection_id && is_sample(&c.settings.other))
        };
        // The playground's client is part of no tenant, unless the file makes it its own.
        let mut clients = storage.clients().await?;
        clients.retain(|client| {
            !playground::is_playground(&client.settings.other) || file.names_client(client.id.as_str())
        });
        Ok(Self {
            sample_database_is_used: users.iter().any(is_used),
            clients,
            apis: storage.resource_servers().await?,
            client_grants: storage.client_grants().await?,
            settings: storage.settings().await?,
            scripts: storage.scripts().await?,
            connections,
            sample_user,
        })
    }
}

/// Whether a record's kept settings carry the sample tenant's mark.
pub(crate) fn is_sample(other: &Map<String, Value>) -> bool {
    other.get(sample::MARK) == Some(&Value::Bool(true))
}

/// Sets or takes the sample tenant's mark.
pub(super) fn mark(other: &mut Map<String, Value>, is_sample: bool) {
    if is_sample {
        other.insert(sample::MARK.to_owned(), Value::Bool(true));
    } else {
        other.remove(sample::MARK);
    }
}
