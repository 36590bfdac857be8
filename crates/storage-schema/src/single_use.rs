use countersign_oauth::{Fault, Timestamp};
use countersign_storage::{SingleUse, SingleUseKind};
use diesel::prelude::*;

use crate::field::{Hex, Place, bytes, millis, moment, text};
use crate::tables::single_uses;

/// A row of `single_uses`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = single_uses)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct SingleUseRow {
    pub kind: String,
    pub handle: Vec<u8>,
    pub second_handle: Option<Vec<u8>>,
    pub client_id: String,
    pub user_id: Option<String>,
    pub session_id: Option<String>,
    pub authorization_id: Option<String>,
    pub status: String,
    pub attempts: i64,
    pub created_at: i64,
    pub expires_at: i64,
    pub redeemed_at: Option<i64>,
    pub payload: String,
}

impl TryFrom<SingleUse> for SingleUseRow {
    type Error = Fault;

    fn try_from(record: SingleUse) -> Result<Self, Fault> {
        let handle = bytes(record.handle);
        let place = Place { table: "single_uses", key: &Hex(&handle) };
        Ok(Self {
            kind: record.kind.as_str().to_owned(),
            second_handle: record.second_handle.map(bytes),
            client_id: record.client_id.to_string(),
            user_id: text(record.user_id.as_ref()),
            session_id: text(record.session_id.as_ref()),
            authorization_id: text(record.authorization_id.as_ref()),
            status: record.status,
            attempts: record.attempts.into(),
            created_at: record.created_at.millis(),
            expires_at: record.expires_at.millis(),
            redeemed_at: millis(record.redeemed_at),
            payload: place.write_json("payload", &record.payload)?,
            handle,
        })
    }
}

impl TryFrom<SingleUseRow> for SingleUse {
    type Error = Fault;

    fn try_from(row: SingleUseRow) -> Result<Self, Fault> {
        let place = Place { table: "single_uses", key: &Hex(&row.handle) };
        let known = [
            SingleUseKind::AuthorizationCode,
            SingleUseKind::PushedRequest,
            SingleUseKind::DeviceCode,
            SingleUseKind::Continuation,
        ];
        let kind = known.into_iter().find(|known| known.as_str() == row.kind);
        Ok(Self {
            kind: place.word("kind", kind)?,
            handle: place.hash("handle", &row.handle)?,
            second_handle: row
                .second_handle
                .map(|handle| place.hash("second_handle", &handle))
                .transpose()?,
            client_id: row.client_id.as_str().into(),
            user_id: row.user_id.as_deref().map(Into::into),
            session_id: row.session_id.as_deref().map(Into::into),
            authorization_id: row.authorization_id.as_deref().map(Into::into),
            status: row.status,
            attempts: place.count("attempts", row.attempts)?,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            redeemed_at: moment(row.redeemed_at),
            payload: place.read_json("payload", &row.payload)?,
        })
    }
}
