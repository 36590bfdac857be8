/// A rendered page and the policies that it has to be sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The whole document, in UTF-8.
    pub html: String,
    /// The value of the `Content-Security-Policy` header.
    pub content_security_policy: String,
    /// Who may show the page inside a frame.
    pub frame: Framing,
}

/// Who may show a page inside a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Nobody: send `X-Frame-Options: DENY` too (SP-155).
    Denied,
    /// Everybody: send neither `X-Frame-Options` nor `Cross-Origin-Opener-Policy`, which would part the
    /// page from the window that waits for its message.
    Allowed,
}

/// Renders a template.
pub(crate) fn render(template: &impl askama::Template) -> String {
    // Writing strings into a string cannot fail, and no template of ours holds anything else.
    template.render().unwrap_or_default()
}
