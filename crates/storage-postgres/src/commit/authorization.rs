use countersign_oauth::{AuthorizationId, HandleHash, Timestamp};
use countersign_storage::{AccessToken, Authorization};
use countersign_storage_schema::tables::{access_tokens, authorizations, refresh_families};
use countersign_storage_schema::{AccessTokenRow, AuthorizationRow};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Written;

pub(super) async fn insert(mut connection: &AsyncPgConnection, record: Authorization) -> Written {
    let row = AuthorizationRow::from(record);
    diesel::insert_into(authorizations::table).values(row).execute(&mut connection).await?;
    Ok(())
}

pub(super) async fn end(
    mut connection: &AsyncPgConnection,
    id: &AuthorizationId,
    at: Timestamp,
    deny_access_tokens: bool,
) -> Written {
    let living = authorizations::table
        .filter(authorizations::id.eq(id.as_str()))
        .filter(authorizations::ended_at.is_null());
    let ended =
        (authorizations::ended_at.eq(at.millis()), authorizations::epoch.eq(authorizations::epoch + 1));
    diesel::update(living).set(ended).execute(&mut connection).await?;

    let families = refresh_families::table
        .filter(refresh_families::authorization_id.eq(id.as_str()))
        .filter(refresh_families::ended_at.is_null());
    diesel::update(families).set(refresh_families::ended_at.eq(at.millis())).execute(&mut connection).await?;
    if deny_access_tokens {
        let tokens = access_tokens::table
            .filter(access_tokens::authorization_id.eq(id.as_str()))
            .filter(access_tokens::denied_at.is_null());
        diesel::update(tokens).set(access_tokens::denied_at.eq(at.millis())).execute(&mut connection).await?;
    }
    Ok(())
}

pub(super) async fn insert_access_token(mut connection: &AsyncPgConnection, record: AccessToken) -> Written {
    let row = AccessTokenRow::try_from(record)?;
    let insert = diesel::insert_into(access_tokens::table).values(row).on_conflict_do_nothing();
    insert.execute(&mut connection).await?;
    Ok(())
}

pub(super) async fn deny_access_token(
    mut connection: &AsyncPgConnection,
    handle: HandleHash,
    expires_at: Timestamp,
    at: Timestamp,
) -> Written {
    let rows = access_tokens::table.filter(access_tokens::handle.eq(handle.as_bytes().as_slice()));
    let denied = diesel::update(rows)
        .set(
            access_tokens::denied_at.eq(diesel::dsl::case_when(
                access_tokens::denied_at.is_null(),
                Some(at.millis()),
            )
            .otherwise(access_tokens::denied_at)),
        )
        .execute(&mut connection)
        .await?;
    if denied == 0 {
        let unknown =
            AccessToken { handle, authorization_id: None, claims: None, expires_at, denied_at: Some(at) };
        insert_access_token(connection, unknown).await?;
    }
    Ok(())
}
