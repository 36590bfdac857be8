use countersign_oauth::{ClientId, Fault, GrantType, Sealer, Secret, UserId};
use countersign_storage::{AppType, Client, Storage};

use crate::{
    CLIENT_SECRET_PURPOSE,
    apply::{is_sample, open},
    playground::is_playground,
    sample,
};

/// What a store holds, as far as a start needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreContent {
    /// Nothing.
    Empty,
    /// The sample tenant, and users perhaps.
    Sample,
    /// A tenant of somebody's own.
    Tenant,
}

/// Tells what a store holds.
///
/// # Errors
/// A fault of the store.
pub async fn store_content(storage: &dyn Storage) -> Result<StoreContent, Fault> {
    let clients = storage.clients().await?;
    let apis = storage.resource_servers().await?;
    let connections = storage.connections().await?;
    let marks: Vec<bool> = clients
        .iter()
        .filter(|client| !is_playground(&client.settings.other))
        .map(|client| is_sample(&client.settings.other))
        .chain(apis.iter().map(|api| is_sample(&api.settings.other)))
        .chain(connections.iter().map(|connection| is_sample(&connection.settings.other)))
        .collect();
    Ok(match (marks.is_empty(), marks.iter().all(|mark| *mark)) {
        (true, _) => StoreContent::Empty,
        (false, true) => StoreContent::Sample,
        (false, false) => StoreContent::Tenant,
    })
}

/// A tenant at a glance: what the ready file and the banner list.
#[derive(Debug, Clone, Default)]
pub struct Description {
    /// The applications, the oldest first, without the playground.
    pub clients: Vec<DescribedClient>,
    /// The APIs, the oldest first.
    pub apis: Vec<DescribedApi>,
    /// The users, the oldest first.
    pub users: Vec<DescribedUser>,
}

/// An application.
#[derive(Debug, Clone)]
pub struct DescribedClient {
    /// Its name.
    pub name: String,
    /// Its id.
    pub client_id: ClientId,
    /// Its secret, opened; `None` for a public client.
    pub client_secret: Option<Secret<String>>,
    /// Its kind.
    pub app_type: Option<AppType>,
    /// Its callbacks.
    pub callbacks: Vec<String>,
    /// Its grants.
    pub grant_types: Vec<GrantType>,
    /// Whether it is part of the sample tenant.
    pub is_sample: bool,
}

/// An API.
#[derive(Debug, Clone)]
pub struct DescribedApi {
    /// Its identifier.
    pub identifier: String,
    /// The names of its permissions.
    pub scopes: Vec<String>,
}

/// A user.
#[derive(Debug, Clone)]
pub struct DescribedUser {
    /// His e-mail address.
    pub email: Option<String>,
    /// His username.
    pub username: Option<String>,
    /// His id.
    pub user_id: UserId,
    /// The name of his connection.
    pub connection: String,
    /// Whether he is the sample tenant's.
    pub is_sample: bool,
}

/// Describes a tenant, with at most `max_users` users.
///
/// # Errors
/// A fault of the store, or a secret that does not open.
pub async fn describe(
    storage: &dyn Storage,
    sealer: &dyn Sealer,
    max_users: u32,
) -> Result<Description, Fault> {
    let connections = storage.connections().await?;
    let mut clients = Vec::new();
    for client in storage.clients().await? {
        if !is_playground(&client.settings.other) {
            clients.push(describe_client(client, sealer)?);
        }
    }
    let apis = storage.resource_servers().await?.into_iter().map(|api| DescribedApi {
        identifier: api.identifier.to_string(),
        scopes: api.settings.scopes.into_iter().map(|scope| scope.value).collect(),
    });
    let users = storage.users(max_users).await?.into_iter().map(|user| DescribedUser {
        connection: connections
            .iter()
            .find(|connection| connection.id == user.connection_id)
            .map(|connection| connection.name.clone())
            .unwrap_or_default(),
        is_sample: sample::is_sample_user(&user),
        email: user.email,
        username: user.username,
        user_id: user.id,
    });
    Ok(Description { clients, apis: apis.collect(), users: users.collect() })
}

fn describe_client(client: Client, sealer: &dyn Sealer) -> Result<DescribedClient, Fault> {
    let secret = client.secret.filter(|_| !client.settings.is_public());
    let secret = secret.map(|sealed| open(sealer, CLIENT_SECRET_PURPOSE, &sealed)).transpose()?;
    let not_text = |_| Fault::internal(format!("clients.secret of {} is no text", client.id));
    let client_secret = secret.map(String::from_utf8).transpose().map_err(not_text)?.map(Secret::new);
    Ok(DescribedClient {
        client_secret,
        is_sample: is_sample(&client.settings.other),
        name: client.settings.name,
        client_id: client.id,
        app_type: client.settings.app_type,
        callbacks: client.settings.callbacks,
        grant_types: client.settings.grant_types,
    })
}
