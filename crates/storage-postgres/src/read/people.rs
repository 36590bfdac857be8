use countersign_oauth::{Audience, ClientId, ConnectionId, HandleHash, SessionId, UserId};
use countersign_storage::{Consent, Consents, Session, Sessions, User, Users};
use countersign_storage_schema::tables::{
    consents, identities, session_clients, sessions, user_identifiers, users,
};
use countersign_storage_schema::{ConsentRow, IdentityRow, SessionRow, UserRow};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Found, List, cannot_be, reads, record};
use crate::failure::Failure;

reads! {
    Users {
        fn user(id: &'a UserId) -> Option<User> = user;
        fn user_by_identifier(connection: &'a ConnectionId, identifier: &'a str) -> Option<User> =
            user_by_identifier;
        fn user_by_identity(connection: &'a ConnectionId, provider: &'a str, provider_user_id: &'a str)
            -> Option<User> = user_by_identity;
    }
    Sessions {
        fn session_by_handle(handle: &'a HandleHash) -> Option<Session> = session_by_handle;
        fn session(id: &'a SessionId) -> Option<Session> = session;
        fn session_clients(id: &'a SessionId) -> Vec<ClientId> = session_clients;
    }
    Consents {
        fn consent(user: &'a UserId, client: &'a ClientId, audience: &'a Audience) -> Option<Consent> =
            consent;
    }
}

/// Users beside their identities, which stand in a table of their own: one statement, so that a user is
/// seen whole.
pub(super) type UserRows = Vec<(UserRow, Option<IdentityRow>)>;

async fn user(mut connection: &AsyncPgConnection, id: &UserId) -> Found<User> {
    if cannot_be(id.as_str()) {
        return Ok(None);
    }
    let rows: UserRows = users::table
        .left_join(identities::table)
        .filter(users::id.eq(id.as_str()))
        .order(identities::place)
        .select((UserRow::as_select(), Option::<IdentityRow>::as_select()))
        .load(&mut connection)
        .await?;
    Ok(whole(rows)?.pop())
}

async fn user_by_identifier(
    mut connection: &AsyncPgConnection,
    place: &ConnectionId,
    identifier: &str,
) -> Found<User> {
    if cannot_be(place.as_str()) || cannot_be(identifier) {
        return Ok(None);
    }
    let rows: UserRows = users::table
        .inner_join(user_identifiers::table)
        .left_join(identities::table)
        .filter(user_identifiers::connection_id.eq(place.as_str()))
        .filter(user_identifiers::identifier.eq(identifier))
        .order(identities::place)
        .select((UserRow::as_select(), Option::<IdentityRow>::as_select()))
        .load(&mut connection)
        .await?;
    Ok(whole(rows)?.pop())
}

async fn user_by_identity(
    mut connection: &AsyncPgConnection,
    place: &ConnectionId,
    provider: &str,
    provider_user_id: &str,
) -> Found<User> {
    if [place.as_str(), provider, provider_user_id].into_iter().any(cannot_be) {
        return Ok(None);
    }
    let whose = identities::table
        .filter(identities::connection_id.eq(place.as_str()))
        .filter(identities::provider.eq(provider))
        .filter(identities::provider_user_id.eq(provider_user_id))
        .select(identities::user_id);
    let Some(id) = whose.first::<String>(&mut connection).await.optional()? else { return Ok(None) };
    user(connection, &UserId::new(id)).await
}

/// The users of rows that stand together user by user, in their order.
pub(super) fn whole(rows: UserRows) -> Result<Vec<User>, Failure> {
    let mut users = Vec::new();
    let mut rows = rows.into_iter().peekable();
    while let Some((user, identity)) = rows.next() {
        let mut identities = Vec::from_iter(identity);
        while let Some((_, Some(identity))) = rows.next_if(|(next, _)| next.id == user.id) {
            identities.push(identity);
        }
        users.push(user.into_user(identities)?);
    }
    Ok(users)
}

async fn session_by_handle(mut connection: &AsyncPgConnection, handle: &HandleHash) -> Found<Session> {
    let row = sessions::table
        .filter(sessions::handle.eq(handle.as_bytes().as_slice()))
        .select(SessionRow::as_select());
    record(row.first(&mut connection).await.optional()?)
}

async fn session(mut connection: &AsyncPgConnection, id: &SessionId) -> Found<Session> {
    if cannot_be(id.as_str()) {
        return Ok(None);
    }
    let row = sessions::table.find(id.as_str()).select(SessionRow::as_select());
    record(row.first(&mut connection).await.optional()?)
}

async fn session_clients(mut connection: &AsyncPgConnection, id: &SessionId) -> List<ClientId> {
    if cannot_be(id.as_str()) {
        return Ok(Vec::new());
    }
    let clients: Vec<String> = session_clients::table
        .filter(session_clients::session_id.eq(id.as_str()))
        .order((session_clients::joined_at, session_clients::client_id))
        .select(session_clients::client_id)
        .load(&mut connection)
        .await?;
    Ok(clients.into_iter().map(ClientId::new).collect())
}

async fn consent(
    mut connection: &AsyncPgConnection,
    user: &UserId,
    client: &ClientId,
    audience: &Audience,
) -> Found<Consent> {
    if [user.as_str(), client.as_str(), audience.as_str()].into_iter().any(cannot_be) {
        return Ok(None);
    }
    let row = consents::table
        .filter(consents::user_id.eq(user.as_str()))
        .filter(consents::client_id.eq(client.as_str()))
        .filter(consents::audience.eq(audience.as_str()))
        .filter(consents::organization_id.is_null())
        .select(ConsentRow::as_select());
    record(row.first(&mut connection).await.optional()?)
}
