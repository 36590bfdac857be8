//! The client of the playground, which `countersign dev` adds to whatever tenant it serves.

use countersign_oauth::{ClientId, Fault, GrantType};
use countersign_storage::{
    AppType, Change, Changes, Client, ClientSettings, Connection, RefreshTokenSettings,
    TokenEndpointAuthMethod, Upsert,
};
use serde_json::{Map, Value};

use crate::Admin;
use crate::admin::{ATTEMPTS, Committed, logged, too_many_conflicts};
use crate::apply::narrow;

/// The id of the playground's client, the same in every tenant.
pub const PLAYGROUND_ID: &str = "CountersignPlayground00000000001";

/// The mark on that client; nobody's file can set it.
pub(crate) const MARK: &str = "countersign_playground";

/// Whether a client's kept settings carry the mark.
pub(crate) fn is_playground(other: &Map<String, Value>) -> bool {
    other.get(MARK) == Some(&Value::Bool(true))
}

/// Adds the playground's client to the tenant, with exactly these callbacks, and lets every database of the
/// tenant serve it. A tenant that has public clients of its own for all of these callbacks is left as it
/// is. Doing it again changes nothing.
///
/// # Errors
/// A fault of the store.
pub async fn apply_playground(callbacks: &[String], admin: &Admin<'_>) -> Result<(), Fault> {
    for _ in 0..ATTEMPTS {
        let clients = admin.storage.clients().await?;
        let connections = admin.storage.connections().await?;
        let changes = plan(callbacks, &clients, connections, admin);
        if changes.writes.is_empty() {
            return Ok(());
        }
        match admin.commit(changes).await? {
            Committed::Done => return Ok(()),
            Committed::Again(_) => {}
        }
    }
    Err(too_many_conflicts())
}

fn plan(
    callbacks: &[String],
    clients: &[Client],
    connections: Vec<Connection>,
    admin: &Admin<'_>,
) -> Changes {
    let id = ClientId::from(PLAYGROUND_ID);
    let stored = clients.iter().find(|client| client.id == id);
    let of_others = clients.iter().filter(|client| !is_playground(&client.settings.other));
    let served: Vec<&String> = of_others
        .filter(|client| client.settings.is_public())
        .flat_map(|client| &client.settings.callbacks)
        .collect();
    let is_theirs = stored.is_some_and(|client| !is_playground(&client.settings.other));
    if is_theirs || callbacks.iter().all(|callback| served.contains(&callback)) {
        return Changes::none();
    }
    let mut changes = Changes::none();
    let settings = settings(callbacks);
    if stored.is_none_or(|client| client.settings != settings) {
        changes = changes.with(Change::UpsertClient(Upsert {
            expected_version: stored.map(|client| client.version),
            raise_epoch: stored.is_some_and(|client| narrow::client(&client.settings, &settings)),
            record: Client {
                id: id.clone(),
                secret: None,
                settings,
                created_at: stored.map_or(admin.now, |client| client.created_at),
                version: 0,
                epoch: 0,
            },
        }));
    }
    for mut connection in connections {
        if connection.strategy != "auth0" || connection.settings.enabled_clients.contains(&id) {
            continue;
        }
        connection.settings.enabled_clients.push(id.clone());
        let expected_version = Some(connection.version);
        let upsert = Upsert { record: connection, expected_version, raise_epoch: false };
        changes = changes.with(Change::UpsertConnection(upsert));
    }
    if !changes.writes.is_empty() {
        changes = changes.with(logged(admin.log("sapi", "Update the playground")));
    }
    changes
}

fn settings(callbacks: &[String]) -> ClientSettings {
    let origins = callbacks.iter().filter_map(|callback| callback.strip_suffix("/playground"));
    ClientSettings {
        name: "Playground".to_owned(),
        app_type: Some(AppType::Spa),
        token_endpoint_auth_method: TokenEndpointAuthMethod::None,
        grant_types: vec![GrantType::AUTHORIZATION_CODE, GrantType::REFRESH_TOKEN],
        callbacks: callbacks.to_vec(),
        allowed_logout_urls: callbacks.to_vec(),
        web_origins: origins.map(str::to_owned).collect(),
        refresh_token: RefreshTokenSettings::rotating(),
        skip_non_verifiable_callback_uri_confirmation_prompt: Some(true),
        other: Map::from_iter([(MARK.to_owned(), Value::Bool(true))]),
        ..ClientSettings::default()
    }
}
