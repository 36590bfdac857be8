//! The error page.

use askama::Template;

use crate::page::render;
use crate::shell::{Fact, Shell};
use crate::visible::visible;

/// What the error page shows: a refusal as the tenant's dialect dressed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorView {
    /// The `error` code.
    pub code: String,
    /// The `error_description`.
    pub description: String,
    /// The dialect's own title, if it has one for this refusal.
    pub title: Option<String>,
    /// The rule that was broken: `authorize.callback_mismatch`.
    pub rule: &'static str,
    /// The id that is also in the log.
    pub tracking: String,
    /// Named values that were compared; give them in development only.
    pub compared: Vec<(String, String)>,
    /// Where the reference explains the rule; give it in development only.
    pub explained_in: Option<String>,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorTemplate<'a> {
    shell: Shell<'a>,
    code: &'a str,
    rule: &'a str,
    title: String,
    description: String,
    facts: Vec<Fact>,
    compared: Vec<Fact>,
}

/// Renders the error page.
pub(crate) fn error(view: &ErrorView, shell: Shell<'_>) -> String {
    let texts = shell.texts;
    let fact = |name: String, value: &str| Fact { name, value: visible(value), technical: true };
    let explained = view.explained_in.iter().map(|place| fact(texts.say("error-explained"), place));
    let facts = [
        fact(texts.say("error-tracking"), &view.tracking),
        fact(texts.say("error-code"), &view.code),
        fact(texts.say("error-rule"), view.rule),
    ];
    render(&ErrorTemplate {
        code: &view.code,
        rule: view.rule,
        title: view.title.as_deref().map_or_else(|| texts.say("error-title"), visible),
        description: visible(&view.description),
        facts: facts.into_iter().chain(explained).collect(),
        compared: view.compared.iter().map(|(name, value)| fact(visible(name), value)).collect(),
        shell,
    })
}
