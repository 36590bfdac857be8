use countersign_dpop::{DpopError, ExpectedProof, Nonces, P256Verifier, Proof, single_header};
use countersign_jose::{Algorithm, Compact, Expected, Jwt, Thumbprint, Verified};
use countersign_oauth::{Scope, Timestamp};
use serde::Deserialize;

use crate::{IssuerKeys, NonceKey, Refusal, Remembered, UsedProofs};

/// What this API trusts and is.
pub struct Settings {
    /// The issuer, exactly as in `iss`: with its slash at the end.
    pub issuer: String,
    /// Where callers reach this API, without a path: its identifier in `aud` (RFC 9728 §1.2) and what they
    /// write in `htu`. It is configured and never read from a `Host` header, which the caller writes.
    pub url: String,
}

/// What a request shows of itself. Headers that stand several times are all there.
pub struct Shown<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, a query after it or not.
    pub path: &'a str,
    /// Every `Authorization` header.
    pub authorization: Vec<String>,
    /// Every `DPoP` header.
    pub dpop: Vec<String>,
}

/// Who calls, and with which rights.
#[derive(Debug, Clone)]
pub struct Caller {
    /// `sub`: a user, or a client for itself.
    pub subject: String,
    /// The client.
    pub client_id: Option<String>,
    /// What it may.
    pub scope: Scope,
}

/// Decides whether a request passes.
pub struct Guard {
    settings: Settings,
    keys: IssuerKeys,
    used: UsedProofs,
    nonce_key: NonceKey,
}

/// The claims that count here (RFC 9068 §2.2, RFC 9449 §6).
#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    cnf: Option<Confirmation>,
}

#[derive(Deserialize)]
struct Confirmation {
    jkt: Option<Thumbprint>,
}

impl Guard {
    /// A guard for one API.
    #[must_use]
    pub fn new(settings: Settings, keys: IssuerKeys, used: UsedProofs, nonce_key: NonceKey) -> Self {
        Self { settings, keys, used, nonce_key }
    }

    /// What it trusts and guards.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A fresh nonce for `DPoP-Nonce` (RFC 9449 §9).
    #[must_use]
    pub fn nonce(&self, now: Timestamp) -> String {
        Nonces::new(&self.nonce_key).issue(now)
    }

    /// Lets a request through that shows a token of the issuer for this API, proves the key that the token is
    /// bound to, for this very request and for the first time, and has the scope that is needed.
    ///
    /// # Errors
    /// [`Refusal`] naming the first rule broken.
    pub fn check(&self, shown: &Shown<'_>, needed: &'static str, now: Timestamp) -> Result<Caller, Refusal> {
        let token = read_token(&shown.authorization)?;
        let claims = self.verify_token(token, now)?;
        self.verify_proof(shown, token, &claims, now)?;
        if !claims.scope.contains(needed) {
            return Err(Refusal::Scope(needed));
        }
        Ok(Caller { subject: claims.sub, client_id: claims.client_id, scope: claims.scope })
    }

    /// The token itself (RFC 9068 §4): type, algorithm, signature, issuer, audience, times.
    fn verify_token(&self, token: &str, now: Timestamp) -> Result<Claims, Refusal> {
        let kid = Compact::parse(token).map_err(Refusal::Token)?.header.kid.unwrap_or_default();
        let keys = self.keys.find(&kid, now).ok_or(Refusal::Unavailable)?;
        let expected = Expected {
            typ: &["at+jwt"],
            issuer: &self.settings.issuer,
            audience: Some(&self.settings.url),
            algorithms: &[Algorithm::ES256],
            now: Some(now),
        };
        let token: Jwt<Verified> = Jwt::verify(token, &*keys, &expected).map_err(Refusal::Token)?;
        token.claims().map_err(Refusal::Token)
    }

    /// The proof (RFC 9449 §4.3, §7.1) and the key that the token is bound to (§6).
    fn verify_proof(
        &self,
        shown: &Shown<'_>,
        token: &str,
        claims: &Claims,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(bound) = claims.cnf.as_ref().and_then(|cnf| cnf.jkt.as_ref()) else {
            return Err(Refusal::Unbound);
        };
        let header = single_header(&shown.dpop).map_err(Refusal::Proof)?;
        let header = header.ok_or(Refusal::Malformed("The request has no DPoP header"))?;
        let url = format!("{}{}", self.settings.url, shown.path);
        let expected = ExpectedProof { method: shown.method, url: &url, access_token: Some(token), now };
        let proof = Proof::verify(header, &expected, &P256Verifier).map_err(Refusal::Proof)?;
        if proof.jkt != *bound {
            return Err(Refusal::OtherKey);
        }
        let nonce = proof.nonce.as_deref().ok_or(Refusal::Proof(DpopError::NonceMissing))?;
        Nonces::new(&self.nonce_key).check(nonce, now).map_err(Refusal::Proof)?;
        match self.used.remember(&proof, now) {
            Remembered::Fresh => Ok(()),
            Remembered::Replayed => Err(Refusal::Proof(DpopError::Replayed)),
            Remembered::Full => Err(Refusal::Unavailable),
        }
    }
}

/// The one access token, in the header alone: never in a URL or a body (RFC 9449 §7.1).
fn read_token(authorization: &[String]) -> Result<&str, Refusal> {
    let header = match authorization {
        [] => return Err(Refusal::NoToken),
        [header] => header,
        _ => return Err(Refusal::Malformed("The request has more than one Authorization header")),
    };
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    let token = token.trim_matches(' ');
    match scheme.to_ascii_lowercase().as_str() {
        "dpop" if token.is_empty() => Err(Refusal::Malformed("The Authorization header has no token")),
        "dpop" => Ok(token),
        "bearer" => Err(Refusal::Bearer),
        _ => Err(Refusal::NoToken),
    }
}
