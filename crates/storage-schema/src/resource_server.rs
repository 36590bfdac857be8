use countersign_oauth::Fault;
use countersign_storage::ResourceServer;
use diesel::prelude::*;

use crate::field::Place;
use crate::tables::resource_servers;

/// A row of `resource_servers`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = resource_servers, primary_key(id), treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct ResourceServerRow {
    pub id: String,
    pub identifier: String,
    pub signing_secret: Option<Vec<u8>>,
    pub signing_secret_sealed_by: Option<String>,
    pub body: String,
    pub version: i64,
    pub epoch: i64,
}

fn place(id: &String) -> Place<'_> {
    Place { table: "resource_servers", key: id }
}

impl TryFrom<ResourceServer> for ResourceServerRow {
    type Error = Fault;

    fn try_from(record: ResourceServer) -> Result<Self, Fault> {
        let id = record.id.to_string();
        let body = place(&id).write_json("body", &record.settings)?;
        let (signing_secret, signing_secret_sealed_by) =
            record.signing_secret.map(|sealed| (sealed.ciphertext, sealed.key_id.to_string())).unzip();
        Ok(Self {
            id,
            identifier: record.identifier.to_string(),
            signing_secret,
            signing_secret_sealed_by,
            body,
            version: record.version,
            epoch: record.epoch,
        })
    }
}

impl TryFrom<ResourceServerRow> for ResourceServer {
    type Error = Fault;

    fn try_from(row: ResourceServerRow) -> Result<Self, Fault> {
        let place = place(&row.id);
        Ok(Self {
            id: row.id.as_str().into(),
            identifier: row.identifier.as_str().into(),
            signing_secret: place.sealed(
                "signing_secret",
                row.signing_secret,
                row.signing_secret_sealed_by,
            )?,
            settings: place.read_json("body", &row.body)?,
            version: row.version,
            epoch: row.epoch,
        })
    }
}
