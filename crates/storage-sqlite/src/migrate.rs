use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::open::Refusal;

/// All migrations, in order. What is released is never changed again.
const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "initial", include_str!("../migrations/0001_initial.sql"))];

/// `CtSn` in the file's header: whose database it is.
const APPLICATION_ID: i64 = 0x4374_536e;

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
        let applied = applied(connection)?;
        check(&applied)?;
        for (version, name, sql) in MIGRATIONS.iter().skip(applied.len()) {
            connection.batch_execute(sql)?;
            diesel::sql_query("INSERT INTO schema_migrations VALUES (?, ?)")
                .bind::<BigInt, _>(version)
                .bind::<Text, _>(name)
                .execute(connection)?;
        }
        // A file that cannot be written is found now and not at the first login.
        connection.batch_execute("UPDATE counters SET value = value")?;
        Ok(())
    })
}

/// What has been applied; marks a database without tables as ours.
fn applied(connection: &mut SqliteConnection) -> Result<Vec<Applied>, Refusal> {
    let owner = number(connection, "SELECT application_id AS number FROM pragma_application_id")?;
    if owner != APPLICATION_ID {
        let tables = number(connection, "SELECT COUNT(*) AS number FROM sqlite_schema")?;
        if owner != 0 || tables != 0 {
            return Err(Refusal::Foreign);
        }
        connection.batch_execute(&format!(
            "PRAGMA application_id = {APPLICATION_ID};
             CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL) STRICT;"
        ))?;
    }
    Ok(diesel::sql_query("SELECT version, name FROM schema_migrations ORDER BY version").load(connection)?)
}

/// Refuses a list that is not the beginning of ours.
fn check(applied: &[Applied]) -> Result<(), Refusal> {
    let known = MIGRATIONS.last().map_or(0, |(version, ..)| *version);
    let found = applied.last().map_or(0, |applied| applied.version);
    if found > known {
        return Err(Refusal::NewerSchema { found, known });
    }
    let as_known = |(applied, (version, name, _)): (&Applied, &(i64, &str, &str))| {
        applied.version == *version && applied.name == *name
    };
    if applied.iter().zip(&MIGRATIONS).all(as_known) { Ok(()) } else { Err(Refusal::DamagedSchema) }
}

fn number(connection: &mut SqliteConnection, sql: &str) -> Result<i64, Refusal> {
    Ok(diesel::sql_query(sql).get_result::<Number>(connection)?.number)
}
