use countersign_jose::{Algorithm, Audiences, Signer, sign_compact};
use countersign_oauth::{ClientId, Domain, Fault, Handle, HandleHash, Scope, SecureRandom, Timestamp};
use countersign_storage::ResourceServer;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{AccessTokenPlan, CustomClaims, Subject, read::OpaqueClaims};

/// A minted access token, and what storage keeps of it.
pub(crate) struct Minted {
    pub(crate) token: String,
    pub(crate) handle: HandleHash,
    pub(crate) expires_at: Timestamp,
    pub(crate) stored_claims: Option<Value>,
}

/// JWT claims in both dialects; what a dialect does not have stays `None`.
#[derive(Serialize)]
struct JwtClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: Audiences,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Scope::is_empty")]
    scope: &'a Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    gty: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    azp: Option<&'a ClientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a ClientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Value>,
}

/// `sub`: the user's id, or `{client_id}@clients`.
pub(crate) fn subject(plan: &AccessTokenPlan, client: &ClientId) -> String {
    match &plan.subject {
        Subject::User(user) => user.to_string(),
        Subject::Client => format!("{client}@clients"),
    }
}

/// Mints a JWT in the API's dialect (RFC 9068 §2 for the two `rfc9068` dialects).
pub(crate) fn mint_jwt(
    plan: &AccessTokenPlan,
    api: &ResourceServer,
    client: &ClientId,
    signer: &dyn Signer,
    at: (&Domain, Timestamp, &dyn SecureRandom),
) -> Result<Minted, Fault> {
    let (domain, now, random) = at;
    let rfc9068 = api.settings.token_dialect.is_rfc9068();
    let identifier = api.identifier.to_string();
    let for_userinfo = plan.scope.contains("openid") && signer.algorithm() != Algorithm::HS256;
    let aud = if for_userinfo {
        Audiences::Many(vec![identifier, domain.userinfo_audience()])
    } else {
        Audiences::One(identifier)
    };
    let sub = subject(plan, client);
    let jti = Handle::generate(random);
    let expires_at = now.plus(plan.lifetime);
    let claims = JwtClaims {
        iss: domain.issuer.as_str(),
        sub: &sub,
        aud,
        iat: now.seconds(),
        exp: expires_at.seconds(),
        scope: &plan.scope,
        gty: plan.gty.filter(|_| !rfc9068),
        azp: (!rfc9068).then_some(client),
        client_id: rfc9068.then_some(client),
        jti: rfc9068.then(|| jti.expose()),
        cnf: plan.constraint.confirmation(),
    };
    let typ = if rfc9068 { "at+jwt" } else { "JWT" };
    let signed = if plan.custom_claims.is_empty() {
        sign_compact(signer, typ, &claims)
    } else {
        sign_compact(signer, typ, &with_custom(&claims, &plan.custom_claims)?)
    };
    let token = signed.map_err(|error| Fault::internal("access token").caused_by(error))?;
    Ok(Minted { handle: HandleHash::of(&token), token, expires_at, stored_claims: None })
}

/// Custom claims below the token's own (SP-067): a name that both have is ours.
fn with_custom(claims: &JwtClaims<'_>, custom: &CustomClaims) -> Result<Map<String, Value>, Fault> {
    let own = match serde_json::to_value(claims) {
        Ok(Value::Object(own)) => own,
        Ok(_) => return Err(Fault::internal("access token claims")),
        Err(error) => return Err(Fault::internal("access token claims").caused_by(error)),
    };
    let mut all = custom.as_map().clone();
    all.extend(own);
    Ok(all)
}

/// Mints an opaque token for userinfo alone; its claims are a row.
pub(crate) fn mint_opaque(
    plan: &AccessTokenPlan,
    client: &ClientId,
    at: (&Domain, Timestamp, &dyn SecureRandom),
) -> Minted {
    let (domain, now, random) = at;
    let handle = Handle::generate(random);
    let expires_at = now.plus(plan.lifetime);
    let claims = OpaqueClaims {
        version: 1,
        iss: domain.issuer.clone(),
        sub: subject(plan, client),
        client_id: client.clone(),
        scope: plan.scope.clone(),
        constraint: plan.constraint.clone(),
        iat: now.seconds(),
    };
    Minted {
        token: handle.expose().to_owned(),
        handle: handle.hash(),
        expires_at,
        stored_claims: serde_json::to_value(claims).ok(),
    }
}
