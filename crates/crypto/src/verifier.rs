use countersign_jose::{Algorithm, JoseError, PublicKey, Verifier};
use countersign_oauth::Fault;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcKeyRef, EcPoint};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, PKeyRef, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sha::sha256;
use openssl::sign::{RsaPssSaltlen, Verifier as DigestVerifier};

use crate::fault::fault;

/// The smallest RSA modulus, in bits (RFC 7518 §3.3).
pub(crate) const MIN_RSA_BITS: i32 = 2048;
const MAX_RSA_BITS: i32 = 8192;
const MAX_EXPONENT_BYTES: usize = 8;

/// Verifies ES256, RS256, RS384, RS512, PS256 (RFC 7518 §3) and EdDSA on Ed25519 (RFC 8037 §3.1) with OpenSSL, by
/// keys that others hold.
pub struct OpenSslVerifier {
    p256: EcGroup,
}

impl OpenSslVerifier {
    /// A verifier, with its curve looked up once.
    ///
    /// # Errors
    /// A fault when OpenSSL does not know P-256.
    pub fn new() -> Result<Self, Fault> {
        Ok(Self { p256: p256().map_err(fault("P-256 of OpenSSL"))? })
    }

    /// `from_bytes` checks that the point is on the curve; `from_public_key_affine_coordinates` would
    /// multiply it by the order too, which a curve of cofactor 1 does not need, at twice the cost.
    fn p256_key(&self, x: &[u8; 32], y: &[u8; 32]) -> Result<EcKey<Public>, ErrorStack> {
        let mut context = BigNumContext::new()?;
        let point = EcPoint::from_bytes(&self.p256, &[&[4_u8][..], x, y].concat(), &mut context)?;
        EcKey::from_public_key(&self.p256, &point)
    }
}

impl Verifier for OpenSslVerifier {
    fn verify(
        &self,
        algorithm: Algorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), JoseError> {
        match key {
            PublicKey::P256 { x, y } if algorithm == Algorithm::ES256 => {
                let key = self.p256_key(x, y).map_err(|_| JoseError::Key)?;
                verify_p256(&key, message, signature)
            }
            PublicKey::Rsa { n, e } if is_rsa(algorithm) => {
                let key = rsa_key(n, e)?;
                verify_rsa(&key, algorithm, message, signature)
            }
            PublicKey::Ed25519 { x } if algorithm == Algorithm::EdDSA => {
                verify_ed25519(x, message, signature)
            }
            PublicKey::P256 { .. } | PublicKey::Rsa { .. } | PublicKey::Ed25519 { .. } => Err(JoseError::Key),
        }
    }
}

impl std::fmt::Debug for OpenSslVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenSslVerifier")
    }
}

/// The curve of ES256.
pub(crate) fn p256() -> Result<EcGroup, ErrorStack> {
    EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)
}

/// Whether an algorithm signs with an RSA key.
pub(crate) fn is_rsa(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 | Algorithm::PS256)
}

/// An RSA key that is worth a verification (RFC 8725 §3.2): modulus odd and of 2048 to 8192 bits, exponent
/// odd, at least 3 and at most 64 bits.
fn rsa_key(n: &[u8], e: &[u8]) -> Result<PKey<Public>, JoseError> {
    if n.len() * 8 > MAX_RSA_BITS as usize || e.len() > MAX_EXPONENT_BYTES {
        return Err(JoseError::Key);
    }
    let build = || -> Result<Option<PKey<Public>>, ErrorStack> {
        let (n, e) = (BigNum::from_slice(n)?, BigNum::from_slice(e)?);
        if n.num_bits() < MIN_RSA_BITS || !n.is_bit_set(0) || e.num_bits() < 2 || !e.is_bit_set(0) {
            return Ok(None);
        }
        PKey::from_rsa(Rsa::from_public_components(n, e)?).map(Some)
    };
    build().ok().flatten().ok_or(JoseError::Key)
}

/// Verifies ES256: `r || s`, each 32 bytes and not zero (RFC 7518 §3.4).
pub(crate) fn verify_p256(key: &EcKeyRef<Public>, message: &[u8], signature: &[u8]) -> Result<(), JoseError> {
    let (r, s) = signature.split_at_checked(32).ok_or(JoseError::Signature)?;
    let zero = |half: &[u8]| half.iter().all(|byte| *byte == 0);
    if s.len() != 32 || zero(r) || zero(s) {
        return Err(JoseError::Signature);
    }
    let verified = || -> Result<bool, ErrorStack> {
        let signature = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?;
        signature.verify(&sha256(message), key)
    };
    outcome(verified())
}

/// Verifies RS256, RS384, RS512 or PS256; the salt of PS256 is as long as its hash (RFC 7518 §3.5).
pub(crate) fn verify_rsa(
    key: &PKeyRef<Public>,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), JoseError> {
    let digest = match algorithm {
        Algorithm::RS256 | Algorithm::PS256 => MessageDigest::sha256(),
        Algorithm::RS384 => MessageDigest::sha384(),
        Algorithm::RS512 => MessageDigest::sha512(),
        Algorithm::ES256 | Algorithm::EdDSA | Algorithm::HS256 => return Err(JoseError::Key),
    };
    let verified = || -> Result<bool, ErrorStack> {
        let mut verifier = DigestVerifier::new(digest, key)?;
        if algorithm == Algorithm::PS256 {
            verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
            verifier.set_rsa_mgf1_md(digest)?;
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        }
        verifier.verify_oneshot(signature, message)
    };
    outcome(verified())
}

/// Verifies EdDSA on Ed25519 (RFC 8032 §5.1.7).
fn verify_ed25519(x: &[u8; 32], message: &[u8], signature: &[u8]) -> Result<(), JoseError> {
    let key = PKey::public_key_from_raw_bytes(x, Id::ED25519).map_err(|_| JoseError::Key)?;
    let verified = || -> Result<bool, ErrorStack> {
        DigestVerifier::new_without_digest(&key)?.verify_oneshot(signature, message)
    };
    outcome(verified())
}

/// A refused signature may leave errors in OpenSSL's queue of this thread, where the next TLS read would
/// take them for its own; so the queue is emptied.
fn outcome(verified: Result<bool, ErrorStack>) -> Result<(), JoseError> {
    if matches!(verified, Ok(true)) {
        return Ok(());
    }
    drop(ErrorStack::get());
    Err(JoseError::Signature)
}

#[cfg(test)]
mod tests;
