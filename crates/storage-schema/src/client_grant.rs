use countersign_oauth::Fault;
use countersign_storage::{ClientGrant, SubjectType};
use diesel::prelude::*;

use crate::field::{Place, read_scope};
use crate::tables::client_grants;

/// A row of `client_grants`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = client_grants, primary_key(id), treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct ClientGrantRow {
    pub id: String,
    pub client_id: String,
    pub audience: String,
    pub subject_type: String,
    pub scope: String,
    pub allow_all_scopes: bool,
    pub body: String,
    pub version: i64,
    pub epoch: i64,
}

/// The name of a kind of subject in the table.
#[must_use]
pub fn subject_type_name(subject: SubjectType) -> &'static str {
    match subject {
        SubjectType::Client => "client",
        SubjectType::User => "user",
    }
}

fn place(id: &String) -> Place<'_> {
    Place { table: "client_grants", key: id }
}

impl TryFrom<ClientGrant> for ClientGrantRow {
    type Error = Fault;

    fn try_from(record: ClientGrant) -> Result<Self, Fault> {
        let id = record.id.to_string();
        let body = place(&id).write_json("body", &record.other)?;
        Ok(Self {
            id,
            client_id: record.client_id.to_string(),
            audience: record.audience.to_string(),
            subject_type: subject_type_name(record.subject_type).to_owned(),
            scope: record.scope.to_string(),
            allow_all_scopes: record.allow_all_scopes,
            body,
            version: record.version,
            epoch: record.epoch,
        })
    }
}

impl TryFrom<ClientGrantRow> for ClientGrant {
    type Error = Fault;

    fn try_from(row: ClientGrantRow) -> Result<Self, Fault> {
        let place = place(&row.id);
        let known = [SubjectType::Client, SubjectType::User];
        let subject_type = known.into_iter().find(|known| subject_type_name(*known) == row.subject_type);
        Ok(Self {
            id: row.id.as_str().into(),
            client_id: row.client_id.as_str().into(),
            audience: row.audience.as_str().into(),
            subject_type: place.word("subject_type", subject_type)?,
            scope: read_scope(&row.scope),
            allow_all_scopes: row.allow_all_scopes,
            other: place.read_json("body", &row.body)?,
            version: row.version,
            epoch: row.epoch,
        })
    }
}
