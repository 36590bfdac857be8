//! What a developer asks of the fakes by HTTP: `/control/...`. No real provider has this.

use std::io;

use serde_json::{Value, json};

use crate::sample::{APP, APPLE_APP, GOOGLE_APP, USER};
use crate::server::{Reply, Request};
use crate::state::{AppleCode, Misbehaviour, State, Token};
use crate::{apple, google};

/// Answers a request below `/control/`; parameters come in the query.
pub(crate) fn answer(state: &mut State, request: &Request, what: &str) -> io::Result<Reply> {
    let query = |name: &str, default: &str| request.query.find(name).unwrap_or(default).to_owned();
    let number = state.calls.values().sum::<usize>();
    let user = query("user", USER);
    match what.split_once('/').unwrap_or((what, "")) {
        ("google-oauth2", "id-token") => {
            let claims = json!({ "sub": user, "aud": query("app", GOOGLE_APP) });
            Ok((200, json!({ "token": state.google_keys.sign(&google::claims(state, &claims), true)? })))
        }
        ("apple", "id-token") => {
            let claims = apple_claims(state, &user, &query("app", APPLE_APP));
            Ok((200, json!({ "token": state.apple_keys.sign(&apple::claims(state, &claims), false)? })))
        }
        ("apple", "code") => {
            let (app_id, code) = (query("app", APPLE_APP), format!("fake-code-{number}"));
            let claims = apple_claims(state, &user, &app_id);
            let expires_at = state.now() + 300;
            state.apple_codes.insert(code.clone(), AppleCode { app_id, claims, expires_at });
            Ok((200, json!({ "code": code })))
        }
        (strategy @ ("google-oauth2" | "facebook" | "twitter" | "weibo"), "access-token") => {
            let app = if strategy == "google-oauth2" { GOOGLE_APP } else { APP };
            let (text, secret) = (format!("fake-token-{number}"), format!("fake-secret-{number}"));
            let token = Token::new(&text, &query("app", app), &user).with_secret(&secret);
            state.tokens.insert((strategy.to_owned(), text.clone()), token);
            Ok((200, json!({ "token": text, "token_secret": secret })))
        }
        (strategy, "revoke") => {
            let key = (strategy.to_owned(), query("token", ""));
            state.tokens.get_mut(&key).into_iter().for_each(|token| token.revoked = true);
            Ok((200, json!({})))
        }
        (strategy, "expire") => {
            let (key, now) = ((strategy.to_owned(), query("token", "")), state.now());
            state.tokens.get_mut(&key).into_iter().for_each(|token| token.expires_at = Some(now));
            Ok((200, json!({})))
        }
        ("google-oauth2", "rotate-keys") => state.google_keys.rotate().map(|()| (200, json!({}))),
        ("apple", "rotate-keys") => state.apple_keys.rotate().map(|()| (200, json!({}))),
        ("misbehave", host) => Ok(misbehave(state, host, &query("how", ""))),
        _ => Ok((404, json!({ "error": "there is no such control" }))),
    }
}

fn apple_claims(state: &State, user: &str, app: &str) -> Value {
    let profile = Value::Object(state.user("apple", user));
    crate::state::lay_over(json!({ "sub": user, "aud": app }), &profile)
}

/// Has a host answer wrongly; without `how` it answers rightly again.
fn misbehave(state: &mut State, host: &str, how: &str) -> Reply {
    let how = match how {
        "" => None,
        "hang" => Some(Misbehaviour::Hang),
        "500" => Some(Misbehaviour::ServerError),
        "html" => Some(Misbehaviour::Html),
        "type" => Some(Misbehaviour::WrongType),
        "malformed" => Some(Misbehaviour::Malformed),
        "huge" => Some(Misbehaviour::Huge),
        "redirect" => Some(Misbehaviour::Redirect("http://169.254.169.254/".to_owned())),
        _ => return (400, json!({ "error": "how is hang, 500, html, type, malformed, huge or redirect" })),
    };
    match how {
        Some(how) => drop(state.misbehaviour.insert(host.to_owned(), how)),
        None => drop(state.misbehaviour.remove(host)),
    }
    (200, json!({}))
}
