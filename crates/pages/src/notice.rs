//! Pages that say how something ended and ask nothing.

use askama::Template;

use crate::page::render;
use crate::shell::Shell;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The user is signed out.
    SignedOut,
    /// The user was asked, and stays signed in.
    StillSignedIn,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    shell: Shell<'a>,
    name: &'a str,
    heading: String,
    lead: String,
}

/// Renders the page.
pub(crate) fn notice(notice: Notice, shell: Shell<'_>) -> String {
    let (name, heading, lead) = match notice {
        Notice::SignedOut => ("signed-out", "signed-out-heading", "signed-out-lead"),
        Notice::StillSignedIn => ("still-signed-in", "still-signed-in-heading", "still-signed-in-lead"),
    };
    let (heading, lead) = (shell.texts.say(heading), shell.texts.say(lead));
    render(&NoticePage { name, heading, lead, shell })
}
