use countersign_jose::Algorithm;
use countersign_oauth::{Fault, KeyId, Sealed, Timestamp};
use countersign_storage::{KeyState, SigningKey};
use diesel::prelude::*;

use crate::field::{Place, millis, moment};
use crate::tables::signing_keys;

/// A row of `signing_keys`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct SigningKeyRow {
    pub kid: String,
    pub algorithm: String,
    pub state: String,
    pub private_key: Vec<u8>,
    pub private_key_sealed_by: String,
    pub certificate: Vec<u8>,
    pub created_at: i64,
    pub state_since: i64,
    pub published_at: Option<i64>,
}

/// The state of a key that is neither published nor accepted.
pub const REVOKED: &str = "revoked";

/// The name of a state in the table.
#[must_use]
pub fn key_state_name(state: KeyState) -> &'static str {
    match state {
        KeyState::Next => "next",
        KeyState::Current => "current",
        KeyState::Previous => "previous",
        KeyState::Revoked => REVOKED,
    }
}

impl From<SigningKey> for SigningKeyRow {
    fn from(record: SigningKey) -> Self {
        Self {
            kid: record.kid.to_string(),
            algorithm: record.algorithm.as_str().to_owned(),
            state: key_state_name(record.state).to_owned(),
            private_key: record.private_key.ciphertext,
            private_key_sealed_by: record.private_key.key_id.to_string(),
            certificate: record.certificate,
            created_at: record.created_at.millis(),
            state_since: record.state_since.millis(),
            published_at: millis(record.published_at),
        }
    }
}

impl TryFrom<SigningKeyRow> for SigningKey {
    type Error = Fault;

    fn try_from(row: SigningKeyRow) -> Result<Self, Fault> {
        let place = Place { table: "signing_keys", key: &row.kid };
        let known = [KeyState::Next, KeyState::Current, KeyState::Previous, KeyState::Revoked];
        let state = known.into_iter().find(|known| key_state_name(*known) == row.state);
        Ok(Self {
            kid: KeyId::new(row.kid.as_str()),
            algorithm: place.word("algorithm", Algorithm::parse(&row.algorithm))?,
            state: place.word("state", state)?,
            private_key: Sealed {
                key_id: KeyId::new(row.private_key_sealed_by),
                ciphertext: row.private_key,
            },
            certificate: row.certificate,
            created_at: Timestamp::from_millis(row.created_at),
            state_since: Timestamp::from_millis(row.state_since),
            published_at: moment(row.published_at),
        })
    }
}
