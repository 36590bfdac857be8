//! The page that posts an authorization response to the client (OAuth 2.0 Form Post Response Mode).

use askama::Template;
use countersign_oauth::RedirectUri;

use crate::page::render;
use crate::shell::Shell;

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPost<'a> {
    shell: Shell<'a>,
    nonce: &'a str,
    target: &'a str,
    values: Vec<(&'a str, &'a str)>,
}

/// Renders the page. It submits itself; without scripts, a button does.
pub(crate) fn form_post<N, V>(
    target: &RedirectUri,
    response: &[(N, V)],
    nonce: &str,
    shell: Shell<'_>,
) -> String
where
    N: AsRef<str>,
    V: AsRef<str>,
{
    let values = response.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
    render(&FormPost { shell, nonce, target: target.as_str(), values })
}
