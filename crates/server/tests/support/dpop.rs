use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use countersign_crypto::{OsRandom, SigningKeys, generate_signing_key};
use countersign_jose::{Algorithm, KeyRing as _, Signer, encode_base64url};
use countersign_oauth::{Sealer, Timestamp};
use countersign_storage::KeyState;
use countersign_testkit::{NOW, TestSealer};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A client's DPoP key, which signs for real.
pub struct DpopKey {
    signer: Arc<dyn Signer>,
    jwk: Value,
    count: AtomicU32,
}

impl DpopKey {
    pub fn generate() -> Self {
        let sealer: Arc<dyn Sealer> = Arc::new(TestSealer::default());
        let key =
            generate_signing_key(Algorithm::ES256, KeyState::Current, &*sealer, &OsRandom, NOW).unwrap();
        let ring = SigningKeys::new(vec![key], sealer).unwrap();
        let jwk = serde_json::to_value(&ring.jwk_set(&[Algorithm::ES256]).keys[0]).unwrap();
        let jwk = json!({ "kty": jwk["kty"], "crv": jwk["crv"], "x": jwk["x"], "y": jwk["y"] });
        Self { signer: ring.signer(Algorithm::ES256).unwrap(), jwk, count: AtomicU32::new(0) }
    }

    /// `jkt` (RFC 7638).
    pub fn thumbprint(&self) -> String {
        countersign_jose::PublicKey::from_jwk(&self.jwk).unwrap().thumbprint().as_str().to_owned()
    }

    /// A right proof, made now; each has a `jti` of its own.
    pub fn proof(&self, method: &str, url: &str, now: Timestamp) -> String {
        self.sign(&self.claims(method, url, now))
    }

    /// The same with a nonce of the server's.
    pub fn proof_with_nonce(&self, method: &str, url: &str, now: Timestamp, nonce: &str) -> String {
        let mut claims = self.claims(method, url, now);
        claims["nonce"] = nonce.into();
        self.sign(&claims)
    }

    /// The same for a request that shows an access token (RFC 9449 §7).
    pub fn proof_for_token(&self, method: &str, url: &str, now: Timestamp, token: &str) -> String {
        let mut claims = self.claims(method, url, now);
        claims["ath"] = Self::ath(token).into();
        self.sign(&claims)
    }

    /// What binds a proof to an access token.
    pub fn ath(token: &str) -> String {
        encode_base64url(Sha256::digest(token.as_bytes()))
    }

    /// Claims to be changed before they are signed.
    pub fn claims(&self, method: &str, url: &str, now: Timestamp) -> Value {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        json!({ "jti": format!("proof-{number}"), "htm": method, "htu": url, "iat": now.seconds() })
    }

    pub fn header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk })
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_under(&self.header(), claims)
    }

    /// Signs any header and claims.
    pub fn sign_under(&self, header: &Value, claims: &Value) -> String {
        let input =
            format!("{}.{}", encode_base64url(header.to_string()), encode_base64url(claims.to_string()));
        let signature = self.signer.sign(input.as_bytes()).unwrap();
        format!("{input}.{}", encode_base64url(signature))
    }
}
