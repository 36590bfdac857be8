use countersign_jose::{Algorithm, Signer, SigningError};
use countersign_oauth::Secret;
use josekit::jws::JwsSigner;
use openssl::ec::EcKey;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::pkey::Private;
use openssl::sha::sha256;

use crate::hmac::hmac_sha256;

/// RS256, RS512 or PS256 through a josekit signer that is built once: building one per call parses the key
/// each time.
pub(crate) struct RsaSigner {
    algorithm: Algorithm,
    kid: String,
    signer: Box<dyn JwsSigner>,
}

impl RsaSigner {
    /// Takes a key as PKCS#8 DER.
    pub(crate) fn new(algorithm: Algorithm, kid: &str, pkcs8: &[u8]) -> Result<Self, SigningError> {
        let signer: Result<Box<dyn JwsSigner>, _> = match algorithm {
            Algorithm::RS256 => josekit::jws::RS256.signer_from_der(pkcs8).map(|s| Box::new(s) as _),
            Algorithm::RS512 => josekit::jws::RS512.signer_from_der(pkcs8).map(|s| Box::new(s) as _),
            Algorithm::PS256 => josekit::jws::PS256.signer_from_der(pkcs8).map(|s| Box::new(s) as _),
            Algorithm::RS384 | Algorithm::ES256 | Algorithm::EdDSA | Algorithm::HS256 => {
                return Err(SigningError(format!("nothing here signs {algorithm} with an RSA key")));
            }
        };
        let signer = signer.map_err(|error| SigningError(error.to_string()))?;
        Ok(Self { algorithm, kid: kid.to_owned(), signer })
    }
}

impl Signer for RsaSigner {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn kid(&self) -> Option<&str> {
        Some(&self.kid)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        self.signer.sign(message).map_err(|error| SigningError(error.to_string()))
    }
}

/// ES256 by `EcdsaSig::sign`, which writes `r || s` (RFC 7518 §3.4) without a detour over DER.
pub(crate) struct P256Signer {
    kid: String,
    key: EcKey<Private>,
}

impl P256Signer {
    /// Takes a key on P-256.
    pub(crate) fn new(kid: &str, key: EcKey<Private>) -> Self {
        Self { kid: kid.to_owned(), key }
    }

    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let signature = EcdsaSig::sign(&sha256(message), &self.key)?;
        let mut bytes = signature.r().to_vec_padded(32)?;
        bytes.extend(signature.s().to_vec_padded(32)?);
        Ok(bytes)
    }
}

impl Signer for P256Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }

    fn kid(&self) -> Option<&str> {
        Some(&self.kid)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        self.try_sign(message).map_err(|error| SigningError(error.to_string()))
    }
}

/// HS256 over a client's or an API's secret (RFC 7518 §3.2).
pub(crate) struct HmacSigner {
    secret: Secret<Vec<u8>>,
}

impl HmacSigner {
    /// The shortest secret that signs. RFC 7518 §3.2 asks for 32 bytes; Auth0 takes 16 for an API, which
    /// josekit refuses.
    pub(crate) const MIN_SECRET_BYTES: usize = 16;

    /// Takes a secret.
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self { secret: Secret::new(secret.to_vec()) }
    }
}

impl Signer for HmacSigner {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }

    fn kid(&self) -> Option<&str> {
        None
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        if self.secret.expose().len() < Self::MIN_SECRET_BYTES {
            return Err(SigningError("the secret is too short for HS256".to_owned()));
        }
        Ok(hmac_sha256(self.secret.expose(), &[message]).to_vec())
    }
}

#[cfg(test)]
mod tests;
