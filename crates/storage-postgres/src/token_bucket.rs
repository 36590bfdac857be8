use countersign_oauth::Timestamp;
use countersign_storage::{Bucket, Drawn, Rate, TokenBucket};
use countersign_storage_schema::tables::attempts;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::failure::Failure;

/// How often a draw is begun anew because another one came between.
const ATTEMPTS: usize = 100;

/// The bucket as it is held; one without a row is full. Its number stands where a counter has its count.
pub(crate) async fn find(
    mut connection: &AsyncPgConnection,
    bucket: &Bucket,
) -> Result<Option<TokenBucket>, Failure> {
    let full_at: Option<i64> = attempts::table
        .find((&bucket.purpose, bucket.subject.as_bytes().as_slice()))
        .select(attempts::count)
        .first(&mut connection)
        .await
        .optional()?;
    Ok(full_at.map(TokenBucket::restore))
}

/// Draws if the bucket is still as it was seen, or looks again. A refusal that changes nothing is a read.
pub(crate) async fn draw(
    connection: &AsyncPgConnection,
    bucket: &Bucket,
    rate: Rate,
    now: Timestamp,
) -> Result<Drawn, Failure> {
    for _ in 0..ATTEMPTS {
        let held = find(connection, bucket).await?;
        let (left, drawn) = held.unwrap_or_default().draw(rate, now);
        if left == held.unwrap_or_default() || replace(connection, bucket, held, left).await? {
            return Ok(drawn);
        }
    }
    Err(Failure::Away("too many draw from one bucket".to_owned()))
}

/// Whether the bucket was as seen and is now as given.
async fn replace(
    mut connection: &AsyncPgConnection,
    bucket: &Bucket,
    seen: Option<TokenBucket>,
    left: TokenBucket,
) -> Result<bool, Failure> {
    let subject = bucket.subject.as_bytes().as_slice();
    let state = (attempts::count.eq(left.full_at()), attempts::kept_until.eq(left.kept_until().millis()));
    let written = match seen {
        None => {
            let key = (attempts::purpose.eq(&bucket.purpose), attempts::subject.eq(subject));
            let insert = diesel::insert_into(attempts::table).values((key, state)).on_conflict_do_nothing();
            insert.execute(&mut connection).await?
        }
        Some(seen) => {
            let unchanged = attempts::table
                .filter(attempts::purpose.eq(&bucket.purpose))
                .filter(attempts::subject.eq(subject))
                .filter(attempts::count.eq(seen.full_at()));
            diesel::update(unchanged).set(state).execute(&mut connection).await?
        }
    };
    Ok(written > 0)
}
