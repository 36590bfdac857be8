//! A client authentication method: `client_badge`, an assertion of a type of our own (RFC 7521 §4.2).

use countersign_client_auth::{ClientMethod, MethodContext, Presented, open_secret};
use countersign_jose::{Algorithm, Audiences, Compact, parse_json};
use countersign_oauth::{BoxFuture, ClientId, Error, ErrorCode, HandleHash, OAuthError, Seconds, Timestamp};
use countersign_storage::Client;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

/// Our `client_assertion_type` (RFC 7521 §4.2): the standard methods leave it to us.
const ASSERTION_TYPE: &str = "urn:example:client-assertion-type:badge";
/// How long an assertion may live at most; so long its use is remembered.
const LONGEST_LIFE: Seconds = Seconds(300);
/// How far the client's clock may be ahead.
const AHEAD: Seconds = Seconds(60);

/// Clients that sign an assertion with their secret, so that it never travels.
#[derive(Debug, Clone, Copy)]
pub struct ClientBadge;

#[derive(Deserialize)]
struct Claims {
    iss: ClientId,
    sub: ClientId,
    aud: Audiences,
    jti: String,
    exp: i64,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    nbf: Option<i64>,
}

// docs:begin method
impl ClientMethod for ClientBadge {
    fn name(&self) -> &'static str {
        "client_badge"
    }

    fn signing_algorithms(&self) -> &'static [Algorithm] {
        &[Algorithm::HS256]
    }

    /// Only looks: an assertion under HMAC is for this method, another one is not.
    fn claim(&self, presented: &Presented<'_>) -> Result<Option<ClientId>, OAuthError> {
        let Some(assertion) = find_assertion(presented) else { return Ok(None) };
        let Ok(parsed) = Compact::parse(assertion) else { return Ok(None) };
        if parsed.algorithm(&[Algorithm::HS256]).is_err() {
            return Ok(None);
        }
        let claims: Claims = parse_json(&parsed.payload).map_err(|_| refused("client_badge.claims"))?;
        Ok(Some(claims.sub))
    }

    fn verify<'a>(
        &'a self,
        presented: &'a Presented<'a>,
        client: &'a Client,
        cx: &'a MethodContext<'a>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let now = cx.request.now;
            let assertion = find_assertion(presented).ok_or(refused("client_badge.missing"))?;
            let secret = open_secret(client, cx.sealer)?.ok_or(refused("client_badge.no_secret"))?;
            let claims = verify_assertion(assertion, secret.expose())?;
            check(&claims, client, cx.request.domain.issuer.as_str(), now)?;
            // The mark outlives whatever is decided later (RFC 7523 §3, 7).
            let mark = HandleHash::of(&format!("{} {}", client.id, claims.jti));
            let until = Timestamp::from_seconds(claims.exp);
            if !cx.replay.remember("client_badge", mark, now, until).await? {
                return Err(refused("client_badge.replayed").into());
            }
            Ok(())
        })
    }
}
// docs:end method

fn find_assertion<'a>(presented: &Presented<'a>) -> Option<&'a str> {
    let parameters = presented.parameters;
    parameters.find("client_assertion_type").filter(|kind| *kind == ASSERTION_TYPE)?;
    parameters.find("client_assertion")
}

/// RFC 7515 §5.2 with HMAC, whose comparison takes the same time wherever the codes differ.
fn verify_assertion(assertion: &str, secret: &[u8]) -> Result<Claims, OAuthError> {
    let invalid = || refused("client_badge.signature");
    let parsed = Compact::parse(assertion).map_err(|_| invalid())?;
    parsed.algorithm(&[Algorithm::HS256]).map_err(|_| invalid())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| invalid())?;
    mac.update(parsed.signing_input.as_bytes());
    mac.verify_slice(&parsed.signature).map_err(|_| invalid())?;
    parse_json(&parsed.payload).map_err(|_| refused("client_badge.claims"))
}

/// RFC 7523 §3: who, for whom, and when.
fn check(claims: &Claims, client: &Client, issuer: &str, now: Timestamp) -> Result<(), OAuthError> {
    if claims.iss != client.id || claims.sub != client.id {
        return Err(refused("client_badge.subject"));
    }
    if !claims.aud.contains(issuer) {
        return Err(refused("client_badge.audience"));
    }
    let end = Timestamp::from_seconds(claims.exp);
    let made_later = |at: &i64| now.plus(AHEAD) < Timestamp::from_seconds(*at);
    if end <= now || now.plus(LONGEST_LIFE) < end || claims.iat.iter().chain(&claims.nbf).any(made_later) {
        return Err(refused("client_badge.times"));
    }
    if claims.jti.is_empty() || claims.jti.len() > 256 {
        return Err(refused("client_badge.jti"));
    }
    Ok(())
}

/// The text does not say which rule was broken; the rule id does, to the log.
fn refused(rule: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClient, rule, "Client authentication failed")
}
