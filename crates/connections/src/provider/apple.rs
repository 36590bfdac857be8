use countersign_jose::sign_compact;
use countersign_oauth::{BoxFuture, FetchRequest, Seconds, Secret, encode_query};
use serde_json::{Value, json};

use crate::call::{Answer, seconds};
use crate::options::{FieldKind, ScopeForm, StrategyOptions, field};
use crate::provider::Provider;
use crate::{
    AppleName, IdToken, IdTokenRules, Proof, ProviderProfile, Upstream, UpstreamError, UpstreamTokens,
    verify_id_token,
};

/// Sign in with Apple (`apple`).
///
/// <https://developer.apple.com/documentation/signinwithapplerestapi/generate-and-validate-tokens>,
/// <https://developer.apple.com/documentation/signinwithapple/authenticating-users-with-sign-in-with-apple>
#[derive(Debug, Clone, Copy, Default)]
pub struct Apple;

const ISSUER: &str = "https://appleid.apple.com";
const TOKEN: &str = "https://appleid.apple.com/auth/token";
const KEYS: &str = "https://appleid.apple.com/auth/keys";
/// Apple takes half a year; a minute is as long as one call needs.
const ASSERTION_LIFETIME: Seconds = Seconds(60);

/// Claims of the protocol, not of the user.
const PROTOCOL: [&str; 14] = [
    "iss",
    "aud",
    "azp",
    "exp",
    "iat",
    "nonce",
    "nonce_supported",
    "at_hash",
    "c_hash",
    "auth_time",
    "email",
    "email_verified",
    "transfer_sub",
    "sub",
];

impl Provider for Apple {
    fn strategy(&self) -> &'static str {
        "apple"
    }

    fn options(&self) -> StrategyOptions {
        use FieldKind::{Scope, Secret, Text, Texts};
        const FIELDS: [crate::Field; 7] = [
            field("client_id", Text),
            field("app_secret", Secret),
            field("kid", Text),
            field("team_id", Text),
            field("freeform_scopes", Texts),
            field("name", Scope("name")),
            field("email", Scope("email")),
        ];
        StrategyOptions { fields: &FIELDS, scope: ScopeForm::Spaces }
    }

    fn accept<'a>(
        &'a self,
        proof: &'a Proof,
        upstream: &'a Upstream<'a>,
    ) -> BoxFuture<'a, Result<ProviderProfile, UpstreamError>> {
        Box::pin(async move {
            match proof {
                Proof::AppleCode { code, name } => by_code(code, name.as_ref(), upstream).await,
                Proof::AppleIdToken { token, name } => {
                    let app_id = app_id(upstream)?;
                    read(verify(token.expose(), app_id, upstream).await?, name.as_ref())
                }
                Proof::AccessToken { .. } | Proof::FacebookSession { .. } | Proof::GoogleIdToken(_) => {
                    Err(UpstreamError::not_taken())
                }
            }
        })
    }
}

/// The application's id at Apple, which a native application signs its users in under.
fn app_id<'a>(upstream: &Upstream<'a>) -> Result<&'a str, UpstreamError> {
    let mobile = upstream.client.settings.other.get("mobile");
    let id = mobile.and_then(|mobile| mobile.pointer("/ios/app_bundle_identifier")).and_then(Value::as_str);
    id.filter(|id| !id.is_empty()).ok_or_else(|| {
        UpstreamError::Misconfigured("the client has no mobile.ios.app_bundle_identifier".into())
    })
}

async fn by_code(
    code: &Secret<String>,
    name: Option<&AppleName>,
    upstream: &Upstream<'_>,
) -> Result<ProviderProfile, UpstreamError> {
    let app_id = app_id(upstream)?;
    let assertion = client_assertion(app_id, upstream)?;
    let form = encode_query(&[
        ("client_id", app_id),
        ("client_secret", assertion.expose().as_str()),
        ("code", code.expose().as_str()),
        ("grant_type", "authorization_code"),
    ]);
    let answer = upstream.json(FetchRequest::post_form(upstream.url(TOKEN), form)).await?;
    if !answer.is_success() {
        return Err(refused_by(&answer));
    }
    let id_token = answer.text("id_token").ok_or_else(|| UpstreamError::malformed("no id_token came"))?;
    let verified = verify(id_token, app_id, upstream).await?;
    // We sent none, so the request that this answers was not the one that the application should have made
    // (core contract §3.7).
    if verified.claims.contains_key("nonce") {
        return Err(UpstreamError::refused("connections.nonce_not_ours", "the code carries a nonce"));
    }
    let mut profile = read(verified, name)?;
    profile.tokens = tokens(&answer, upstream);
    Ok(profile)
}

/// The ES256 JWT that Apple takes for a client secret
/// (<https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret>).
fn client_assertion(app_id: &str, upstream: &Upstream<'_>) -> Result<Secret<String>, UpstreamError> {
    let pem = upstream.secret("app_secret")?;
    let signer = upstream.secret_keys.es256_signer(upstream.option("kid")?, pem.expose())?;
    let claims = json!({
        "iss": upstream.option("team_id")?,
        "iat": upstream.now.seconds(),
        "exp": upstream.now.plus(ASSERTION_LIFETIME).seconds(),
        "aud": ISSUER,
        "sub": app_id,
    });
    Ok(Secret::new(sign_compact(&*signer, "JWT", &claims)?))
}

async fn verify(token: &str, app_id: &str, upstream: &Upstream<'_>) -> Result<IdToken, UpstreamError> {
    let rules = IdTokenRules { issuers: &[ISSUER], keys_url: KEYS, audiences: &[app_id] };
    verify_id_token(token, &rules, upstream).await
}

/// `invalid_grant` is a code that was used, has expired or was another application's; `invalid_client` is our own
/// assertion (<https://developer.apple.com/documentation/signinwithapplerestapi/errorresponse>).
fn refused_by(answer: &Answer) -> UpstreamError {
    match answer.text("error") {
        Some("invalid_grant") => UpstreamError::refused(
            "connections.token_refused",
            "the code was used, has expired, or is not ours",
        ),
        Some("invalid_client" | "unauthorized_client") => UpstreamError::Misconfigured(
            "Apple does not take team_id, kid, app_secret and application id".into(),
        ),
        _ => UpstreamError::refused(
            "connections.token_refused",
            format!("the token endpoint answers {}", answer.status),
        ),
    }
}

fn tokens(answer: &Answer, upstream: &Upstream<'_>) -> UpstreamTokens {
    let token = |name: &str| answer.text(name).map(Secret::from);
    UpstreamTokens {
        access_token: token("access_token"),
        refresh_token: token("refresh_token"),
        access_token_secret: None,
        expires_at: seconds(answer.body.get("expires_in")).map(|left| upstream.now.plus(Seconds(left))),
    }
}

fn read(verified: IdToken, name: Option<&AppleName>) -> Result<ProviderProfile, UpstreamError> {
    let mut profile = ProviderProfile::of(&verified.subject)?;
    profile.partial = true;
    profile.set_email(verified.claims.get("email"), verified.claims.get("email_verified"));
    if let Some(AppleName { first, last }) = name {
        let whole = [first, last].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
        profile.claim("given_name", first.clone().map(Value::from).as_ref());
        profile.claim("family_name", last.clone().map(Value::from).as_ref());
        profile.claim("name", Some(&Value::from(whole)));
    }
    profile.attributes_of(&verified.claims, &PROTOCOL);
    Ok(profile)
}
