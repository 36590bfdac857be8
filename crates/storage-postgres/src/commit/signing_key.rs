use countersign_jose::Algorithm;
use countersign_oauth::{KeyId, Timestamp};
use countersign_storage::{Conflict, KeyState, SigningKey};
use countersign_storage_schema::tables::signing_keys;
use countersign_storage_schema::{REVOKED, SigningKeyRow, key_state_name};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Written;

pub(super) async fn insert(mut connection: &AsyncPgConnection, record: SigningKey) -> Written {
    diesel::insert_into(signing_keys::table)
        .values(SigningKeyRow::from(record))
        .execute(&mut connection)
        .await?;
    Ok(())
}

/// Sets the moment where there is none: what is published stays so.
pub(super) async fn publish(
    mut connection: &AsyncPgConnection,
    algorithm: Algorithm,
    at: Timestamp,
) -> Written {
    let unpublished = signing_keys::table
        .filter(signing_keys::algorithm.eq(algorithm.as_str()))
        .filter(signing_keys::published_at.is_null());
    let publish = diesel::update(unpublished).set(signing_keys::published_at.eq(at.millis()));
    publish.execute(&mut connection).await?;
    Ok(())
}

/// A revoked key stays revoked; an index keeps one place of each state for each algorithm.
pub(super) async fn set_state(
    mut connection: &AsyncPgConnection,
    kid: &KeyId,
    state: KeyState,
    at: Timestamp,
) -> Written {
    let key = signing_keys::table.filter(signing_keys::kid.eq(kid.as_str()));
    let stands: String =
        key.select(signing_keys::state).first(&mut connection).await.optional()?.ok_or(Conflict::Version)?;
    let state = key_state_name(state);
    if stands == state {
        return Ok(());
    }
    if stands == REVOKED {
        return Err(Conflict::Version.into());
    }
    diesel::update(key)
        .set((signing_keys::state.eq(state), signing_keys::state_since.eq(at.millis())))
        .execute(&mut connection)
        .await?;
    Ok(())
}
