//! The login page.

use askama::Template;
use countersign_authorization_endpoint::{LoginForm, LoginProblem};

use crate::page::render;
use crate::shell::Shell;

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    shell: Shell<'a>,
    title: String,
    lead: String,
    action: &'a str,
    transaction: &'a str,
    identifier: &'a str,
    problem: Option<String>,
    fields_are_wrong: bool,
}

/// Renders the login page.
pub(crate) fn login(form: &LoginForm, shell: Shell<'_>) -> String {
    let client = [("client", form.frame.client_name.as_str())];
    render(&Login {
        title: shell.texts.tell("login-title", &client),
        lead: shell.texts.tell("login-lead", &client),
        action: &form.frame.action,
        transaction: &form.frame.transaction,
        identifier: &form.identifier,
        problem: form.problem.map(|problem| shell.texts.say(message(problem))),
        fields_are_wrong: form.problem.is_some_and(blames_fields),
        shell,
    })
}

fn message(problem: LoginProblem) -> &'static str {
    match problem {
        LoginProblem::WrongCredentials => "login-wrong-credentials",
        LoginProblem::TooManyAttempts | LoginProblem::AddressHeldBack => "login-too-many-attempts",
        LoginProblem::TooFast => "login-too-fast",
        LoginProblem::Blocked => "login-blocked",
        LoginProblem::Incomplete => "login-incomplete",
    }
}

/// Whether what was typed is to be corrected. Which field it is, the page must not tell (SP-109).
fn blames_fields(problem: LoginProblem) -> bool {
    match problem {
        LoginProblem::WrongCredentials | LoginProblem::Incomplete => true,
        LoginProblem::TooManyAttempts
        | LoginProblem::AddressHeldBack
        | LoginProblem::TooFast
        | LoginProblem::Blocked => false,
    }
}
