use countersign_oauth::{Issuer, Timestamp};
use countersign_storage::Authorization;
use diesel::prelude::*;

use crate::field::{millis, moment, read_scope, text};
use crate::tables::authorizations;

/// A row of `authorizations`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = authorizations)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct AuthorizationRow {
    pub id: String,
    pub client_id: String,
    pub user_id: String,
    pub session_id: Option<String>,
    pub audience: Option<String>,
    pub scope: String,
    pub organization_id: Option<String>,
    pub issuer: String,
    pub created_at: i64,
    pub ended_at: Option<i64>,
    pub epoch: i64,
}

impl From<Authorization> for AuthorizationRow {
    fn from(record: Authorization) -> Self {
        Self {
            id: record.id.to_string(),
            client_id: record.client_id.to_string(),
            user_id: record.user_id.to_string(),
            session_id: text(record.session_id.as_ref()),
            audience: text(record.audience.as_ref()),
            scope: record.scope.to_string(),
            organization_id: text(record.organization_id.as_ref()),
            issuer: record.issuer.to_string(),
            created_at: record.created_at.millis(),
            ended_at: millis(record.ended_at),
            epoch: record.epoch,
        }
    }
}

impl From<AuthorizationRow> for Authorization {
    fn from(row: AuthorizationRow) -> Self {
        Self {
            id: row.id.as_str().into(),
            client_id: row.client_id.as_str().into(),
            user_id: row.user_id.as_str().into(),
            session_id: row.session_id.as_deref().map(Into::into),
            audience: row.audience.as_deref().map(Into::into),
            scope: read_scope(&row.scope),
            organization_id: row.organization_id.as_deref().map(Into::into),
            issuer: Issuer::new(&row.issuer),
            created_at: Timestamp::from_millis(row.created_at),
            ended_at: moment(row.ended_at),
            epoch: row.epoch,
        }
    }
}
