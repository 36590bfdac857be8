use countersign_jose::Algorithm;
use countersign_oauth::{KeyId, Sealed, Timestamp};
use serde::{Deserialize, Serialize};

/// A signing key pair; the private half is sealed under the data key.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "documents", derive(serde::Serialize, serde::Deserialize))]
pub struct SigningKey {
    /// Its `kid`.
    pub kid: KeyId,
    /// What it signs with. One RSA key serves RS256, RS512 and PS256 and is stored as RS256.
    pub algorithm: Algorithm,
    /// Where it stands.
    pub state: KeyState,
    /// PKCS#8 DER, sealed.
    pub private_key: Sealed,
    /// X.509 DER, self-signed: `x5c`.
    pub certificate: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it stands there.
    pub state_since: Timestamp,
    /// Since when it is published; `None` for a key of an algorithm that nothing used yet. Once published, a
    /// key stays so until it is revoked, since tokens that it signed may be out.
    pub published_at: Option<Timestamp>,
}

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Published, not used yet.
    Next,
    /// Signs.
    Current,
    /// Published still: tokens that it signed may be out.
    Previous,
    /// Neither published nor accepted.
    Revoked,
}
