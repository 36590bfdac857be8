//! The playground of the development server: a public client in a page, which shows each step of a login.

use askama::Template;
use serde_json::{Map, Value, json};

use crate::json::in_script;
use crate::page::render;
use crate::shell::Shell;

/// What the playground is to offer, and what has come back to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaygroundView {
    /// Its own URL, which is its callback.
    pub callback: String,
    /// Where the discovery document is.
    pub discovery: String,
    /// The public applications that have this callback, the one to begin with first.
    pub clients: Vec<PlaygroundClient>,
    /// The APIs.
    pub apis: Vec<PlaygroundApi>,
    /// The authorization response that was posted to it, for `response_mode=form_post`.
    pub answer: Option<Vec<(String, String)>>,
}

/// An application to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaygroundClient {
    /// Its id.
    pub client_id: String,
    /// Its name.
    pub name: String,
}

/// An API to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaygroundApi {
    /// Its identifier.
    pub identifier: String,
    /// Its name.
    pub name: String,
    /// Its permissions.
    pub scopes: Vec<String>,
}

impl PlaygroundApi {
    fn label(&self) -> String {
        format!("{} ({})", self.name, self.identifier)
    }
}

/// The steps in their order, and whether each has a button of its own.
const STEPS: [(&str, bool); 8] = [
    ("request", false),
    ("login", false),
    ("callback", false),
    ("exchange", true),
    ("tokens", false),
    ("userinfo", true),
    ("refresh", true),
    ("logout", true),
];

#[derive(Template)]
#[template(path = "playground.html")]
struct Playground<'a> {
    shell: Shell<'a>,
    view: &'a PlaygroundView,
    steps: Vec<Step>,
    facts: String,
    nonce: &'a str,
    script: &'a str,
    stylesheet: &'a str,
}

struct Step {
    id: &'static str,
    name: String,
    about: String,
    /// Empty where the step has none.
    button: String,
}

/// Renders the page; `files` are the paths of its script and its stylesheet.
pub(crate) fn playground(
    view: &PlaygroundView,
    nonce: &str,
    (script, stylesheet): (&str, &str),
    shell: Shell<'_>,
) -> String {
    let step = |(id, has_button): (&'static str, bool)| {
        let say = |rest: &str| shell.texts.say(&format!("playground-step-{id}{rest}"));
        let button = if has_button { say("-button") } else { String::new() };
        Step { id, name: say(""), about: say("-about"), button }
    };
    let steps = STEPS.map(step).into();
    let facts = facts(view, &shell);
    render(&Playground { shell, view, steps, facts, nonce, script, stylesheet })
}

/// What the script reads.
fn facts(view: &PlaygroundView, shell: &Shell<'_>) -> String {
    let texts: Map<String, Value> =
        shell.texts.say_all("playground-").map(|(name, text)| (name.to_owned(), text.into())).collect();
    let apis = view.apis.iter().map(|api| json!({ "identifier": api.identifier, "scopes": api.scopes }));
    let answer = view.answer.as_ref().map(|pairs| {
        pairs.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect::<Map<String, Value>>()
    });
    in_script(&json!({
        "discovery": view.discovery,
        "apis": apis.collect::<Vec<_>>(),
        "answer": answer,
        "texts": texts,
    }))
}
