//! Deletion with all that goes along.

use countersign_oauth::{
    ClientGrantId, ClientId, ConnectionId, ResourceServerId, ScriptId, Timestamp, UserId,
};
use countersign_storage_schema::tables::{
    access_tokens, authorizations, client_grants, clients, connections, consents, refresh_families,
    resource_servers, scripts, session_clients, single_uses, users,
};
use diesel::prelude::*;

use super::{Written, counter, session, user as names};

/// Deletes rows that have a version, and keeps that they were there.
macro_rules! delete_versioned {
    ($connection:expr, $table:ident, $chosen:expr) => {{
        let gone: Vec<i64> = diesel::delete($table::table.filter($chosen))
            .returning($table::version)
            .get_results($connection)?;
        gone.into_iter().try_for_each(|gone| counter::raise_epoch_floor($connection, gone))?;
    }};
}

/// Ends the authorizations and families that a column names, and denies the access tokens.
macro_rules! end_all {
    ($connection:expr, $column:ident, $id:expr, $at:expr) => {{
        let (id, at): (&str, i64) = ($id, $at.millis());
        let authorizations = authorizations::table.filter(authorizations::$column.eq(id));
        let tokens = access_tokens::table
            .filter(access_tokens::denied_at.is_null())
            .filter(access_tokens::authorization_id.eq_any(authorizations.select(authorizations::id)));
        diesel::update(tokens).set(access_tokens::denied_at.eq(at)).execute($connection)?;
        let own = refresh_families::$column
            .eq(id)
            .or(refresh_families::authorization_id.eq_any(authorizations.select(authorizations::id)));
        let families = refresh_families::table.filter(refresh_families::ended_at.is_null()).filter(own);
        diesel::update(families).set(refresh_families::ended_at.eq(at)).execute($connection)?;
        diesel::update(authorizations.filter(authorizations::ended_at.is_null()))
            .set((authorizations::ended_at.eq(at), authorizations::epoch.eq(authorizations::epoch + 1)))
            .execute($connection)?;
    }};
}

pub(super) fn user(connection: &mut SqliteConnection, id: &str, at: Timestamp) -> Written {
    delete_versioned!(connection, users, users::id.eq(id));
    names::forget_names(connection, id)?;
    diesel::delete(consents::table.filter(consents::user_id.eq(id))).execute(connection)?;
    end_all!(connection, user_id, id, at);
    session::end_all(connection, &UserId::new(id), at)
}

pub(super) fn client(connection: &mut SqliteConnection, id: &ClientId, at: Timestamp) -> Written {
    let id = id.as_str();
    delete_versioned!(connection, clients, clients::id.eq(id));
    delete_versioned!(connection, client_grants, client_grants::client_id.eq(id));
    diesel::delete(consents::table.filter(consents::client_id.eq(id))).execute(connection)?;
    diesel::delete(session_clients::table.filter(session_clients::client_id.eq(id))).execute(connection)?;
    let unspent =
        single_uses::table.filter(single_uses::client_id.eq(id)).filter(single_uses::redeemed_at.is_null());
    diesel::update(unspent).set(single_uses::redeemed_at.eq(at.millis())).execute(connection)?;
    end_all!(connection, client_id, id, at);
    Ok(())
}

pub(super) fn resource_server(
    connection: &mut SqliteConnection,
    id: &ResourceServerId,
    at: Timestamp,
) -> Written {
    let row = resource_servers::table.filter(resource_servers::id.eq(id.as_str()));
    let identifier: Option<String> =
        row.select(resource_servers::identifier).get_result(connection).optional()?;
    let Some(audience) = identifier else { return Ok(()) };
    delete_versioned!(connection, resource_servers, resource_servers::id.eq(id.as_str()));
    delete_versioned!(connection, client_grants, client_grants::audience.eq(&audience));
    diesel::delete(consents::table.filter(consents::audience.eq(&audience))).execute(connection)?;
    let families = refresh_families::table
        .filter(refresh_families::audience.eq(&audience))
        .filter(refresh_families::ended_at.is_null());
    diesel::update(families).set(refresh_families::ended_at.eq(at.millis())).execute(connection)?;
    Ok(())
}

pub(super) fn client_grant(connection: &mut SqliteConnection, id: &ClientGrantId) -> Written {
    delete_versioned!(connection, client_grants, client_grants::id.eq(id.as_str()));
    Ok(())
}

pub(super) fn script(connection: &mut SqliteConnection, id: &ScriptId) -> Written {
    delete_versioned!(connection, scripts, scripts::id.eq(id.as_str()));
    Ok(())
}

pub(super) fn connection(connection: &mut SqliteConnection, id: &ConnectionId, at: Timestamp) -> Written {
    delete_versioned!(connection, connections, connections::id.eq(id.as_str()));
    let own = users::table.filter(users::connection_id.eq(id.as_str()));
    let ids: Vec<String> = own.select(users::id).load(connection)?;
    ids.into_iter().try_for_each(|id| user(connection, &id, at))
}
