use countersign_oauth::{Fault, Timestamp};
use countersign_storage::Client;
use diesel::prelude::*;

use crate::field::Place;
use crate::tables::clients;

/// A row of `clients`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = clients, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct ClientRow {
    pub id: String,
    pub secret: Option<Vec<u8>>,
    pub secret_sealed_by: Option<String>,
    pub body: String,
    pub created_at: i64,
    pub version: i64,
    pub epoch: i64,
}

fn place(id: &String) -> Place<'_> {
    Place { table: "clients", key: id }
}

impl TryFrom<Client> for ClientRow {
    type Error = Fault;

    fn try_from(record: Client) -> Result<Self, Fault> {
        let id = record.id.to_string();
        let body = place(&id).write_json("body", &record.settings)?;
        let (secret, secret_sealed_by) =
            record.secret.map(|sealed| (sealed.ciphertext, sealed.key_id.to_string())).unzip();
        Ok(Self {
            id,
            secret,
            secret_sealed_by,
            body,
            created_at: record.created_at.millis(),
            version: record.version,
            epoch: record.epoch,
        })
    }
}

impl TryFrom<ClientRow> for Client {
    type Error = Fault;

    fn try_from(row: ClientRow) -> Result<Self, Fault> {
        let place = place(&row.id);
        Ok(Self {
            id: row.id.as_str().into(),
            secret: place.sealed("secret", row.secret, row.secret_sealed_by)?,
            settings: place.read_json("body", &row.body)?,
            created_at: Timestamp::from_millis(row.created_at),
            version: row.version,
            epoch: row.epoch,
        })
    }
}
