use countersign_jose::{Algorithm, Audiences, Expected, JoseError, Jwt, KeyRing, Thumbprint, Verified};
use countersign_oauth::{
    Audience, AuthorizationId, ClientId, Domain, Error, Fault, HandleHash, Issuer, Scope, Sealer, Timestamp,
};
use countersign_storage::{AccessTokens, ResourceServers};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::secret_key::{self, ASYMMETRIC, claimed_owner};
use crate::{CustomClaims, IdTokenPlan, SIGNING_SECRET_PURPOSE, SenderConstraint};

/// The row of an opaque token, first version.
#[derive(Serialize, Deserialize)]
pub(crate) struct OpaqueClaims {
    pub(crate) version: u32,
    pub(crate) iss: Issuer,
    pub(crate) sub: String,
    pub(crate) client_id: ClientId,
    pub(crate) scope: Scope,
    pub(crate) constraint: SenderConstraint,
    pub(crate) iat: i64,
}

/// What the row of either kind of token keeps for userinfo alone.
#[derive(Deserialize)]
struct ForUserinfo {
    #[serde(default)]
    userinfo: Map<String, Value>,
}

/// Adds the custom claims of the ID token that is issued with a token: userinfo tells them too.
pub(crate) fn with_userinfo(row: Option<Value>, id_token: Option<&IdTokenPlan>) -> Option<Value> {
    let custom = id_token.map(|plan| &plan.custom_claims).filter(|claims| !claims.is_empty());
    let Some(custom) = custom else { return row };
    let mut row = row.unwrap_or_else(|| json!({ "version": 1 }));
    if let Some(members) = row.as_object_mut() {
        members.insert("userinfo".to_owned(), Value::Object(custom.as_map().clone()));
    }
    Some(row)
}

fn userinfo_claims(row: Option<Value>) -> Result<CustomClaims, Fault> {
    let Some(row) = row else { return Ok(CustomClaims::default()) };
    let kept: ForUserinfo = read_row(row)?;
    Ok(CustomClaims::restore(kept.userinfo))
}

fn read_row<T: serde::de::DeserializeOwned>(row: Value) -> Result<T, Fault> {
    serde_json::from_value(row).map_err(|error| Fault::internal("access_tokens.claims").caused_by(error))
}

/// What an accepted access token says, whichever form it came in.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessTokenClaims {
    /// `sub`.
    pub sub: String,
    /// The client it was issued to.
    pub client_id: ClientId,
    /// The granted scopes.
    pub scope: Scope,
    /// What binds it.
    pub constraint: SenderConstraint,
    /// `aud`; `None` for an opaque token, which is for userinfo alone.
    pub audience: Option<Audiences>,
    /// The authorization it hangs from, where one is recorded.
    pub authorization_id: Option<AuthorizationId>,
    /// Issued at, seconds.
    pub iat: i64,
    /// Expiry, seconds.
    pub exp: i64,
    /// What the tenant's own code put into the ID token that came with it; userinfo tells it too.
    pub id_token_claims: CustomClaims,
}

/// Why an access token is not accepted at our own endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRejection {
    /// Not a token of ours, changed, or of another domain.
    Unknown,
    /// Its time has passed.
    Expired,
    /// It was denied: its code was replayed, or it was revoked.
    Denied,
}

#[derive(Deserialize)]
struct JwtClaims {
    sub: String,
    aud: Audiences,
    iat: i64,
    exp: i64,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    azp: Option<ClientId>,
    #[serde(default)]
    client_id: Option<ClientId>,
    #[serde(default)]
    cnf: Option<Confirmation>,
}

#[derive(Deserialize)]
struct Confirmation {
    jkt: Option<Thumbprint>,
}

/// Reads access tokens at our own endpoints: signature or row, domain, time, denial.
pub struct AccessTokenReader<'a> {
    /// The tenant's keys.
    pub keys: &'a dyn KeyRing,
    /// The rows.
    pub tokens: &'a dyn AccessTokens,
    /// The APIs, whose secrets verify HS256.
    pub apis: &'a dyn ResourceServers,
    /// Opens these secrets.
    pub sealer: &'a dyn Sealer,
}

