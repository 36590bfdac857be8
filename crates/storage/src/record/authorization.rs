use countersign_oauth::{
    Audience, AuthorizationId, ClientId, ConsentId, HandleHash, Issuer, OrganizationId, Scope, SessionId,
    Timestamp, UserId,
};

/// One completed authorization request: code, refresh family and access tokens hang from it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct Authorization {
    /// Its id.
    pub id: AuthorizationId,
    /// The client.
    pub client_id: ClientId,
    /// The user.
    pub user_id: UserId,
    /// The session it was made in; absent where a grant has none.
    pub session_id: Option<SessionId>,
    /// The API, if any.
    pub audience: Option<Audience>,
    /// What was granted.
    pub scope: Scope,
    /// The organization of the login.
    pub organization_id: Option<OrganizationId>,
    /// The domain that issued it.
    pub issuer: Issuer,
    /// When it was completed.
    pub created_at: Timestamp,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// Raised when it ends.
    pub epoch: i64,
}

/// An access token of a user, as far as our own endpoints need it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct AccessToken {
    /// SHA-256 of the token.
    pub handle: HandleHash,
    /// The authorization it came from; `None` for a token without one that was denied by name.
    pub authorization_id: Option<AuthorizationId>,
    /// The claims of an opaque token, versioned JSON that the `token` crate owns; a JWT has its own.
    pub claims: Option<serde_json::Value>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was denied, if it was.
    pub denied_at: Option<Timestamp>,
}

/// A user's consent: one row per (user, client, audience, organization), scopes united.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct Consent {
    /// Its id.
    pub id: ConsentId,
    /// Who consented.
    pub user_id: UserId,
    /// To whom.
    pub client_id: ClientId,
    /// For which API; empty where only OpenID scopes are meant.
    pub audience: Audience,
    /// In which organization.
    pub organization_id: Option<OrganizationId>,
    /// To what.
    pub scope: Scope,
    /// When it was first given.
    pub created_at: Timestamp,
    /// Raised when it is withdrawn.
    pub epoch: i64,
}
