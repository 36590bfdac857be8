use countersign_jose::Thumbprint;
use countersign_oauth::{Fault, Issuer, Seconds, Timestamp};
use countersign_pkce::CodeChallenge;
use countersign_storage::SingleUse;
use countersign_users::Verdict;
use serde::{Deserialize, Serialize};

/// How long a code lives in the default profile.
pub const CODE_LIFETIME: Seconds = Seconds(600);

/// How long it lives under `rfc` (RFC 6749 §4.1.2 allows ten minutes at most).
pub const CODE_LIFETIME_RFC: Seconds = Seconds(60);

/// What a code is bound to, beside the columns of its row; the first version of the payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodePayload {
    /// 1.
    pub version: u32,
    /// The redirect target that was used.
    pub redirect_uri: String,
    /// Whether the request named it; the token request must then repeat it (RFC 6749 §4.1.3).
    pub redirect_uri_was_sent: bool,
    /// The PKCE challenge (RFC 7636 §4.4).
    pub code_challenge: Option<CodeChallenge>,
    /// `nonce`, as sent.
    pub nonce: Option<String>,
    /// The key the code is bound to (RFC 9449 §10).
    pub dpop_jkt: Option<Thumbprint>,
    /// `auth_time`, where the request makes it due.
    pub auth_time: Option<Timestamp>,
    /// The domain that issued it.
    pub issuer: Issuer,
    /// What the tenant's own code decided of the tokens when the login ended: claims, and edits of the scopes,
    /// which hold whatever the client may have. It is not asked again when the code is exchanged.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub verdict: Verdict,
}

fn is_nothing(verdict: &Verdict) -> bool {
    *verdict == Verdict::default()
}

impl CodePayload {
    /// Reads the payload of a code's row.
    ///
    /// # Errors
    /// A fault naming the column: a row that cannot exist.
    pub fn of(row: &SingleUse) -> Result<Self, Fault> {
        serde_json::from_value(row.payload.clone())
            .map_err(|error| Fault::internal("single_uses.payload of an authorization code").caused_by(error))
    }
}

#[cfg(test)]
mod tests;
