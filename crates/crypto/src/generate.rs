use countersign_jose::{Algorithm, encode_base64url};
use countersign_oauth::{Fault, KeyId, Sealer, Seconds, SecureRandom, Timestamp};
use countersign_storage::{KeyState, SigningKey};
use openssl::ec::EcKey;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use zeroize::Zeroizing;

use crate::fault::fault;
use crate::signing_keys::PURPOSE;
use crate::{verifier, x509};

const RSA_BITS: u32 = 2048;
const CERTIFICATE_LIFETIME: Seconds = Seconds(10 * 365 * 86_400);
const KID_CHARS: usize = 21;

/// Makes a signing key with a self-signed certificate: RSA of 2048 bits for `RS256`, P-256 for `ES256`.
///
/// # Errors
/// A fault for another algorithm, or when OpenSSL fails.
pub fn generate_signing_key(
    algorithm: Algorithm,
    state: KeyState,
    sealer: &dyn Sealer,
    random: &dyn SecureRandom,
    now: Timestamp,
) -> Result<SigningKey, Fault> {
    let key = match algorithm {
        Algorithm::RS256 => Rsa::generate(RSA_BITS).and_then(PKey::from_rsa),
        Algorithm::ES256 => {
            verifier::p256().and_then(|group| EcKey::generate(&group)).and_then(PKey::from_ec_key)
        }
        Algorithm::RS384 | Algorithm::RS512 | Algorithm::PS256 | Algorithm::EdDSA | Algorithm::HS256 => {
            return Err(Fault::internal(format!(
                "signing keys are made for RS256 or ES256, not {algorithm}"
            )));
        }
    };
    let key = key.map_err(fault("generating a signing key"))?;
    let certificate = self_signed(&key, now, random).map_err(fault("certifying a signing key"))?;
    let pkcs8 = key.private_key_to_pkcs8().map(Zeroizing::new).map_err(fault("encoding a signing key"))?;
    Ok(SigningKey {
        kid: generate_kid(random),
        algorithm,
        state,
        private_key: sealer.seal(PURPOSE, &pkcs8),
        certificate,
        created_at: now,
        state_since: now,
        published_at: (algorithm == Algorithm::RS256).then_some(now),
    })
}

/// 126 random bits in Auth0's shape: 21 characters of base64url.
fn generate_kid(random: &dyn SecureRandom) -> KeyId {
    let mut bytes = [0_u8; 16];
    random.fill(&mut bytes);
    KeyId::new(encode_base64url(bytes).chars().take(KID_CHARS).collect::<String>())
}

fn self_signed(
    key: &PKey<Private>,
    now: Timestamp,
    random: &dyn SecureRandom,
) -> Result<Vec<u8>, ErrorStack> {
    let mut builder = x509::builder(key, now, now.plus(CERTIFICATE_LIFETIME), random)?;
    let name = x509::common_name("countersign")?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.sign(key, MessageDigest::sha256())?;
    builder.build().to_der()
}
