use std::marker::PhantomData;

use countersign_oauth::{Secret, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Algorithm, Compact, JoseError, Signer, VerifyingKeys, parse_json};

/// Marker: signature, issuer, audience and times were checked.
#[derive(Debug, Clone, Copy)]
pub enum Verified {}

/// `aud`: one string or a list of strings (RFC 7519 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audiences {
    /// One audience, written as a string.
    One(String),
    /// Several, written as an array.
    Many(Vec<String>),
}

impl Audiences {
    /// Whether `audience` is among them.
    #[must_use]
    pub fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

/// The claims that every verification reads (RFC 7519 §4.1).
#[derive(Debug, Clone, Deserialize)]
pub struct RegisteredClaims {
    /// Issuer.
    pub iss: String,
    /// Audience.
    pub aud: Audiences,
    /// Expiry, seconds.
    pub exp: i64,
    /// Issued at, seconds.
    #[serde(default)]
    pub iat: Option<i64>,
    /// Not before, seconds.
    #[serde(default)]
    pub nbf: Option<i64>,
}

/// A JWT (RFC 7519). Claims can be read only from `Jwt<Verified>`.
#[derive(Debug, Clone)]
pub struct Jwt<State> {
    kid: Option<String>,
    payload: Vec<u8>,
    state: PhantomData<State>,
}

/// What a token must be to be accepted.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The exact `typ` values that are right here (RFC 8725 §3.11). An empty text among them takes a token that
    /// has none, for issuers that write none.
    pub typ: &'a [&'a str],
    /// The issuer.
    pub issuer: &'a str,
    /// The audience that must be among `aud`; `None` where any audience of ours will do.
    pub audience: Option<&'a str>,
    /// The algorithms that are right here.
    pub algorithms: &'a [Algorithm],
    /// The time of the request; `None` accepts an expired token (a logout hint).
    pub now: Option<Timestamp>,
}

impl Jwt<Verified> {
    /// Parses and verifies a token that one of `keys` signed.
    ///
    /// # Errors
    /// [`JoseError`] naming the first rule broken.
    pub fn verify(token: &str, keys: &dyn VerifyingKeys, expected: &Expected<'_>) -> Result<Self, JoseError> {
        let compact = Compact::parse(token)?;
        let algorithm = compact.algorithm(expected.algorithms)?;
        check_type(&compact, expected)?;
        let kid = compact.header.kid.clone().ok_or(JoseError::Key)?;
        keys.verify(&kid, algorithm, compact.signing_input.as_bytes(), &compact.signature)?;
        check_claims(&compact, expected)?;
        Ok(Self { kid: Some(kid), payload: compact.payload, state: PhantomData })
    }

    /// Parses and verifies a token that we issued ourselves under a secret (RFC 7518 §3.2).
    ///
    /// The signer's algorithm is the only one: whoever holds a public key of ours cannot pass it off as the
    /// secret (RFC 8725 §2.1, §3.1). [`Expected::algorithms`] is not read.
    ///
    /// # Errors
    /// [`JoseError`] naming the first rule broken.
    pub fn verify_by_secret(
        token: &str,
        signer: &dyn Signer,
        expected: &Expected<'_>,
    ) -> Result<Self, JoseError> {
        let compact = Compact::parse(token)?;
        let algorithm = compact.algorithm(&[signer.algorithm()])?;
        if algorithm.is_asymmetric() {
            return Err(JoseError::Algorithm);
        }
        check_type(&compact, expected)?;
        let right = signer.sign(compact.signing_input.as_bytes()).map_err(|_| JoseError::Key)?;
        // Secrets compare in constant time.
        if Secret::new(right) != Secret::new(compact.signature.clone()) {
            return Err(JoseError::Signature);
        }
        check_claims(&compact, expected)?;
        Ok(Self { kid: None, payload: compact.payload, state: PhantomData })
    }

    /// The claims as a typed value.
    ///
    /// # Errors
    /// [`JoseError::Json`] when they are not of that shape.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, JoseError> {
        serde_json::from_slice(&self.payload).map_err(|_| JoseError::Json)
    }

    /// The key that signed it; secrets have no name.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }
}

/// The exact types that are right here, and no other (RFC 8725 §3.11).
fn check_type(compact: &Compact<'_>, expected: &Expected<'_>) -> Result<(), JoseError> {
    let typ = compact.header.typ.as_deref().unwrap_or_default();
    let fits = expected.typ.iter().any(|known| known.eq_ignore_ascii_case(typ));
    if fits { Ok(()) } else { Err(JoseError::Type) }
}

/// Issuer, audience and times (RFC 7519 §4.1).
fn check_claims(compact: &Compact<'_>, expected: &Expected<'_>) -> Result<(), JoseError> {
    let claims: RegisteredClaims = parse_json(&compact.payload)?;
    if claims.iss != expected.issuer {
        return Err(JoseError::Issuer);
    }
    if expected.audience.is_some_and(|audience| !claims.aud.contains(audience)) {
        return Err(JoseError::Audience);
    }
    let Some(now) = expected.now else { return Ok(()) };
    if claims.exp <= now.seconds() {
        return Err(JoseError::Expired);
    }
    if [claims.iat, claims.nbf].into_iter().flatten().any(|at| at > now.seconds() + 60) {
        return Err(JoseError::NotYetValid);
    }
    Ok(())
}
