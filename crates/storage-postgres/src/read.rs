mod artefacts;
mod configuration;
mod listing;
mod people;

use countersign_storage_schema::tables::counters;
use diesel::QueryDsl;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::failure::Failure;

/// Implements reads: each method is a function over a connection, which gets its arguments by reference.
macro_rules! reads {
    ($($trait:ident { $(fn $method:ident($($arg:ident: $ty:ty),*) -> $out:ty = $read:expr;)* })*) => {$(
        impl $trait for $crate::PostgresStorage {
            $(fn $method<'a>(
                &'a self,
                $($arg: $ty),*
            ) -> countersign_oauth::BoxFuture<'a, countersign_storage::StorageResult<$out>> {
                let pool = std::sync::Arc::clone(&self.pool);
                // The work outlives a caller that goes away, so it has its own.
                $(let $arg = $arg.to_owned();)*
                Box::pin(async move {
                    let read = async move {
                        let lease = pool.lease().await?;
                        let found = $read(lease.link(), $(&$arg),*).await;
                        lease.settle(found)
                    };
                    Ok(self.run(read).await?)
                })
            })*
        }
    )*};
}

use reads;

/// What a read of one record answers.
type Found<T> = Result<Option<T>, Failure>;
/// What a read of a list answers.
type List<T> = Result<Vec<T>, Failure>;

/// Reads a row.
pub(crate) async fn ping(mut connection: &AsyncPgConnection) -> Result<(), Failure> {
    counters::table.select(counters::value).first::<i64>(&mut connection).await?;
    Ok(())
}

/// Whether a text is one that PostgreSQL cannot hold: no row has it.
fn cannot_be(text: &str) -> bool {
    text.contains('\0')
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
