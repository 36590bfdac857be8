use countersign_oauth::{HandleHash, Timestamp};
use countersign_storage::{Conflict, SingleUse, SingleUseKind};
use countersign_storage_schema::SingleUseRow;
use countersign_storage_schema::tables::{marks, single_uses};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Written;

pub(super) async fn insert(mut connection: &AsyncPgConnection, record: SingleUse) -> Written {
    let row = SingleUseRow::try_from(record)?;
    diesel::insert_into(single_uses::table).values(row).execute(&mut connection).await?;
    Ok(())
}

/// One conditional write, whose row count decides (rule G2): of those that wait for the row, each looks
/// again when it has it.
pub(super) async fn spend(
    mut connection: &AsyncPgConnection,
    kind: SingleUseKind,
    handle: HandleHash,
    now: Timestamp,
) -> Written {
    let unspent = single_uses::table
        .filter(single_uses::kind.eq(kind.as_str()))
        .filter(single_uses::handle.eq(handle.as_bytes().as_slice()))
        .filter(single_uses::redeemed_at.is_null())
        .filter(single_uses::expires_at.gt(now.millis()));
    let spend = diesel::update(unspent).set(single_uses::redeemed_at.eq(now.millis()));
    if spend.execute(&mut connection).await? == 0 { Err(Conflict::Spent.into()) } else { Ok(()) }
}

pub(super) async fn count_attempt(
    mut connection: &AsyncPgConnection,
    (kind, handle): (SingleUseKind, HandleHash),
    now: Timestamp,
    limit: u32,
) -> Written {
    let unspent = single_uses::table
        .filter(single_uses::kind.eq(kind.as_str()))
        .filter(single_uses::handle.eq(handle.as_bytes().as_slice()))
        .filter(single_uses::redeemed_at.is_null())
        .filter(single_uses::expires_at.gt(now.millis()));
    let attempts: i64 = diesel::update(unspent)
        .set(single_uses::attempts.eq(single_uses::attempts + 1))
        .returning(single_uses::attempts)
        .get_result(&mut connection)
        .await
        .optional()?
        .ok_or(Conflict::Spent)?;
    if attempts >= i64::from(limit) { spend(connection, kind, handle, now).await } else { Ok(()) }
}

pub(super) async fn set_mark(
    mut connection: &AsyncPgConnection,
    space: &str,
    mark: HandleHash,
    until: Timestamp,
) -> Written {
    let row = (
        marks::space.eq(space),
        marks::mark.eq(mark.as_bytes().as_slice()),
        marks::kept_until.eq(until.millis()),
    );
    diesel::insert_into(marks::table).values(row).execute(&mut connection).await?;
    Ok(())
}
