use countersign_oauth::{Fault, Timestamp};
use countersign_storage::AccessToken;
use diesel::prelude::*;

use crate::field::{Hex, Place, bytes, millis, moment, text};
use crate::tables::access_tokens;

/// A row of `access_tokens`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = access_tokens)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct AccessTokenRow {
    pub handle: Vec<u8>,
    /// Empty for a token without one: the column is part of the key.
    pub authorization_id: String,
    pub claims: Option<String>,
    pub expires_at: i64,
    pub denied_at: Option<i64>,
}

impl TryFrom<AccessToken> for AccessTokenRow {
    type Error = Fault;

    fn try_from(record: AccessToken) -> Result<Self, Fault> {
        let handle = bytes(record.handle);
        let place = Place { table: "access_tokens", key: &Hex(&handle) };
        let claims = record.claims.map(|claims| place.write_json("claims", &claims)).transpose()?;
        Ok(Self {
            authorization_id: text(record.authorization_id.as_ref()).unwrap_or_default(),
            claims,
            expires_at: record.expires_at.millis(),
            denied_at: millis(record.denied_at),
            handle,
        })
    }
}

impl TryFrom<AccessTokenRow> for AccessToken {
    type Error = Fault;

    fn try_from(row: AccessTokenRow) -> Result<Self, Fault> {
        let place = Place { table: "access_tokens", key: &Hex(&row.handle) };
        Ok(Self {
            handle: place.hash("handle", &row.handle)?,
            authorization_id: Some(row.authorization_id.as_str()).filter(|id| !id.is_empty()).map(Into::into),
            claims: row.claims.map(|claims| place.read_json("claims", &claims)).transpose()?,
            expires_at: Timestamp::from_millis(row.expires_at),
            denied_at: moment(row.denied_at),
        })
    }
}
