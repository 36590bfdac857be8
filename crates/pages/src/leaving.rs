//! The page that sends the browser to another site in answer to a form.

use askama::Template;

use crate::page::render;
use crate::shell::Shell;

#[derive(Template)]
#[template(path = "leaving.html")]
struct Leaving<'a> {
    shell: Shell<'a>,
    url: &'a str,
}

/// Renders the page. It goes on by itself, and by a link.
pub(crate) fn leaving(url: &str, shell: Shell<'_>) -> String {
    render(&Leaving { shell, url })
}
