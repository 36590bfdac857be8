use countersign_oauth::{ConnectionId, Sealed, Timestamp, UserId};

use crate::User;

/// What a provider says of a user at a login. Of two updates the one with the later `at` counts, and neither is
/// a conflict: many logins of one user may come at once.
#[derive(Debug, Clone, PartialEq)]
pub struct UpstreamUpdate {
    /// Whose.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
    /// The identity that it is about: connection.
    pub connection_id: ConnectionId,
    /// The identity that it is about: provider.
    pub provider: String,
    /// The identity that it is about: the id there.
    pub provider_user_id: String,
    /// The profile as it shall be; `None` leaves it.
    pub profile: Option<UpstreamProfile>,
    /// The tokens that the provider gave; `None` leaves those that are there.
    pub tokens: Option<Sealed>,
}

/// The part of a user that comes from a provider.
#[derive(Debug, Clone, PartialEq)]
pub struct UpstreamProfile {
    /// Lower-cased e-mail address.
    pub email: Option<String>,
    /// Whether the provider says that it was proved.
    pub email_verified: bool,
    /// Standard claims, in place of those that are there.
    pub claims: serde_json::Map<String, serde_json::Value>,
    /// Other root attributes, in place of those that are there.
    pub attributes: serde_json::Map<String, serde_json::Value>,
}

impl UpstreamUpdate {
    /// Writes itself into the user as stored, unless a later one did before.
    pub fn apply(&self, user: &mut User) {
        if self.at < user.updated_at {
            return;
        }
        user.updated_at = self.at;
        user.version += 1;
        if let Some(profile) = &self.profile {
            user.email.clone_from(&profile.email);
            user.email_verified = profile.email_verified;
            user.profile.claims.clone_from(&profile.claims);
            user.profile.attributes.clone_from(&profile.attributes);
        }
        let Some(tokens) = &self.tokens else { return };
        let identity = user.identities.iter_mut().find(|identity| {
            identity.connection_id == self.connection_id
                && identity.provider == self.provider
                && identity.provider_user_id == self.provider_user_id
        });
        if let Some(identity) = identity {
            identity.tokens = Some(tokens.clone());
        }
    }
}
