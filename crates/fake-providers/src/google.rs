use serde_json::{Value, json};

use crate::server::{Reply, Request};
use crate::state::{State, lay_over};

const STRATEGY: &str = "google-oauth2";

/// `tokeninfo`: <https://developers.google.com/identity/protocols/oauth2/openid-connect#validatinganidtoken> names it for
/// debugging; it answers the claims of a token as texts, and 400 `invalid_token` for every other one.
pub(crate) fn token_info(state: &State, request: &Request) -> Reply {
    let text = request.query.find("access_token").unwrap_or_default();
    let Some(token) = state.good_token(STRATEGY, text) else {
        return (400, json!({ "error": "invalid_token", "error_description": "Invalid Value" }));
    };
    let expiry = state.expiry(token);
    let user = state.user(STRATEGY, &token.user_id);
    let mut info = json!({
        "azp": token.authorized_party.as_ref().unwrap_or(&token.app_id),
        "aud": token.app_id,
        "sub": token.user_id,
        "scope": "openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/userinfo.profile",
        "exp": expiry.to_string(),
        "expires_in": (expiry - state.now()).to_string(),
        "access_type": "online",
    });
    if let (Some(info), Some(email)) = (info.as_object_mut(), user.get("email")) {
        info.insert("email".to_owned(), email.clone());
        let verified = user.get("email_verified").and_then(Value::as_bool).unwrap_or_default();
        info.insert("email_verified".to_owned(), json!(verified.to_string()));
    }
    (200, info)
}

/// The userinfo endpoint of Google's discovery document:
/// <https://developers.google.com/identity/openid-connect/openid-connect#obtaininguserprofileinformation>.
pub(crate) fn user_info(state: &State, request: &Request) -> Reply {
    let text = request.authorization.strip_prefix("Bearer ").unwrap_or_default();
    match state.good_token(STRATEGY, text) {
        Some(token) => {
            let profile = Value::Object(state.user(STRATEGY, &token.user_id));
            (200, lay_over(json!({ "sub": token.user_id }), &profile))
        }
        None => (401, json!({ "error": "invalid_request", "error_description": "Invalid Credentials" })),
    }
}

/// The claims of an ID token:
/// <https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload>.
pub(crate) fn claims(state: &State, others: &Value) -> Value {
    let subject = others.get("sub").and_then(Value::as_str).unwrap_or_default();
    let profile = Value::Object(state.user(STRATEGY, subject));
    let usual =
        json!({ "iss": "https://accounts.google.com", "iat": state.now(), "exp": state.now() + 3600 });
    lay_over(lay_over(usual, &profile), others)
}
