use countersign_oauth::UserId;
use countersign_storage::{
    Client, ClientGrant, Listing, LogEvent, RefreshFamily, ResourceServer, Session, User,
};
use countersign_storage_schema::tables::{
    client_grants, clients, log_events, refresh_families, resource_servers, sessions, users,
};
use countersign_storage_schema::{
    ClientGrantRow, ClientRow, LogEventRow, RefreshFamilyRow, ResourceServerRow, SessionRow, UserRow,
};
use diesel::prelude::*;

use super::people::with_identities;
use super::{List, reads, records};

reads! { together:
    Listing {
        fn clients() -> Vec<Client> = clients;
        fn resource_servers() -> Vec<ResourceServer> = resource_servers;
        fn client_grants() -> Vec<ClientGrant> = client_grants;
        fn users(limit: u32) -> Vec<User> = users;
        fn log_events(limit: u32) -> Vec<LogEvent> = log_events;
        fn families_of_user(user: &'a UserId) -> Vec<RefreshFamily> = families_of_user;
        fn sessions_of_user(user: &'a UserId) -> Vec<Session> = sessions_of_user;
    }
}

fn clients(connection: &mut SqliteConnection) -> List<Client> {
    let rows = clients::table.order((clients::created_at, clients::id)).select(ClientRow::as_select());
    records(rows.load(connection)?)
}

fn resource_servers(connection: &mut SqliteConnection) -> List<ResourceServer> {
    let rows = resource_servers::table.order(resource_servers::seq).select(ResourceServerRow::as_select());
    records(rows.load(connection)?)
}

fn client_grants(connection: &mut SqliteConnection) -> List<ClientGrant> {
    let rows = client_grants::table.order(client_grants::seq).select(ClientGrantRow::as_select());
    records(rows.load(connection)?)
}

fn users(connection: &mut SqliteConnection, limit: u32) -> List<User> {
    let rows = users::table
        .order((users::created_at, users::id))
        .limit(limit.into())
        .select(UserRow::as_select())
        .load(connection)?;
    rows.into_iter().map(|row| with_identities(connection, row)).collect()
}

fn log_events(connection: &mut SqliteConnection, limit: u32) -> List<LogEvent> {
    let rows =
        log_events::table.order(log_events::seq.desc()).limit(limit.into()).select(LogEventRow::as_select());
    records(rows.load(connection)?)
}

fn families_of_user(connection: &mut SqliteConnection, user: &UserId) -> List<RefreshFamily> {
    let rows = refresh_families::table
        .filter(refresh_families::user_id.eq(user.as_str()))
        .order((refresh_families::created_at, refresh_families::id))
        .select(RefreshFamilyRow::as_select());
    records(rows.load(connection)?)
}

fn sessions_of_user(connection: &mut SqliteConnection, user: &UserId) -> List<Session> {
    let rows = sessions::table
        .filter(sessions::user_id.eq(user.as_str()))
        .order((sessions::created_at, sessions::id))
        .select(SessionRow::as_select());
    records(rows.load(connection)?)
}
