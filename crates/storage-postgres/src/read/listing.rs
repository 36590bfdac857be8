use countersign_oauth::UserId;
use countersign_storage::{
    Client, ClientGrant, Listing, LogEvent, RefreshFamily, ResourceServer, Session, User,
};
use countersign_storage_schema::tables::{
    client_grants, clients, identities, log_events, refresh_families, resource_servers, sessions, users,
};
use countersign_storage_schema::{
    ClientGrantRow, ClientRow, IdentityRow, LogEventRow, RefreshFamilyRow, ResourceServerRow, SessionRow,
    UserRow,
};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::people::{UserRows, whole};
use super::{List, reads, records};

reads! {
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

async fn clients(mut connection: &AsyncPgConnection) -> List<Client> {
    let rows = clients::table.order((clients::created_at, clients::id)).select(ClientRow::as_select());
    records(rows.load(&mut connection).await?)
}

async fn resource_servers(mut connection: &AsyncPgConnection) -> List<ResourceServer> {
    let rows = resource_servers::table.order(resource_servers::seq).select(ResourceServerRow::as_select());
    records(rows.load(&mut connection).await?)
}

async fn client_grants(mut connection: &AsyncPgConnection) -> List<ClientGrant> {
    let rows = client_grants::table.order(client_grants::seq).select(ClientGrantRow::as_select());
    records(rows.load(&mut connection).await?)
}

async fn users(mut connection: &AsyncPgConnection, limit: &u32) -> List<User> {
    let page = diesel::alias!(users as page);
    let ids = page
        .order((page.field(users::created_at), page.field(users::id)))
        .limit((*limit).into())
        .select(page.field(users::id));
    let rows: UserRows = users::table
        .left_join(identities::table)
        .filter(users::id.eq_any(ids))
        .order((users::created_at, users::id, identities::place))
        .select((UserRow::as_select(), Option::<IdentityRow>::as_select()))
        .load(&mut connection)
        .await?;
    whole(rows)
}

async fn log_events(mut connection: &AsyncPgConnection, limit: &u32) -> List<LogEvent> {
    let rows = log_events::table
        .order(log_events::seq.desc())
        .limit((*limit).into())
        .select(LogEventRow::as_select());
    records(rows.load(&mut connection).await?)
}

async fn families_of_user(mut connection: &AsyncPgConnection, user: &UserId) -> List<RefreshFamily> {
    let rows = refresh_families::table
        .filter(refresh_families::user_id.eq(user.as_str()))
        .order((refresh_families::created_at, refresh_families::id))
        .select(RefreshFamilyRow::as_select());
    records(rows.load(&mut connection).await?)
}

async fn sessions_of_user(mut connection: &AsyncPgConnection, user: &UserId) -> List<Session> {
    let rows = sessions::table
        .filter(sessions::user_id.eq(user.as_str()))
        .order((sessions::created_at, sessions::id))
        .select(SessionRow::as_select());
    records(rows.load(&mut connection).await?)
}
