use countersign_oauth::{Fault, Issuer, Seconds, Timestamp};
use countersign_storage::{Authentication, Session};
use diesel::prelude::*;

use crate::field::{Place, bytes, millis, moment, text};
use crate::tables::sessions;

/// A row of `sessions`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct SessionRow {
    pub id: String,
    pub handle: Vec<u8>,
    pub user_id: String,
    pub connection_id: String,
    pub organization_id: Option<String>,
    pub issuer: String,
    pub auth_time: i64,
    pub amr: String,
    pub acr: Option<String>,
    pub created_at: i64,
    pub idle_lifetime: i64,
    pub idle_expires_at: i64,
    pub expires_at: i64,
    pub persistent: bool,
    pub user_agent: String,
    pub ip: String,
    pub ended_at: Option<i64>,
    pub epoch: i64,
}

fn place(id: &String) -> Place<'_> {
    Place { table: "sessions", key: id }
}

impl TryFrom<Session> for SessionRow {
    type Error = Fault;

    fn try_from(record: Session) -> Result<Self, Fault> {
        let id = record.id.to_string();
        let amr = place(&id).write_json("amr", &record.authentication.amr)?;
        Ok(Self {
            id,
            handle: bytes(record.handle),
            user_id: record.user_id.to_string(),
            connection_id: record.connection_id.to_string(),
            organization_id: text(record.organization_id.as_ref()),
            issuer: record.issuer.to_string(),
            auth_time: record.authentication.authenticated_at.millis(),
            amr,
            acr: record.authentication.acr,
            created_at: record.created_at.millis(),
            idle_lifetime: record.idle_lifetime.0,
            idle_expires_at: record.idle_expires_at.millis(),
            expires_at: record.expires_at.millis(),
            persistent: record.persistent,
            user_agent: record.user_agent,
            ip: record.ip,
            ended_at: millis(record.ended_at),
            epoch: record.epoch,
        })
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = Fault;

    fn try_from(row: SessionRow) -> Result<Self, Fault> {
        let place = place(&row.id);
        Ok(Self {
            id: row.id.as_str().into(),
            handle: place.hash("handle", &row.handle)?,
            user_id: row.user_id.as_str().into(),
            connection_id: row.connection_id.as_str().into(),
            organization_id: row.organization_id.as_deref().map(Into::into),
            issuer: Issuer::new(&row.issuer),
            authentication: Authentication {
                authenticated_at: Timestamp::from_millis(row.auth_time),
                amr: place.read_json("amr", &row.amr)?,
                acr: row.acr,
            },
            created_at: Timestamp::from_millis(row.created_at),
            idle_lifetime: Seconds(row.idle_lifetime),
            idle_expires_at: Timestamp::from_millis(row.idle_expires_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            persistent: row.persistent,
            user_agent: row.user_agent,
            ip: row.ip,
            ended_at: moment(row.ended_at),
            epoch: row.epoch,
        })
    }
}
