use countersign_storage_schema::tables::counters;
use diesel::QueryDsl;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::failure::Failure;

/// Reads a row.
pub(crate) async fn ping(mut connection: &AsyncPgConnection) -> Result<(), Failure> {
    counters::table.select(counters::value).first::<i64>(&mut connection).await?;
    Ok(())
}
