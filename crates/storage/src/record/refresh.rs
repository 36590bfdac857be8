use countersign_jose::Thumbprint;
use countersign_oauth::{
    Audience, AuthorizationId, ClientId, FamilyId, HandleHash, Issuer, OrganizationId, Scope, SessionId,
    Timestamp, UserId,
};

/// A refresh token and all its successors.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct RefreshFamily {
    /// Its id.
    pub id: FamilyId,
    /// The authorization it came from.
    pub authorization_id: AuthorizationId,
    /// The client it was issued to.
    pub client_id: ClientId,
    /// The user.
    pub user_id: UserId,
    /// The session of the login: the `sid` of later ID tokens. The family outlives it.
    pub session_id: Option<SessionId>,
    /// The API; `None` for userinfo alone.
    pub audience: Option<Audience>,
    /// What was granted; an exchange may narrow its access token, never this.
    pub scope: Scope,
    /// The organization of the login.
    pub organization_id: Option<OrganizationId>,
    /// The domain that issued it.
    pub issuer: Issuer,
    /// The key a public client proved; later exchanges need the same (RFC 9449 §5).
    pub jkt: Option<Thumbprint>,
    /// Whether its tokens rotate.
    pub rotating: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// The absolute end, fixed at issuance; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
}

/// One refresh token.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct RefreshToken {
    /// SHA-256 of the token.
    pub handle: HandleHash,
    /// Its family.
    pub family_id: FamilyId,
    /// 1 for the first of a family, one more for each successor.
    pub generation: u32,
    /// The token it succeeded.
    pub parent: Option<HandleHash>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The idle end; `None` for never.
    pub idle_expires_at: Option<Timestamp>,
    /// When it was first spent, if it was.
    pub spent_at: Option<Timestamp>,
    /// How many successors it has.
    pub successors: u32,
    /// When it was last exchanged.
    pub last_used_at: Option<Timestamp>,
}
