//! The schema: what it lacks, what brings it up to date, and whether it is the one known here.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::open::{self, OpenError, Refusal};

/// A step from one schema to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Its number; the first is 1.
    pub number: i64,
    /// What it is about.
    pub name: &'static str,
    /// What is run.
    pub sql: &'static str,
}

/// All migrations, in order. What is released is never changed again.
static MIGRATIONS: [Migration; 3] = [
    Migration { number: 1, name: "initial", sql: include_str!("../migrations/0001_initial.sql") },
    Migration {
        number: 2,
        name: "published keys",
        sql: include_str!("../migrations/0002_published_keys.sql"),
    },
    Migration {
        number: 3,
        name: "users from elsewhere",
        sql: include_str!("../migrations/0003_users_from_elsewhere.sql"),
    },
];

/// `CtSn` in the file's header: whose database it is.
const APPLICATION_ID: i64 = 0x4374_536e;

/// All migrations that this version knows, in their order.
#[must_use]
pub fn known() -> &'static [Migration] {
    &MIGRATIONS
}

/// The migrations that the file lacks, in their order; all of them where there is no file. Changes nothing.
///
/// # Errors
/// [`OpenError`] when the file cannot be read, or its schema is newer, altered or another program's.
pub fn plan(url: &str) -> Result<Vec<Migration>, OpenError> {
    let path = open::locate(url)?;
    let planned = || match open::connect_reader_if_there(&path)? {
        None => Ok(MIGRATIONS.to_vec()),
        Some(mut connection) => pending(&mut connection),
    };
    planned().map_err(|refusal| OpenError { path: path.clone(), refusal })
}

/// Applies the migrations that the file lacks, all or none, and answers which; a file that is not there is
/// made. Of several processes that do it at once, one does and the others wait for it.
///
/// # Errors
/// As [`plan`], and when a migration fails.
pub fn apply(url: &str) -> Result<Vec<Migration>, OpenError> {
    let planned = plan(url)?;
    open::open(&open::locate(url)?)?;
    Ok(planned)
}

/// Whether the schema is exactly the one known here.
///
/// # Errors
/// As [`plan`], and [`Refusal::Unmigrated`].
pub fn check(url: &str) -> Result<(), OpenError> {
    match plan(url)?.len() {
        0 => Ok(()),
        pending => Err(OpenError { path: open::locate(url)?, refusal: Refusal::Unmigrated { pending } }),
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName, PartialEq, Eq)]
struct Applied {
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Text)]
    name: String,
}

/// Brings the schema up to date, in one transaction: of two processes that start at once one migrates.
pub(crate) fn run(connection: &mut SqliteConnection) -> Result<(), Refusal> {
    connection.immediate_transaction(|connection| {
        if is_empty(connection)? {
            connection.batch_execute(&format!("PRAGMA application_id = {APPLICATION_ID}; {LIST}"))?;
        }
        let applied = applied(connection)?;
        check_list(&applied)?;
        for migration in MIGRATIONS.iter().skip(applied.len()) {
            connection.batch_execute(migration.sql)?;
            diesel::sql_query("INSERT INTO schema_migrations VALUES (?, ?)")
                .bind::<BigInt, _>(migration.number)
                .bind::<Text, _>(migration.name)
                .execute(connection)?;
        }
        // A file that cannot be written is found now and not at the first login.
        connection.batch_execute("UPDATE counters SET value = value")?;
        Ok(())
    })
}

const LIST: &str =
    "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL) STRICT;";

/// What is lacking, if what is there is what the migrations made that were applied.
fn pending(connection: &mut SqliteConnection) -> Result<Vec<Migration>, Refusal> {
    if is_empty(connection)? {
        return Ok(MIGRATIONS.to_vec());
    }
    let applied = applied(connection)?;
    check_list(&applied)?;
    let mut model = SqliteConnection::establish(":memory:")?;
    model.batch_execute(LIST)?;
    for migration in MIGRATIONS.iter().take(applied.len()) {
        model.batch_execute(migration.sql)?;
    }
    let (found, made) = (objects(connection)?, objects(&mut model)?);
    let differs = |object: &&Object| !made.contains(object);
    let lacks = |object: &&Object| !found.contains(object);
    match found.iter().find(differs).or_else(|| made.iter().find(lacks)) {
        Some(object) => Err(Refusal::AlteredSchema { object: object.name.clone() }),
        None => Ok(MIGRATIONS.get(applied.len()..).unwrap_or_default().to_vec()),
    }
}

#[derive(QueryableByName, PartialEq, Eq)]
struct Object {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

/// Tables and indexes as they were made; those that SQLite makes by itself have no text.
fn objects(connection: &mut SqliteConnection) -> Result<Vec<Object>, Refusal> {
    let query = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' \
                 ESCAPE '\\' ORDER BY name";
    Ok(diesel::sql_query(query).load(connection)?)
}

/// Whether the database has nothing in it; one that is another program's is refused.
fn is_empty(connection: &mut SqliteConnection) -> Result<bool, Refusal> {
    let owner = number(connection, "SELECT application_id AS number FROM pragma_application_id")?;
    if owner == APPLICATION_ID {
        return Ok(false);
    }
    let tables = number(connection, "SELECT COUNT(*) AS number FROM sqlite_schema")?;
    if owner != 0 || tables != 0 { Err(Refusal::Foreign) } else { Ok(true) }
}

fn applied(connection: &mut SqliteConnection) -> Result<Vec<Applied>, Refusal> {
    Ok(diesel::sql_query("SELECT version, name FROM schema_migrations ORDER BY version").load(connection)?)
}

/// Refuses a list that is not the beginning of ours.
fn check_list(applied: &[Applied]) -> Result<(), Refusal> {
    let known = MIGRATIONS.last().map_or(0, |migration| migration.number);
    let found = applied.last().map_or(0, |applied| applied.version);
    if found > known {
        return Err(Refusal::NewerSchema { found, known });
    }
    let as_known = |(applied, migration): (&Applied, &Migration)| {
        applied.version == migration.number && applied.name == migration.name
    };
    if applied.iter().zip(&MIGRATIONS).all(as_known) { Ok(()) } else { Err(Refusal::DamagedSchema) }
}

fn number(connection: &mut SqliteConnection, sql: &str) -> Result<i64, Refusal> {
    Ok(diesel::sql_query(sql).get_result::<Number>(connection)?.number)
}
