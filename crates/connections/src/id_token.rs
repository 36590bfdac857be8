use countersign_jose::{Algorithm, Audiences, Compact, Expected, JoseError, Jwt};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Upstream, UpstreamError};

/// What an ID token of a provider must be (OpenID Connect Core §3.1.3.7).
#[derive(Debug, Clone, Copy)]
pub struct IdTokenRules<'a> {
    /// The issuer's names: Google has two.
    pub issuers: &'a [&'a str],
    /// Where it publishes its keys: a built-in URL.
    pub keys_url: &'a str,
    /// The applications that are ours there. Every `aud` and an `azp` must be one of them.
    pub audiences: &'a [&'a str],
}

/// The claims of an ID token that was verified.
#[derive(Debug, Clone)]
pub struct IdToken {
    /// Who.
    pub subject: String,
    /// All claims.
    pub claims: Map<String, Value>,
}

#[derive(Deserialize)]
struct Unverified {
    iss: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    aud: Audiences,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

/// Verifies an ID token by the keys that its provider publishes: signature, issuer, audience, authorised party and
/// times (SP-088).
///
/// # Errors
/// [`UpstreamError::Refused`] naming the rule broken, or [`UpstreamError::Unavailable`] without keys.
pub async fn verify_id_token(
    token: &str,
    rules: &IdTokenRules<'_>,
    upstream: &Upstream<'_>,
) -> Result<IdToken, UpstreamError> {
    let compact = Compact::parse(token).map_err(refused)?;
    let kid = compact.header.kid.clone().ok_or_else(|| refused(JoseError::Key))?;
    compact.algorithm(&[Algorithm::RS256]).map_err(refused)?;
    let unverified: Unverified = countersign_jose::parse_json(&compact.payload).map_err(refused)?;
    let issuer = rules.issuers.iter().find(|issuer| **issuer == unverified.iss);
    let issuer = issuer.ok_or_else(|| refused(JoseError::Issuer))?;
    let url = upstream.url(rules.keys_url);
    let keys = upstream.keys.find(&url, &kid, upstream.fetch, upstream.now).await?;
    let expected = Expected {
        // Apple writes no type.
        typ: &["JWT", ""],
        issuer,
        audience: None,
        algorithms: &[Algorithm::RS256],
        now: Some(upstream.now),
    };
    let verified = Jwt::verify(token, &*keys, &expected).map_err(refused)?;
    let claims: Claims = verified.claims().map_err(refused)?;
    check_audiences(&claims, rules.audiences)?;
    if claims.iat.is_none() {
        return Err(UpstreamError::refused("connections.id_token", "it does not say when it was issued"));
    }
    Ok(IdToken { subject: claims.sub, claims: claims.other })
}

/// Every audience and the authorised party are ours, and there is one: a token that another application may use
/// too is not for us alone.
fn check_audiences(claims: &Claims, ours: &[&str]) -> Result<(), UpstreamError> {
    let is_ours = |name: &String| ours.contains(&name.as_str());
    let audiences_are_ours = match &claims.aud {
        Audiences::One(one) => is_ours(one),
        Audiences::Many(many) => !many.is_empty() && many.iter().all(is_ours),
    };
    if audiences_are_ours && claims.azp.as_ref().is_none_or(is_ours) {
        return Ok(());
    }
    Err(UpstreamError::other_application())
}

fn refused(error: JoseError) -> UpstreamError {
    if error == JoseError::Expired {
        return UpstreamError::expired();
    }
    UpstreamError::refused("connections.id_token", error.rule())
}
