use std::sync::Arc;

use countersign_dpop::{DpopError, ExpectedProof, Nonces, Proof, single_header};
use countersign_jose::{KeyRing, Verifier};
use countersign_oauth::{Error, HandleHash, OAuthError, RequestContext, Sealer, UserId};
use countersign_storage::{
    Bucket, Clients as _, ConfigurationCache, Drawn, Rate, Settings as _, Storage, TokenBucket,
};
use countersign_token::{AccessTokenClaims, AccessTokenReader, SenderConstraint};
use countersign_users::{ClaimStyle, claims_for_scope};
use serde_json::{Map, Value};

/// The space of replay marks for proofs at this endpoint.
const REPLAY_SPACE: &str = "dpop_jti_userinfo";

/// A userinfo request (OpenID Connect Core §5.3.1).
pub struct UserinfoRequest {
    /// `Authorization`.
    pub authorization: Option<String>,
    /// Every `DPoP` header.
    pub dpop: Vec<String>,
    /// `access_token` of a form body.
    pub body_token: Option<String>,
    /// `access_token` of the query.
    pub query_token: Option<String>,
    /// `GET` or `POST`, for `htm`.
    pub method: &'static str,
    /// Time, domain and address.
    pub context: RequestContext,
}

impl std::fmt::Debug for UserinfoRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Headers, form and query carry tokens.
        f.debug_struct("UserinfoRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// Why userinfo refuses; the challenge of the answer follows from it (RFC 6750 §3, RFC 9449 §7.1).
#[derive(Debug)]
pub enum UserinfoError {
    /// The token is missing, not good, or not for here.
    InvalidToken {
        /// The stable rule id.
        rule: &'static str,
        /// What the challenge says.
        description: &'static str,
        /// Whether the challenge is DPoP's.
        dpop: bool,
    },
    /// The proof is not good.
    Proof {
        /// The refusal.
        error: OAuthError,
        /// A fresh nonce.
        nonce: String,
    },
    /// The token lacks `openid`; said only under `rfc`.
    InsufficientScope,
    /// The user's bucket is empty.
    TooManyRequests,
    /// We failed.
    Fault(countersign_oauth::Fault),
}

impl From<countersign_oauth::Fault> for UserinfoError {
    fn from(fault: countersign_oauth::Fault) -> Self {
        Self::Fault(fault)
    }
}

/// How often a user's claims may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserinfoRate {
    /// The bucket that each user has; GET and POST share it.
    pub rate: Rate,
    /// Whether it is drawn from. If not, the answers say that it is full.
    pub is_kept: bool,
}

/// What a request got.
#[derive(Debug)]
pub struct UserinfoAnswer {
    /// The user's bucket, for the headers; a full one, where nobody is known whose it could be.
    pub bucket: Option<Drawn>,
    /// The claims or the refusal.
    pub outcome: Result<Map<String, Value>, UserinfoError>,
}

/// The userinfo endpoint of one tenant.
pub struct UserinfoEndpoint {
    /// What is stored.
    pub storage: Arc<dyn Storage>,
    /// What is known of its configuration.
    pub configuration: Arc<ConfigurationCache>,
    /// Recognises our tokens.
    pub keys: Arc<dyn KeyRing>,
    /// Verifies proofs.
    pub verifier: Arc<dyn Verifier>,
    /// Makes nonces.
    pub sealer: Arc<dyn Sealer>,
    /// How often a user's claims may be asked for.
    pub rate: Option<UserinfoRate>,
}

impl UserinfoEndpoint {
    /// The claims that the token's scopes open, as the profile is now.
    pub async fn handle(&self, request: &UserinfoRequest) -> UserinfoAnswer {
        let now = request.context.now;
        let mut bucket = self.rate.map(|limit| TokenBucket::untouched(limit.rate, now));
        let outcome = self.answer(request, &mut bucket).await;
        UserinfoAnswer { bucket, outcome }
    }

    async fn answer(
        &self,
        request: &UserinfoRequest,
        bucket: &mut Option<Drawn>,
    ) -> Result<Map<String, Value>, UserinfoError> {
        let view = self.configuration.view(&*self.storage).await?;
        let tenant = view.settings().await?.record.compliance;
        let (token, by_dpop_scheme) = presented_token(request)?;
        let reader = AccessTokenReader {
            keys: &*self.keys,
            tokens: &*self.storage,
            apis: &view,
            sealer: &*self.sealer,
        };
        let (domain, now) = (&request.context.domain, request.context.now);
        let claims = reader.read(token, domain, now).await.map_err(into_fault)?.map_err(|rejection| {
            use countersign_token::TokenRejection::{Denied, Expired, Unknown};
            let (rule, description) = match rejection {
                Unknown => ("userinfo.unknown_token", "The access token is invalid"),
                Expired => ("userinfo.expired_token", "The token has expired"),
                Denied => ("userinfo.denied_token", "The access token is invalid"),
            };
            UserinfoError::InvalidToken { rule, description, dpop: by_dpop_scheme }
        })?;
        self.draw(&claims.sub, bucket, request).await?;
        self.check_binding(request, &claims, token, by_dpop_scheme).await?;
        let client = view.client(&claims.client_id).await?;
        let compliance = client
            .ok_or_else(|| refused("userinfo.client_gone", by_dpop_scheme))?
            .settings
            .compliance
            .unwrap_or(tenant);
        if compliance.is_rfc() && request.query_token.is_some() {
            return Err(refused("userinfo.token_in_query", false));
        }
        if claims.audience.as_ref().is_some_and(|aud| !aud.contains(&domain.userinfo_audience())) {
            return Err(if compliance.is_rfc() && !claims.scope.contains("openid") {
                UserinfoError::InsufficientScope
            } else {
                refused("userinfo.other_audience", by_dpop_scheme)
            });
        }
        if !claims.scope.contains("openid") {
            return Err(if compliance.is_rfc() {
                UserinfoError::InsufficientScope
            } else {
                refused("userinfo.no_openid", by_dpop_scheme)
            });
        }
        let user = self.storage.user(&UserId::new(claims.sub.clone())).await?;
        let user =
            user.filter(|user| !user.blocked).ok_or_else(|| refused("userinfo.user_gone", by_dpop_scheme))?;
        let style = if compliance.is_rfc() { ClaimStyle::NumericDates } else { ClaimStyle::IsoDates };
        let mut body = Map::new();
        body.extend(claims_for_scope(&user, &claims.scope, style));
        body.extend(claims.id_token_claims.as_map().clone());
        body.insert("sub".to_owned(), user.id.as_str().into());
        Ok(body)
    }

