use std::sync::Arc;

use countersign_jose::{
    Algorithm, Audiences, Compact, Expected, JoseError, Jwt, KeyRing, Signer, parse_json,
};
use countersign_oauth::{ClientId, Domain, Sealer, SessionId};
use countersign_storage::Client;
use serde::Deserialize;
use serde_json::Value;

/// The algorithms of the key ring's own ID tokens.
const BY_KEY: [Algorithm; 3] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256];

/// What an ID token of ours says when it comes back as a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdTokenHint {
    /// `sub`.
    pub sub: String,
    /// `sid`, where the token has one.
    pub session_id: Option<SessionId>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[serde(default)]
    sid: Option<SessionId>,
    /// Access tokens have it, or `client_id`; ID tokens have neither.
    #[serde(default)]
    azp: Option<Value>,
    #[serde(default)]
    client_id: Option<Value>,
    /// Logout tokens have it (OpenID Connect Back-Channel Logout §2.4).
    #[serde(default)]
    events: Option<Value>,
}

/// Reads ID tokens that come back to us: `id_token_hint`.
#[derive(Clone)]
pub struct IdTokenReader {
    keys: Arc<dyn KeyRing>,
    sealer: Arc<dyn Sealer>,
    client_secret_purpose: &'static str,
}

impl IdTokenReader {
    /// A reader over a tenant's keys: current, next and previous. `client_secret_purpose` is the one that
    /// client secrets are sealed under, for ID tokens under HS256.
    pub fn new(keys: Arc<dyn KeyRing>, sealer: Arc<dyn Sealer>, client_secret_purpose: &'static str) -> Self {
        Self { keys, sealer, client_secret_purpose }
    }

    /// Reads an ID token that we issued to this client on this domain. An expired one says it just as well
    /// (OpenID Connect RP-Initiated Logout §4).
    ///
    /// A token of our keys is taken whatever algorithm the client has today; one under HS256 only while that
    /// is the client's setting and the client holds a secret. Access tokens and logout tokens are typed alike
    /// and signed with the same keys; their claims tell them apart (RFC 8725 §3.12, SP-063).
    ///
    /// # Errors
    /// [`JoseError`] naming the first rule broken.
    pub fn read(&self, token: &str, client: &Client, domain: &Domain) -> Result<IdTokenHint, JoseError> {
        let expected = Expected {
            typ: &["JWT"],
            issuer: domain.issuer.as_str(),
            audience: Some(client.id.as_str()),
            algorithms: &BY_KEY,
            now: None,
        };
        let jwt = match self.secret_of(client) {
            Some(signer) if Compact::parse(token)?.algorithm(&[Algorithm::HS256]).is_ok() => {
                Jwt::verify_by_secret(token, &*signer, &expected)?
            }
            _ => Jwt::verify(token, &*self.keys, &expected)?,
        };
        let claims: Claims = jwt.claims()?;
        if claims.azp.is_some() || claims.client_id.is_some() || claims.events.is_some() {
            return Err(JoseError::Type);
        }
        Ok(IdTokenHint { sub: claims.sub, session_id: claims.sid })
    }

    /// The client that a token claims to be for: where to look for what verifies it. Nothing is proved by it.
    #[must_use]
    pub fn claimed_client(token: &str) -> Option<ClientId> {
        #[derive(Deserialize)]
        struct Claimed {
            aud: Audiences,
        }
        let claimed: Claimed = parse_json(&Compact::parse(token).ok()?.payload).ok()?;
        match claimed.aud {
            Audiences::One(client) => Some(ClientId::new(client)),
            Audiences::Many(_) => None,
        }
    }

    fn secret_of(&self, client: &Client) -> Option<Arc<dyn Signer>> {
        if client.settings.jwt_configuration.alg != Algorithm::HS256 || client.settings.is_public() {
            return None;
        }
        let secret = self.sealer.open(self.client_secret_purpose, client.secret.as_ref()?).ok()?;
        Some(self.keys.symmetric_signer(&secret))
    }
}
