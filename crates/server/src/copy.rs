//! `countersign copy`: a tenant moves from one database to another, whatever their engines.

mod compare;

use std::io::Write;
use std::path::PathBuf;

use countersign_storage_postgres::raw::PostgresRows;
use countersign_storage_sqlite::raw::{COUNTERS, RawRows, Row, SqliteRows, TABLES, Table, UNFINISHED, table};

use crate::apply::one;
use crate::config::{Config, Database, Environment, Layers, Overrides, setting};
use crate::{Ended, Failure};

use compare::{Standing, Sum, prefix, sum};

/// How many rows are read and written at once.
const CHUNK: u32 = 500;

/// What `countersign copy` copies.
#[derive(Debug, Clone, Default)]
pub struct CopyOptions {
    /// The URL of the database that is read.
    pub from: String,
    /// The password for it, if it is PostgreSQL.
    pub from_password_file: Option<PathBuf>,
    /// The URL of the database that is filled.
    pub to: String,
    /// The password for it, if it is PostgreSQL.
    pub to_password_file: Option<PathBuf>,
    /// Whether what an unfinished copy has left in the target is removed first.
    pub restart: bool,
}

/// A database whose rows are read or written.
struct Side {
    option: &'static str,
    name: String,
    rows: Box<dyn RawRows>,
}

/// Copies a tenant into an empty database, or goes on where a copy was cut short, and compares both at the end.
///
/// The target is marked until then, and no server starts on it. Nothing may write to the source meanwhile; what
/// did is found at the end.
///
/// # Errors
/// [`Failure`] of `--from` or `--to`: what is wrong with the database, or which table differs.
pub fn copy(
    options: &CopyOptions,
    overrides: &Overrides,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<Ended, Vec<Failure>> {
    let side = |option, url: &str, password: &Option<PathBuf>| {
        let overrides = overrides.clone().with(&setting::DATABASE, Some(url));
        let file = password.as_ref().map(|path| path.to_string_lossy());
        Side::open(option, &overrides.with(&setting::DATABASE_PASSWORD_FILE, file), environment)
    };
    let mut source = side("--from", &options.from, &options.from_password_file).map_err(one)?;
    let mut target = side("--to", &options.to, &options.to_password_file).map_err(one)?;
    // Who closed the pipe does not want to read it.
    let mut say = |text: &str| drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
    run(&mut source, &mut target, options.restart, &mut say).map_err(one)?;
    Ok(Ended::Done)
}

/// Refuses a database that a copy has not finished.
///
/// # Errors
/// [`Failure`] of `database`.
pub(crate) fn refuse_unfinished(database: &Database) -> Result<(), Failure> {
    let mut side = Side::of(setting::DATABASE.key, database)?;
    if side.is_marked()? {
        return Err(side.refuse("a copy into it is not finished: run `countersign copy` again"));
    }
    Ok(())
}

fn run(
    source: &mut Side,
    target: &mut Side,
    restart: bool,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    if source.name == target.name {
        return Err(target.refuse("is the database that is copied from"));
    }
    if source.is_marked()? {
        return Err(source.refuse("a copy into it is not finished"));
    }
    if restart {
        target.clear()?;
    }
    let Some(standings) = begin(source, target)? else {
        say("everything was copied before\n");
        return Ok(());
    };
    for (table, standing) in standings {
        let rows = fill(source, target, table, standing)?;
        say(&format!("{}: {rows} rows copied\n", table.name));
    }
    for row in source.counters()? {
        let (Some(name), value) = (row.first().and_then(|name| name.as_str()), row.get(1)) else { continue };
        let set = target.rows.set_counter(name, value.and_then(serde_json::Value::as_i64));
        set.map_err(|fault| target.refuse(&fault))?;
    }
    finish(source, target, say)
}

/// Compares what is in the target with the beginning of the source, and marks the target. `None` when all is
/// there and the target is not marked.
fn begin(source: &mut Side, target: &mut Side) -> Result<Option<Vec<(&'static Table, Standing)>>, Failure> {
    let marked = target.is_marked()?;
    let mut standings = Vec::new();
    for table in copied() {
        standings.push((table, prefix(source, target, table)?));
    }
    let rows: u64 = standings.iter().flat_map(|(_, standing)| standing).map(|standing| standing.rows).sum();
    let is_prefix = standings.iter().all(|(_, standing)| standing.is_some());
    if !marked && is_prefix && rows > 0 && sums(source)? == sums(target)? {
        return Ok(None);
    }
    match (marked, is_prefix && (marked || rows == 0)) {
        (_, true) => {}
        (true, false) => {
            let text = "an unfinished copy in it does not fit to the source: say --restart to remove it";
            return Err(target.refuse(text));
        }
        (false, false) => return Err(target.refuse("it holds a tenant; name an empty database")),
    }
    target.rows.set_counter(UNFINISHED, Some(1)).map_err(|fault| target.refuse(&fault))?;
    Ok(Some(standings.into_iter().map(|(table, standing)| (table, standing.unwrap_or_default())).collect()))
}

/// Copies the rest of a table; answers how many rows.
fn fill(source: &mut Side, target: &mut Side, table: &Table, standing: Standing) -> Result<u64, Failure> {
    let mut last = standing.last;
    let mut copied = 0;
    loop {
        let rows = source.read(table, last.as_ref())?;
        if rows.is_empty() {
            break;
        }
        target.rows.write(table, &rows).map_err(|fault| target.refuse(&fault))?;
        copied += rows.len() as u64;
        last = rows.into_iter().last();
    }
    target.rows.renumber(table).map_err(|fault| target.refuse(&fault))?;
    Ok(copied)
}

/// Compares both databases and takes the mark away.
fn finish(source: &mut Side, target: &mut Side, say: &mut dyn FnMut(&str)) -> Result<(), Failure> {
    let (of_source, of_target) = (sums(source)?, sums(target)?);
    for ((table, one), (_, other)) in of_source.iter().zip(&of_target) {
        if one != other {
            let text = format!(
                "`{}` has {} rows there and {} in the source, or others: the source changed while it was copied. \
                 Stop what serves from it, and say --restart",
                table.name, other.rows, one.rows
            );
            return Err(target.refuse(&text));
        }
        say(&format!("{}: {} rows, SHA-256 {}\n", table.name, one.rows, one.digest));
    }
    target.rows.set_counter(UNFINISHED, None).map_err(|fault| target.refuse(&fault))?;
    say("both databases hold the same\n");
    Ok(())
}

/// The tables that are copied row by row: all but the counters, which are there from the start.
fn copied() -> impl Iterator<Item = &'static Table> {
    TABLES.iter().filter(|table| table.name != COUNTERS)
}

