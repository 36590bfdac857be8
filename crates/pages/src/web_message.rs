//! The page that posts an authorization response to the window that waits for it (`web_message`).

use askama::Template;
use countersign_oauth::Origin;
use serde_json::{Map, Value, json};

use crate::json::in_script;
use crate::page::render;
use crate::shell::Shell;

#[derive(Template)]
#[template(path = "web_message.html")]
struct WebMessage<'a> {
    shell: Shell<'a>,
    nonce: &'a str,
    message: String,
    target: String,
}

/// Renders the page. The browser delivers the message to a window of exactly this origin, or not at all.
pub(crate) fn web_message<N, V>(target: &Origin, response: &[(N, V)], nonce: &str, shell: Shell<'_>) -> String
where
    N: AsRef<str>,
    V: AsRef<str>,
{
    let response: Map<String, Value> = response
        .iter()
        .map(|(name, value)| (name.as_ref().to_owned(), Value::from(value.as_ref())))
        .collect();
    render(&WebMessage {
        shell,
        nonce,
        message: in_script(&json!({ "type": "authorization_response", "response": response })),
        target: in_script(&Value::from(target.as_str())),
    })
}
