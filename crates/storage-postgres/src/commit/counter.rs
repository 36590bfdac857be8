use countersign_storage_schema::tables::counters;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

const CONFIGURATION_VERSION: &str = "configuration_version";
const EPOCH_FLOOR: &str = "epoch_floor";
const CLOCK: &str = "clock_high_water";

pub(super) async fn raise_configuration_version(
    mut connection: &AsyncPgConnection,
    changes: usize,
) -> QueryResult<()> {
    let changes = i64::try_from(changes).unwrap_or(i64::MAX);
    let counter = counters::table.filter(counters::name.eq(CONFIGURATION_VERSION));
    let raise = diesel::update(counter).set(counters::value.eq(counters::value + changes));
    raise.execute(&mut connection).await.map(drop)
}

/// The highest version of any deleted record, which no epoch exceeds.
pub(super) async fn epoch_floor(mut connection: &AsyncPgConnection) -> QueryResult<i64> {
    let counter = counters::table.filter(counters::name.eq(EPOCH_FLOOR));
    counter.select(counters::value).first(&mut connection).await
}

/// Keeps that a record with this version was deleted.
pub(super) async fn raise_epoch_floor(connection: &AsyncPgConnection, version: i64) -> QueryResult<()> {
    raise(connection, EPOCH_FLOOR, version).await
}

/// Keeps that a commit took this for now, in milliseconds.
pub(crate) async fn raise_clock(connection: &AsyncPgConnection, now: i64) -> QueryResult<()> {
    raise(connection, CLOCK, now).await
}

async fn raise(mut connection: &AsyncPgConnection, name: &str, value: i64) -> QueryResult<()> {
    let counter = counters::table.filter(counters::name.eq(name).and(counters::value.lt(value)));
    diesel::update(counter).set(counters::value.eq(value)).execute(&mut connection).await.map(drop)
}