fn sums(side: &mut Side) -> Result<Vec<(&'static Table, Sum)>, Failure> {
    TABLES.iter().map(|table| Ok((table, sum(side, table)?))).collect()
}

impl Side {
    fn open(option: &'static str, overrides: &Overrides, environment: &Environment) -> Result<Self, Failure> {
        let named = |failure: Failure| match failure.setting.as_deref() {
            Some(key) if key == setting::DATABASE.key => Failure::of(option, failure.text),
            _ => failure,
        };
        let layers = Layers::merge(overrides, environment)?;
        let config = Config::read(&layers).map_err(named)?;
        let database = config.database.ok_or_else(|| Failure::of(option, "is missing"))?;
        if let Database::Sqlite(path) = &database {
            let checked = countersign_storage_sqlite::migrate::check(&path.to_string_lossy());
            checked.map_err(|error| Failure::of(option, error.to_string()))?;
        }
        Self::of(option, &database)
    }

    fn of(option: &'static str, database: &Database) -> Result<Self, Failure> {
        let name = database.to_string();
        let rows: Box<dyn RawRows> = match database {
            Database::Sqlite(path) => {
                let opened = SqliteRows::open(&path.to_string_lossy());
                Box::new(opened.map_err(|error| Failure::of(option, error.to_string()))?)
            }
            Database::Postgres(options) => {
                let opened = PostgresRows::open(options);
                Box::new(opened.map_err(|error| Failure::of(option, error.to_string()))?)
            }
        };
        Ok(Self { option, name, rows })
    }

    /// The next rows behind one.
    fn read(&mut self, table: &Table, behind: Option<&Row>) -> Result<Vec<Row>, Failure> {
        let read = self.rows.read(table, behind, CHUNK);
        read.map_err(|fault| self.refuse(&fault))
    }

    /// The counters, the mark apart.
    fn counters(&mut self) -> Result<Vec<Row>, Failure> {
        let rows = self.all_counters()?;
        Ok(rows.into_iter().filter(|row| !is_mark(row)).collect())
    }

    fn all_counters(&mut self) -> Result<Vec<Row>, Failure> {
        match table(COUNTERS) {
            Some(table) => self.read(table, None),
            None => Ok(Vec::new()),
        }
    }

    fn is_marked(&mut self) -> Result<bool, Failure> {
        Ok(self.all_counters()?.iter().any(is_mark))
    }

    /// Removes what an unfinished copy has left.
    fn clear(&mut self) -> Result<(), Failure> {
        if !self.is_marked()? {
            return Err(self.refuse("--restart removes unfinished copies alone, and this is none"));
        }
        for table in copied() {
            self.rows.clear(table).map_err(|fault| self.refuse(&fault))?;
        }
        Ok(())
    }

    fn refuse(&self, why: impl std::fmt::Display) -> Failure {
        Failure::of(self.option, format!("{}: {why}", self.name))
    }
}

fn is_mark(row: &Row) -> bool {
    row.first().is_some_and(|name| name == UNFINISHED)
}

#[cfg(test)]
mod tests;
