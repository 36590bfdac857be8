use countersign_oauth::Timestamp;
use countersign_storage::{Bucket, Drawn, Rate, TokenBucket};
use countersign_storage_schema::tables::attempts;
use diesel::prelude::*;

use crate::failure::Abort;

/// The bucket as it is held; one without a row is full. Its number stands where a counter has its count.
pub(crate) fn find(connection: &mut SqliteConnection, bucket: &Bucket) -> QueryResult<TokenBucket> {
    let full_at: Option<i64> = attempts::table
        .find((&bucket.purpose, bucket.subject.as_bytes().as_slice()))
        .select(attempts::count)
        .first(connection)
        .optional()?;
    Ok(full_at.map(TokenBucket::restore).unwrap_or_default())
}

/// Draws inside the transaction of the one writer.
pub(crate) fn draw(
    connection: &mut SqliteConnection,
    bucket: &Bucket,
    rate: Rate,
    now: Timestamp,
) -> Result<Drawn, Abort> {
    let held = find(connection, bucket)?;
    let (left, drawn) = held.draw(rate, now);
    if left == held {
        return Ok(drawn);
    }
    let state = (attempts::count.eq(left.full_at()), attempts::kept_until.eq(left.kept_until().millis()));
    let key =
        (attempts::purpose.eq(&bucket.purpose), attempts::subject.eq(bucket.subject.as_bytes().as_slice()));
    diesel::insert_into(attempts::table)
        .values((key, state))
        .on_conflict((attempts::purpose, attempts::subject))
        .do_update()
        .set(state)
        .execute(connection)?;
    Ok(drawn)
}
