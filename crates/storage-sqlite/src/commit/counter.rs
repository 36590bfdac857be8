use countersign_storage_schema::tables::counters;
use diesel::prelude::*;

const CONFIGURATION_VERSION: &str = "configuration_version";
const EPOCH_FLOOR: &str = "epoch_floor";

pub(crate) fn raise_configuration_version(
    connection: &mut SqliteConnection,
    changes: usize,
) -> QueryResult<()> {
    let changes = i64::try_from(changes).unwrap_or(i64::MAX);
    let counter = counters::table.filter(counters::name.eq(CONFIGURATION_VERSION));
    diesel::update(counter).set(counters::value.eq(counters::value + changes)).execute(connection).map(drop)
}

pub(crate) fn configuration_version(connection: &mut SqliteConnection) -> QueryResult<i64> {
    let counter = counters::table.filter(counters::name.eq(CONFIGURATION_VERSION));
    counter.select(counters::value).get_result(connection)
}

/// The highest version of any deleted record, which no epoch exceeds.
pub(crate) fn epoch_floor(connection: &mut SqliteConnection) -> QueryResult<i64> {
    let counter = counters::table.filter(counters::name.eq(EPOCH_FLOOR));
    counter.select(counters::value).get_result(connection)
}

/// Keeps that a record with this version was deleted.
pub(crate) fn raise_epoch_floor(connection: &mut SqliteConnection, version: i64) -> QueryResult<()> {
    let counter = counters::table.filter(counters::name.eq(EPOCH_FLOOR).and(counters::value.lt(version)));
    diesel::update(counter).set(counters::value.eq(version)).execute(connection).map(drop)
}
