use countersign_oauth::Timestamp;
use countersign_storage::Consent;
use diesel::prelude::*;

use crate::field::{read_scope, text};
use crate::tables::consents;

/// A row of `consents`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = consents)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct ConsentRow {
    pub id: String,
    pub user_id: String,
    pub client_id: String,
    pub audience: String,
    pub organization_id: Option<String>,
    pub scope: String,
    pub created_at: i64,
    pub epoch: i64,
}

impl From<Consent> for ConsentRow {
    fn from(record: Consent) -> Self {
        Self {
            id: record.id.to_string(),
            user_id: record.user_id.to_string(),
            client_id: record.client_id.to_string(),
            audience: record.audience.to_string(),
            organization_id: text(record.organization_id.as_ref()),
            scope: record.scope.to_string(),
            created_at: record.created_at.millis(),
            epoch: record.epoch,
        }
    }
}

impl From<ConsentRow> for Consent {
    fn from(row: ConsentRow) -> Self {
        Self {
            id: row.id.as_str().into(),
            user_id: row.user_id.as_str().into(),
            client_id: row.client_id.as_str().into(),
            audience: row.audience.as_str().into(),
            organization_id: row.organization_id.as_deref().map(Into::into),
            scope: read_scope(&row.scope),
            created_at: Timestamp::from_millis(row.created_at),
            epoch: row.epoch,
        }
    }
}
