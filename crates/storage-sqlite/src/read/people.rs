use countersign_oauth::{Audience, ClientId, ConnectionId, HandleHash, SessionId, UserId};
use countersign_storage::{Consent, Consents, Session, Sessions, User, Users};
use countersign_storage_schema::tables::{
    consents, identities, session_clients, sessions, user_identifiers, users,
};
use countersign_storage_schema::{ConsentRow, IdentityRow, SessionRow, UserRow};
use diesel::prelude::*;

use super::{Found, List, reads, record};
use crate::failure::Failure;

reads! { together:
    Users {
        fn user(id: &'a UserId) -> Option<User> = user;
        fn user_by_identifier(connection: &'a ConnectionId, identifier: &'a str) -> Option<User> =
            user_by_identifier;
        fn user_by_identity(connection: &'a ConnectionId, provider: &'a str, provider_user_id: &'a str)
            -> Option<User> = user_by_identity;
    }
}

reads! {
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

fn user(connection: &mut SqliteConnection, id: &UserId) -> Found<User> {
    let row = users::table.find(id.as_str()).select(UserRow::as_select());
    row.get_result(connection).optional()?.map(|row| with_identities(connection, row)).transpose()
}

fn user_by_identifier(
    connection: &mut SqliteConnection,
    place: &ConnectionId,
    identifier: &str,
) -> Found<User> {
    let row = user_identifiers::table
        .find((place.as_str(), identifier))
        .inner_join(users::table)
        .select(UserRow::as_select());
    row.get_result(connection).optional()?.map(|row| with_identities(connection, row)).transpose()
}

fn user_by_identity(
    connection: &mut SqliteConnection,
    place: &ConnectionId,
    provider: &str,
    provider_user_id: &str,
) -> Found<User> {
    let row = identities::table
        .find((place.as_str(), provider, provider_user_id))
        .inner_join(users::table)
        .select(UserRow::as_select());
    row.get_result(connection).optional()?.map(|row| with_identities(connection, row)).transpose()
}

/// The user with his identities, which stand in a table of their own.
pub(crate) fn with_identities(connection: &mut SqliteConnection, row: UserRow) -> Result<User, Failure> {
    let identities = identities::table
        .filter(identities::user_id.eq(&row.id))
        .order(identities::place)
        .select(IdentityRow::as_select())
        .load(connection)?;
    Ok(row.into_user(identities)?)
}

fn session_by_handle(connection: &mut SqliteConnection, handle: &HandleHash) -> Found<Session> {
    let row = sessions::table
        .filter(sessions::handle.eq(handle.as_bytes().as_slice()))
        .select(SessionRow::as_select());
    record(row.get_result(connection).optional()?)
}

fn session(connection: &mut SqliteConnection, id: &SessionId) -> Found<Session> {
    let row = sessions::table.find(id.as_str()).select(SessionRow::as_select());
    record(row.get_result(connection).optional()?)
}

fn session_clients(connection: &mut SqliteConnection, id: &SessionId) -> List<ClientId> {
    let clients: Vec<String> = session_clients::table
        .filter(session_clients::session_id.eq(id.as_str()))
        .order((session_clients::joined_at, session_clients::client_id))
        .select(session_clients::client_id)
        .load(connection)?;
    Ok(clients.into_iter().map(ClientId::new).collect())
}

fn consent(
    connection: &mut SqliteConnection,
    user: &UserId,
    client: &ClientId,
    audience: &Audience,
) -> Found<Consent> {
    let row = consents::table
        .filter(consents::user_id.eq(user.as_str()))
        .filter(consents::client_id.eq(client.as_str()))
        .filter(consents::audience.eq(audience.as_str()))
        .filter(consents::organization_id.is_null())
        .select(ConsentRow::as_select());
    record(row.get_result(connection).optional()?)
}
