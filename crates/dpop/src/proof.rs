use countersign_jose::{
    Algorithm, Compact, Header, JoseError, PublicKey, Thumbprint, Verifier, encode_base64url, parse_json,
};
use countersign_oauth::{HandleHash, Seconds, Timestamp};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::DpopError;
use crate::url::HttpUrl;

/// How old a proof may be.
pub const MAX_AGE: Seconds = Seconds(60);
/// How far a caller's clock may be behind ours beyond [`MAX_AGE`], and the processes' clocks from each
/// other.
pub const CLOCK_SKEW: Seconds = Seconds(30);
/// How far a proof may be in the future.
pub const MAX_AHEAD: Seconds = Seconds(10);

const MAX_JTI_CHARS: usize = 256;

/// What a proof must be for, here and now.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedProof<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The request's URL as configured, never as the `Host` header names it.
    pub url: &'a str,
    /// The access token that comes with the proof: then `ath` must be its hash.
    pub access_token: Option<&'a str>,
    /// The time of the request.
    pub now: Timestamp,
}

/// A verified DPoP proof (RFC 9449 §4.2). Whether it was used before, and whether its nonce is ours, is
/// asked by who holds the memory: see [`Proof::replay_mark`] and [`crate::Nonces`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The thumbprint of the key that was proved.
    pub jkt: Thumbprint,
    /// The proof's id.
    pub jti: String,
    /// When it was made, by the caller's clock.
    pub issued_at: Timestamp,
    /// The nonce it carries.
    pub nonce: Option<String>,
}

impl Proof {
    /// Verifies the value of the `DPoP` header (RFC 9449 §4.3).
    ///
    /// # Errors
    /// [`DpopError`] naming the first rule broken.
    pub fn verify(
        proof: &str,
        expected: &ExpectedProof<'_>,
        verifier: &dyn Verifier,
    ) -> Result<Self, DpopError> {
        let jws = Compact::parse(proof).map_err(DpopError::Malformed)?;
        let key = read_key(&jws)?;
        let claims: Map<String, Value> = parse_json(&jws.payload).map_err(DpopError::Malformed)?;
        let proof = Self {
            jkt: key.thumbprint(),
            jti: read_jti(&claims)?,
            issued_at: read_iat(&claims)?,
            nonce: read_nonce(&claims)?,
        };
        check_request(&claims, expected)?;
        check_age(proof.issued_at, expected.now)?;
        if let Some(token) = expected.access_token {
            check_token(&claims, token)?;
        }
        match verifier.verify(Algorithm::ES256, &key, jws.signing_input.as_bytes(), &jws.signature) {
            Ok(()) => Ok(proof),
            Err(JoseError::Key) => Err(DpopError::KeyInvalid),
            Err(_) => Err(DpopError::SignatureInvalid),
        }
    }

    /// What marks this proof as used: its key and its `jti` (RFC 9449 §11.1).
    #[must_use]
    pub fn replay_mark(&self) -> HandleHash {
        HandleHash::of(&format!("{} {}", self.jkt.as_str(), self.jti))
    }

    /// How long the mark must be kept: until no process, its clock at most [`CLOCK_SKEW`] behind, would
    /// still accept the proof.
    #[must_use]
    pub fn remember_until(&self) -> Timestamp {
        self.issued_at.plus(MAX_AGE).plus(CLOCK_SKEW).plus(CLOCK_SKEW)
    }
}

/// Checks 2 to 5 and 7: the header and its key.
fn read_key(jws: &Compact<'_>) -> Result<PublicKey, DpopError> {
    let Header { typ, jwk, .. } = &jws.header;
    if typ.as_deref() != Some("dpop+jwt") {
        return Err(DpopError::TypMismatch);
    }
    jws.algorithm(&[Algorithm::ES256]).map_err(|_| DpopError::AlgorithmNotAllowed)?;
    let jwk = jwk.as_ref().ok_or(DpopError::KeyMissing)?;
    if ["d", "k", "p", "q", "dp", "dq", "qi", "oth"].iter().any(|member| jwk.get(*member).is_some()) {
        return Err(DpopError::KeyPrivate);
    }
    match PublicKey::from_jwk(jwk) {
        Ok(key @ PublicKey::P256 { .. }) => Ok(key),
        _ => Err(DpopError::KeyInvalid),
    }
}

fn read_jti(claims: &Map<String, Value>) -> Result<String, DpopError> {
    let jti = text(claims, "jti").filter(|jti| !jti.is_empty()).ok_or(DpopError::JtiMissing)?;
    if jti.chars().nth(MAX_JTI_CHARS).is_some() { Err(DpopError::JtiTooLong) } else { Ok(jti.to_owned()) }
}

/// `iat` is a `NumericDate`, which may have a fraction (RFC 7519 §2).
fn read_iat(claims: &Map<String, Value>) -> Result<Timestamp, DpopError> {
    let iat = claims.get("iat").ok_or(DpopError::IatMissing)?;
    if let Some(seconds) = iat.as_i64() {
        return Ok(Timestamp::from_seconds(seconds));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturating, and what saturates is out of the window"
    )]
    let millis = |seconds: f64| Timestamp::from_millis((seconds * 1000.0) as i64);
    iat.as_f64().map(millis).ok_or(DpopError::IatMissing)
}

fn read_nonce(claims: &Map<String, Value>) -> Result<Option<String>, DpopError> {
    match claims.get("nonce") {
        None => Ok(None),
        Some(Value::String(nonce)) => Ok(Some(nonce.clone())),
        Some(_) => Err(DpopError::NonceMalformed),
    }
}

/// Checks 8 and 9: method and URL.
fn check_request(claims: &Map<String, Value>, expected: &ExpectedProof<'_>) -> Result<(), DpopError> {
    let htm = text(claims, "htm").ok_or(DpopError::HtmMissing)?;
    if htm != expected.method {
        return Err(DpopError::HtmMismatch { expected: expected.method.to_owned(), actual: htm.to_owned() });
    }
    let htu = text(claims, "htu").ok_or(DpopError::HtuMissing)?;
    let same = HttpUrl::parse(htu).is_some_and(|url| HttpUrl::parse(expected.url) == Some(url));
    if same {
        Ok(())
    } else {
        Err(DpopError::HtuMismatch { expected: expected.url.to_owned(), actual: htu.to_owned() })
    }
}

/// Check 11.
fn check_age(issued_at: Timestamp, now: Timestamp) -> Result<(), DpopError> {
    if issued_at.plus(MAX_AGE).plus(CLOCK_SKEW) < now {
        return Err(DpopError::TooOld);
    }
    if now.plus(MAX_AHEAD) < issued_at { Err(DpopError::NotYetValid) } else { Ok(()) }
}

/// Check 12: `ath` is the base64url of the token's SHA-256.
fn check_token(claims: &Map<String, Value>, token: &str) -> Result<(), DpopError> {
    let ath = text(claims, "ath").ok_or(DpopError::AthMissing)?;
    let expected = encode_base64url(Sha256::digest(token.as_bytes()));
    if ath.as_bytes().ct_eq(expected.as_bytes()).into() { Ok(()) } else { Err(DpopError::AthMismatch) }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}
