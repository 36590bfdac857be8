use countersign_jose::{Algorithm, JoseError, PublicKey, Verifier};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};

/// Verifies ES256 (RFC 7518 §3.4) with the `p256` crate, without any C library.
///
/// A point off the curve or at infinity is refused as a key, a zero or overlong `r` or `s` as a signature.
#[derive(Debug, Clone, Copy, Default)]
pub struct P256Verifier;

impl Verifier for P256Verifier {
    fn verify(
        &self,
        algorithm: Algorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), JoseError> {
        let (Algorithm::ES256, PublicKey::P256 { x, y }) = (algorithm, key) else {
            return Err(JoseError::Key);
        };
        let point = [&[4_u8][..], x, y].concat();
        let key = VerifyingKey::from_sec1_bytes(&point).map_err(|_| JoseError::Key)?;
        let signature = Signature::from_slice(signature).map_err(|_| JoseError::Signature)?;
        key.verify(message, &signature).map_err(|_| JoseError::Signature)
    }
}