    /// Draws from the bucket of the token's user. It comes before the proof, so that being told to come again
    /// with a nonce counts as a request.
    async fn draw(
        &self,
        sub: &str,
        bucket: &mut Option<Drawn>,
        request: &UserinfoRequest,
    ) -> Result<(), UserinfoError> {
        let Some(limit) = self.rate.filter(|limit| limit.is_kept) else { return Ok(()) };
        let key = Bucket { purpose: "rate_userinfo".to_owned(), subject: HandleHash::of(sub) };
        let drawn = self.storage.draw(&key, limit.rate, request.context.now).await?;
        *bucket = Some(drawn);
        if drawn.allowed { Ok(()) } else { Err(UserinfoError::TooManyRequests) }
    }

    /// A bound token needs its proof, and an unbound one must not come as bound (RFC 9449 §7.1).
    async fn check_binding(
        &self,
        request: &UserinfoRequest,
        claims: &AccessTokenClaims,
        token: &str,
        by_dpop_scheme: bool,
    ) -> Result<(), UserinfoError> {
        let SenderConstraint::Dpop(bound) = &claims.constraint else {
            return if by_dpop_scheme { Err(refused("userinfo.token_not_bound", true)) } else { Ok(()) };
        };
        if !by_dpop_scheme {
            return Err(refused("userinfo.bound_token_as_bearer", true));
        }
        let now = request.context.now;
        let refuse = |error: DpopError| UserinfoError::Proof {
            error: error.into(),
            nonce: Nonces::new(&*self.sealer).issue(now),
        };
        let header = single_header(&request.dpop).map_err(refuse)?;
        let header = header.ok_or_else(|| refused("userinfo.proof_missing", true))?;
        let url = request.context.domain.userinfo_audience();
        let expected = ExpectedProof { method: request.method, url: &url, access_token: Some(token), now };
        let proof = Proof::verify(header, &expected, &*self.verifier).map_err(|error| match error {
            DpopError::AthMissing | DpopError::AthMismatch => refused("userinfo.other_ath", true),
            error => refuse(error),
        })?;
        if proof.jkt != *bound {
            return Err(refused("userinfo.other_key", true));
        }
        if let Some(nonce) = &proof.nonce {
            Nonces::new(&*self.sealer).check(nonce, now).map_err(refuse)?;
        }
        let fresh =
            self.storage.remember(REPLAY_SPACE, proof.replay_mark(), now, proof.remember_until()).await?;
        if fresh { Ok(()) } else { Err(refuse(DpopError::Replayed)) }
    }
}

/// Exactly one token, from the header, the form body or the query (RFC 6750 §2).
fn presented_token(request: &UserinfoRequest) -> Result<(&str, bool), UserinfoError> {
    let from_header = request.authorization.as_deref().and_then(|header| {
        let (scheme, token) = header.split_once(' ')?;
        let dpop = scheme.eq_ignore_ascii_case("dpop");
        (dpop || scheme.eq_ignore_ascii_case("bearer")).then_some((token.trim(), dpop))
    });
    let mut found = from_header
        .into_iter()
        .chain(request.body_token.as_deref().map(|token| (token, false)))
        .chain(request.query_token.as_deref().map(|token| (token, false)));
    match (found.next(), found.next()) {
        (Some(token), None) => Ok(token),
        (None, _) => Err(refused("userinfo.no_token", !request.dpop.is_empty())),
        (Some(_), Some(_)) => Err(refused("userinfo.two_tokens", false)),
    }
}

fn refused(rule: &'static str, dpop: bool) -> UserinfoError {
    UserinfoError::InvalidToken { rule, description: "The access token is invalid or has expired", dpop }
}

fn into_fault(error: Error) -> UserinfoError {
    match error {
        Error::Fault(fault) => UserinfoError::Fault(fault),
        Error::Refused(error) => {
            UserinfoError::InvalidToken { rule: error.rule, description: error.description, dpop: false }
        }
    }
}
