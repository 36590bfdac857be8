use serde::{Deserialize, Serialize};

/// Which column of the status and code tables answers: Auth0's or the RFCs' own.
///
/// A tenant setting that a client may override.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compliance {
    /// What Auth0 does, wherever it leaves the RFCs.
    #[default]
    Auth0,
    /// What RFC 6749 and its successors say.
    Rfc,
}

impl Compliance {
    /// Whether the RFC's own rules hold.
    #[must_use]
    pub fn is_rfc(self) -> bool {
        matches!(self, Self::Rfc)
    }
}
