use std::io;

use openssl::hash::MessageDigest;
use serde_json::{Value, json};

use crate::keys::hmac;
use crate::server::{Reply, Request};
use crate::state::{State, lay_over};

const STRATEGY: &str = "facebook";

/// `debug_token`: <https://developers.facebook.com/docs/graph-api/reference/debug_token>. The application's own token,
/// `APPID|SECRET`, authorises it. Of a token of another application it says no more than that.
pub(crate) fn debug_token(state: &State, request: &Request) -> Reply {
    let asked_by = request.query.find("access_token").unwrap_or_default();
    let (app_id, secret) = asked_by.split_once('|').unwrap_or_default();
    if secret.is_empty() || state.secret(STRATEGY, app_id) != Some(secret) {
        return (400, error("Invalid OAuth access token signature.", 190, None));
    }
    let text = request.query.find("input_token").unwrap_or_default();
    let Some(token) = state.token(STRATEGY, text) else {
        let error = json!({ "code": 190, "message": "Invalid OAuth access token." });
        return (200, json!({ "data": { "error": error, "is_valid": false, "scopes": [] } }));
    };
    if token.app_id != app_id {
        let message = "(#100) The App_id in the input_token did not match the Viewing App";
        let error = json!({ "code": 100, "message": message });
        return (200, json!({ "data": { "error": error, "is_valid": false, "scopes": [] } }));
    }
    let mut data = json!({
        "app_id": token.app_id, "type": "USER", "application": "Fake", "data_access_expires_at": state.now() + 7_776_000,
        "expires_at": state.expiry(token), "is_valid": true, "scopes": ["email", "public_profile"],
        "user_id": token.user_id,
    });
    let invalid = if token.revoked {
        Some(("The user has not authorized application.", 458))
    } else if state.expiry(token) <= state.now() {
        Some(("Error validating access token: Session has expired.", 463))
    } else {
        None
    };
    if let Some((message, subcode)) = invalid {
        let error = json!({ "code": 190, "message": message, "subcode": subcode });
        data = lay_over(data, &json!({ "is_valid": false, "error": error }));
    }
    (200, json!({ "data": data }))
}

/// `/me`: <https://developers.facebook.com/docs/graph-api/reference/user/>, with the proof of
/// <https://developers.facebook.com/docs/graph-api/guides/secure-requests> required.
pub(crate) fn me(state: &State, request: &Request) -> io::Result<Reply> {
    let text = request.query.find("access_token").unwrap_or_default();
    let Some(token) = state.good_token(STRATEGY, text) else {
        return Ok((400, error("Error validating access token: Session has expired.", 190, Some(463))));
    };
    let secret = state.secret(STRATEGY, &token.app_id).unwrap_or_default();
    let proof = hmac(MessageDigest::sha256(), secret.as_bytes(), text.as_bytes())?;
    let proof: String = proof.iter().map(|byte| format!("{byte:02x}")).collect();
    if request.query.find("appsecret_proof") != Some(proof.as_str()) {
        return Ok((400, error("Invalid appsecret_proof provided in the API argument", 100, None)));
    }
    let profile = Value::Object(state.user(STRATEGY, &token.user_id));
    Ok((200, lay_over(json!({ "id": token.user_id }), &profile)))
}

/// <https://developers.facebook.com/docs/graph-api/guides/error-handling>.
fn error(message: &str, code: u32, subcode: Option<u32>) -> Value {
    let mut error = json!({ "message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A1" });
    if let (Some(error), Some(subcode)) = (error.as_object_mut(), subcode) {
        error.insert("error_subcode".to_owned(), json!(subcode));
    }
    json!({ "error": error })
}
