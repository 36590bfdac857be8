//! Rows as they are stored, on a connection of their own.

use std::sync::Arc;

use countersign_oauth::Fault;
pub use countersign_storage_schema::raw::{
    COUNTERS, Column, Kind, RawRows, Row, TABLES, Table, UNFINISHED, table,
};
use diesel::QueryableByName;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use serde_json::Value;

use crate::connect::{Link, Target};
use crate::engine::{Engine, Gone};
use crate::{OpenError, PostgresOptions, Refusal, migrate};

/// The rows of a database.
pub struct PostgresRows {
    // Before the engine: it ends on the engine's thread.
    link: Arc<Link>,
    engine: Engine,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl PostgresRows {
    /// Connects to a database.
    ///
    /// # Errors
    /// [`OpenError`] when it cannot be reached, or its schema is not the one known here.
    pub fn open(options: &PostgresOptions) -> Result<Self, OpenError> {
        let target = Arc::new(Target::new(options)?);
        let engine = Engine::start().map_err(|error| target.refused(Refusal::Io(error)))?;
        let reached = Arc::clone(&target);
        let connected = engine.wait(async move {
            let mut link = reached.connect().await?;
            migrate::require_current(&link.connection).await?;
            // A chunk takes as long as it takes.
            link.connection.batch_execute("SET statement_timeout = 0").await?;
            Ok(link)
        });
        let link = connected
            .unwrap_or_else(|Gone| Err(Refusal::Database("the work on it was broken off".to_owned())))
            .map_err(|refusal| target.refused(refusal))?;
        Ok(Self { link: Arc::new(link), engine })
    }

    fn change(&self, table: &Table, query: String, json: Option<String>) -> Result<(), Fault> {
        let link = Arc::clone(&self.link);
        let done = self.engine.wait(async move {
            let mut connection = &link.connection;
            let query = diesel::sql_query(query);
            match json {
                Some(json) => query.bind::<Text, _>(json).execute(&mut connection).await,
                None => query.execute(&mut connection).await,
            }
        });
        settle(table.name, done).map(drop)
    }
}

impl RawRows for PostgresRows {
    fn read(&mut self, table: &Table, behind: Option<&Row>, limit: u32) -> Result<Vec<Row>, Fault> {
        let values: Vec<String> = table.columns.iter().map(shown).collect();
        let key = names(table.key_columns());
        let marks: Vec<String> =
            (0..table.key).map(|at| taken(table.key_columns(), at, "$1::json")).collect();
        let condition =
            if behind.is_some() { format!("({key}) > ({})", marks.join(", ")) } else { "$1 = ''".to_owned() };
        let query = format!(
            "SELECT json_build_array({})::text AS line FROM {} WHERE {condition} ORDER BY {key} LIMIT $2",
            values.join(", "),
            table.name
        );
        let behind = behind.map(|row| Value::from(row.clone()).to_string()).unwrap_or_default();
        let link = Arc::clone(&self.link);
        let found = self.engine.wait(async move {
            let mut connection = &link.connection;
            let query = diesel::sql_query(query).bind::<Text, _>(behind).bind::<BigInt, _>(i64::from(limit));
            query.load::<Line>(&mut connection).await
        });
        let parse = |line: Line| {
            serde_json::from_str(&line.line)
                .map_err(|error| Fault::internal(format!("table {}: {error}", table.name)))
        };
        settle(table.name, found)?.into_iter().map(parse).collect()
    }

    fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), Fault> {
        let values: Vec<String> =
            (0..table.columns.len()).map(|at| taken(table.columns, at, "line")).collect();
        let query = format!(
            "INSERT INTO {} ({}) {} SELECT {} FROM json_array_elements($1::json) AS lines (line)",
            table.name,
            names(table.columns),
            if table.numbered { "OVERRIDING SYSTEM VALUE" } else { "" },
            values.join(", ")
        );
        let rows: Value = rows.iter().cloned().map(Value::from).collect();
        self.change(table, query, Some(rows.to_string()))
    }

    fn clear(&mut self, table: &Table) -> Result<(), Fault> {
        self.change(table, format!("DELETE FROM {}", table.name), None)
    }

    fn set_counter(&mut self, name: &str, value: Option<i64>) -> Result<(), Fault> {
        let (link, named) = (Arc::clone(&self.link), name.to_owned());
        let set = self.engine.wait(async move {
            let mut connection = &link.connection;
            match value {
                None => {
                    let query = diesel::sql_query("DELETE FROM counters WHERE name = $1");
                    query.bind::<Text, _>(named).execute(&mut connection).await
                }
                Some(value) => {
                    let query = diesel::sql_query(
                        "INSERT INTO counters (name, value) VALUES ($1, $2) \
                         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    );
                    query.bind::<Text, _>(named).bind::<BigInt, _>(value).execute(&mut connection).await
                }
            }
        });
        settle(&format!("counter {name}"), set).map(drop)
    }

    fn renumber(&mut self, table: &Table) -> Result<(), Fault> {
        let name = table.name;
        let query = format!(
            "SELECT setval(pg_get_serial_sequence('{name}', 'seq'), COALESCE((SELECT MAX(seq) FROM {name}), 1), \
             EXISTS (SELECT 1 FROM {name}))"
        );
        if table.numbered { self.change(table, query, None) } else { Ok(()) }
    }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// A column as a JSON value.
fn shown(column: &Column) -> String {
    match column.kind {
        Kind::Bytes => format!("encode({}, 'hex')", column.name),
        Kind::Text | Kind::Number | Kind::Flag => column.name.to_owned(),
    }
}

/// The value of a column in a row that is JSON.
fn taken(columns: &[Column], at: usize, row: &str) -> String {
    let value = format!("({row} ->> {at})");
    match columns.get(at).map(|column| column.kind) {
        Some(Kind::Bytes) => format!("decode({value}, 'hex')"),
        Some(Kind::Number) => format!("{value}::bigint"),
        Some(Kind::Flag) => format!("{value}::boolean"),
        Some(Kind::Text) | None => value,
    }
}

fn settle<T>(place: &str, done: Result<QueryResult<T>, Gone>) -> Result<T, Fault> {
    match done {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Fault::internal(format!("{place}: {error}"))),
        Err(Gone) => Err(Fault::internal(format!("{place}: the work was broken off"))),
    }
}
