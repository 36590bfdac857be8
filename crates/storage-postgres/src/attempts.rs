use countersign_oauth::{HandleHash, Timestamp};
use countersign_storage::Bucket;
use countersign_storage_schema::tables::{attempts, marks};
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::failure::Failure;

/// Counts one attempt; a counter that was kept until now or less starts anew.
pub(crate) async fn record(
    mut connection: &AsyncPgConnection,
    bucket: &Bucket,
    now: Timestamp,
    until: Timestamp,
) -> Result<u32, Failure> {
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
        .get_result(&mut connection)
        .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

pub(crate) async fn count(
    mut connection: &AsyncPgConnection,
    bucket: &Bucket,
    now: Timestamp,
) -> Result<u32, Failure> {
    let count: Option<i64> = attempts::table
        .find((&bucket.purpose, bucket.subject.as_bytes().as_slice()))
        .filter(attempts::kept_until.gt(now.millis()))
        .select(attempts::count)
        .first(&mut connection)
        .await
        .optional()?;
    Ok(u32::try_from(count.unwrap_or(0)).unwrap_or(u32::MAX))
}

pub(crate) async fn clear(mut connection: &AsyncPgConnection, bucket: &Bucket) -> Result<(), Failure> {
    let counter = attempts::table.find((&bucket.purpose, bucket.subject.as_bytes().as_slice()));
    diesel::delete(counter).execute(&mut connection).await?;
    Ok(())
}

/// Takes a mark that is free or was kept until now or less: one write, whose row count decides.
pub(crate) async fn remember(
    mut connection: &AsyncPgConnection,
    space: &str,
    mark: HandleHash,
    (now, until): (Timestamp, Timestamp),
) -> Result<bool, Failure> {
    let row = (
        marks::space.eq(space),
        marks::mark.eq(mark.as_bytes().as_slice()),
        marks::kept_until.eq(until.millis()),
    );
    let take = diesel::insert_into(marks::table)
        .values(row)
        .on_conflict((marks::space, marks::mark))
        .do_update()
        .set(marks::kept_until.eq(excluded(marks::kept_until)));
    let take_expired =
        diesel::query_dsl::methods::FilterDsl::filter(take, marks::kept_until.le(now.millis()));
    Ok(take_expired.execute(&mut connection).await? > 0)
}
