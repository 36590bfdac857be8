use countersign_jose::{Algorithm, JoseError, PublicKey, Thumbprint, Verifier, encode_base64url};
use countersign_oauth::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::hmac::sha256;
use crate::{NOW, vectors};

/// Accepts the signatures that [`ProofBuilder::build`] makes, which anybody can make. For flows whose
/// subject is not the signature; what verifies is proved with the real verifiers.
#[derive(Debug, Clone, Copy, Default)]
pub struct FakeVerifier;

fn fake_signature(key: &PublicKey, message: &[u8]) -> [u8; 32] {
    sha256(&[b"fake proof", key.thumbprint().as_str().as_bytes(), message])
}

impl Verifier for FakeVerifier {
    fn verify(
        &self,
        algorithm: Algorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), JoseError> {
        if algorithm != Algorithm::ES256 {
            return Err(JoseError::Key);
        }
        if fake_signature(key, message) == *signature { Ok(()) } else { Err(JoseError::Signature) }
    }
}

/// A DPoP proof (RFC 9449 §4.2) to be changed and built; signed so that [`FakeVerifier`] accepts it.
#[derive(Debug, Clone)]
pub struct ProofBuilder {
    /// The header's members.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
}

/// A right proof for a method and URL, made at [`NOW`] with the key of [`vectors::RFC9449_JWK`].
#[must_use]
pub fn proof(method: &str, url: &str) -> ProofBuilder {
    let jwk: Value = serde_json::from_str(vectors::RFC9449_JWK).unwrap_or_default();
    let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
    let claims = json!({ "jti": "proof-1", "htm": method, "htu": url, "iat": NOW.seconds() });
    ProofBuilder { header: object(header), claims: object(claims) }
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value { members } else { Map::new() }
}

impl ProofBuilder {
    /// Sets a header member; `Value::Null` removes it.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        set(&mut self.header, name, value.into());
        self
    }

    /// Sets a claim; `Value::Null` removes it.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        set(&mut self.claims, name, value.into());
        self
    }

    /// Sets `iat`.
    #[must_use]
    pub fn issued_at(self, at: Timestamp) -> Self {
        self.claim("iat", at.seconds())
    }

    /// Sets `ath` to what belongs to an access token (RFC 9449 §4.2).
    #[must_use]
    pub fn for_token(self, access_token: &str) -> Self {
        self.claim("ath", encode_base64url(Sha256::digest(access_token.as_bytes())))
    }

    /// Puts another key into the header (a JWK as JSON).
    #[must_use]
    pub fn key(self, jwk: &str) -> Self {
        let jwk: Value = serde_json::from_str(jwk).unwrap_or_default();
        self.header("jwk", jwk)
    }

    /// The thumbprint of the key in the header, if it is a public key.
    #[must_use]
    pub fn thumbprint(&self) -> Option<Thumbprint> {
        self.public_key().map(|key| key.thumbprint())
    }

    /// What is signed.
    #[must_use]
    pub fn signing_input(&self) -> String {
        let part =
            |members: &Map<String, Value>| encode_base64url(Value::Object(members.clone()).to_string());
        format!("{}.{}", part(&self.header), part(&self.claims))
    }

    /// The proof with a signature of the caller's own.
    #[must_use]
    pub fn signed(&self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        let input = self.signing_input();
        let signature = sign(input.as_bytes());
        format!("{input}.{}", encode_base64url(signature))
    }

    /// The proof as [`FakeVerifier`] accepts it.
    #[must_use]
    pub fn build(&self) -> String {
        self.signed(|input| {
            self.public_key().map_or_else(|| vec![0; 32], |key| fake_signature(&key, input).to_vec())
        })
    }

    fn public_key(&self) -> Option<PublicKey> {
        PublicKey::from_jwk(self.header.get("jwk")?).ok()
    }
}

fn set(members: &mut Map<String, Value>, name: &str, value: Value) {
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
}
