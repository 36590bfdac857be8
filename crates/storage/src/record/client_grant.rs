use countersign_oauth::{Audience, ClientGrantId, ClientId, Scope};
use serde::{Deserialize, Serialize};

/// What a client may ask of an API, on its own behalf or a user's.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct ClientGrant {
    /// Its id.
    pub id: ClientGrantId,
    /// The client.
    pub client_id: ClientId,
    /// The API.
    pub audience: Audience,
    /// On whose behalf.
    pub subject_type: SubjectType,
    /// The scopes granted.
    pub scope: Scope,
    /// All scopes of the API, present and future.
    pub allow_all_scopes: bool,
    /// Settings of Auth0's that are kept and not used yet.
    pub other: serde_json::Map<String, serde_json::Value>,
    /// Raised by every update.
    pub version: i64,
    /// Raised when it is narrowed or deleted.
    pub epoch: i64,
}

/// `subject_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// The client itself.
    Client,
    /// A user.
    User,
}
