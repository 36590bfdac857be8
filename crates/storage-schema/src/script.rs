use countersign_oauth::Fault;
use countersign_storage::{Script, ScriptKind};
use diesel::prelude::*;

use crate::field::Place;
use crate::tables::scripts;

/// A row of `scripts`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = scripts, primary_key(id), treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct ScriptRow {
    pub id: String,
    pub kind: String,
    pub name: String,
    pub secrets: Option<Vec<u8>>,
    pub secrets_sealed_by: Option<String>,
    pub body: String,
    pub version: i64,
    pub epoch: i64,
}

fn place(id: &String) -> Place<'_> {
    Place { table: "scripts", key: id }
}

impl TryFrom<Script> for ScriptRow {
    type Error = Fault;

    fn try_from(record: Script) -> Result<Self, Fault> {
        let id = record.id.to_string();
        let body = place(&id).write_json("body", &record.settings)?;
        let (secrets, secrets_sealed_by) =
            record.secrets.map(|sealed| (sealed.ciphertext, sealed.key_id.to_string())).unzip();
        Ok(Self {
            id,
            kind: record.kind.as_str().to_owned(),
            name: record.name,
            secrets,
            secrets_sealed_by,
            body,
            version: record.version,
            epoch: record.epoch,
        })
    }
}

impl TryFrom<ScriptRow> for Script {
    type Error = Fault;

    fn try_from(row: ScriptRow) -> Result<Self, Fault> {
        let place = place(&row.id);
        let kind = [ScriptKind::Action, ScriptKind::Rule].into_iter().find(|kind| kind.as_str() == row.kind);
        Ok(Self {
            id: row.id.as_str().into(),
            kind: place.word("kind", kind)?,
            secrets: place.sealed("secrets", row.secrets, row.secrets_sealed_by)?,
            settings: place.read_json("body", &row.body)?,
            name: row.name,
            version: row.version,
            epoch: row.epoch,
        })
    }
}
