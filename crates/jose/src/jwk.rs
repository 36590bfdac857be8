use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Algorithm, JoseError, base64url};

/// A public key (RFC 7517, RFC 7518 §6). Private and symmetric members have no place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA: modulus and exponent, big-endian without leading zeros.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The public exponent.
        e: Vec<u8>,
    },
    /// A point on P-256, each coordinate exactly 32 bytes.
    P256 {
        /// The x coordinate.
        x: [u8; 32],
        /// The y coordinate.
        y: [u8; 32],
    },
    /// A point on Ed25519 (RFC 8037 §2).
    Ed25519 {
        /// The encoded point.
        x: [u8; 32],
    },
}

/// A SHA-256 JWK thumbprint (RFC 7638), as base64url: `jkt`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Thumbprint(String);

impl Thumbprint {
    /// Takes a `jkt` value; only 43 characters of canonical base64url are one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (base64url::decode(text).ok()?.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The base64url form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PublicKey {
    /// Reads the key members of a JWK; refuses private members and coordinates of the wrong length.
    ///
    /// # Errors
    /// [`JoseError::Json`] for missing or private members, [`JoseError::Key`] for another kind of key,
    /// [`JoseError::Encoding`] for malformed values.
    pub fn from_jwk(jwk: &serde_json::Value) -> Result<Self, JoseError> {
        let members = jwk.as_object().ok_or(JoseError::Json)?;
        if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|name| members.contains_key(*name)) {
            return Err(JoseError::Json);
        }
        let text = |name: &str| members.get(name).and_then(serde_json::Value::as_str).ok_or(JoseError::Json);
        let coordinate = |name| -> Result<[u8; 32], JoseError> {
            base64url::decode(text(name)?)?.try_into().map_err(|_| JoseError::Key)
        };
        match text("kty")? {
            "EC" if text("crv")? == "P-256" => Ok(Self::P256 { x: coordinate("x")?, y: coordinate("y")? }),
            "OKP" if text("crv")? == "Ed25519" => Ok(Self::Ed25519 { x: coordinate("x")? }),
            "RSA" => Ok(Self::Rsa { n: base64url::decode(text("n")?)?, e: base64url::decode(text("e")?)? }),
            _ => Err(JoseError::Key),
        }
    }

    /// Whether the key is one to sign with by `algorithm`, as far as its numbers tell: of that kind, and an RSA
    /// modulus odd and of 2048 to 8192 bits, its exponent odd, over 1 and of at most 64 bits (RFC 8725 §3.2).
    #[must_use]
    pub fn is_fit_for(&self, algorithm: Algorithm) -> bool {
        match (self, algorithm) {
            (
                Self::Rsa { n, e },
                Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 | Algorithm::PS256,
            ) => (2048..=8192).contains(&bits(n)) && is_odd(n) && (2..=64).contains(&bits(e)) && is_odd(e),
            (Self::P256 { .. }, Algorithm::ES256) | (Self::Ed25519 { .. }, Algorithm::EdDSA) => true,
            (Self::Rsa { .. } | Self::P256 { .. } | Self::Ed25519 { .. }, _) => false,
        }
    }

    /// The thumbprint (RFC 7638 §3): the required members in lexicographic order.
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        let canonical = match self {
            Self::Rsa { n, e } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, base64url::encode(e), base64url::encode(n))
            }
            Self::P256 { x, y } => format!(
                r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
                base64url::encode(x),
                base64url::encode(y)
            ),
            Self::Ed25519 { x } => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url::encode(x))
            }
        };
        Thumbprint(base64url::encode(Sha256::digest(canonical.as_bytes())))
    }
}

/// How many bits a big-endian number has.
fn bits(number: &[u8]) -> usize {
    let significant = number.iter().skip_while(|byte| **byte == 0);
    let leading = significant.clone().next().map_or(0, |first| first.leading_zeros() as usize);
    significant.count() * 8 - leading
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|last| last & 1 == 1)
}

/// A published signing key (RFC 7517 §4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Left out where the tenant says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<Algorithm>,
    /// `RSA`, `EC` or `OKP`.
    pub kty: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// RSA modulus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// RSA exponent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// Curve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// Point, x.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Point, y.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// Key id.
    pub kid: String,
    /// SHA-1 thumbprint of the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x5t: Option<String>,
    /// The certificate, base64 of DER.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x5c: Option<Vec<String>>,
}

impl Jwk {
    /// Describes a public key for publication; certificate members are added by who holds one.
    #[must_use]
    pub fn new(kid: &str, algorithm: Algorithm, key: &PublicKey) -> Self {
        let mut jwk = Self {
            alg: Some(algorithm),
            kty: String::new(),
            usage: "sig".to_owned(),
            n: None,
            e: None,
            crv: None,
            x: None,
            y: None,
            kid: kid.to_owned(),
            x5t: None,
            x5c: None,
        };
        match key {
            PublicKey::Rsa { n, e } => {
                jwk.kty = "RSA".to_owned();
                jwk.n = Some(base64url::encode(n));
                jwk.e = Some(base64url::encode(e));
            }
            PublicKey::P256 { x, y } => {
                jwk.kty = "EC".to_owned();
                jwk.crv = Some("P-256".to_owned());
                jwk.x = Some(base64url::encode(x));
                jwk.y = Some(base64url::encode(y));
            }
            PublicKey::Ed25519 { x } => {
                jwk.kty = "OKP".to_owned();
                jwk.crv = Some("Ed25519".to_owned());
                jwk.x = Some(base64url::encode(x));
            }
        }
        jwk
    }

    /// The key that it describes.
    ///
    /// # Errors
    /// As [`PublicKey::from_jwk`].
    pub fn public_key(&self) -> Result<PublicKey, JoseError> {
        PublicKey::from_jwk(&serde_json::to_value(self).map_err(|_| JoseError::Json)?)
    }
}

/// A JWK Set (RFC 7517 §5).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}
