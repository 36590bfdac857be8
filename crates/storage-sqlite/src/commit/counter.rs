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
    counter.select(counters::value).first(connection)
}

/// The highest version and epoch of any deleted record.
pub(crate) fn epoch_floor(connection: &mut SqliteConnection) -> QueryResult<i64> {
    let counter = counters::table.filter(counters::name.eq(EPOCH_FLOOR));
    counter.select(counters::value).first(connection)
}

/// Keeps that a record with this version and epoch was deleted.
pub(crate) fn raise_epoch_floor(
    connection: &mut SqliteConnection,
    (version, epoch): (i64, i64),
) -> QueryResult<()> {
    let highest = version.max(epoch);
    let counter = counters::table.filter(counters::name.eq(EPOCH_FLOOR).and(counters::value.lt(highest)));
    diesel::update(counter).set(counters::value.eq(highest)).execute(connection).map(drop)
}
