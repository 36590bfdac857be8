//! The page after a logout that names no place to go to.

use askama::Template;

use crate::page::render;
use crate::shell::Shell;

#[derive(Template)]
#[template(path = "logged_out.html")]
struct LoggedOut<'a> {
    shell: Shell<'a>,
}

/// Renders the page, whose body's text is exactly `OK` (core §7.1).
pub(crate) fn logged_out(shell: Shell<'_>) -> String {
    render(&LoggedOut { shell })
}
