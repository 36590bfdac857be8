//! `Content-Security-Policy`, one function for each kind of page (SP-155, SP-156).

use countersign_oauth::RedirectUri;

/// What pages share: our stylesheet and our icon, and nothing else from anywhere.
const OWN: &str = "default-src 'none'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'";

/// The policy of a page with a form: it posts to us, and our answer may redirect to the validated target.
///
/// Browsers apply `form-action` to the redirect after the post, so the target has to be named.
pub(crate) fn form(target: &RedirectUri) -> String {
    format!("{OWN}; form-action 'self' {}; frame-ancestors 'none'", form_target(target))
}

/// The policy of a page with a form whose answer redirects nowhere.
pub(crate) fn own_form() -> String {
    format!("{OWN}; form-action 'self'; frame-ancestors 'none'")
}

/// The policy of the page that posts the answer to the client: one script, one target. Like the redirect
/// that it stands for, it may happen inside a frame of the client's.
pub(crate) fn form_post(nonce: &str, target: &RedirectUri) -> String {
    format!("{OWN}; script-src 'nonce-{nonce}'; form-action {}", form_target(target))
}

/// The policy of a page without a form.
pub(crate) fn plain() -> String {
    format!("{OWN}; form-action 'none'; frame-ancestors 'none'")
}

/// The policy of the page that posts the answer to another window: one script, and any frame.
pub(crate) fn message(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; object-src 'none'; base-uri 'none'; form-action 'none'"
    )
}

/// The policy of the playground: one script, which talks to this server alone and frames it alone.
pub(crate) fn playground(nonce: &str) -> String {
    format!(
        "{OWN}; script-src 'nonce-{nonce}'; connect-src 'self'; frame-src 'self'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// Policies cannot spell an IPv6 address: the grammar of `host-source` has no brackets (CSP3 §2.3.1), and
/// browsers drop such a source. The scheme is the narrowest one that can be said.
fn form_target(target: &RedirectUri) -> String {
    let source = target.csp_source();
    match source.split_once("://[") {
        Some((scheme, _)) => format!("{scheme}:"),
        None => source,
    }
}

#[cfg(test)]
mod tests;
