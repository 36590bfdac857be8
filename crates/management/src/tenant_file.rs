//! The tenant file: the YAML that Auth0's deploy CLI exports.

mod check;
mod code;
mod connection;
mod keys;
mod parse;
pub(crate) mod rules;

use countersign_oauth::Secret;
use serde_json::{Map, Value};

use crate::schema::Lines;

/// A tenant's settings, clients, APIs, client grants, connections and scripts, as a file gives them.
///
/// It holds what the file says and nothing else: defaults come in when it is applied, so that a key which
/// the file leaves out keeps what the store has.
///
/// ```
/// use countersign_management::{ParseOptions, TenantFile};
///
/// let yaml = "clients:\n  - name: Web\n    callback: https://app.example.test/callback\n";
/// let problems = TenantFile::parse(yaml, ParseOptions::default()).unwrap_err();
/// assert_eq!(problems[0].to_string(), "line 3: clients[0].callback is no key that Auth0 or Countersign knows");
/// ```
#[derive(Debug, Clone, Default)]
pub struct TenantFile {
    /// `tenant`, the keys given.
    pub(crate) tenant: Map<String, Value>,
    /// `clients`.
    pub(crate) clients: Vec<Entry>,
    /// `resourceServers`.
    pub(crate) apis: Vec<Entry>,
    /// `clientGrants`.
    pub(crate) client_grants: Vec<Entry>,
    /// `databases`.
    pub(crate) databases: Vec<Entry>,
    /// `connections`, their secret options apart.
    pub(crate) connections: Vec<Entry>,
    /// `actions`, their secrets apart.
    pub(crate) actions: Vec<Entry>,
    /// `rules`.
    pub(crate) rules: Vec<Entry>,
    /// `rulesConfigs` as a JSON object; `None` where the file has no such section.
    pub(crate) rules_configuration: Option<Secret<String>>,
    /// `triggers`; `None` where the file has no such section.
    pub(crate) triggers: Option<Map<String, Value>>,
    /// Where everything stands.
    pub(crate) lines: Lines,
    /// Whether it is the sample tenant, which a real file replaces.
    pub(crate) is_sample: bool,
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParseOptions {
    /// Keys that would restrict access and are not enforced yet are warnings instead of problems.
    pub allow_unenforced: bool,
    /// Connections may have an `upstream_base_url`: where private targets may be called.
    pub allow_private_upstreams: bool,
}

/// One object of a section.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Its path: `clients[0]`.
    pub(crate) path: String,
    /// The keys given; `null` stands for the default.
    pub(crate) given: Map<String, Value>,
    /// Its secret, kept apart so that no message shows it.
    pub(crate) secret: Option<Secret<String>>,
}

impl TenantFile {
    /// Whether a client of the file has this id.
    pub(crate) fn names_client(&self, id: &str) -> bool {
        self.clients.iter().any(|entry| entry.text("client_id") == Some(id))
    }
}

impl Entry {
    /// The text of a key.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.given.get(key).and_then(Value::as_str)
    }

    /// The texts of a key; `None` when it is not given.
    pub(crate) fn texts(&self, key: &str) -> Option<impl Iterator<Item = &str>> {
        let items = self.given.get(key)?.as_array()?;
        Some(items.iter().filter_map(Value::as_str))
    }

    /// The path of one of its keys.
    pub(crate) fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }
}

#[cfg(test)]
mod tests;
