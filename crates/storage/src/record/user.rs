use countersign_oauth::{ConnectionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// An account.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct User {
    /// `sub`.
    pub id: UserId,
    /// The connection of the first identity.
    pub connection_id: ConnectionId,
    /// Lower-cased e-mail address; unique within the connection.
    pub email: Option<String>,
    /// Whether the address was proved.
    pub email_verified: bool,
    /// Lower-cased username; unique within the connection.
    pub username: Option<String>,
    /// The password's hash, for a database user.
    pub password: Option<PasswordHash>,
    /// Claims and metadata.
    pub profile: Profile,
    /// Whether logins are refused.
    pub blocked: bool,
    /// Accounts at connections, the first one first.
    pub identities: Vec<Identity>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When the password was last set.
    pub password_changed_at: Option<Timestamp>,
    /// The last login.
    pub last_login: Option<Timestamp>,
    /// The address of the last login.
    pub last_ip: Option<String>,
    /// How many logins.
    pub logins_count: i64,
    /// Raised by every update.
    pub version: i64,
    /// Raised when it is blocked or deleted, or its password changes.
    pub epoch: i64,
}

/// An account at a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The connection.
    pub connection_id: ConnectionId,
    /// `auth0`, `google-oauth2`, ….
    pub provider: String,
    /// The id there.
    pub provider_user_id: String,
}

/// A profile: OpenID Connect Core §5.1 claims by their names, and the two metadata objects.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Standard claims other than e-mail: `name`, `nickname`, `given_name`, `picture`, ….
    pub claims: serde_json::Map<String, serde_json::Value>,
    /// What the user may write.
    pub user_metadata: serde_json::Map<String, serde_json::Value>,
    /// What applications may write.
    pub app_metadata: serde_json::Map<String, serde_json::Value>,
}

/// A password's hash as a PHC string; printed redacted.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "documents", serde(transparent))]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a PHC string.
    #[must_use]
    pub fn new(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    /// The PHC string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}
