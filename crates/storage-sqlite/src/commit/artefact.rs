use countersign_oauth::{HandleHash, Timestamp};
use countersign_storage::{Conflict, SingleUse, SingleUseKind};
use countersign_storage_schema::SingleUseRow;
use countersign_storage_schema::tables::{marks, single_uses};
use diesel::prelude::*;

use super::Written;

pub(super) fn insert(connection: &mut SqliteConnection, record: SingleUse) -> Written {
    let row = SingleUseRow::try_from(record)?;
    diesel::insert_into(single_uses::table).values(row).execute(connection)?;
    Ok(())
}

/// One conditional write, whose row count decides (rule G2).
pub(super) fn spend(
    connection: &mut SqliteConnection,
    kind: SingleUseKind,
    handle: HandleHash,
    now: Timestamp,
) -> Written {
    let unspent = single_uses::table
        .filter(single_uses::kind.eq(kind.as_str()))
        .filter(single_uses::handle.eq(handle.as_bytes().as_slice()))
        .filter(single_uses::redeemed_at.is_null())
        .filter(single_uses::expires_at.gt(now.millis()));
    let spent = diesel::update(unspent).set(single_uses::redeemed_at.eq(now.millis())).execute(connection)?;
    if spent == 0 { Err(Conflict::Spent.into()) } else { Ok(()) }
}

pub(super) fn count_attempt(
    connection: &mut SqliteConnection,
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
        .get_result(connection)
        .optional()?
        .ok_or(Conflict::Spent)?;
    if attempts >= i64::from(limit) { spend(connection, kind, handle, now) } else { Ok(()) }
}

pub(super) fn set_mark(
    connection: &mut SqliteConnection,
    space: &str,
    mark: HandleHash,
    until: Timestamp,
) -> Written {
    let row = (
        marks::space.eq(space),
        marks::mark.eq(mark.as_bytes().as_slice()),
        marks::kept_until.eq(until.millis()),
    );
    diesel::insert_into(marks::table).values(row).execute(connection)?;
    Ok(())
}
