use countersign_oauth::Fault;
use countersign_storage::Connection;
use diesel::prelude::*;

use crate::field::Place;
use crate::tables::connections;

/// A row of `connections`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = connections, primary_key(id), treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct ConnectionRow {
    pub id: String,
    pub name: String,
    pub strategy: String,
    pub body: String,
    pub version: i64,
    pub epoch: i64,
}

fn place(id: &String) -> Place<'_> {
    Place { table: "connections", key: id }
}

impl TryFrom<Connection> for ConnectionRow {
    type Error = Fault;

    fn try_from(record: Connection) -> Result<Self, Fault> {
        let id = record.id.to_string();
        let body = place(&id).write_json("body", &record.settings)?;
        Ok(Self {
            id,
            name: record.name,
            strategy: record.strategy,
            body,
            version: record.version,
            epoch: record.epoch,
        })
    }
}

impl TryFrom<ConnectionRow> for Connection {
    type Error = Fault;

    fn try_from(row: ConnectionRow) -> Result<Self, Fault> {
        Ok(Self {
            id: row.id.as_str().into(),
            settings: place(&row.id).read_json("body", &row.body)?,
            name: row.name,
            strategy: row.strategy,
            version: row.version,
            epoch: row.epoch,
        })
    }
}
