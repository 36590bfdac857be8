use countersign_oauth::{AuthorizationId, HandleHash, Scope, Seconds, SessionId, Timestamp, UserId};
use countersign_storage::{Client, RefreshFamily, ResourceServer};

use crate::{CustomClaims, SenderConstraint};

/// Whom an access token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A user.
    User(UserId),
    /// The client itself: `{client_id}@clients`.
    Client,
}

/// What shall be minted: decided, not yet signed.
#[derive(Debug, Clone)]
pub struct TokenPlan {
    /// The client.
    pub client: Client,
    /// The access token.
    pub access_token: AccessTokenPlan,
    /// The ID token, if `openid` was granted.
    pub id_token: Option<IdTokenPlan>,
    /// The refresh token, if one is due.
    pub refresh_token: Option<RefreshTokenPlan>,
}

/// An access token to mint.
#[derive(Debug, Clone)]
pub struct AccessTokenPlan {
    /// The API; `None` mints an opaque token for userinfo alone.
    pub api: Option<ResourceServer>,
    /// Whom it speaks for.
    pub subject: Subject,
    /// The granted scopes.
    pub scope: Scope,
    /// What binds it.
    pub constraint: SenderConstraint,
    /// The authorization it hangs from; `None` where no user is.
    pub authorization_id: Option<AuthorizationId>,
    /// `gty` in Auth0's dialect.
    pub gty: Option<&'static str>,
    /// Its lifetime.
    pub lifetime: Seconds,
    /// What the tenant's own code adds; every other claim wins over it.
    pub custom_claims: CustomClaims,
}

/// An ID token to mint (OpenID Connect Core §2).
#[derive(Debug, Clone)]
pub struct IdTokenPlan {
    /// `sub`.
    pub user_id: UserId,
    /// The profile claims that the granted scopes open; protocol claims win over them.
    pub claims: serde_json::Map<String, serde_json::Value>,
    /// What the tenant's own code adds; it wins over the profile, and protocol claims over it.
    pub custom_claims: CustomClaims,
    /// `sid`.
    pub session_id: Option<SessionId>,
    /// `nonce`, as it was sent.
    pub nonce: Option<String>,
    /// `auth_time`, where the request makes it due.
    pub auth_time: Option<Timestamp>,
}

/// A refresh token to mint.
#[derive(Debug, Clone)]
pub enum RefreshTokenPlan {
    /// The first of a new family.
    First {
        /// The family; its id is drawn when it is minted.
        family: RefreshFamily,
        /// The idle end.
        idle_expires_at: Option<Timestamp>,
    },
    /// A rotation.
    Successor {
        /// The family.
        family: RefreshFamily,
        /// The token that is spent.
        parent: HandleHash,
        /// The generation of the new token.
        generation: u32,
        /// The idle end.
        idle_expires_at: Option<Timestamp>,
    },
}
