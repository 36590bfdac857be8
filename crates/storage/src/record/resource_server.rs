use countersign_jose::Algorithm;
use countersign_oauth::{Audience, ResourceServerId, Sealed, Seconds};
use serde::{Deserialize, Serialize};

/// An API (RFC 6749 §1.1: a resource server).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct ResourceServer {
    /// Its row's id.
    pub id: ResourceServerId,
    /// Its identifier: the `audience`.
    pub identifier: Audience,
    /// The secret of an HS256 API, sealed.
    pub signing_secret: Option<Sealed>,
    /// The rest.
    pub settings: ResourceServerSettings,
    /// Raised by every update.
    pub version: i64,
    /// Raised when it is narrowed or deleted.
    pub epoch: i64,
}

/// An API's settings. What we do not use yet is kept in `other` and echoed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceServerSettings {
    /// The name that pages show.
    pub name: String,
    /// Its permissions.
    pub scopes: Vec<ApiScope>,
    /// The access token's algorithm.
    pub signing_alg: Algorithm,
    /// The access token's shape.
    pub token_dialect: TokenDialect,
    /// The access token's lifetime.
    pub token_lifetime: Seconds,
    /// The lifetime of front-channel access tokens.
    pub token_lifetime_for_web: Seconds,
    /// Whether `offline_access` may be granted.
    pub allow_offline_access: bool,
    /// First parties with a verifiable callback skip consent.
    pub skip_consent_for_verifiable_first_party_clients: bool,
    /// Role-based access control.
    pub enforce_policies: bool,
    /// Who may get tokens at all.
    pub subject_type_authorization: SubjectTypeAuthorization,
    /// Sender constraining.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof_of_possession: Option<ProofOfPossession>,
    /// Settings of Auth0's that are kept and not used yet.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl Default for ResourceServerSettings {
    fn default() -> Self {
        Self {
            name: String::new(),
            scopes: Vec::new(),
            signing_alg: Algorithm::RS256,
            token_dialect: TokenDialect::AccessToken,
            token_lifetime: Seconds(86_400),
            token_lifetime_for_web: Seconds(7_200),
            allow_offline_access: false,
            skip_consent_for_verifiable_first_party_clients: false,
            enforce_policies: false,
            subject_type_authorization: SubjectTypeAuthorization::default(),
            proof_of_possession: None,
            other: serde_json::Map::new(),
        }
    }
}

impl ResourceServerSettings {
    /// Whether `value` is one of its permissions.
    #[must_use]
    pub fn has_scope(&self, value: &str) -> bool {
        self.scopes.iter().any(|scope| scope.value == value)
    }
}

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiScope {
    /// Its name in `scope`.
    pub value: String,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// `token_dialect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenDialect {
    /// Auth0's own.
    AccessToken,
    /// The same with `permissions`.
    AccessTokenAuthz,
    /// RFC 9068.
    Rfc9068Profile,
    /// The same with `permissions`.
    Rfc9068ProfileAuthz,
}

impl TokenDialect {
    /// Whether it is RFC 9068's shape.
    #[must_use]
    pub fn is_rfc9068(self) -> bool {
        matches!(self, Self::Rfc9068Profile | Self::Rfc9068ProfileAuthz)
    }
}

/// `subject_type_authorization`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SubjectTypeAuthorization {
    /// Tokens for users.
    pub user: UserPolicy,
    /// Tokens for clients themselves.
    pub client: ClientPolicy,
}

/// `subject_type_authorization.user`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "snake_case")]
pub enum UserPolicy {
    /// Every first-party client.
    #[default]
    AllowAll,
    /// Clients with a `subject_type=user` grant.
    RequireClientGrant,
    /// Nobody.
    DenyAll,
}

/// `subject_type_authorization.client`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "snake_case")]
pub enum ClientPolicy {
    /// Clients with a `subject_type=client` grant.
    #[default]
    RequireClientGrant,
    /// Nobody.
    DenyAll,
}

/// `proof_of_possession`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofOfPossession {
    /// Which kind of proof.
    pub mechanism: PopMechanism,
    /// Whether unbound tokens are refused.
    #[serde(default)]
    pub required: bool,
    /// Of whom it is required.
    #[serde(default)]
    pub required_for: RequiredFor,
}

/// `mechanism`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PopMechanism {
    /// None.
    None,
    /// RFC 9449.
    Dpop,
    /// RFC 8705.
    Mtls,
}

/// `required_for`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequiredFor {
    /// Everyone.
    #[default]
    AllClients,
    /// Public clients alone.
    PublicClients,
}
