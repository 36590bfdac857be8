//! Rows as they are stored, on a connection of their own.

use countersign_oauth::Fault;
pub use countersign_storage_schema::raw::{
    COUNTERS, Column, Kind, RawRows, Row, TABLES, Table, UNFINISHED, table,
};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::Value;

use crate::open::{self, OpenError};

/// The rows of a file.
pub struct SqliteRows(SqliteConnection);

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl SqliteRows {
    /// Opens a file that is there, for reading and writing.
    ///
    /// # Errors
    /// [`OpenError`] when there is no such file. Whether its schema is the one known here is for
    /// [`migrate::check`](crate::migrate::check) to say.
    pub fn open(url: &str) -> Result<Self, OpenError> {
        let path = open::locate(url)?;
        let connected = open::connect(&path);
        connected.map(Self).map_err(|refusal| OpenError { path, refusal })
    }
}

impl RawRows for SqliteRows {
    fn read(&mut self, table: &Table, behind: Option<&Row>, limit: u32) -> Result<Vec<Row>, Fault> {
        let values: Vec<String> = table.columns.iter().map(shown).collect();
        let key = names(table.key_columns());
        let marks: Vec<String> = (0..table.key).map(|at| taken(table.key_columns(), at, "?1")).collect();
        let condition =
            if behind.is_some() { format!("({key}) > ({})", marks.join(", ")) } else { "?1 = ''".to_owned() };
        let query = format!(
            "SELECT json_array({}) AS line FROM {} WHERE {condition} ORDER BY {key} LIMIT ?2",
            values.join(", "),
            table.name
        );
        let behind = behind.map(|row| Value::from(row.clone()).to_string()).unwrap_or_default();
        let lines: Vec<Line> = diesel::sql_query(query)
            .bind::<Text, _>(behind)
            .bind::<BigInt, _>(i64::from(limit))
            .load(&mut self.0)
            .map_err(|error| fault(table, error))?;
        let parse = |line: Line| serde_json::from_str(&line.line).map_err(|error| fault(table, error));
        lines.into_iter().map(parse).collect()
    }

    fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), Fault> {
        let values: Vec<String> =
            (0..table.columns.len()).map(|at| taken(table.columns, at, "value")).collect();
        let query = format!(
            "INSERT INTO {} ({}) SELECT {} FROM json_each(?1)",
            table.name,
            names(table.columns),
            values.join(", ")
        );
        let rows: Value = rows.iter().cloned().map(Value::from).collect();
        let written = diesel::sql_query(query).bind::<Text, _>(rows.to_string()).execute(&mut self.0);
        written.map(drop).map_err(|error| fault(table, error))
    }

    fn clear(&mut self, table: &Table) -> Result<(), Fault> {
        let cleared = diesel::sql_query(format!("DELETE FROM {}", table.name)).execute(&mut self.0);
        cleared.map(drop).map_err(|error| fault(table, error))
    }

    fn set_counter(&mut self, name: &str, value: Option<i64>) -> Result<(), Fault> {
        let set = match value {
            None => diesel::sql_query("DELETE FROM counters WHERE name = ?")
                .bind::<Text, _>(name)
                .execute(&mut self.0),
            Some(value) => diesel::sql_query(
                "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )
            .bind::<Text, _>(name)
            .bind::<BigInt, _>(value)
            .execute(&mut self.0),
        };
        set.map(drop).map_err(|error| Fault::internal(format!("counter {name}: {error}")))
    }

    fn renumber(&mut self, _table: &Table) -> Result<(), Fault> {
        // The next number is always one more than the highest.
        Ok(())
    }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// A column as a JSON value.
fn shown(column: &Column) -> String {
    let name = column.name;
    match column.kind {
        Kind::Text | Kind::Number => name.to_owned(),
        Kind::Flag => format!("json(iif({name}, 'true', 'false'))"),
        Kind::Bytes => format!("iif({name} IS NULL, NULL, lower(hex({name})))"),
    }
}

/// The value of a column in a row that is JSON.
fn taken(columns: &[Column], at: usize, row: &str) -> String {
    let value = format!("json_extract({row}, '$[{at}]')");
    match columns.get(at).map(|column| column.kind) {
        Some(Kind::Bytes) => format!("unhex({value})"),
        _ => value,
    }
}

fn fault(table: &Table, error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::internal(format!("table {}: {error}", table.name)).caused_by(error)
}
