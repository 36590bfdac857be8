use std::sync::Arc;

use countersign_oauth::{Audience, ClientId, ConnectionId};
use countersign_storage::{
    Client, ClientGrant, ClientGrants, Clients, Connection, Connections, Keyed, Keys, ResourceServer,
    ResourceServers, Script, Scripts, Settings, SigningKey, SubjectType, TenantSettings,
};
use countersign_storage_schema::tables::{
    client_grants, clients, connections, counters, resource_servers, scripts, settings, signing_keys,
};
use countersign_storage_schema::{
    ClientGrantRow, ClientRow, ConnectionRow, REVOKED, ResourceServerRow, ScriptRow, SettingsRow,
    SigningKeyRow, subject_type_name,
};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Found, List, cannot_be, reads, record, records};
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
        fn configuration_version() -> i64 = configuration_version;
    }
}

async fn client(mut connection: &AsyncPgConnection, id: &ClientId) -> Found<Client> {
    if cannot_be(id.as_str()) {
        return Ok(None);
    }
    let row = clients::table.find(id.as_str()).select(ClientRow::as_select());
    record(row.first(&mut connection).await.optional()?)
}

async fn resource_server(mut connection: &AsyncPgConnection, audience: &Audience) -> Found<ResourceServer> {
    if cannot_be(audience.as_str()) {
        return Ok(None);
    }
    let row = resource_servers::table
        .filter(resource_servers::identifier.eq(audience.as_str()))
        .select(ResourceServerRow::as_select());
    record(row.first(&mut connection).await.optional()?)
}

async fn client_grant(
    mut connection: &AsyncPgConnection,
    client: &ClientId,
    audience: &Audience,
    subject: &SubjectType,
) -> Found<ClientGrant> {
    if cannot_be(client.as_str()) || cannot_be(audience.as_str()) {
        return Ok(None);
    }
    let row = client_grants::table
        .filter(client_grants::client_id.eq(client.as_str()))
        .filter(client_grants::audience.eq(audience.as_str()))
        .filter(client_grants::subject_type.eq(subject_type_name(*subject)))
        .select(ClientGrantRow::as_select());
    record(row.first(&mut connection).await.optional()?)
}

async fn connection(mut connection: &AsyncPgConnection, id: &ConnectionId) -> Found<Connection> {
    if cannot_be(id.as_str()) {
        return Ok(None);
    }
    let row = connections::table.filter(connections::id.eq(id.as_str())).select(ConnectionRow::as_select());
    record(row.first(&mut connection).await.optional()?)
}

async fn connections(mut connection: &AsyncPgConnection) -> List<Connection> {
    let rows = connections::table.order(connections::seq).select(ConnectionRow::as_select());
    records(rows.load(&mut connection).await?)
}

async fn signing_keys(mut connection: &AsyncPgConnection) -> List<SigningKey> {
    let rows = signing_keys::table
        .filter(signing_keys::state.ne(REVOKED))
        .order((signing_keys::created_at, signing_keys::kid))
        .select(SigningKeyRow::as_select());
    records(rows.load(&mut connection).await?)
}

async fn scripts(mut connection: &AsyncPgConnection) -> Result<Arc<[Script]>, Failure> {
    let rows = scripts::table.order(scripts::seq).select(ScriptRow::as_select());
    Ok(records(rows.load(&mut connection).await?)?.into())
}

async fn settings(mut connection: &AsyncPgConnection) -> Result<Keyed<TenantSettings>, Failure> {
    let row = settings::table.find(SettingsRow::ID).select(SettingsRow::as_select());
    let found = record(row.first(&mut connection).await.optional()?)?;
    Ok(found.unwrap_or_else(|| Keyed { record: TenantSettings::default(), version: 0 }))
}

async fn configuration_version(mut connection: &AsyncPgConnection) -> Result<i64, Failure> {
    let counter = counters::table.find("configuration_version").select(counters::value);
    Ok(counter.first(&mut connection).await?)
}
