use serde_json::{Value, json};

use crate::server::{Reply, Request};
use crate::state::{State, Token, lay_over};

const STRATEGY: &str = "weibo";

/// `get_token_info`: <https://open.weibo.com/wiki/Oauth2/get_token_info>. Ids and the key are numbers.
pub(crate) fn token_info(state: &State, request: &Request) -> Reply {
    let text = request.form.find("access_token").unwrap_or_default();
    match find(state, text) {
        Ok(token) => (
            200,
            json!({
                "uid": number(&token.user_id), "appkey": number(&token.app_id), "scope": null,
                "create_at": state.now() - 60, "expire_in": state.expiry(token) - state.now(),
            }),
        ),
        Err((name, code)) => (400, error(name, code, "/oauth2/get_token_info")),
    }
}

/// `users/show`: <https://open.weibo.com/wiki/2/users/show>.
pub(crate) fn show(state: &State, request: &Request) -> Reply {
    let text = request.query.find("access_token").unwrap_or_default();
    match find(state, text) {
        Ok(token) => {
            let uid = request.query.find("uid").unwrap_or(&token.user_id);
            let profile = Value::Object(state.user(STRATEGY, uid));
            (200, lay_over(json!({ "id": number(uid), "idstr": uid }), &profile))
        }
        Err((name, code)) => (400, error(name, code, "/2/users/show.json")),
    }
}

/// <https://open.weibo.com/wiki/Error_code>.
fn find<'a>(state: &'a State, text: &str) -> Result<&'a Token, (&'static str, u32)> {
    let token = state.token(STRATEGY, text).ok_or(("invalid_access_token", 21332))?;
    if token.revoked {
        return Err(("token_revoked", 21316));
    }
    if state.expiry(token) <= state.now() {
        return Err(("expired_token", 21327));
    }
    Ok(token)
}

fn number(text: &str) -> Value {
    text.parse::<u64>().map_or_else(|_| json!(text), |number| json!(number))
}

fn error(name: &str, code: u32, path: &str) -> Value {
    json!({ "error": name, "error_code": code, "request": path })
}
