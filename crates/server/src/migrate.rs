use std::fmt::Display;
use std::io::Write;

use crate::apply::one;
use crate::config::{Database, Environment, setting};
use crate::{Ended, Failure, StoreOptions};

/// What `countersign migrate` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrateCommand {
    /// Print the migrations that the database lacks, as SQL.
    Plan,
    /// Apply them.
    Apply,
    /// Say whether there are any.
    Check,
}

/// A migration of either engine.
struct Step {
    number: i64,
    name: &'static str,
    sql: &'static str,
}

/// `countersign migrate`: looks at a database's schema, or brings it up to date. `check` ends with
/// [`Ended::Behind`] where there is something to apply.
///
/// # Errors
/// When the database cannot be reached, or its schema is newer, altered or another program's.
pub fn migrate(
    command: MigrateCommand,
    store: &StoreOptions,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<Ended, Vec<Failure>> {
    let database = store.locate(environment).map_err(one)?.database;
    let (text, ended) = match command {
        MigrateCommand::Plan => (describe_plan(&database, &pending(&database).map_err(one)?), Ended::Done),
        MigrateCommand::Apply => (describe_applied(&apply(&database).map_err(one)?), Ended::Done),
        MigrateCommand::Check => match pending(&database).map_err(one)?.len() {
            0 => ("the schema is up to date\n".to_owned(), Ended::Done),
            lacking => (format!("the schema lacks {lacking} of the migrations\n"), Ended::Behind),
        },
    };
    // Who closed the pipe does not want to read it.
    let _ = out.write_all(text.as_bytes());
    Ok(ended)
}

fn pending(database: &Database) -> Result<Vec<Step>, Failure> {
    match database {
        Database::Sqlite(path) => {
            let found = countersign_storage_sqlite::migrate::plan(&path.to_string_lossy());
            Ok(of_sqlite(&found.map_err(refuse)?))
        }
        Database::Postgres(options) => {
            Ok(of_postgres(&countersign_storage_postgres::migrate::plan(options).map_err(refuse)?))
        }
    }
}

fn apply(database: &Database) -> Result<Vec<Step>, Failure> {
    match database {
        Database::Sqlite(path) => {
            let applied = countersign_storage_sqlite::migrate::apply(&path.to_string_lossy());
            Ok(of_sqlite(&applied.map_err(refuse)?))
        }
        Database::Postgres(options) => {
            Ok(of_postgres(&countersign_storage_postgres::migrate::apply(options).map_err(refuse)?))
        }
    }
}

fn of_sqlite(migrations: &[countersign_storage_sqlite::migrate::Migration]) -> Vec<Step> {
    let step = |one: &countersign_storage_sqlite::migrate::Migration| Step {
        number: one.number,
        name: one.name,
        sql: one.sql,
    };
    migrations.iter().map(step).collect()
}

fn of_postgres(migrations: &[countersign_storage_postgres::migrate::Migration]) -> Vec<Step> {
    let step = |one: &countersign_storage_postgres::migrate::Migration| Step {
        number: one.number,
        name: one.name,
        sql: one.sql,
    };
    migrations.iter().map(step).collect()
}

fn refuse(error: impl Display) -> Failure {
    Failure::of(setting::DATABASE.key, error.to_string())
}

fn describe_plan(database: &Database, steps: &[Step]) -> String {
    if steps.is_empty() {
        return format!("-- {database} is up to date\n");
    }
    let sql = steps.iter().map(|step| format!("\n-- {}: {}\n{}", step.number, step.name, step.sql));
    format!("-- {database} lacks {} of the migrations\n{}", steps.len(), sql.collect::<String>())
}

fn describe_applied(steps: &[Step]) -> String {
    if steps.is_empty() {
        return "the schema was up to date\n".to_owned();
    }
    steps.iter().map(|step| format!("applied {}: {}\n", step.number, step.name)).collect()
}
