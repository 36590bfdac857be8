use countersign_oauth::{
    ConnectionId, HandleHash, Issuer, OrganizationId, Seconds, SessionId, Timestamp, UserId,
};

/// How and when a user authenticated: what travels from login to code to token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct Authentication {
    /// `auth_time`: the last active authentication.
    pub authenticated_at: Timestamp,
    /// `amr` (RFC 8176).
    pub amr: Vec<String>,
    /// `acr`.
    pub acr: Option<String>,
}

/// One browser's session of one user on one domain.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct Session {
    /// `sid`.
    pub id: SessionId,
    /// SHA-256 of the cookie.
    pub handle: HandleHash,
    /// Whose.
    pub user_id: UserId,
    /// Where the user came from.
    pub connection_id: ConnectionId,
    /// The organization of the login.
    pub organization_id: Option<OrganizationId>,
    /// The domain it is good for.
    pub issuer: Issuer,
    /// How it began.
    pub authentication: Authentication,
    /// When it was made.
    pub created_at: Timestamp,
    /// The idle lifetime when it was made.
    pub idle_lifetime: Seconds,
    /// When it ends without activity.
    pub idle_expires_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// Whether its cookie outlives the browser.
    pub persistent: bool,
    /// The browser, as it named itself.
    pub user_agent: String,
    /// The address of the login.
    pub ip: String,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// Raised when it ends.
    pub epoch: i64,
}

impl Session {
    /// Whether it is alive: not ended and before both ends.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.idle_expires_at && now < self.expires_at
    }
}
