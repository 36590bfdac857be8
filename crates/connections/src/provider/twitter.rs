use countersign_oauth::{BoxFuture, FetchRequest, Secret, encode_query};
use serde_json::Value;

use crate::call::{Answer, id_text, seconds};
use crate::oauth1::{Credentials, authorization};
use crate::options::{FieldKind, ScopeForm, StrategyOptions, field};
use crate::provider::Provider;
use crate::{Proof, ProviderProfile, Upstream, UpstreamError, UpstreamTokens};

/// Twitter, now X (`twitter`).
///
/// <https://developer.x.com/en/docs/x-api/v1/accounts-and-users/manage-account-settings/api-reference/get-account-verify_credentials>
#[derive(Debug, Clone, Copy, Default)]
pub struct Twitter;

const VERIFY_CREDENTIALS: &str = "https://api.twitter.com/1.1/account/verify_credentials.json";
/// What became a claim under another name, and what says nothing of the user.
const CONSUMED: [&str; 7] =
    ["id", "id_str", "screen_name", "profile_image_url", "profile_image_url_https", "status", "email"];

impl Provider for Twitter {
    fn strategy(&self) -> &'static str {
        "twitter"
    }

    fn options(&self) -> StrategyOptions {
        use FieldKind::{OneOf, Scope, Secret, Text, Texts};
        const FIELDS: [crate::Field; 8] = [
            field("client_id", Text),
            field("client_secret", Secret),
            field("protocol", OneOf(&["oauth1", "oauth2"])),
            field("freeform_scopes", Texts),
            field("profile", FieldKind::Flag),
            field("tweet_read", Scope("tweet.read")),
            field("users_read", Scope("users.read")),
            field("offline_access", Scope("offline.access")),
        ];
        StrategyOptions { fields: &FIELDS, scope: ScopeForm::List }
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
                Proof::AccessToken { token, token_secret: Some(secret) } => {
                    by_oauth1_token(token, secret, upstream).await
                }
                // Twitter tells nobody to which application an OAuth 2.0 token was issued.
                Proof::AccessToken { token_secret: None, .. } => Err(UpstreamError::refused(
                    "connections.token_not_bound",
                    "an OAuth 2.0 token cannot be bound to an application",
                )),
                Proof::AppleCode { .. }
                | Proof::AppleIdToken { .. }
                | Proof::FacebookSession { .. }
                | Proof::GoogleIdToken(_) => Err(UpstreamError::not_taken()),
            }
        })
    }
}

/// The signature is made with our consumer secret, and Twitter takes it for a token of that consumer alone: that
/// binds the token to us.
async fn by_oauth1_token(
    token: &Secret<String>,
    token_secret: &Secret<String>,
    upstream: &Upstream<'_>,
) -> Result<ProviderProfile, UpstreamError> {
    let query = [("include_email", "true"), ("include_entities", "false"), ("skip_status", "true")];
    let consumer_secret = upstream.secret("client_secret")?;
    let credentials = Credentials {
        consumer_key: upstream.option("client_id")?,
        consumer_secret: &consumer_secret,
        token,
        token_secret,
    };
    let header = authorization(VERIFY_CREDENTIALS, &query, &credentials, upstream)?;
    let url = format!("{}?{}", upstream.url(VERIFY_CREDENTIALS), encode_query(&query));
    let answer = upstream.json(FetchRequest::get(url).with_header("authorization", header)).await?;
    if !answer.is_success() {
        return Err(refused_by(&answer));
    }
    let mut profile = read(&answer)?;
    profile.tokens = UpstreamTokens {
        access_token: Some(token.clone()),
        access_token_secret: Some(token_secret.clone()),
        ..UpstreamTokens::default()
    };
    Ok(profile)
}

/// <https://developer.x.com/en/support/x-api/error-troubleshooting>: 89 is an invalid or expired token, 32 a signature
/// that does not fit, 64 and 326 an account that is suspended or locked.
fn refused_by(answer: &Answer) -> UpstreamError {
    let code = answer.body.get("errors").and_then(|errors| seconds(errors.pointer("/0/code")));
    match code {
        Some(89) => UpstreamError::refused("connections.token_revoked", "it is invalid, expired or revoked"),
        Some(32 | 215) => UpstreamError::refused(
            "connections.other_application",
            "it, or its secret, is not of our application",
        ),
        _ => UpstreamError::refused(
            "connections.token_refused",
            format!("status {} with error {code:?}", answer.status),
        ),
    }
}

fn read(answer: &Answer) -> Result<ProviderProfile, UpstreamError> {
    let body = &answer.body;
    let id = id_text(body.get("id_str")).or_else(|| id_text(body.get("id")));
    let mut profile =
        ProviderProfile::of(&id.ok_or_else(|| UpstreamError::malformed("the profile names no user"))?)?;
    // Twitter says of no address that it was proved.
    profile.set_email(body.get("email"), None);
    profile.claim("name", body.get("name"));
    profile.claim("nickname", body.get("screen_name"));
    profile.claim("picture", body.get("profile_image_url_https"));
    profile.claim("locale", body.get("lang").filter(|lang| !lang.is_null()));
    let links = body.get("url").filter(|url| url.is_string());
    profile.claim("website", links);
    profile.attributes_of(body, &CONSUMED);
    if let Some(name) = body.get("screen_name").and_then(Value::as_str) {
        profile.attributes.insert("screen_name".to_owned(), Value::from(name));
    }
    Ok(profile)
}
