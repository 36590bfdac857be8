use std::sync::Arc;

use countersign_jose::{
    Algorithm, JoseError, Jwk, JwkSet, KeyRing, PublicKey, Signer, SigningError, VerifyingKeys,
};

use crate::hmac::sha256;
use crate::vectors;

/// The `kid` of the ring's RSA key.
pub const TEST_RSA_KID: &str = "test-rsa";
/// The `kid` of the ring's P-256 key.
pub const TEST_EC_KID: &str = "test-ec";

/// A [`KeyRing`] whose signatures are SHA-256 over key, algorithm and message: anybody can make them, so
/// it proves what a token says and nothing about cryptography. No production code may hold it.
#[derive(Debug, Clone)]
pub struct TestKeyRing {
    algorithms: Vec<Algorithm>,
}

impl TestKeyRing {
    /// A ring with an RSA key and a P-256 key.
    #[must_use]
    pub fn new() -> Self {
        Self::of(&[Algorithm::RS256, Algorithm::RS512, Algorithm::PS256, Algorithm::ES256])
    }

    /// A ring with a key for these algorithms alone.
    #[must_use]
    pub fn of(algorithms: &[Algorithm]) -> Self {
        Self { algorithms: algorithms.to_vec() }
    }
}

impl Default for TestKeyRing {
    fn default() -> Self {
        Self::new()
    }
}

fn kid_of(algorithm: Algorithm) -> Option<&'static str> {
    match algorithm {
        Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 | Algorithm::PS256 => Some(TEST_RSA_KID),
        Algorithm::ES256 => Some(TEST_EC_KID),
        Algorithm::EdDSA | Algorithm::HS256 => None,
    }
}

fn fake_signature(key: &[u8], algorithm: Algorithm, message: &[u8]) -> [u8; 32] {
    sha256(&[b"fake signature", key, algorithm.as_str().as_bytes(), message])
}

struct FakeSigner {
    algorithm: Algorithm,
    kid: Option<&'static str>,
    key: Vec<u8>,
}

impl Signer for FakeSigner {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn kid(&self) -> Option<&str> {
        self.kid
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        Ok(fake_signature(&self.key, self.algorithm, message).to_vec())
    }
}

impl VerifyingKeys for TestKeyRing {
    fn verify(
        &self,
        kid: &str,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), JoseError> {
        if kid_of(algorithm) != Some(kid) || !self.algorithms.contains(&algorithm) {
            return Err(JoseError::Key);
        }
        if fake_signature(kid.as_bytes(), algorithm, message) == *signature {
            Ok(())
        } else {
            Err(JoseError::Signature)
        }
    }
}

impl KeyRing for TestKeyRing {
    fn signer(&self, algorithm: Algorithm) -> Option<Arc<dyn Signer>> {
        let kid = kid_of(algorithm).filter(|_| self.algorithms.contains(&algorithm))?;
        Some(Arc::new(FakeSigner { algorithm, kid: Some(kid), key: kid.as_bytes().to_vec() }))
    }

    fn symmetric_signer(&self, secret: &[u8]) -> Arc<dyn Signer> {
        Arc::new(FakeSigner { algorithm: Algorithm::HS256, kid: None, key: secret.to_vec() })
    }

    fn jwk_set(&self, published: &[Algorithm]) -> JwkSet {
        let has = |wanted: &[Algorithm]| {
            wanted
                .iter()
                .any(|algorithm| published.contains(algorithm) && self.algorithms.contains(algorithm))
        };
        let mut keys = Vec::new();
        if has(&[Algorithm::RS256, Algorithm::RS512, Algorithm::PS256]) {
            keys.extend(jwk(TEST_RSA_KID, Algorithm::RS256, vectors::RFC7638_JWK));
        }
        if has(&[Algorithm::ES256]) {
            keys.extend(jwk(TEST_EC_KID, Algorithm::ES256, vectors::RFC7515_A3_JWK));
        }
        JwkSet { keys }
    }
}

fn jwk(kid: &str, algorithm: Algorithm, json: &str) -> Option<Jwk> {
    let key = PublicKey::from_jwk(&serde_json::from_str(json).ok()?).ok()?;
    Some(Jwk::new(kid, algorithm, &key))
}
