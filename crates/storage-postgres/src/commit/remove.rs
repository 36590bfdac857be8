//! Deletion with all that goes along.

use countersign_oauth::{
    ClientGrantId, ClientId, ConnectionId, ResourceServerId, ScriptId, Timestamp, UserId,
};
use countersign_storage_schema::tables::{
    access_tokens, authorizations, client_grants, clients, connections, consents, refresh_families,
    resource_servers, scripts, session_clients, single_uses, users,
};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Written, counter, session, user as names};

/// Deletes rows that have a version, and keeps that they were there.
macro_rules! delete_versioned {
    ($connection:expr, $table:ident, $chosen:expr) => {{
        let gone: Vec<i64> = diesel::delete($table::table.filter($chosen))
            .returning($table::version)
            .get_results(&mut $connection)
            .await?;
        if let Some(highest) = gone.into_iter().max() {
            counter::raise_epoch_floor($connection, highest).await?;
        }
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
        diesel::update(tokens).set(access_tokens::denied_at.eq(at)).execute(&mut $connection).await?;
        let own = refresh_families::$column
            .eq(id)
            .or(refresh_families::authorization_id.eq_any(authorizations.select(authorizations::id)));
        let families = refresh_families::table.filter(refresh_families::ended_at.is_null()).filter(own);
        diesel::update(families).set(refresh_families::ended_at.eq(at)).execute(&mut $connection).await?;
        diesel::update(authorizations.filter(authorizations::ended_at.is_null()))
            .set((authorizations::ended_at.eq(at), authorizations::epoch.eq(authorizations::epoch + 1)))
            .execute(&mut $connection).await?;
    }};
}

pub(super) async fn user(mut connection: &AsyncPgConnection, id: &str, at: Timestamp) -> Written {
    delete_versioned!(connection, users, users::id.eq(id));
    names::forget_names(connection, id).await?;
    diesel::delete(consents::table.filter(consents::user_id.eq(id))).execute(&mut connection).await?;
    end_all!(connection, user_id, id, at);
    session::end_all(connection, &UserId::new(id), at).await
}

pub(super) async fn client(mut connection: &AsyncPgConnection, id: &ClientId, at: Timestamp) -> Written {
    let id = id.as_str();
    delete_versioned!(connection, clients, clients::id.eq(id));
    delete_versioned!(connection, client_grants, client_grants::client_id.eq(id));
    diesel::delete(consents::table.filter(consents::client_id.eq(id))).execute(&mut connection).await?;
    diesel::delete(session_clients::table.filter(session_clients::client_id.eq(id)))
        .execute(&mut connection)
        .await?;
    let unspent =
        single_uses::table.filter(single_uses::client_id.eq(id)).filter(single_uses::redeemed_at.is_null());
    diesel::update(unspent).set(single_uses::redeemed_at.eq(at.millis())).execute(&mut connection).await?;
    end_all!(connection, client_id, id, at);
    Ok(())
}

pub(super) async fn resource_server(
    mut connection: &AsyncPgConnection,
    id: &ResourceServerId,
    at: Timestamp,
) -> Written {
    let row = resource_servers::table.filter(resource_servers::id.eq(id.as_str()));
    let identifier: Option<String> =
        row.select(resource_servers::identifier).first(&mut connection).await.optional()?;
    let Some(audience) = identifier else { return Ok(()) };
    delete_versioned!(connection, resource_servers, resource_servers::id.eq(id.as_str()));
    delete_versioned!(connection, client_grants, client_grants::audience.eq(&audience));
    diesel::delete(consents::table.filter(consents::audience.eq(&audience))).execute(&mut connection).await?;
    let families = refresh_families::table
        .filter(refresh_families::audience.eq(&audience))
        .filter(refresh_families::ended_at.is_null());
    diesel::update(families).set(refresh_families::ended_at.eq(at.millis())).execute(&mut connection).await?;
    Ok(())
}

pub(super) async fn client_grant(mut connection: &AsyncPgConnection, id: &ClientGrantId) -> Written {
    delete_versioned!(connection, client_grants, client_grants::id.eq(id.as_str()));
    Ok(())
}

pub(super) async fn script(mut connection: &AsyncPgConnection, id: &ScriptId) -> Written {
    delete_versioned!(connection, scripts, scripts::id.eq(id.as_str()));
    Ok(())
}

pub(super) async fn connection(
    mut connection: &AsyncPgConnection,
    id: &ConnectionId,
    at: Timestamp,
) -> Written {
    delete_versioned!(connection, connections, connections::id.eq(id.as_str()));
    let own = users::table.filter(users::connection_id.eq(id.as_str()));
    let ids: Vec<String> = own.select(users::id).load(&mut connection).await?;
    for id in ids {
        user(connection, &id, at).await?;
    }
    Ok(())
}
