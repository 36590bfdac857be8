use countersign_oauth::{ClientId, ConnectionId};
use serde::{Deserialize, Serialize};

/// Where users come from.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Its name, unique.
    pub name: String,
    /// `auth0` for a database of ours.
    pub strategy: String,
    /// The rest.
    pub settings: ConnectionSettings,
    /// Raised by every update.
    pub version: i64,
    /// Raised when a client is taken off it.
    pub epoch: i64,
}

/// A connection's settings.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ConnectionSettings {
    /// The clients that may use it.
    pub enabled_clients: Vec<ClientId>,
    /// Options of the strategy.
    pub options: serde_json::Map<String, serde_json::Value>,
    /// Settings of Auth0's that are kept and not used yet.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl Connection {
    /// Whether a client's users may come from here.
    #[must_use]
    pub fn is_enabled_for(&self, client: &ClientId) -> bool {
        self.settings.enabled_clients.contains(client)
    }
}
