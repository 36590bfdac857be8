//! An issuer over test keys, plans with one meaningful default, and tokens taken apart.

use std::sync::Arc;

use countersign_jose::{Algorithm, Compact, Thumbprint};
use countersign_oauth::{AuthorizationId, Fault, Scope, Sealer, Seconds, UserId};
use countersign_storage::{Client, ResourceServer, TokenDialect};
use countersign_testkit::vectors::RFC9449_THUMBPRINT;
use countersign_testkit::{
    NOW, SeededRandom, TestKeyRing, TestSealer, USER_ID, api, authorization, client, domain,
};
use countersign_token::{
    AccessTokenPlan, CustomClaims, IssuedTokens, MintContext, SIGNING_SECRET_PURPOSE, SenderConstraint,
    Subject, TokenIssuer, TokenPlan,
};
use serde_json::Value;

pub(crate) const HOUR: Seconds = Seconds(3600);

pub(crate) fn issuer_with(keys: &[Algorithm]) -> TokenIssuer {
    TokenIssuer::new(
        Arc::new(TestKeyRing::of(keys)),
        Arc::new(TestSealer::default()),
        Arc::new(SeededRandom::default()),
        "client_secret",
    )
}

pub(crate) fn issuer() -> TokenIssuer {
    issuer_with(&[Algorithm::RS256, Algorithm::RS512, Algorithm::PS256, Algorithm::ES256])
}

pub(crate) fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

pub(crate) fn api_of(dialect: TokenDialect, algorithm: Algorithm) -> ResourceServer {
    let mut api = api();
    api.settings.token_dialect = dialect;
    api.settings.signing_alg = algorithm;
    if algorithm == Algorithm::HS256 {
        api.signing_secret = Some(TestSealer::default().seal(SIGNING_SECRET_PURPOSE, b"api secret"));
    }
    api
}

pub(crate) fn bound() -> SenderConstraint {
    SenderConstraint::Dpop(Thumbprint::parse(RFC9449_THUMBPRINT).unwrap())
}

/// A user's access token for an API, and nothing else.
pub(crate) fn for_user(api: Option<ResourceServer>, granted: &str) -> TokenPlan {
    let access_token = AccessTokenPlan {
        api,
        subject: Subject::User(UserId::new(USER_ID)),
        scope: scope(granted),
        constraint: SenderConstraint::None,
        authorization_id: Some(AuthorizationId::new(authorization().id.as_str())),
        gty: None,
        lifetime: HOUR,
        custom_claims: CustomClaims::default(),
    };
    TokenPlan { client: client(), access_token, id_token: None, refresh_token: None }
}

/// A client's access token for itself.
pub(crate) fn for_client(api: ResourceServer, granted: &str) -> TokenPlan {
    let mut plan = for_user(Some(api), granted);
    plan.access_token.subject = Subject::Client;
    plan.access_token.authorization_id = None;
    plan.access_token.gty = Some("client-credentials");
    plan
}

pub(crate) fn try_mint(plan: &TokenPlan) -> Result<IssuedTokens, Fault> {
    issuer().mint(plan, MintContext { domain: &domain(), now: NOW })
}

pub(crate) fn mint(plan: &TokenPlan) -> IssuedTokens {
    try_mint(plan).unwrap()
}

pub(crate) fn access_token(plan: &TokenPlan) -> String {
    mint(plan).response.access_token
}

/// Header and claims; the signature is the key ring's business.
pub(crate) fn decode(token: &str) -> (Value, Value) {
    let compact = Compact::parse(token).unwrap();
    let header = serde_json::to_value(&compact.header).unwrap();
    (header, serde_json::from_slice(&compact.payload).unwrap())
}

/// The same plan for another application.
pub(crate) fn of(plan: TokenPlan, client: Client) -> TokenPlan {
    TokenPlan { client, ..plan }
}
