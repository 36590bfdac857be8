use countersign_jose::{Algorithm, Audiences, Compact, JoseError, parse_json};
use countersign_oauth::{ClientId, Compliance, Error, HandleHash, OAuthError, Seconds, Timestamp};
use countersign_storage::Client;
use serde::Deserialize;

use crate::{AssertionError, ClientAuthError, MethodContext, Presented};

/// The only `client_assertion_type` that the standard methods know (RFC 7523 §2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The longest assertion that is read.
const MAX_BYTES: usize = 2048;
/// How long an assertion may live.
const MAX_LIFE: Seconds = Seconds(300);
/// How far the caller's clock may be ahead.
const MAX_AHEAD: Seconds = Seconds(10);
/// How far the clocks of our processes may be apart: so much longer a used assertion is remembered.
const CLOCK_SKEW: Seconds = Seconds(60);
/// The longest `iss`, `sub` and `jti`.
const MAX_CHARS: usize = 64;
/// What `typ` may say, if it says anything: never that it is another kind of token (RFC 8725 §3.11).
const TYPES: [&str; 2] = ["JWT", "client-authentication+jwt"];

/// A client assertion (RFC 7523 §3): read, not verified.
pub(crate) struct Assertion<'a> {
    pub(crate) jws: Compact<'a>,
    claims: Claims,
    /// The body's `client_id`, if it has one.
    named: Option<&'a str>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audiences,
    exp: i64,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    nbf: Option<i64>,
    jti: String,
}

impl<'a> Assertion<'a> {
    /// Reads the assertion of a request; `None` where the request has none.
    ///
    /// # Errors
    /// [`ClientAuthError::AssertionType`] and [`ClientAuthError::NoAssertion`] for half of what belongs together,
    /// [`AssertionError::Malformed`] for what is no assertion.
    pub(crate) fn parse(presented: &Presented<'a>) -> Result<Option<Self>, ClientAuthError> {
        let parameters = presented.parameters;
        let (kind, assertion) =
            (parameters.find("client_assertion_type"), parameters.find("client_assertion"));
        let assertion = match (kind, assertion) {
            (None, None) => return Ok(None),
            (Some(JWT_BEARER), Some(assertion)) => assertion,
            (Some(JWT_BEARER), None) => return Err(ClientAuthError::NoAssertion),
            (_, _) => return Err(ClientAuthError::AssertionType),
        };
        if assertion.len() > MAX_BYTES {
            return Err(AssertionError::Malformed.into());
        }
        let malformed = |_: JoseError| ClientAuthError::from(AssertionError::Malformed);
        let jws = Compact::parse(assertion).map_err(malformed)?;
        let claims: Claims = parse_json(&jws.payload).map_err(malformed)?;
        let typ = jws.header.typ.as_deref();
        if typ.is_some_and(|typ| !TYPES.iter().any(|known| known.eq_ignore_ascii_case(typ))) {
            return Err(AssertionError::Malformed.into());
        }
        Ok(Some(Self { jws, claims, named: parameters.find("client_id") }))
    }

    /// The client that the assertion is of. Issuer, subject and the body's `client_id` are one (RFC 7523 §3).
    ///
    /// # Errors
    /// [`AssertionError::Subject`].
    pub(crate) fn client_id(&self) -> Result<ClientId, AssertionError> {
        let Claims { iss, sub, .. } = &self.claims;
        let fits = !sub.is_empty() && sub.len() <= MAX_CHARS && iss == sub;
        if fits && self.named.is_none_or(|named| named == sub) {
            Ok(ClientId::new(sub.as_str()))
        } else {
            Err(AssertionError::Subject)
        }
    }

    /// The algorithm of the header, if it is one of `allowed`.
    ///
    /// # Errors
    /// [`AssertionError::Algorithm`].
    pub(crate) fn algorithm(&self, allowed: &[Algorithm]) -> Result<Algorithm, AssertionError> {
        self.jws.algorithm(allowed).map_err(|_| AssertionError::Algorithm)
    }

    /// Checks a verified assertion for here and now, and spends it: the mark outlives a later refusal.
    ///
    /// # Errors
    /// The rule broken, or a fault when the mark cannot be made.
    pub(crate) async fn accept(&self, client: &Client, cx: &MethodContext<'_>) -> Result<(), Error> {
        let now = cx.request.now;
        let refused = |error: AssertionError| Error::Refused(OAuthError::from(error));
        self.check_audience(cx).map_err(refused)?;
        self.check_times(now).map_err(refused)?;
        let jti = &self.claims.jti;
        if jti.is_empty() || jti.len() > MAX_CHARS {
            return Err(refused(AssertionError::Jti));
        }
        // The length keeps an id with a space from meeting another pair.
        let mark = HandleHash::of(&format!("{} {} {jti}", client.id.as_str().len(), client.id));
        let until = Timestamp::from_seconds(self.claims.exp).plus(CLOCK_SKEW);
        if cx.replay.remember("client_assertion", mark, now, until).await? {
            Ok(())
        } else {
            Err(refused(AssertionError::Replayed))
        }
    }

    /// Our issuer or our token endpoint, and nobody else beside it: what another server may take is not for us.
    fn check_audience(&self, cx: &MethodContext<'_>) -> Result<(), AssertionError> {
        let issuer = &cx.request.domain.issuer;
        let only = match &self.claims.aud {
            Audiences::One(one) => Some(one),
            Audiences::Many(many) => many.first().filter(|_| many.len() == 1),
        };
        let ours =
            |audience: &String| audience == issuer.as_str() || *audience == issuer.endpoint("oauth/token");
        if only.is_some_and(ours) { Ok(()) } else { Err(AssertionError::Audience) }
    }

    /// `exp`, `iat` and `nbf` (RFC 7523 §3, 4 to 6).
    fn check_times(&self, now: Timestamp) -> Result<(), AssertionError> {
        let Claims { exp, iat, nbf, .. } = self.claims;
        let end = Timestamp::from_seconds(exp);
        let ahead = now.plus(MAX_AHEAD);
        if end <= now {
            return Err(AssertionError::Expired);
        }
        if [iat, nbf].into_iter().flatten().any(|at| ahead < Timestamp::from_seconds(at)) {
            return Err(AssertionError::NotYetValid);
        }
        let begin = iat.map_or(now, Timestamp::from_seconds);
        if begin.plus(MAX_LIFE) < end { Err(AssertionError::Lifetime) } else { Ok(()) }
    }
}

/// The algorithms that registered keys may be for: Auth0's, and under `rfc` two more.
#[must_use]
pub fn assertion_algorithms(compliance: Compliance) -> &'static [Algorithm] {
    use Algorithm::{ES256, EdDSA, PS256, RS256, RS384};
    if compliance.is_rfc() { &[RS256, RS384, PS256, ES256, EdDSA] } else { &[RS256, RS384, PS256] }
}

#[cfg(test)]
pub(crate) mod tests;
