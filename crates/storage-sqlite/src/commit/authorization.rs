use countersign_oauth::{AuthorizationId, HandleHash, Timestamp};
use countersign_storage::{AccessToken, Authorization};
use countersign_storage_schema::tables::{access_tokens, authorizations, refresh_families};
use countersign_storage_schema::{AccessTokenRow, AuthorizationRow};
use diesel::dsl::exists;
use diesel::prelude::*;

use super::Written;

pub(super) fn insert(connection: &mut SqliteConnection, record: Authorization) -> Written {
    let row = AuthorizationRow::from(record);
    diesel::insert_into(authorizations::table).values(row).execute(connection)?;
    Ok(())
}

pub(super) fn end(
    connection: &mut SqliteConnection,
    id: &AuthorizationId,
    at: Timestamp,
    deny_access_tokens: bool,
) -> Written {
    let living = authorizations::table
        .filter(authorizations::id.eq(id.as_str()))
        .filter(authorizations::ended_at.is_null());
    let ended =
        (authorizations::ended_at.eq(at.millis()), authorizations::epoch.eq(authorizations::epoch + 1));
    diesel::update(living).set(ended).execute(connection)?;

    let families = refresh_families::table
        .filter(refresh_families::authorization_id.eq(id.as_str()))
        .filter(refresh_families::ended_at.is_null());
    diesel::update(families).set(refresh_families::ended_at.eq(at.millis())).execute(connection)?;
    if deny_access_tokens {
        let tokens = access_tokens::table
            .filter(access_tokens::authorization_id.eq(id.as_str()))
            .filter(access_tokens::denied_at.is_null());
        diesel::update(tokens).set(access_tokens::denied_at.eq(at.millis())).execute(connection)?;
    }
    Ok(())
}

pub(super) fn insert_access_token(connection: &mut SqliteConnection, record: AccessToken) -> Written {
    let row = AccessTokenRow::try_from(record)?;
    diesel::insert_into(access_tokens::table).values(row).on_conflict_do_nothing().execute(connection)?;
    Ok(())
}

pub(super) fn deny_access_token(
    connection: &mut SqliteConnection,
    handle: HandleHash,
    expires_at: Timestamp,
    at: Timestamp,
) -> Written {
    let rows = access_tokens::table.filter(access_tokens::handle.eq(handle.as_bytes().as_slice()));
    if !diesel::select(exists(rows)).get_result::<bool>(connection)? {
        let unknown =
            AccessToken { handle, authorization_id: None, claims: None, expires_at, denied_at: Some(at) };
        diesel::insert_into(access_tokens::table)
            .values(AccessTokenRow::try_from(unknown)?)
            .execute(connection)?;
    }
    diesel::update(rows.filter(access_tokens::denied_at.is_null()))
        .set(access_tokens::denied_at.eq(at.millis()))
        .execute(connection)?;
    Ok(())
}
