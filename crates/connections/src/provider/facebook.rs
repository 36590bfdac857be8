use countersign_oauth::{BoxFuture, FetchRequest, Secret, Timestamp, encode_query};
use serde_json::{Map, Value};

use crate::call::{id_text, seconds};
use crate::options::{FieldKind, ScopeForm, StrategyOptions, field};
use crate::provider::Provider;
use crate::upstream::hex;
use crate::{Proof, ProviderProfile, Upstream, UpstreamError, UpstreamTokens};

/// Facebook (`facebook`).
///
/// <https://developers.facebook.com/docs/facebook-login/guides/%20access-tokens/debugging>,
/// <https://developers.facebook.com/docs/graph-api/reference/user/>
#[derive(Debug, Clone, Copy, Default)]
pub struct Facebook;

const DEBUG_TOKEN: &str = "https://graph.facebook.com/debug_token";
const ME: &str = "https://graph.facebook.com/me";
const FIELDS: &str = "id,name,first_name,last_name,middle_name,email,picture.type(large)";
/// The error of `debug_token` for a token of another application than the one that asks.
const OTHER_APP: i64 = 100;
/// What becomes a claim under another name, or is no attribute.
const CONSUMED: [&str; 7] =
    ["id", "first_name", "last_name", "middle_name", "email", "email_verified", "picture"];

impl Provider for Facebook {
    fn strategy(&self) -> &'static str {
        "facebook"
    }

    fn options(&self) -> StrategyOptions {
        use FieldKind::{Flag, Scope, Secret, Text};
        const FIELDS: [crate::Field; 8] = [
            field("client_id", Text),
            field("client_secret", Secret),
            field("allow_context_profile_field", Flag),
            field("public_profile", Scope("public_profile")),
            field("email", Scope("email")),
            field("user_birthday", Scope("user_birthday")),
            field("user_friends", Scope("user_friends")),
            field("user_gender", Scope("user_gender")),
        ];
        StrategyOptions { fields: &FIELDS, scope: ScopeForm::Commas }
    }

    fn takes_access_tokens(&self) -> bool {
        true
    }

    fn accept<'a>(
        &'a self,
        proof: &'a Proof,
        upstream: &'a Upstream<'a>,
    ) -> BoxFuture<'a, Result<ProviderProfile, UpstreamError>> {
        Box::pin(async move {
            match proof {
                Proof::AccessToken { token, .. } => by_access_token(token, upstream).await,
                Proof::FacebookSession { token, user_profile } => {
                    by_session(token, user_profile, upstream).await
                }
                Proof::AppleCode { .. } | Proof::AppleIdToken { .. } | Proof::GoogleIdToken(_) => {
                    Err(UpstreamError::not_taken())
                }
            }
        })
    }
}

/// What Facebook says of a token that is valid and ours.
struct Inspected {
    user_id: String,
    expires_at: Option<Timestamp>,
}

async fn by_access_token(
    token: &Secret<String>,
    upstream: &Upstream<'_>,
) -> Result<ProviderProfile, UpstreamError> {
    let inspected = inspect(token, upstream).await?;
    let app_secret = upstream.secret("client_secret")?;
    // https://developers.facebook.com/docs/graph-api/guides/secure-requests: who stole the token alone has no use of it.
    let proof = upstream.secret_keys.hmac_sha256(app_secret.expose().as_bytes(), token.expose().as_bytes());
    let query = encode_query(&[
        ("fields", FIELDS),
        ("access_token", token.expose().as_str()),
        ("appsecret_proof", hex(&proof).as_str()),
    ]);
    let answer = upstream.json(FetchRequest::get(format!("{}?{query}", upstream.url(ME)))).await?;
    if !answer.is_success() {
        return Err(refused_by(answer.body.get("error")));
    }
    // Facebook gives an address only when its owner confirmed it.
    let mut profile = read(&answer.body, &inspected, Some(&Value::Bool(true)))?;
    profile.tokens = UpstreamTokens {
        access_token: Some(token.clone()),
        expires_at: inspected.expires_at,
        ..UpstreamTokens::default()
    };
    Ok(profile)
}

