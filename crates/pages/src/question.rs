//! Consent, confirmation and logout: one question, answered by one of two buttons.

use askama::Template;
use countersign_authorization_endpoint::{ConfirmationForm, ConsentForm, ScopeLine};
use countersign_oauth::RedirectUri;
use countersign_openid::LogoutForm;

use crate::page::render;
use crate::shell::{Fact, Shell};
use crate::texts::Texts;
use crate::visible::visible;

#[derive(Template)]
#[template(path = "question.html")]
struct Question<'a> {
    shell: Shell<'a>,
    action: &'a str,
    transaction: &'a str,
    title: String,
    heading: String,
    lead: String,
    permissions: Vec<Permission>,
    facts: Vec<Fact>,
    accept: String,
    deny: String,
}

/// One thing that is asked for.
struct Permission {
    /// In words, if there are any.
    words: Option<String>,
    /// The scope's value, unless the words are ours and say it all.
    value: Option<String>,
}

/// Renders the consent page.
pub(crate) fn consent(form: &ConsentForm, shell: Shell<'_>) -> String {
    let texts = shell.texts;
    let client = ("client", form.frame.client_name.as_str());
    let lead = match &form.api_name {
        Some(api) => texts.tell("consent-lead-api", &[client, ("api", api)]),
        None => texts.tell("consent-lead", &[client]),
    };
    render(&Question {
        action: &form.frame.action,
        transaction: &form.frame.transaction,
        title: texts.tell("consent-title", &[client]),
        heading: texts.say("consent-heading"),
        lead,
        permissions: form.scopes.iter().map(|scope| permission(scope, texts)).collect(),
        facts: facts(texts, Some(&form.user_name), Some(&form.frame.redirect_uri.csp_source())),
        accept: texts.say("consent-accept"),
        deny: texts.say("consent-deny"),
        shell,
    })
}

/// Renders the confirmation page.
pub(crate) fn confirmation(form: &ConfirmationForm, shell: Shell<'_>) -> String {
    let texts = shell.texts;
    let client = [("client", form.frame.client_name.as_str())];
    render(&Question {
        action: &form.frame.action,
        transaction: &form.frame.transaction,
        title: texts.tell("confirmation-title", &client),
        heading: texts.tell("confirmation-heading", &client),
        lead: texts.tell("confirmation-lead", &client),
        permissions: Vec::new(),
        facts: facts(texts, Some(&form.user_name), Some(&form.target)),
        accept: texts.say("confirmation-accept"),
        deny: texts.say("confirmation-deny"),
        shell,
    })
}

/// Renders the page that asks whether to sign out.
pub(crate) fn logout(form: &LogoutForm, shell: Shell<'_>) -> String {
    let texts = shell.texts;
    let target = form.target.as_ref().map(RedirectUri::csp_source);
    render(&Question {
        action: &form.action,
        transaction: &form.confirmation,
        title: texts.say("logout-title"),
        heading: texts.say("logout-heading"),
        lead: texts.tell("logout-lead", &[("tenant", &form.tenant_name)]),
        permissions: Vec::new(),
        facts: facts(texts, form.user_name.as_deref(), target.as_deref()),
        accept: texts.say("logout-accept"),
        deny: texts.say("logout-deny"),
        shell,
    })
}

fn facts(texts: &Texts, user: Option<&str>, target: Option<&str>) -> Vec<Fact> {
    let fact =
        |name: &str, value: &str| Fact { name: texts.say(name), value: visible(value), technical: false };
    let known = [("question-user", user), ("question-target", target)];
    known.into_iter().filter_map(|(name, value)| Some(fact(name, value?))).collect()
}

/// The API's words come first, then ours for the scopes of OpenID Connect Core §5.4 and §11, then the value.
fn permission(scope: &ScopeLine, texts: &Texts) -> Permission {
    let ours = match scope.value.as_str() {
        "openid" => Some("scope-openid"),
        "profile" => Some("scope-profile"),
        "email" => Some("scope-email"),
        "address" => Some("scope-address"),
        "phone" => Some("scope-phone"),
        "offline_access" => Some("scope-offline-access"),
        _ => None,
    };
    let theirs = scope.description.as_deref().map(visible).filter(|words| !words.trim().is_empty());
    match (theirs, ours) {
        (None, Some(ours)) => Permission { words: Some(texts.say(ours)), value: None },
        (theirs, _) => Permission { words: theirs, value: Some(visible(&scope.value)) },
    }
}

#[cfg(test)]
mod tests;
