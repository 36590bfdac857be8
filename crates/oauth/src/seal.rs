use serde::{Deserialize, Serialize};

use crate::KeyId;

/// Ciphertext and the id of the data key that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Which data key opens it.
    pub key_id: KeyId,
    /// Nonce, ciphertext and tag.
    pub ciphertext: Vec<u8>,
}

/// Why something sealed does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealError {
    /// Sealed under a key that is not in the ring.
    UnknownKey,
    /// Changed, cut, or sealed for another purpose.
    Forged,
}

impl std::fmt::Display for SealError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UnknownKey => "sealed under an unknown data key",
            Self::Forged => "sealed value does not authenticate",
        })
    }
}

impl std::error::Error for SealError {}

/// Authenticates messages under a key that is kept: what it made is known again, and nobody else makes it.
pub trait MessageAuthenticator: Send + Sync {
    /// A message authentication code over `message`, the same in every process that holds the key.
    ///
    /// `purpose` separates uses: the same message has another code for another purpose (rule G3).
    fn mac(&self, purpose: &str, message: &[u8]) -> [u8; 32];
}

/// Authenticated encryption and authentication under the data key.
///
/// `purpose` separates uses: what was sealed for one never opens for another (rule G3).
pub trait Sealer: MessageAuthenticator {
    /// Encrypts and authenticates `plaintext`.
    fn seal(&self, purpose: &str, plaintext: &[u8]) -> Sealed;

    /// Opens what [`Sealer::seal`] made for the same purpose.
    ///
    /// # Errors
    /// [`SealError`] when the key is unknown or the value does not authenticate.
    fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Vec<u8>, SealError>;
}
