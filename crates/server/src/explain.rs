//! Why a token has the scopes and audiences that it has.

mod refresh;
mod scopes;

use std::fmt::Write as _;
use std::io::Write;

use countersign_client_auth::SECRET_PURPOSE;
use countersign_crypto::SigningKeys;
use countersign_jose::{Audiences, Compact, parse_json};
use countersign_oauth::{Audience, ClientId, Domain, Error, Fault, HandleHash, Issuer, Timestamp};
use countersign_storage::{Authorization, Client, ClientGrant, ResourceServer, SubjectType};
use countersign_token::{
    AccessTokenClaims, AccessTokenReader, IdTokenReader, TokenRejection, parse_refresh_token,
};
use serde::Deserialize;

use crate::apply::one;
use crate::config::Environment;
use crate::{Ended, Failure, Parts, StoreOptions};

/// `countersign explain`: says why a token has its scopes and audiences. It reads the store, writes nothing, and
/// shows neither the token nor any other secret.
///
/// # Errors
/// When the store cannot be read, or the token is none of this tenant's.
pub fn explain(
    token: &str,
    store: &StoreOptions,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<Ended, Vec<Failure>> {
    let parts = store.open(environment).map_err(one)?;
    let runtime = crate::runtime().map_err(one)?;
    let explained = runtime.block_on(describe(token.trim(), &parts));
    let text = explained.map_err(|fault| one(fault.into()))?.ok_or_else(|| one(unknown()))?;
    // Who closed the pipe does not want to read it.
    let _ = out.write_all(text.as_bytes());
    Ok(Ended::Done)
}

fn unknown() -> Failure {
    Failure::new(
        "this is no token of this tenant: it is unknown, changed, of a key that was revoked, or older than the rows \
         that are kept",
    )
}

/// The explanation; `None` for what is no token of ours.
async fn describe(token: &str, parts: &Parts) -> Result<Option<String>, Fault> {
    if parse_refresh_token(token, &*parts.sealer).is_some() {
        return refresh::describe(token, parts).await;
    }
    let keys = SigningKeys::new(parts.storage.signing_keys().await?, parts.sealer.clone())?;
    let Some(claimed) = Claimed::of(token, parts).await? else { return Ok(None) };
    let now = parts.clock.now();
    let reader = AccessTokenReader {
        keys: &keys,
        tokens: &*parts.storage,
        apis: &*parts.storage,
        sealer: &*parts.sealer,
    };
    // An expired token is explained as it was while it was good.
    let read = reader.read(token, &claimed.domain, now.min(claimed.last_moment)).await;
    match read.map_err(into_fault)? {
        Ok(claims) => access_token(&claims, &claimed.domain, parts).await.map(Some),
        Err(TokenRejection::Denied) => {
            Ok(Some("access token: denied, since its code was replayed or it was revoked\n".to_owned()))
        }
        Err(TokenRejection::Expired | TokenRejection::Unknown) => {
            id_token(token, keys, &claimed.domain, parts).await
        }
    }
}

fn into_fault(error: Error) -> Fault {
    match error {
        Error::Fault(fault) => fault,
        Error::Refused(error) => Fault::internal(error.rule),
    }
}

/// What a token says of itself before anything is verified: by whom it must have been issued, and when.
struct Claimed {
    domain: Domain,
    last_moment: Timestamp,
}

impl Claimed {
    async fn of(token: &str, parts: &Parts) -> Result<Option<Self>, Fault> {
        #[derive(Deserialize)]
        struct Times {
            iss: Issuer,
            exp: i64,
        }
        let before = |exp: i64| Timestamp::from_seconds(exp.saturating_sub(1));
        if token.contains('.') {
            let read = Compact::parse(token).and_then(|compact| parse_json::<Times>(&compact.payload));
            return Ok(read
                .ok()
                .map(|times| Self { domain: Domain { issuer: times.iss }, last_moment: before(times.exp) }));
        }
        let Some(row) = parts.storage.access_token(&HandleHash::of(token)).await? else { return Ok(None) };
        let issuer = row.claims.as_ref().and_then(|claims| claims.get("iss")).and_then(|iss| iss.as_str());
        Ok(issuer.map(|issuer| Self {
            domain: Domain { issuer: Issuer::new(issuer) },
            last_moment: before(row.expires_at.seconds()),
        }))
    }
}

async fn id_token(
    token: &str,
    keys: SigningKeys,
    domain: &Domain,
    parts: &Parts,
) -> Result<Option<String>, Fault> {
    let Some(id) = IdTokenReader::claimed_client(token) else { return Ok(None) };
    let Some(client) = parts.storage.client(&id).await? else { return Ok(None) };
    let reader = IdTokenReader::new(std::sync::Arc::new(keys), parts.sealer.clone(), SECRET_PURPOSE);
    let Ok(hint) = reader.read(token, &client, domain) else { return Ok(None) };
    let mut text = String::new();
    let _ = writeln!(text, "ID token of {} for the user {}", name(&client), hint.sub);
    text.push_str(
        "audience: the client's id, as every ID token's\n\
         scopes: an ID token has none; the granted ones chose its claims, and the access token beside it shows them\n",
    );
    Ok(Some(text))
}

/// What decides about a token of this client for this API, as it is now.
struct Case {
    client: Client,
    subject: SubjectType,
    api: Option<ResourceServer>,
    grant: Option<ClientGrant>,
}

impl Case {
    /// `None` where the client is gone.
    async fn read(
        client: &ClientId,
        subject: SubjectType,
        audience: Option<&Audience>,
        parts: &Parts,
    ) -> Result<Option<Self>, Fault> {
        let Some(client) = parts.storage.client(client).await? else { return Ok(None) };
        let (mut api, mut grant) = (None, None);
        if let Some(audience) = audience {
            api = parts.storage.resource_server(audience).await?;
            grant = parts.storage.client_grant(&client.id, audience, subject).await?;
        }
        Ok(Some(Self { client, subject, api, grant }))
    }
}

async fn access_token(claims: &AccessTokenClaims, domain: &Domain, parts: &Parts) -> Result<String, Fault> {
    let is_client = claims.sub == format!("{}@clients", claims.client_id);
    let subject = if is_client { SubjectType::Client } else { SubjectType::User };
    let userinfo = domain.userinfo_audience();
    let audience = api_of(claims.audience.as_ref(), &userinfo);
    let authorization = match &claims.authorization_id {
        Some(id) => parts.storage.authorization(id).await?,
        None => None,
    };
    let mut text = String::new();
    let form = if claims.audience.is_some() { "a JWT" } else { "opaque, for userinfo alone" };
    let _ = writeln!(text, "access token: {form}");
    times(claims.exp, parts.clock.now(), &mut text);
    let Some(case) = Case::read(&claims.client_id, subject, audience.as_ref(), parts).await? else {
        let _ = writeln!(text, "client: {}, which was deleted since", claims.client_id);
        return Ok(text);
    };
    let party = if case.client.settings.is_first_party { "first party" } else { "third party" };
    let _ = writeln!(text, "client: {}, {party}", name(&case.client));
    let _ = match (is_client, &authorization) {
        (true, _) => writeln!(text, "grant: client_credentials, so it speaks for the client itself"),
        (false, Some(authorization)) => writeln!(
            text,
            "grant: a login of {}, authorized at {}{}",
            claims.sub,
            authorization.created_at.to_iso8601(),
            if authorization.ended_at.is_some() { ", which has ended" } else { "" }
        ),
        (false, None) => writeln!(text, "grant: a login of {}", claims.sub),
    };
    audiences(claims, audience.as_ref(), &case, parts, &mut text).await?;
    let key = if claims.constraint.jkt().is_some() { "bound to a DPoP key" } else { "none, a bearer token" };
    let _ = writeln!(text, "binding: {key}");
    scopes::describe(&claims.scope, authorization.as_ref(), &case, &mut text);
    Ok(text)
}

/// The audience that is not our own userinfo endpoint.
fn api_of(audiences: Option<&Audiences>, userinfo: &str) -> Option<Audience> {
    let all = match audiences? {
        Audiences::One(one) => std::slice::from_ref(one),
        Audiences::Many(many) => many,
    };
    all.iter().find(|audience| *audience != userinfo).map(|audience| Audience::new(audience.as_str()))
}

async fn audiences(
    claims: &AccessTokenClaims,
    audience: Option<&Audience>,
    case: &Case,
    parts: &Parts,
    text: &mut String,
) -> Result<(), Fault> {
    let default = parts.storage.settings().await?.record.default_audience;
    if let Some(audience) = audience {
        let is_default = default.as_deref() == Some(audience.as_str());
        let why = if is_default {
            "asked for, or the tenant's default audience, which a request without one gets"
        } else {
            "asked for by `audience` or `resource`"
        };
        let _ = writeln!(text, "audience {audience}: {why}");
        let api = match &case.api {
            Some(api) => format!("the API {}", api.settings.name),
            None => "an API that was deleted since".to_owned(),
        };
        let _ = writeln!(text, "  it is {api}");
    }
    let userinfo = match &claims.audience {
        None => Some("no API was asked for, and the tenant has no default audience that was used"),
        Some(Audiences::Many(_)) => Some("`openid` was granted, and the API's tokens are under a key pair"),
        Some(Audiences::One(_)) => None,
    };
    match userinfo {
        Some(why) => {
            let _ = writeln!(text, "audience userinfo: {why}");
        }
        None if claims.scope.contains("openid") => {
            text.push_str("not for userinfo: the API's tokens are under a secret (HS256)\n");
        }
        None => text.push_str("not for userinfo: `openid` was not granted\n"),
    }
    Ok(())
}

fn times(exp: i64, now: Timestamp, text: &mut String) {
    let end = Timestamp::from_seconds(exp);
    let word = if end <= now { "expired at" } else { "valid until" };
    let _ = writeln!(text, "{word} {}", end.to_iso8601());
}

fn name(client: &Client) -> String {
    format!("{} ({})", client.settings.name, client.id)
}

/// The scopes of a login before anything narrowed them.
fn original(authorization: Option<&Authorization>) -> Option<&countersign_oauth::Scope> {
    authorization.map(|authorization| &authorization.scope)
}
