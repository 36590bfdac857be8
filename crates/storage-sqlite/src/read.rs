mod artefacts;
mod configuration;
mod listing;
mod people;

pub(crate) use people::with_identities;

use countersign_storage_schema::tables::counters;
use diesel::prelude::*;

use crate::failure::Failure;

/// Implements reads: each method is a function over a connection. `together:` is for those of several
/// statements, which must see the same.
macro_rules! reads {
    (together: $($rest:tt)*) => { $crate::read::reads_by! { together $($rest)* } };
    ($($rest:tt)*) => { $crate::read::reads_by! { run $($rest)* } };
}

macro_rules! reads_by {
    ($run:ident $($trait:ident { $(fn $method:ident($($arg:ident: $ty:ty),*) -> $out:ty = $read:expr;)* })*) => {$(
        impl $trait for $crate::SqliteStorage {
            $(fn $method<'a>(
                &'a self,
                $($arg: $ty),*
            ) -> countersign_oauth::BoxFuture<'a, countersign_storage::StorageResult<$out>> {
                Box::pin(async move { self.readers.$run(|connection| $read(connection, $($arg),*)) })
            })*
        }
    )*};
}

use {reads, reads_by};

// Rows are found by unique keys and taken by `get_result`, never by `first`: SQLite plans a statement anew
// whenever a bound LIMIT gets its value, which costs more than the read.

/// What a read of one record answers.
type Found<T> = Result<Option<T>, Failure>;
/// What a read of a list answers.
type List<T> = Result<Vec<T>, Failure>;

/// Reads a row.
pub(crate) fn ping(connection: &mut SqliteConnection) -> Result<(), Failure> {
    counters::table.select(counters::value).get_result::<i64>(connection)?;
    Ok(())
}

/// Turns rows into records.
fn records<R, T: TryFrom<R>>(rows: Vec<R>) -> List<T>
where
    Failure: From<T::Error>,
{
    rows.into_iter().map(|row| Ok(T::try_from(row)?)).collect()
}

/// Turns a row into a record.
fn record<R, T: TryFrom<R>>(row: Option<R>) -> Found<T>
where
    Failure: From<T::Error>,
{
    Ok(row.map(T::try_from).transpose()?)
}

impl From<std::convert::Infallible> for Failure {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}
