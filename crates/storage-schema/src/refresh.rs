use countersign_jose::Thumbprint;
use countersign_oauth::{Fault, Issuer, Timestamp};
use countersign_storage::{RefreshFamily, RefreshToken};
use diesel::prelude::*;

use crate::field::{Hex, Place, bytes, millis, moment, read_scope, text};
use crate::tables::{refresh_families, refresh_tokens};

/// A row of `refresh_families`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_families)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct RefreshFamilyRow {
    pub id: String,
    pub authorization_id: String,
    pub client_id: String,
    pub user_id: String,
    pub session_id: Option<String>,
    pub audience: Option<String>,
    pub scope: String,
    pub organization_id: Option<String>,
    pub issuer: String,
    pub jkt: Option<String>,
    pub rotating: bool,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub ended_at: Option<i64>,
}

/// A row of `refresh_tokens`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct RefreshTokenRow {
    pub handle: Vec<u8>,
    pub family_id: String,
    pub generation: i64,
    pub parent: Option<Vec<u8>>,
    pub created_at: i64,
    pub idle_expires_at: Option<i64>,
    pub spent_at: Option<i64>,
    pub successors: i64,
    pub last_used_at: Option<i64>,
}

impl From<RefreshFamily> for RefreshFamilyRow {
    fn from(record: RefreshFamily) -> Self {
        Self {
            id: record.id.to_string(),
            authorization_id: record.authorization_id.to_string(),
            client_id: record.client_id.to_string(),
            user_id: record.user_id.to_string(),
            session_id: text(record.session_id.as_ref()),
            audience: text(record.audience.as_ref()),
            scope: record.scope.to_string(),
            organization_id: text(record.organization_id.as_ref()),
            issuer: record.issuer.to_string(),
            jkt: record.jkt.map(|jkt| jkt.as_str().to_owned()),
            rotating: record.rotating,
            created_at: record.created_at.millis(),
            expires_at: millis(record.expires_at),
            ended_at: millis(record.ended_at),
        }
    }
}

impl TryFrom<RefreshFamilyRow> for RefreshFamily {
    type Error = Fault;

    fn try_from(row: RefreshFamilyRow) -> Result<Self, Fault> {
        let place = Place { table: "refresh_families", key: &row.id };
        let jkt = match &row.jkt {
            None => None,
            Some(text) => Some(place.word("jkt", Thumbprint::parse(text))?),
        };
        Ok(Self {
            id: row.id.as_str().into(),
            authorization_id: row.authorization_id.as_str().into(),
            client_id: row.client_id.as_str().into(),
            user_id: row.user_id.as_str().into(),
            session_id: row.session_id.as_deref().map(Into::into),
            audience: row.audience.as_deref().map(Into::into),
            scope: read_scope(&row.scope),
            organization_id: row.organization_id.as_deref().map(Into::into),
            issuer: Issuer::new(&row.issuer),
            jkt,
            rotating: row.rotating,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: moment(row.expires_at),
            ended_at: moment(row.ended_at),
        })
    }
}

impl From<RefreshToken> for RefreshTokenRow {
    fn from(record: RefreshToken) -> Self {
        Self {
            handle: bytes(record.handle),
            family_id: record.family_id.to_string(),
            generation: record.generation.into(),
            parent: record.parent.map(bytes),
            created_at: record.created_at.millis(),
            idle_expires_at: millis(record.idle_expires_at),
            spent_at: millis(record.spent_at),
            successors: record.successors.into(),
            last_used_at: millis(record.last_used_at),
        }
    }
}

impl TryFrom<RefreshTokenRow> for RefreshToken {
    type Error = Fault;

    fn try_from(row: RefreshTokenRow) -> Result<Self, Fault> {
        let place = Place { table: "refresh_tokens", key: &Hex(&row.handle) };
        Ok(Self {
            handle: place.hash("handle", &row.handle)?,
            family_id: row.family_id.as_str().into(),
            generation: place.count("generation", row.generation)?,
            parent: row.parent.map(|handle| place.hash("parent", &handle)).transpose()?,
            created_at: Timestamp::from_millis(row.created_at),
            idle_expires_at: moment(row.idle_expires_at),
            spent_at: moment(row.spent_at),
            successors: place.count("successors", row.successors)?,
            last_used_at: moment(row.last_used_at),
        })
    }
}
