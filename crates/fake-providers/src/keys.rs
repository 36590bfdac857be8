use std::io;

use countersign_jose::encode_base64url;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private, Public};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use serde_json::{Value, json};

/// A provider's signing key, RS256, as both Google and Apple have.
pub(crate) struct SigningKeys {
    prefix: &'static str,
    generation: u32,
    key: Rsa<Private>,
}

impl SigningKeys {
    pub(crate) fn new(prefix: &'static str) -> io::Result<Self> {
        Ok(Self { prefix, generation: 1, key: Rsa::generate(2048)? })
    }

    pub(crate) fn rotate(&mut self) -> io::Result<()> {
        self.key = Rsa::generate(2048)?;
        self.generation += 1;
        Ok(())
    }

    fn kid(&self) -> String {
        format!("{}-{}", self.prefix, self.generation)
    }

    /// The JWK Set that the provider publishes.
    pub(crate) fn published(&self) -> Value {
        let (n, e) = (self.key.n().to_vec(), self.key.e().to_vec());
        json!({ "keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid(),
            "n": encode_base64url(n), "e": encode_base64url(e),
        }] })
    }

    /// A JWT of these claims; Google writes a `typ`, Apple does not.
    pub(crate) fn sign(&self, claims: &Value, with_type: bool) -> io::Result<String> {
        let mut header = json!({ "alg": "RS256", "kid": self.kid() });
        if let Some(header) = header.as_object_mut().filter(|_| with_type) {
            header.insert("typ".to_owned(), json!("JWT"));
        }
        let input =
            format!("{}.{}", encode_base64url(header.to_string()), encode_base64url(claims.to_string()));
        let key = PKey::from_rsa(self.key.clone())?;
        let signature = Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(input.as_bytes())?;
        Ok(format!("{input}.{}", encode_base64url(signature)))
    }
}

/// A new key on P-256: its public half, and its private half in PKCS#8 PEM.
pub(crate) fn p256() -> io::Result<(EcKey<Public>, String)> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let key = EcKey::generate(&group)?;
    let public = EcKey::from_public_key(&group, key.public_key())?;
    let pem = PKey::from_ec_key(key)?.private_key_to_pem_pkcs8()?;
    Ok((public, String::from_utf8_lossy(&pem).into_owned()))
}

/// HMAC by OpenSSL.
pub(crate) fn hmac(digest: MessageDigest, key: &[u8], message: &[u8]) -> io::Result<Vec<u8>> {
    let key = PKey::hmac(key)?;
    Ok(Signer::new(digest, &key)?.sign_oneshot_to_vec(message)?)
}
