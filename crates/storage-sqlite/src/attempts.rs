use countersign_oauth::{HandleHash, Timestamp};
use countersign_storage::Bucket;
use countersign_storage_schema::tables::{attempts, marks};
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::failure::{Abort, Failure};

/// Counts one attempt; a counter that was kept until now or less starts anew.
pub(crate) fn record(
    connection: &mut SqliteConnection,
    bucket: &Bucket,
    now: Timestamp,
    until: Timestamp,
) -> Result<u32, Abort> {
    let (now, until) = (now.millis(), until.millis());
    let first = (
        attempts::purpose.eq(&bucket.purpose),
        attempts::subject.eq(bucket.subject.as_bytes().as_slice()),
        attempts::count.eq(1),
        attempts::kept_until.eq(until),
    );
    let stands = || attempts::kept_until.gt(now);
    let later = attempts::kept_until.gt(until);
    let count: i64 = diesel::insert_into(attempts::table)
        .values(first)
        .on_conflict((attempts::purpose, attempts::subject))
        .do_update()
        .set((
            attempts::count.eq(case_when(stands(), attempts::count + 1).otherwise(1_i64)),
            attempts::kept_until.eq(case_when(stands().and(later), attempts::kept_until)
                .otherwise(excluded(attempts::kept_until))),
        ))
        .returning(attempts::count)
        .get_result(connection)?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

pub(crate) fn count(
    connection: &mut SqliteConnection,
    bucket: &Bucket,
    now: Timestamp,
) -> Result<u32, Failure> {
    let count: Option<i64> = attempts::table
        .find((&bucket.purpose, bucket.subject.as_bytes().as_slice()))
        .filter(attempts::kept_until.gt(now.millis()))
        .select(attempts::count)
        .get_result(connection)
        .optional()?;
    Ok(u32::try_from(count.unwrap_or(0)).unwrap_or(u32::MAX))
}

pub(crate) fn clear(connection: &mut SqliteConnection, bucket: &Bucket) -> QueryResult<()> {
    let counter = attempts::table.find((&bucket.purpose, bucket.subject.as_bytes().as_slice()));
    diesel::delete(counter).execute(connection).map(drop)
}

/// Takes a mark that is free or was kept until now or less: one write, whose row count decides.
pub(crate) fn remember(
    connection: &mut SqliteConnection,
    space: &str,
    mark: HandleHash,
    (now, until): (Timestamp, Timestamp),
) -> Result<bool, Abort> {
    let row = (
        marks::space.eq(space),
        marks::mark.eq(mark.as_bytes().as_slice()),
        marks::kept_until.eq(until.millis()),
    );
    let added = diesel::insert_into(marks::table).values(row).on_conflict_do_nothing().execute(connection)?;
    if added > 0 {
        return Ok(true);
    }
    let expired =
        marks::table.find((space, mark.as_bytes().as_slice())).filter(marks::kept_until.le(now.millis()));
    let taken = diesel::update(expired).set(marks::kept_until.eq(until.millis())).execute(connection)?;
    Ok(taken > 0)
}
