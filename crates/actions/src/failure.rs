use countersign_oauth::{ErrorCode, OAuthError};

/// As much of a text by a script is shown.
const SHOWN: usize = 256;

/// Why a run ends without a verdict. Each is a refusal (`access_denied`): what the code would have decided is not
/// known, so nobody gets in by breaking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It threw, or its promise was rejected.
    Threw(String),
    /// It ran, or waited, longer than all scripts of a run may.
    TimedOut,
    /// It took more memory than it may.
    OutOfMemory,
    /// It called itself too deep.
    TooDeep,
    /// It waits for what never comes.
    NeverSettled,
    /// It called what is not served.
    NotServed(String),
    /// It decided more than a request can carry.
    TooLarge,
    /// It is no JavaScript, or longer than it may be.
    Invalid,
    /// It redirected and has no handler for the return.
    NoHandler,
    /// It redirected, and is not bound any more.
    Gone,
}

impl Failure {
    /// What a thrown error means: some are the engine's own.
    pub(crate) fn of_error(name: &str, message: &str) -> Self {
        match (name, message) {
            ("InternalError", message) if message.starts_with("out of memory") => Self::OutOfMemory,
            ("RangeError", "Maximum call stack size exceeded") | ("InternalError", "stack overflow") => {
                Self::TooDeep
            }
            _ => Self::Threw(message.to_owned()),
        }
    }

    /// The stable id of the rule.
    pub(crate) fn rule(&self) -> &'static str {
        match self {
            Self::Threw(_) => "actions.failed",
            Self::TimedOut => "actions.timed_out",
            Self::OutOfMemory => "actions.out_of_memory",
            Self::TooDeep => "actions.too_deep",
            Self::NeverSettled => "actions.never_settled",
            Self::NotServed(_) => "actions.not_served",
            Self::TooLarge => "actions.too_large",
            Self::Invalid => "actions.invalid",
            Self::NoHandler => "actions.no_handler",
            Self::Gone => "actions.gone",
        }
    }

    /// The refusal that the client gets.
    pub(crate) fn refusal(&self) -> OAuthError {
        let refuse = |description| OAuthError::new(ErrorCode::AccessDenied, self.rule(), description);
        match self {
            Self::Threw(message) => refuse("{message}").with("message", message),
            Self::TimedOut => refuse("The code that runs at a login took too long"),
            Self::OutOfMemory => refuse("The code that runs at a login took too much memory"),
            Self::TooDeep => refuse("The code that runs at a login calls itself too deep"),
            Self::NeverSettled => refuse("The code that runs at a login waits for what never comes"),
            Self::NotServed(method) => refuse("{method} is not supported").with("method", method),
            Self::TooLarge => refuse("The code that runs at a login decides too much"),
            Self::Invalid => refuse("The code that runs at a login cannot be compiled"),
            Self::NoHandler => refuse("The code that redirected has no onContinuePostLogin"),
            Self::Gone => refuse("The code that redirected is not there any more"),
        }
    }
}

/// What a script says, fit to be shown: bounded, on one line, and with none of its secrets.
pub(crate) fn shown(text: &str, secrets: &[String]) -> String {
    if secrets.iter().any(|secret| !secret.is_empty() && text.contains(secret.as_str())) {
        return "The text is not shown, because it holds a secret".to_owned();
    }
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    if text.trim().is_empty() { "The code that runs at a login failed".to_owned() } else { text }
}
