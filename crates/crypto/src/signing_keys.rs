use std::sync::{Arc, PoisonError, RwLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign_jose::{
    Algorithm, JoseError, Jwk, JwkSet, KeyRing, PublicKey, Signer, VerifyingKeys, encode_base64url,
};
use countersign_oauth::{Fault, Sealer};
use countersign_storage::{KeyState, SigningKey};
use openssl::ec::EcKey;
use openssl::pkey::{PKey, Private, Public};
use openssl::sha::sha1;
use openssl::x509::X509;
use zeroize::Zeroizing;

use crate::fault::fault;
use crate::signer::{HmacSigner, P256Signer, RsaSigner};
use crate::verifier::{MIN_RSA_BITS, is_rsa, p256, verify_p256, verify_rsa};

/// The purpose under which private keys are sealed.
pub(crate) const PURPOSE: &str = "signing_key";

/// A tenant's signing keys, parsed once and held ready; what is revoked is not held.
pub struct SigningKeys {
    sealer: Arc<dyn Sealer>,
    held: RwLock<Arc<Vec<HeldKey>>>,
}

struct HeldKey {
    state: KeyState,
    /// Whether it was published before, and stays so.
    published: bool,
    jwk: Jwk,
    key: Pair,
}

enum Pair {
    /// One key, three algorithms.
    Rsa {
        signers: Vec<Arc<dyn Signer>>,
        public: PKey<Public>,
    },
    P256 {
        signer: Arc<dyn Signer>,
        public: EcKey<Public>,
    },
}

impl SigningKeys {
    /// Opens and parses the keys.
    ///
    /// # Errors
    /// A fault naming the `kid` of a key that does not open, does not fit its algorithm or its certificate,
    /// is too weak, or stands twice.
    pub fn new(keys: Vec<SigningKey>, sealer: Arc<dyn Sealer>) -> Result<Self, Fault> {
        let held = RwLock::new(Arc::new(hold(keys, &*sealer)?));
        Ok(Self { sealer, held })
    }

    /// Puts other keys in place of those so far, in one step; on an error all stays as it was.
    ///
    /// # Errors
    /// As [`SigningKeys::new`].
    pub fn replace(&self, keys: Vec<SigningKey>) -> Result<(), Fault> {
        let held = Arc::new(hold(keys, &*self.sealer)?);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
        Ok(())
    }

    fn held(&self) -> Arc<Vec<HeldKey>> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl VerifyingKeys for SigningKeys {
    fn verify(
        &self,
        kid: &str,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), JoseError> {
        let held = self.held();
        let key = held.iter().find(|key| key.jwk.kid == kid).ok_or(JoseError::Key)?;
        match &key.key {
            Pair::Rsa { public, .. } if is_rsa(algorithm) => {
                verify_rsa(public, algorithm, message, signature)
            }
            Pair::P256 { public, .. } if algorithm == Algorithm::ES256 => {
                verify_p256(public, message, signature)
            }
            Pair::Rsa { .. } | Pair::P256 { .. } => Err(JoseError::Key),
        }
    }
}

impl KeyRing for SigningKeys {
    fn signer(&self, algorithm: Algorithm) -> Option<Arc<dyn Signer>> {
        let held = self.held();
        let current = held.iter().filter(|key| key.state == KeyState::Current);
        current.flat_map(HeldKey::signers).find(|signer| signer.algorithm() == algorithm).cloned()
    }

    fn symmetric_signer(&self, secret: &[u8]) -> Arc<dyn Signer> {
        Arc::new(HmacSigner::new(secret))
    }

    fn jwk_set(&self, published: &[Algorithm]) -> JwkSet {
        let held = self.held();
        let is_published = |key: &&HeldKey| {
            key.published || key.signers().any(|signer| published.contains(&signer.algorithm()))
        };
        JwkSet { keys: held.iter().filter(is_published).map(|key| key.jwk.clone()).collect() }
    }
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let held = self.held();
        f.debug_list().entries(held.iter().map(|key| (key.jwk.kid.as_str(), key.state))).finish()
    }
}

impl HeldKey {
    fn signers(&self) -> impl Iterator<Item = &Arc<dyn Signer>> {
        match &self.key {
            Pair::Rsa { signers, .. } => signers.as_slice(),
            Pair::P256 { signer, .. } => std::slice::from_ref(signer),
        }
        .iter()
    }

    fn open(key: &SigningKey, sealer: &dyn Sealer) -> Result<Self, Fault> {
        let pkcs8 =
            sealer.open(PURPOSE, &key.private_key).map(Zeroizing::new).map_err(fault("opening it"))?;
        let private = PKey::private_key_from_pkcs8(&pkcs8).map_err(fault("parsing it"))?;
        let certificate = X509::from_der(&key.certificate).map_err(fault("parsing its certificate"))?;
        let certified = certificate.public_key().map_err(fault("parsing its certificate's key"))?;
        if !certified.public_eq(&private) {
            return Err(Fault::internal("its certificate is another key's"));
        }
        let kid = key.kid.as_str();
        let (pair, public) = match key.algorithm {
            Algorithm::RS256 => hold_rsa(kid, &pkcs8, certified)?,
            Algorithm::ES256 => hold_p256(kid, &private)?,
            Algorithm::RS384 | Algorithm::RS512 | Algorithm::PS256 | Algorithm::EdDSA | Algorithm::HS256 => {
                return Err(Fault::internal("signing keys are stored as RS256 or ES256"));
            }
        };
        let mut jwk = Jwk::new(kid, key.algorithm, &public);
        jwk.x5t = Some(encode_base64url(sha1(&key.certificate)));
        jwk.x5c = Some(vec![STANDARD.encode(&key.certificate)]);
        Ok(Self { state: key.state, published: key.published_at.is_some(), jwk, key: pair })
    }
}

/// Opens all that are not revoked: those that sign first, then those that will, then those that did.
fn hold(mut keys: Vec<SigningKey>, sealer: &dyn Sealer) -> Result<Vec<HeldKey>, Fault> {
    let rank = |state| match state {
        KeyState::Current => 0,
        KeyState::Next => 1,
        KeyState::Previous => 2,
        KeyState::Revoked => 3,
    };
    keys.retain(|key| key.state != KeyState::Revoked);
    keys.sort_by_key(|key| (rank(key.state), std::cmp::Reverse(key.created_at)));
    let mut held: Vec<HeldKey> = Vec::with_capacity(keys.len());
    for key in &keys {
        let name = |error: Fault| Fault::internal(format!("signing key {}", key.kid)).caused_by(error);
        if held.iter().any(|known| known.jwk.kid == key.kid.as_str()) {
            return Err(name(Fault::internal("its kid stands twice")));
        }
        held.push(HeldKey::open(key, sealer).map_err(name)?);
    }
    Ok(held)
}

fn hold_rsa(kid: &str, pkcs8: &[u8], public: PKey<Public>) -> Result<(Pair, PublicKey), Fault> {
    let rsa = public.rsa().map_err(fault("it is no RSA key"))?;
    if rsa.n().num_bits() < MIN_RSA_BITS {
        return Err(Fault::internal("it has fewer than 2048 bits"));
    }
    let mut signers: Vec<Arc<dyn Signer>> = Vec::new();
    for algorithm in [Algorithm::RS256, Algorithm::RS512, Algorithm::PS256] {
        signers
            .push(Arc::new(RsaSigner::new(algorithm, kid, pkcs8).map_err(fault("making a signer of it"))?));
    }
    let published = PublicKey::Rsa { n: rsa.n().to_vec(), e: rsa.e().to_vec() };
    Ok((Pair::Rsa { signers, public }, published))
}

fn hold_p256(kid: &str, private: &PKey<Private>) -> Result<(Pair, PublicKey), Fault> {
    let key = private.ec_key().map_err(fault("it is no EC key"))?;
    let point = || {
        let group = p256()?;
        if key.group().curve_name() != group.curve_name() {
            return Ok(None);
        }
        key.check_key()?;
        let mut context = openssl::bn::BigNumContext::new()?;
        let (mut x, mut y) = (openssl::bn::BigNum::new()?, openssl::bn::BigNum::new()?);
        key.public_key().affine_coordinates(&group, &mut x, &mut y, &mut context)?;
        let public = EcKey::from_public_key(&group, key.public_key())?;
        Ok(Some((x.to_vec_padded(32)?, y.to_vec_padded(32)?, public)))
    };
    let (x, y, public) = point()
        .map_err(fault::<openssl::error::ErrorStack>("reading its point"))?
        .ok_or_else(|| Fault::internal("it is not on P-256"))?;
    let coordinate =
        |bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).map_err(|_| Fault::internal("its point is malformed"));
    let published = PublicKey::P256 { x: coordinate(x)?, y: coordinate(y)? };
    let signer = Arc::new(P256Signer::new(kid, key));
    Ok((Pair::P256 { signer, public }, published))
}

#[cfg(test)]
mod tests;
