use std::sync::Arc;

use crate::{Signer, SigningError};

/// Uses the keys by which we prove to another server who we are: shared secrets, and private keys as PEM.
pub trait SecretKeys: Send + Sync {
    /// HMAC-SHA256 (RFC 2104).
    fn hmac_sha256(&self, key: &[u8], message: &[u8]) -> [u8; 32];

    /// HMAC-SHA1, which OAuth 1.0a signs with (RFC 5849 §3.4.2) and nothing else shall.
    ///
    /// # Errors
    /// [`SigningError`] where the library does not offer it.
    fn hmac_sha1(&self, key: &[u8], message: &[u8]) -> Result<Vec<u8>, SigningError>;

    /// An ES256 signer over a private key on P-256 in PKCS#8 PEM.
    ///
    /// # Errors
    /// [`SigningError`] for what is no such key. The text does not repeat it.
    fn es256_signer(&self, kid: &str, pkcs8_pem: &str) -> Result<Arc<dyn Signer>, SigningError>;
}
