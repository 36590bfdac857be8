//! From keys given and a record stored to the record as it shall be: merge, defaults, checks of the whole.
//!
//! What is checked is always the whole resulting object, never the patch alone (rule G4, SP-182).

mod api;
mod client;
mod credentials;
mod merge;
mod tenant;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub(crate) use api::api;
pub(crate) use client::client;
pub(crate) use merge::merge;
pub(crate) use tenant::tenant;

/// Something about a resulting object: a problem or a warning, by where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The key.
    pub(crate) key: &'static str,
    /// What, as the rest of a sentence that begins with the path.
    pub(crate) message: String,
}

impl Finding {
    /// The path of it below an object's.
    pub(crate) fn path(&self, object: &str) -> String {
        if self.key.is_empty() { object.to_owned() } else { format!("{object}.{}", self.key) }
    }
}

/// An object and its warnings, or what is wrong with it.
pub(crate) type Resolved<T> = Result<(T, Vec<Finding>), Vec<Finding>>;

fn finding(key: &'static str, message: impl Into<String>) -> Finding {
    Finding { key, message: message.into() }
}

/// The keys of a record's settings.
fn keys_of<T: serde::Serialize>(settings: &T) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(keys)) => keys,
        _ => Map::new(),
    }
}

/// The settings of keys whose values were judged before.
fn settings_of<T: DeserializeOwned>(keys: Map<String, Value>) -> Result<T, Vec<Finding>> {
    serde_json::from_value(Value::Object(keys)).map_err(|error| vec![finding("", error.to_string())])
}

/// The object of a key, made when it is absent.
fn object<'a>(keys: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    let value = keys.entry(key).or_insert_with(|| Value::Object(Map::new()));
    value.as_object_mut()
}

#[cfg(test)]
mod tests;
