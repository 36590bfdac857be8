use std::sync::Arc;

use crate::{Algorithm, JoseError, JwkSet, PublicKey};

/// A key that cannot sign: broken or gone. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningError(pub String);

impl std::fmt::Display for SigningError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "signing failed: {}", self.0)
    }
}

impl std::error::Error for SigningError {}

/// One private or symmetric key, held ready to sign.
pub trait Signer: Send + Sync {
    /// The algorithm it signs with; a key has one.
    fn algorithm(&self) -> Algorithm;

    /// The key id for the header; `None` for a symmetric key.
    fn kid(&self) -> Option<&str>;

    /// Signs; an ECDSA signature is `r || s` (RFC 7518 §3.4).
    ///
    /// # Errors
    /// [`SigningError`] when the key cannot sign.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError>;
}

/// Verifies signatures by keys that others hold.
pub trait Verifier: Send + Sync {
    /// Whether `signature` over `message` is the key's; the key's kind must fit the algorithm.
    ///
    /// # Errors
    /// [`JoseError::Key`] for a key of another kind or off its curve, [`JoseError::Signature`] otherwise.
    fn verify(
        &self,
        algorithm: Algorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), JoseError>;
}

/// Public keys that are found by `kid`: those of a tenant, or those that another issuer publishes.
pub trait VerifyingKeys: Send + Sync {
    /// Verifies a signature of the key that `kid` names. The key must be one for `algorithm`.
    ///
    /// # Errors
    /// [`JoseError::Key`] for an unknown `kid` or another algorithm, [`JoseError::Signature`] otherwise.
    fn verify(
        &self,
        kid: &str,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), JoseError>;
}

/// A tenant's own signing keys.
pub trait KeyRing: VerifyingKeys {
    /// The current key for an asymmetric algorithm; `None` when the ring has none.
    fn signer(&self, algorithm: Algorithm) -> Option<Arc<dyn Signer>>;

    /// A signer over a symmetric secret, for `HS256`.
    fn symmetric_signer(&self, secret: &[u8]) -> Arc<dyn Signer>;

    /// The keys to publish: current, next and previous, of the `published` algorithms or published before.
    fn jwk_set(&self, published: &[Algorithm]) -> JwkSet;
}
