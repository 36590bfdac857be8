use countersign_oauth::{BoxFuture, FetchRequest, Seconds, Secret, encode_query};

use crate::call::{id_text, seconds};
use crate::options::{FieldKind, ScopeForm, StrategyOptions, field};
use crate::provider::Provider;
use crate::{IdTokenRules, Proof, ProviderProfile, Upstream, UpstreamError, UpstreamTokens, verify_id_token};

/// Google (`google-oauth2`).
///
/// <https://developers.google.com/identity/openid-connect/openid-connect>,
/// <https://developers.google.com/identity/sign-in/android/backend-auth>
#[derive(Debug, Clone, Copy, Default)]
pub struct Google;

const TOKEN_INFO: &str = "https://oauth2.googleapis.com/tokeninfo";
const USER_INFO: &str = "https://openidconnect.googleapis.com/v1/userinfo";
const KEYS: &str = "https://www.googleapis.com/oauth2/v3/certs";
/// Google writes either (Google's "Validating an ID token", step 2).
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

/// Claims of the protocol, not of the user.
const PROTOCOL: [&str; 14] = [
    "iss",
    "aud",
    "azp",
    "sub",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "at_hash",
    "c_hash",
    "email",
    "email_verified",
    "auth_time",
];

impl Provider for Google {
    fn strategy(&self) -> &'static str {
        "google-oauth2"
    }

    fn options(&self) -> StrategyOptions {
        use FieldKind::{Flag, Scope, Secret, Text, Texts};
        const FIELDS: [crate::Field; 14] = [
            field("client_id", Text),
            field("client_secret", Secret),
            field("allowed_audiences", Texts),
            field("freeform_scopes", Texts),
            field("icon_url", Text),
            field("email", Scope("email")),
            field("profile", Scope("profile")),
            field("calendar", Scope("https://www.googleapis.com/auth/calendar")),
            field("contacts", Scope("https://www.googleapis.com/auth/contacts")),
            field("drive", Scope("https://www.googleapis.com/auth/drive")),
            field("gmail", Scope("https://mail.google.com/")),
            field("tasks", Scope("https://www.googleapis.com/auth/tasks")),
            field("youtube", Scope("https://www.googleapis.com/auth/youtube")),
            field("offline_access", Flag),
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
                Proof::AccessToken { token, .. } => by_access_token(token, upstream).await,
                Proof::GoogleIdToken(token) => by_id_token(token, upstream).await,
                Proof::AppleCode { .. } | Proof::AppleIdToken { .. } | Proof::FacebookSession { .. } => {
                    Err(UpstreamError::not_taken())
                }
            }
        })
    }
}

/// The connection's client id and the mobile ones beside it.
fn ours<'a>(upstream: &Upstream<'a>) -> Result<Vec<&'a str>, UpstreamError> {
    let mut ours = vec![upstream.option("client_id")?];
    ours.extend(upstream.list("allowed_audiences"));
    Ok(ours)
}

async fn by_id_token(
    token: &Secret<String>,
    upstream: &Upstream<'_>,
) -> Result<ProviderProfile, UpstreamError> {
    let ours = ours(upstream)?;
    let rules = IdTokenRules { issuers: &ISSUERS, keys_url: KEYS, audiences: &ours };
    let verified = verify_id_token(token.expose(), &rules, upstream).await?;
    let mut profile = ProviderProfile::of(&verified.subject)?;
    profile.set_email(verified.claims.get("email"), verified.claims.get("email_verified"));
    profile.claims_of(&verified.claims);
    profile.attributes_of(&verified.claims, &PROTOCOL);
    Ok(profile)
}

async fn by_access_token(
    token: &Secret<String>,
    upstream: &Upstream<'_>,
) -> Result<ProviderProfile, UpstreamError> {
    let (subject, expires_in) = inspect(token, upstream).await?;
    let request = FetchRequest::get(upstream.url(USER_INFO))
        .with_header("authorization", format!("Bearer {}", token.expose()));
    let answer = upstream.json(request).await?;
    if !answer.is_success() {
        return Err(UpstreamError::refused(
            "connections.token_refused",
            format!("userinfo answers {}", answer.status),
        ));
    }
    let id = answer.text("sub").ok_or_else(|| UpstreamError::malformed("userinfo names no user"))?;
    if subject.is_some_and(|subject| subject != id) {
        return Err(UpstreamError::other_user());
    }
    let mut profile = ProviderProfile::of(id)?;
    profile.set_email(answer.body.get("email"), answer.body.get("email_verified"));
    profile.claims_of(&answer.body);
    profile.attributes_of(&answer.body, &PROTOCOL);
    profile.tokens = UpstreamTokens {
        access_token: Some(token.clone()),
        expires_at: Some(upstream.now.plus(Seconds(expires_in))),
        ..UpstreamTokens::default()
    };
    Ok(profile)
}

/// Asks Google for whom the token is, and for how long: its user, if it says, and the seconds left.
async fn inspect(
    token: &Secret<String>,
    upstream: &Upstream<'_>,
) -> Result<(Option<String>, i64), UpstreamError> {
    let query = encode_query(&[("access_token", token.expose().as_str())]);
    let request = FetchRequest::get(format!("{}?{query}", upstream.url(TOKEN_INFO)));
    let answer = upstream.json(request).await?;
    if !answer.is_success() {
        // It says `invalid_token` for an expired, a revoked and an invented one alike.
        return Err(UpstreamError::refused("connections.token_refused", "tokeninfo knows no such token"));
    }
    let ours = ours(upstream)?;
    let is_ours = |name: &str| id_text(answer.body.get(name)).is_some_and(|id| ours.contains(&id.as_str()));
    if !is_ours("aud") && !is_ours("azp") {
        return Err(UpstreamError::other_application());
    }
    let left = seconds(answer.body.get("exp")).map(|exp| exp.saturating_sub(upstream.now.seconds()));
    let left = left.or_else(|| seconds(answer.body.get("expires_in")));
    match left {
        Some(left) if left > 0 => Ok((id_text(answer.body.get("sub")), left)),
        Some(_) => Err(UpstreamError::expired()),
        None => Err(UpstreamError::malformed("tokeninfo says no expiry")),
    }
}
