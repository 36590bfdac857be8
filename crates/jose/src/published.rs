use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::{Algorithm, JoseError, PublicKey, Verifier, VerifyingKeys, parse_json};

/// The keys that an issuer publishes (RFC 7517 §5), ready to verify what it signed.
///
/// It is what a resource server holds: it fetches the set from `jwks_uri`, and again when a `kid` is unknown.
#[derive(Clone)]
pub struct PublishedKeys {
    keys: HashMap<String, PublishedKey>,
    verifier: Arc<dyn Verifier>,
}

#[derive(Clone)]
struct PublishedKey {
    /// The only algorithm it is for, where the set says so (RFC 7517 §4.4).
    algorithm: Option<Algorithm>,
    key: PublicKey,
}

impl PublishedKeys {
    /// A set may have this many keys, and this many bytes.
    pub const MAX_KEYS: usize = 100;
    /// The most bytes that are parsed.
    pub const MAX_BYTES: usize = 256 * 1024;

    /// Parses a JWK Set. A key that is not for signatures, has no `kid`, or is of a kind or an algorithm that
    /// is not known here is passed over, as RFC 7517 §5 wants; of two with one `kid` the first counts.
    ///
    /// # Errors
    /// [`JoseError::Json`] for what is no JWK Set, or one over the limits.
    pub fn parse(jwk_set: &[u8], verifier: Arc<dyn Verifier>) -> Result<Self, JoseError> {
        if jwk_set.len() > Self::MAX_BYTES {
            return Err(JoseError::Json);
        }
        let set: Value = parse_json(jwk_set)?;
        let listed = set.get("keys").and_then(Value::as_array).ok_or(JoseError::Json)?;
        if listed.len() > Self::MAX_KEYS {
            return Err(JoseError::Json);
        }
        let mut keys = HashMap::new();
        for (kid, key) in listed.iter().filter_map(read) {
            keys.entry(kid).or_insert(key);
        }
        Ok(Self { keys, verifier })
    }

    /// Whether the set has a key of that `kid`. Where it has none, the issuer may have rotated since.
    #[must_use]
    pub fn contains(&self, kid: &str) -> bool {
        self.keys.contains_key(kid)
    }
}

/// The key, if it is one that can verify a signature here.
fn read(jwk: &Value) -> Option<(String, PublishedKey)> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    if text("use").is_some_and(|usage| usage != "sig") {
        return None;
    }
    let algorithm = match text("alg") {
        None => None,
        Some(name) => Some(Algorithm::parse(name)?),
    };
    let key = PublicKey::from_jwk(jwk).ok()?;
    Some((text("kid")?.to_owned(), PublishedKey { algorithm, key }))
}

impl VerifyingKeys for PublishedKeys {
    fn verify(
        &self,
        kid: &str,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), JoseError> {
        let found = self.keys.get(kid).ok_or(JoseError::Key)?;
        if found.algorithm.is_some_and(|only| only != algorithm) {
            return Err(JoseError::Key);
        }
        self.verifier.verify(algorithm, &found.key, message, signature)
    }
}

impl std::fmt::Debug for PublishedKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}
