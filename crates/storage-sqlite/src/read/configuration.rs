use std::sync::Arc;

use countersign_oauth::{Audience, ClientId, ConnectionId};
use countersign_storage::{
    Client, ClientGrant, ClientGrants, Clients, Connection, Connections, Keyed, Keys, ResourceServer,
    ResourceServers, Script, Scripts, Settings, SigningKey, SubjectType, TenantSettings,
};
use countersign_storage_schema::tables::{
    client_grants, clients, connections, resource_servers, scripts, settings, signing_keys,
};
use countersign_storage_schema::{
    ClientGrantRow, ClientRow, ConnectionRow, REVOKED, ResourceServerRow, ScriptRow, SettingsRow,
    SigningKeyRow, subject_type_name,
};
use diesel::prelude::*;

use super::{Found, List, reads, record, records};
use crate::commit::configuration_version;
use crate::failure::Failure;

reads! {
    Clients {
        fn client(id: &'a ClientId) -> Option<Client> = client;
    }
    ResourceServers {
        fn resource_server(audience: &'a Audience) -> Option<ResourceServer> = resource_server;
    }
    ClientGrants {
        fn client_grant(client: &'a ClientId, audience: &'a Audience, subject: SubjectType)
            -> Option<ClientGrant> = client_grant;
    }
    Connections {
        fn connection(id: &'a ConnectionId) -> Option<Connection> = connection;
        fn connections() -> Vec<Connection> = connections;
    }
    Keys {
        fn signing_keys() -> Vec<SigningKey> = signing_keys;
    }
    Scripts {
        fn scripts() -> Arc<[Script]> = scripts;
    }
    Settings {
        fn settings() -> Keyed<TenantSettings> = settings;
        fn configuration_version() -> i64 = |connection| Ok(configuration_version(connection)?);
    }
}

fn client(connection: &mut SqliteConnection, id: &ClientId) -> Found<Client> {
    let row = clients::table.find(id.as_str()).select(ClientRow::as_select());
    record(row.get_result(connection).optional()?)
}

fn resource_server(connection: &mut SqliteConnection, audience: &Audience) -> Found<ResourceServer> {
    let row = resource_servers::table
        .filter(resource_servers::identifier.eq(audience.as_str()))
        .select(ResourceServerRow::as_select());
    record(row.get_result(connection).optional()?)
}

fn client_grant(
    connection: &mut SqliteConnection,
    client: &ClientId,
    audience: &Audience,
    subject: SubjectType,
) -> Found<ClientGrant> {
    let row = client_grants::table
        .filter(client_grants::client_id.eq(client.as_str()))
        .filter(client_grants::audience.eq(audience.as_str()))
        .filter(client_grants::subject_type.eq(subject_type_name(subject)))
        .select(ClientGrantRow::as_select());
    record(row.get_result(connection).optional()?)
}

fn connection(connection: &mut SqliteConnection, id: &ConnectionId) -> Found<Connection> {
    let row = connections::table.filter(connections::id.eq(id.as_str())).select(ConnectionRow::as_select());
    record(row.get_result(connection).optional()?)
}

fn connections(connection: &mut SqliteConnection) -> List<Connection> {
    let rows = connections::table.order(connections::seq).select(ConnectionRow::as_select());
    records(rows.load(connection)?)
}

fn signing_keys(connection: &mut SqliteConnection) -> List<SigningKey> {
    let rows = signing_keys::table
        .filter(signing_keys::state.ne(REVOKED))
        .order((signing_keys::created_at, signing_keys::kid))
        .select(SigningKeyRow::as_select());
    records(rows.load(connection)?)
}

fn scripts(connection: &mut SqliteConnection) -> Result<Arc<[Script]>, Failure> {
    let rows = scripts::table.order(scripts::seq).select(ScriptRow::as_select());
    Ok(records(rows.load(connection)?)?.into())
}

fn settings(connection: &mut SqliteConnection) -> Result<Keyed<TenantSettings>, Failure> {
    let row = settings::table.find(SettingsRow::ID).select(SettingsRow::as_select());
    let found = record(row.get_result(connection).optional()?)?;
    Ok(found.unwrap_or_else(|| Keyed { record: TenantSettings::default(), version: 0 }))
}
