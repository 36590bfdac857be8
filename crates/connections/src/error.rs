use std::borrow::Cow;

use countersign_oauth::FetchError;

/// Why a user does not arrive.
///
/// Callers learn the kind alone (SP-143): what the provider said, its status, its address and how long it took stay
/// in the log, which gets the `Display` text. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamError {
    /// The provider, or what it signed, says that the proof is not good for us.
    Refused {
        /// The stable rule id: `connections.other_application`, ….
        rule: &'static str,
        /// For the log.
        detail: Cow<'static, str>,
    },
    /// The provider cannot be asked, or what it answers makes no sense.
    Unavailable(Cow<'static, str>),
    /// The connection, or the client, lacks a setting that this needs.
    Misconfigured(Cow<'static, str>),
}

impl UpstreamError {
    /// The provider says no, or what it says of the proof is not what we may accept.
    #[must_use]
    pub fn refused(rule: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused { rule, detail: detail.into() }
    }

    /// The proof was issued to another application (SP-087).
    #[must_use]
    pub fn other_application() -> Self {
        Self::refused("connections.other_application", "it was issued to another application")
    }

    /// The proof was good once.
    #[must_use]
    pub fn expired() -> Self {
        Self::refused("connections.token_expired", "it has expired")
    }

    /// Two documents of the provider speak of two users (SP-133).
    #[must_use]
    pub fn other_user() -> Self {
        Self::refused("connections.other_user", "token and profile are of two users")
    }

    /// The provider takes nothing of this kind.
    #[must_use]
    pub fn not_taken() -> Self {
        Self::refused("connections.proof_not_taken", "the connection takes no such proof")
    }

    /// An answer without a member that it always has, or of another shape.
    #[must_use]
    pub fn malformed(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Unavailable(what.into())
    }

    /// The stable rule id, for the log and for the table of texts.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Refused { rule, .. } => rule,
            Self::Unavailable(_) => "connections.unavailable",
            Self::Misconfigured(_) => "connections.misconfigured",
        }
    }
}

impl From<FetchError> for UpstreamError {
    fn from(error: FetchError) -> Self {
        Self::Unavailable(error.to_string().into())
    }
}

impl std::fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused { rule, detail } => write!(f, "the provider refuses ({rule}): {detail}"),
            Self::Unavailable(detail) => write!(f, "the provider cannot be asked: {detail}"),
            Self::Misconfigured(detail) => write!(f, "the connection is not set up for this: {detail}"),
        }
    }
}

impl std::error::Error for UpstreamError {}
