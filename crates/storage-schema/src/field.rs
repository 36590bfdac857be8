//! What a column holds, as the value that a record has; a value that cannot be is a fault that names its place.

use std::fmt::Display;

use countersign_oauth::{Fault, HandleHash, KeyId, Scope, Sealed, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A row of a table: what a fault names.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'static str,
    pub(crate) key: &'a dyn Display,
}

impl Place<'_> {
    /// A column holds what it cannot hold.
    pub(crate) fn fault(&self, column: &'static str, why: impl Display) -> Fault {
        Fault::internal(format!("table {}, column {column}, key {}: {why}", self.table, self.key))
    }

    pub(crate) fn read_json<T: DeserializeOwned>(
        &self,
        column: &'static str,
        text: &str,
    ) -> Result<T, Fault> {
        serde_json::from_str(text).map_err(|error| self.fault(column, where_json_broke(&error)))
    }

    pub(crate) fn write_json<T: Serialize>(&self, column: &'static str, value: &T) -> Result<String, Fault> {
        serde_json::to_string(value).map_err(|error| self.fault(column, where_json_broke(&error)))
    }

    pub(crate) fn hash(&self, column: &'static str, bytes: &[u8]) -> Result<HandleHash, Fault> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| self.fault(column, "not 32 bytes"))?;
        Ok(HandleHash::from_bytes(bytes))
    }

    pub(crate) fn count(&self, column: &'static str, number: i64) -> Result<u32, Fault> {
        u32::try_from(number).map_err(|error| self.fault(column, error))
    }

    /// A word of a fixed list.
    pub(crate) fn word<T>(&self, column: &'static str, found: Option<T>) -> Result<T, Fault> {
        found.ok_or_else(|| self.fault(column, "an unknown word"))
    }

    /// A sealed column and the one beside it: both or neither.
    pub(crate) fn sealed(
        &self,
        column: &'static str,
        ciphertext: Option<Vec<u8>>,
        sealed_by: Option<String>,
    ) -> Result<Option<Sealed>, Fault> {
        match (ciphertext, sealed_by) {
            (Some(ciphertext), Some(key)) => Ok(Some(Sealed { key_id: KeyId::new(key), ciphertext })),
            (None, None) => Ok(None),
            _ => Err(self.fault(column, "a sealed value without its key, or the other way round")),
        }
    }
}

/// The place and not the value: serde quotes values, which may be nobody's business.
fn where_json_broke(error: &serde_json::Error) -> String {
    format!("JSON of the wrong shape at line {}, column {}", error.line(), error.column())
}

/// A scope as it was written by its `Display`; limits were checked when it was asked for.
pub(crate) fn read_scope(text: &str) -> Scope {
    text.split(' ').filter(|entry| !entry.is_empty()).collect()
}

pub(crate) fn bytes(hash: HandleHash) -> Vec<u8> {
    hash.as_bytes().to_vec()
}

pub(crate) fn text(id: Option<&impl ToString>) -> Option<String> {
    id.map(ToString::to_string)
}

pub(crate) fn moment(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

pub(crate) fn millis(moment: Option<Timestamp>) -> Option<i64> {
    moment.map(Timestamp::millis)
}

/// A handle as a fault shows it.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests;
