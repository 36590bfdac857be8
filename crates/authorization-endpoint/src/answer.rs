use countersign_oauth::{Compliance, Fault, Handle, OAuthError, Origin, RedirectUri};

/// How the answer travels to the client (OAuth 2.0 Multiple Response Types §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query.
    Query,
    /// In the fragment.
    Fragment,
    /// As a form that the browser posts (OAuth 2.0 Form Post Response Mode §2).
    FormPost,
    /// By `postMessage` to the redirect target's origin.
    WebMessage,
}

impl ResponseMode {
    /// The mode of a `response_mode` value.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "query" => Some(Self::Query),
            "fragment" => Some(Self::Fragment),
            "form_post" => Some(Self::FormPost),
            "web_message" => Some(Self::WebMessage),
            _ => None,
        }
    }
}

/// A validated redirect target, with all that an answer to it carries.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Where to.
    pub redirect_uri: RedirectUri,
    /// How.
    pub response_mode: ResponseMode,
    /// `state`, byte for byte as it was sent.
    pub state: Option<String>,
    /// `iss` (RFC 9207 §2), where it is due.
    pub iss: Option<String>,
    /// Whether errors stay on our page.
    pub keeps_errors: bool,
    /// The profile that dresses errors.
    pub compliance: Compliance,
}

impl Target {
    /// The origin of the redirect target, for `web_message`.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        self.redirect_uri.origin()
    }
}

/// An answer to the client.
#[derive(Debug)]
pub enum Answer {
    /// A code.
    Code {
        /// Where it goes.
        target: Target,
        /// The code.
        code: Handle,
    },
    /// Our own failure, after the target was proved.
    Failed {
        /// Where it goes.
        target: Target,
        /// For the log; the client learns its kind.
        fault: Fault,
    },
    /// A refusal that may be redirected.
    Error {
        /// Where it goes.
        target: Target,
        /// The refusal, before any dialect dressed it.
        error: OAuthError,
    },
}
