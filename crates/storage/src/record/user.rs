use countersign_oauth::{ConnectionId, Sealed, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// An account.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct User {
    /// `sub`.
    pub id: UserId,
    /// The connection of the first identity.
    pub connection_id: ConnectionId,
    /// Lower-cased e-mail address; of a database user, unique within the connection.
    pub email: Option<String>,
    /// Whether the address was proved.
    pub email_verified: bool,
    /// Lower-cased username; of a database user, unique within the connection.
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

impl User {
    /// Merges members into the metadata objects; `null` deletes one.
    pub fn patch_metadata(
        &mut self,
        user_metadata: &serde_json::Map<String, serde_json::Value>,
        app_metadata: &serde_json::Map<String, serde_json::Value>,
        at: Timestamp,
    ) {
        merge(&mut self.profile.user_metadata, user_metadata);
        merge(&mut self.profile.app_metadata, app_metadata);
        self.updated_at = self.updated_at.max(at);
        self.version += 1;
    }

    /// What a database user is found by: e-mail address and username. Users of other connections are found by
    /// their identity alone, since nobody but their provider says whose an address is.
    pub fn identifiers(&self) -> impl Iterator<Item = &str> {
        let of_a_database = self.identities.first().is_none_or(|identity| identity.provider == "auth0");
        let names = self.email.as_deref().into_iter().chain(self.username.as_deref());
        names.filter(move |_| of_a_database)
    }
}

fn merge(
    into: &mut serde_json::Map<String, serde_json::Value>,
    members: &serde_json::Map<String, serde_json::Value>,
) {
    for (name, value) in members {
        if value.is_null() {
            into.remove(name);
        } else {
            into.insert(name.clone(), value.clone());
        }
    }
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
    /// A JSON object of the tokens that the provider gave, sealed under the data key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Sealed>,
}

impl Identity {
    /// Whether it is the same account at the same connection.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.connection_id == other.connection_id
            && self.provider == other.provider
            && self.provider_user_id == other.provider_user_id
    }
}

/// A profile: OpenID Connect Core §5.1 claims by their names, and the two metadata objects.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Standard claims other than e-mail: `name`, `nickname`, `given_name`, `picture`, ….
    pub claims: serde_json::Map<String, serde_json::Value>,
    /// What else the user's provider said: root attributes of the user that are no claims.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub attributes: serde_json::Map<String, serde_json::Value>,
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
