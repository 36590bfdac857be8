use countersign_oauth::{BoxFuture, FetchRequest, Seconds, Secret, encode_query};
use serde_json::Value;

use crate::call::{Answer, id_text, seconds};
use crate::options::{FieldKind, ScopeForm, StrategyOptions, field};
use crate::provider::Provider;
use crate::{Proof, ProviderProfile, Upstream, UpstreamError, UpstreamTokens};

/// Weibo (`weibo`).
///
/// <https://open.weibo.com/wiki/Oauth2/get_token_info>, <https://open.weibo.com/wiki/2/users/show>
#[derive(Debug, Clone, Copy, Default)]
pub struct Weibo;

const TOKEN_INFO: &str = "https://api.weibo.com/oauth2/get_token_info";
const USER: &str = "https://api.weibo.com/2/users/show.json";
const CONSUMED: [&str; 9] =
    ["id", "idstr", "screen_name", "name", "profile_image_url", "avatar_large", "status", "email", "url"];

impl Provider for Weibo {
    fn strategy(&self) -> &'static str {
        "weibo"
    }

    fn options(&self) -> StrategyOptions {
        use FieldKind::{Secret, Text};
        const FIELDS: [crate::Field; 2] = [field("client_id", Text), field("client_secret", Secret)];
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
                Proof::AppleCode { .. }
                | Proof::AppleIdToken { .. }
                | Proof::FacebookSession { .. }
                | Proof::GoogleIdToken(_) => Err(UpstreamError::not_taken()),
            }
        })
    }
}

async fn by_access_token(
    token: &Secret<String>,
    upstream: &Upstream<'_>,
) -> Result<ProviderProfile, UpstreamError> {
    let (uid, expires_in) = inspect(token, upstream).await?;
    let query = encode_query(&[("access_token", token.expose().as_str()), ("uid", uid.as_str())]);
    let answer = upstream.json(FetchRequest::get(format!("{}?{query}", upstream.url(USER)))).await?;
    if !answer.is_success() || answer.body.contains_key("error_code") {
        return Err(refused_by(&answer));
    }
    let id = id_text(answer.body.get("idstr")).or_else(|| id_text(answer.body.get("id")));
    if id.as_deref() != Some(uid.as_str()) {
        return Err(UpstreamError::other_user());
    }
    let mut profile = read(&uid, &answer)?;
    profile.tokens = UpstreamTokens {
        access_token: Some(token.clone()),
        expires_at: Some(upstream.now.plus(Seconds(expires_in))),
        ..UpstreamTokens::default()
    };
    Ok(profile)
}

/// Asks Weibo for whom the token is, and for how long: the user and the seconds left.
async fn inspect(token: &Secret<String>, upstream: &Upstream<'_>) -> Result<(String, i64), UpstreamError> {
    let app_key = upstream.option("client_id")?;
    let form = encode_query(&[("access_token", token.expose().as_str())]);
    let answer = upstream.json(FetchRequest::post_form(upstream.url(TOKEN_INFO), form)).await?;
    if !answer.is_success() || answer.body.contains_key("error_code") {
        return Err(refused_by(&answer));
    }
    if id_text(answer.body.get("appkey")).as_deref() != Some(app_key) {
        return Err(UpstreamError::other_application());
    }
    let left = seconds(answer.body.get("expire_in"))
        .ok_or_else(|| UpstreamError::malformed("get_token_info says no expiry"))?;
    if left <= 0 {
        return Err(UpstreamError::expired());
    }
    let uid = id_text(answer.body.get("uid"));
    Ok((uid.ok_or_else(|| UpstreamError::malformed("get_token_info names no user"))?, left))
}

/// <https://open.weibo.com/wiki/Error_code>: 21315 and 21327 have expired, 21314, 21316 and 21332 were revoked or used
/// up, 21319 the user withdrew the authorisation.
fn refused_by(answer: &Answer) -> UpstreamError {
    match seconds(answer.body.get("error_code")) {
        Some(21315 | 21327) => UpstreamError::expired(),
        Some(21314 | 21316 | 21319 | 21332) => {
            UpstreamError::refused("connections.token_revoked", "it was revoked, or never was")
        }
        code => UpstreamError::refused(
            "connections.token_refused",
            format!("status {} with error {code:?}", answer.status),
        ),
    }
}

fn read(uid: &str, answer: &Answer) -> Result<ProviderProfile, UpstreamError> {
    let body = &answer.body;
    let mut profile = ProviderProfile::of(uid)?;
    let text =
        |name: &str| body.get(name).filter(|value| value.as_str().is_some_and(|text| !text.is_empty()));
    profile.claim("name", text("name").or_else(|| text("screen_name")));
    profile.claim("nickname", text("screen_name"));
    profile.claim("picture", text("avatar_large").or_else(|| text("profile_image_url")));
    profile.claim("website", text("url"));
    profile.attributes_of(body, &CONSUMED);
    if let Some(name) = text("screen_name").and_then(Value::as_str) {
        profile.attributes.insert("screen_name".to_owned(), Value::from(name));
    }
    Ok(profile)
}
