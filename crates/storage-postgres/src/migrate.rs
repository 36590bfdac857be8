//! The schema: what it lacks, what brings it up to date, and whether it is the one known here.

use std::fmt::Write as _;
use std::sync::Arc;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use sha2::{Digest, Sha256};

use crate::connect::{Link, Target};
use crate::engine::{Engine, Gone};
use crate::{OpenError, PostgresOptions, Refusal};

/// A step from one schema to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Migration {
    /// Its number; the first is 1.
    pub number: i64,
    /// What it is about.
    pub name: &'static str,
    /// What is run.
    pub sql: &'static str,
}

/// All migrations, in order. What is released is never changed again.
static MIGRATIONS: [Migration; 2] = [
    Migration { number: 1, name: "initial", sql: include_str!("../migrations/0001_initial.sql") },
    Migration {
        number: 2,
        name: "users from elsewhere",
        sql: include_str!("../migrations/0002_users_from_elsewhere.sql"),
    },
];

/// Who holds it migrates; others wait. It is `CtSn`.
const LOCK: i64 = 0x4374_536e;

/// All migrations that this version knows, in their order.
#[must_use]
pub fn known() -> &'static [Migration] {
    &MIGRATIONS
}

/// The migrations that the database lacks, in their order. Changes nothing.
///
/// # Errors
/// [`OpenError`] when the database cannot be reached, or its schema is newer, altered or another program's.
pub fn plan(options: &PostgresOptions) -> Result<Vec<Migration>, OpenError> {
    on_connection(options, async |link: Link| pending(&link.connection).await)
}

/// Applies the migrations that the database lacks, all or none, and answers which. Of several processes that
/// do it at once, one does and the others wait for it.
///
/// # Errors
/// As [`plan`], and when a migration fails.
pub fn apply(options: &PostgresOptions) -> Result<Vec<Migration>, OpenError> {
    on_connection(options, run)
}

/// Whether the schema is exactly the one known here.
///
/// # Errors
/// As [`plan`], and [`Refusal::Unmigrated`].
pub fn check(options: &PostgresOptions) -> Result<(), OpenError> {
    on_connection(options, async |link: Link| require_current(&link.connection).await)
}

/// Refuses a schema that is not exactly the one known here.
pub(crate) async fn require_current(connection: &AsyncPgConnection) -> Result<(), Refusal> {
    match pending(connection).await?.len() {
        0 => Ok(()),
        pending => Err(Refusal::Unmigrated { pending }),
    }
}

/// A failure drops the connection, and with it all that was begun.
async fn run(link: Link) -> Result<Vec<Migration>, Refusal> {
    let mut connection = &link.connection;
    let begin = format!(
        "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
         SELECT pg_advisory_xact_lock({LOCK})"
    );
    connection.batch_execute(&begin).await?;
    let applied = run_pending(connection).await?;
    connection.batch_execute("COMMIT").await?;
    Ok(applied)
}

async fn run_pending(mut connection: &AsyncPgConnection) -> Result<Vec<Migration>, Refusal> {
    let migrations = pending(connection).await?;
    if migrations.len() == MIGRATIONS.len() {
        connection
            .batch_execute(
                "CREATE TABLE schema_migrations (number BIGINT PRIMARY KEY NOT NULL, name TEXT NOT NULL, \
                 checksum TEXT NOT NULL, applied_at BIGINT NOT NULL \
                 DEFAULT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT))",
            )
            .await?;
    }
    for migration in &migrations {
        connection.batch_execute(migration.sql).await?;
        diesel::sql_query("INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)")
            .bind::<BigInt, _>(migration.number)
            .bind::<Text, _>(migration.name)
            .bind::<Text, _>(checksum(migration.sql))
            .execute(&mut connection)
            .await?;
    }
    Ok(migrations)
}

#[derive(QueryableByName)]
struct Tables {
    #[diesel(sql_type = Bool)]
    ours: bool,
    #[diesel(sql_type = Bool)]
    any: bool,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Text)]
    checksum: String,
}

async fn pending(mut connection: &AsyncPgConnection) -> Result<Vec<Migration>, Refusal> {
    let tables: Tables = diesel::sql_query(
        "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() \
         AND tablename = 'schema_migrations') AS ours, \
         EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema()) AS any",
    )
    .get_result(&mut connection)
    .await?;
    match tables {
        Tables { ours: false, any: true } => return Err(Refusal::Foreign),
        Tables { ours: false, any: false } => return Ok(MIGRATIONS.to_vec()),
        Tables { ours: true, .. } => {}
    }
    let applied: Vec<Applied> =
        diesel::sql_query("SELECT number, checksum FROM schema_migrations ORDER BY number")
            .load(&mut connection)
            .await?;
    compare(&applied, &MIGRATIONS).map(<[Migration]>::to_vec)
}

/// What is lacking, if what was applied is the beginning of what is known.
fn compare<'a>(applied: &[Applied], known: &'a [Migration]) -> Result<&'a [Migration], Refusal> {
    let (found, last) =
        (applied.last().map_or(0, |last| last.number), known.last().map_or(0, |last| last.number));
    if found > last {
        return Err(Refusal::NewerSchema { found, known: last });
    }
    for (applied, known) in applied.iter().zip(known) {
        if applied.number != known.number || applied.checksum != checksum(known.sql) {
            return Err(Refusal::AlteredSchema { number: applied.number });
        }
    }
    Ok(known.get(applied.len()..).unwrap_or_default())
}

/// SHA-256 in hexadecimal digits.
fn checksum(sql: &str) -> String {
    Sha256::digest(sql).iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Runs work on a connection of its own, on a thread of its own: whoever calls may be in an executor.
fn on_connection<T, W>(
    options: &PostgresOptions,
    work: impl FnOnce(Link) -> W + Send + 'static,
) -> Result<T, OpenError>
where
    T: Send + 'static,
    W: Future<Output = Result<T, Refusal>> + Send + 'static,
{
    let target = Arc::new(Target::new(options)?);
    let engine = Engine::start().map_err(|error| target.refused(Refusal::Io(error)))?;
    let reached = Arc::clone(&target);
    let outcome = engine.wait(async move { work(reached.connect().await?).await });
    outcome.unwrap_or_else(|Gone| Err(gone())).map_err(|refusal| target.refused(refusal))
}

fn gone() -> Refusal {
    Refusal::Database("the work on it was broken off".to_owned())
}

#[cfg(test)]
mod tests;