impl AccessTokenReader<'_> {
    /// Reads a presented token.
    ///
    /// # Errors
    /// A fault when storage fails or a row cannot be read; the token is then not accepted (rule G6).
    pub async fn read(
        &self,
        token: &str,
        domain: &Domain,
        now: Timestamp,
    ) -> Result<Result<AccessTokenClaims, TokenRejection>, Error> {
        let handle = HandleHash::of(token);
        let row = self.tokens.access_token(&handle).await?;
        if row.as_ref().is_some_and(|row| row.denied_at.is_some()) {
            return Ok(Err(TokenRejection::Denied));
        }
        if token.contains('.') {
            let read = match claimed_owner(token) {
                Some(audience) => self.read_symmetric(token, &Audience::new(audience), domain, now).await?,
                None => {
                    let jwt = Jwt::verify(token, self.keys, &expected(domain, now, ASYMMETRIC));
                    read_claims(jwt)
                }
            };
            let (authorization_id, kept) = row.map_or((None, None), |row| (row.authorization_id, row.claims));
            let id_token_claims = userinfo_claims(kept)?;
            return Ok(read.map(|claims| AccessTokenClaims { authorization_id, id_token_claims, ..claims }));
        }
        let Some(row) = row else { return Ok(Err(TokenRejection::Unknown)) };
        let Some(claims) = row.claims else { return Ok(Err(TokenRejection::Unknown)) };
        let id_token_claims = userinfo_claims(Some(claims.clone()))?;
        let claims: OpaqueClaims = read_row(claims)?;
        if claims.iss != domain.issuer {
            return Ok(Err(TokenRejection::Unknown));
        }
        if row.expires_at <= now {
            return Ok(Err(TokenRejection::Expired));
        }
        Ok(Ok(AccessTokenClaims {
            sub: claims.sub,
            client_id: claims.client_id,
            scope: claims.scope,
            constraint: claims.constraint,
            audience: None,
            authorization_id: row.authorization_id,
            iat: claims.iat,
            exp: row.expires_at.seconds(),
            id_token_claims,
        }))
    }

    /// A token under the secret of the API that it is for. The API's setting says so, not the token (RFC 8725
    /// §3.1): one of an API that signs with a key pair is not even compared.
    async fn read_symmetric(
        &self,
        token: &str,
        audience: &Audience,
        domain: &Domain,
        now: Timestamp,
    ) -> Result<Result<AccessTokenClaims, TokenRejection>, Error> {
        let api = self.apis.resource_server(audience).await?;
        let Some(api) = api.filter(|api| api.settings.signing_alg == Algorithm::HS256) else {
            return Ok(Err(TokenRejection::Unknown));
        };
        let owner = (SIGNING_SECRET_PURPOSE, api.identifier.as_str());
        let key = secret_key::signer(self.keys, self.sealer, api.signing_secret.as_ref(), owner)?;
        let expected = expected(domain, now, &[Algorithm::HS256]);
        let expected = Expected { audience: Some(audience.as_str()), ..expected };
        Ok(read_claims(Jwt::verify_by_secret(token, &*key, &expected)))
    }
}

fn expected<'a>(domain: &'a Domain, now: Timestamp, algorithms: &'a [Algorithm]) -> Expected<'a> {
    Expected {
        typ: &["JWT", "at+jwt"],
        issuer: domain.issuer.as_str(),
        audience: None,
        algorithms,
        now: Some(now),
    }
}

fn read_claims(jwt: Result<Jwt<Verified>, JoseError>) -> Result<AccessTokenClaims, TokenRejection> {
    let jwt = jwt.map_err(|error| match error {
        JoseError::Expired => TokenRejection::Expired,
        _ => TokenRejection::Unknown,
    })?;
    let claims: JwtClaims = jwt.claims().map_err(|_| TokenRejection::Unknown)?;
    // An ID token has neither `azp` nor `client_id`, so it never passes for an access token.
    let client_id = claims.azp.or(claims.client_id).ok_or(TokenRejection::Unknown)?;
    let constraint = match claims.cnf {
        None => SenderConstraint::None,
        Some(Confirmation { jkt: Some(jkt) }) => SenderConstraint::Dpop(jkt),
        Some(Confirmation { jkt: None }) => return Err(TokenRejection::Unknown),
    };
    Ok(AccessTokenClaims {
        sub: claims.sub,
        client_id,
        scope: claims.scope,
        constraint,
        audience: Some(claims.aud),
        authorization_id: None,
        iat: claims.iat,
        exp: claims.exp,
        id_token_claims: CustomClaims::default(),
    })
}
