use countersign_gate::Pass;
use countersign_oauth::OAuthError;
use countersign_storage::Changes;
use countersign_token::TokenPlan;

/// What a grant decided. It wrote nothing.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one per request; boxing buys nothing")]
pub enum Decision {
    /// Tokens are due.
    Issue(Issue),
    /// They are not.
    Refuse(Refusal),
}

/// What to mint and what to write with it.
#[derive(Debug)]
pub struct Issue {
    /// The gate's yes.
    pub pass: Pass,
    /// The tokens.
    pub plan: TokenPlan,
    /// What is spent for them.
    pub changes: Changes,
}

/// A refusal; its changes commit too, such as the end of a family whose token was used again.
#[derive(Debug)]
pub struct Refusal {
    /// What the caller is told.
    pub error: OAuthError,
    /// What is written.
    pub changes: Changes,
}

impl Refusal {
    /// A refusal that writes nothing.
    pub fn without_effect(error: impl Into<OAuthError>) -> Self {
        Self { error: error.into(), changes: Changes::none() }
    }
}

impl<E: Into<OAuthError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::without_effect(error)
    }
}
