use countersign_jose::Thumbprint;
use serde::{Deserialize, Serialize};

/// What binds a token to its sender; the `cnf` claim (RFC 7800 §3.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SenderConstraint {
    /// A bearer token (RFC 6750).
    #[default]
    None,
    /// Bound to a DPoP key (RFC 9449 §6.1).
    Dpop(Thumbprint),
}

impl SenderConstraint {
    /// `token_type` on the wire.
    #[must_use]
    pub fn token_type(&self) -> &'static str {
        match self {
            Self::None => "Bearer",
            Self::Dpop(_) => "DPoP",
        }
    }

    /// The proved key, if there is one.
    #[must_use]
    pub fn jkt(&self) -> Option<&Thumbprint> {
        match self {
            Self::None => None,
            Self::Dpop(jkt) => Some(jkt),
        }
    }

    /// The `cnf` claim.
    #[must_use]
    pub fn confirmation(&self) -> Option<serde_json::Value> {
        self.jkt().map(|jkt| serde_json::json!({ "jkt": jkt }))
    }
}

#[cfg(test)]
mod tests;
