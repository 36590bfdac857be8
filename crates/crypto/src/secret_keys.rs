use std::sync::Arc;

use countersign_jose::{SecretKeys, Signer, SigningError};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::sign::Signer as DigestSigner;

use crate::hmac::hmac_sha256;
use crate::signer::P256Signer;

/// Uses shared secrets and private keys in PEM, with OpenSSL.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenSslSecretKeys;

impl SecretKeys for OpenSslSecretKeys {
    fn hmac_sha256(&self, key: &[u8], message: &[u8]) -> [u8; 32] {
        hmac_sha256(key, &[message])
    }

    fn hmac_sha1(&self, key: &[u8], message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let mac = || -> Result<Vec<u8>, ErrorStack> {
            let key = PKey::hmac(key)?;
            DigestSigner::new(MessageDigest::sha1(), &key)?.sign_oneshot_to_vec(message)
        };
        mac().map_err(|_| SigningError("HMAC-SHA1 is not to be had".to_owned()))
    }

    fn es256_signer(&self, kid: &str, pkcs8_pem: &str) -> Result<Arc<dyn Signer>, SigningError> {
        let no_key = || SigningError("no private key on P-256 in PKCS#8 PEM".to_owned());
        let key = PKey::private_key_from_pem(pkcs8_pem.as_bytes()).and_then(|key| key.ec_key());
        let key = key.map_err(|_| {
            // What OpenSSL says stays out of its queue, where the next TLS read would find it.
            drop(ErrorStack::get());
            no_key()
        })?;
        if key.group().curve_name() != Some(Nid::X9_62_PRIME256V1) {
            return Err(no_key());
        }
        Ok(Arc::new(P256Signer::new(kid, key)))
    }
}

#[cfg(test)]
mod tests;