/// A session-info token reads no profile, so the application says what it read. Nobody vouches for the address.
async fn by_session(
    token: &Secret<String>,
    user_profile: &Map<String, Value>,
    upstream: &Upstream<'_>,
) -> Result<ProviderProfile, UpstreamError> {
    let inspected = inspect(token, upstream).await?;
    read(user_profile, &inspected, None)
}

/// Asks Facebook for whom the token is; the application's own token authorises the question.
async fn inspect(token: &Secret<String>, upstream: &Upstream<'_>) -> Result<Inspected, UpstreamError> {
    let app_id = upstream.option("client_id")?;
    let app_secret = upstream.secret("client_secret")?;
    let app_token = Secret::new(format!("{app_id}|{}", app_secret.expose()));
    let query = encode_query(&[
        ("input_token", token.expose().as_str()),
        ("access_token", app_token.expose().as_str()),
    ]);
    let answer = upstream.json(FetchRequest::get(format!("{}?{query}", upstream.url(DEBUG_TOKEN)))).await?;
    let data = answer.body.get("data").and_then(Value::as_object);
    let Some(data) = data.filter(|_| answer.is_success()) else {
        let error = answer.body.get("error").and_then(Value::as_object);
        let code = error.and_then(|error| seconds(error.get("code")));
        if code == Some(OTHER_APP) {
            return Err(UpstreamError::other_application());
        }
        let detail = format!("debug_token answers {} with error {code:?}", answer.status);
        return Err(UpstreamError::Misconfigured(detail.into()));
    };
    check(data, app_id, upstream.now)
}

fn check(data: &Map<String, Value>, app_id: &str, now: Timestamp) -> Result<Inspected, UpstreamError> {
    // Whose it is comes first: what Facebook says of another application's token is not ours to tell apart.
    if id_text(data.get("app_id")).as_deref().is_some_and(|id| id != app_id) {
        return Err(UpstreamError::other_application());
    }
    if data.get("is_valid") != Some(&Value::Bool(true)) {
        return Err(refused_by(data.get("error")));
    }
    if id_text(data.get("app_id")).as_deref() != Some(app_id) {
        return Err(UpstreamError::other_application());
    }
    // 0 is a token without an end.
    let expires_at = seconds(data.get("expires_at")).filter(|at| *at != 0).map(Timestamp::from_seconds);
    if expires_at.is_some_and(|at| at <= now) {
        return Err(UpstreamError::expired());
    }
    let user_id = id_text(data.get("user_id"));
    let user_id = user_id
        .ok_or_else(|| UpstreamError::refused("connections.token_refused", "it is the token of no user"))?;
    Ok(Inspected { user_id, expires_at })
}

/// <https://developers.facebook.com/docs/graph-api/guides/error-handling>: 190 with subcode 463 has expired, with 460
/// and 467 the password changed or the session ended, with 458 the user removed the application.
fn refused_by(error: Option<&Value>) -> UpstreamError {
    let member = |name: &str| error.and_then(|error| seconds(error.get(name)));
    let subcode = member("error_subcode").or_else(|| member("subcode"));
    match subcode {
        None if member("code") == Some(OTHER_APP) => UpstreamError::other_application(),
        Some(463) => UpstreamError::expired(),
        Some(458 | 460 | 467) => UpstreamError::refused("connections.token_revoked", "it was revoked"),
        _ => UpstreamError::refused(
            "connections.token_refused",
            format!("error {:?}, {subcode:?}", member("code")),
        ),
    }
}

fn read(
    document: &Map<String, Value>,
    inspected: &Inspected,
    email_verified: Option<&Value>,
) -> Result<ProviderProfile, UpstreamError> {
    if id_text(document.get("id")).as_deref() != Some(inspected.user_id.as_str()) {
        return Err(UpstreamError::other_user());
    }
    let mut profile = ProviderProfile::of(&inspected.user_id)?;
    profile.set_email(document.get("email"), email_verified);
    profile.claims_of(document);
    profile.claim("given_name", document.get("first_name"));
    profile.claim("family_name", document.get("last_name"));
    let picture = document.get("picture");
    profile.claim("picture", picture.and_then(|picture| picture.pointer("/data/url")));
    profile.attributes_of(document, &CONSUMED);
    Ok(profile)
}

#[cfg(test)]
mod tests;
