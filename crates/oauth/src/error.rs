use std::borrow::Cow;

/// An `error` code: RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6, RFC 6750, 8707, 9449.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the code it is named after")]
pub enum ErrorCode {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
    InvalidScope,
    InvalidTarget,
    AccessDenied,
    ServerError,
    TemporarilyUnavailable,
    LoginRequired,
    ConsentRequired,
    InteractionRequired,
    InvalidToken,
    InsufficientScope,
    UseDpopNonce,
    InvalidDpopProof,
    UnsupportedTokenType,
    /// A code of a dialect or an extension.
    Other(Cow<'static, str>),
}

impl ErrorCode {
    /// The code on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::Other(code) => code,
        }
    }
}

/// A refusal that may be shown: the RFC's code, the rule broken, and safe values that explain it.
///
/// A dialect may give the rule another status, code and text; the rule id is stable across them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    /// The code that the RFC gives.
    pub code: ErrorCode,
    /// The rule that was broken, stable: `dpop.htu_mismatch`.
    pub rule: &'static str,
    /// A static text; where it has `{name}`, the value of that name is meant.
    pub description: &'static str,
    /// Named values that are safe to show.
    pub values: Vec<(&'static str, String)>,
}

impl OAuthError {
    /// A refusal without values.
    #[must_use]
    pub fn new(code: ErrorCode, rule: &'static str, description: &'static str) -> Self {
        Self { code, rule, description, values: Vec::new() }
    }

    /// The same with a value that is safe to show.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// The same with several values of one name that are safe to show, twenty at most: a list that something was
    /// looked for in.
    #[must_use]
    pub fn with_each<T: AsRef<str>>(
        mut self,
        name: &'static str,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let values = values.into_iter().take(20);
        self.values.extend(values.map(|value| (name, value.as_ref().chars().take(512).collect())));
        self
    }

    /// A required parameter is missing or empty.
    #[must_use]
    pub fn missing_parameter(name: &'static str) -> Self {
        Self::new(ErrorCode::InvalidRequest, "parameters.missing", "Missing required parameter: {name}")
            .with("name", name)
    }

    /// A parameter stands more than once (RFC 6749 §3.1).
    #[must_use]
    pub fn repeated_parameter(name: &str) -> Self {
        Self::new(
            ErrorCode::InvalidRequest,
            "parameters.repeated",
            "A parameter must not be included more than once: {name}",
        )
        .with("name", name.chars().take(64).collect::<String>())
    }

    /// The value of that name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// `text` with each `{name}` replaced by the value of that name.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        self.values
            .iter()
            .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// The description with its values.
    #[must_use]
    pub fn describe(&self) -> String {
        self.fill(self.description)
    }
}

/// Whether the caller may come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Our own failure: `server_error`.
    Internal,
    /// A queue is full or a race was lost too often: `temporarily_unavailable`, with `Retry-After`.
    Unavailable,
}

/// A failure that is ours. Its text is for the log; the caller sees the kind only.
#[derive(Debug)]
pub struct Fault {
    /// What the caller may know.
    pub kind: FaultKind,
    /// What went wrong, without secrets.
    pub context: Cow<'static, str>,
    /// The cause.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Fault {
    /// An internal failure.
    #[must_use]
    pub fn internal(context: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: FaultKind::Internal, context: context.into(), source: None }
    }

    /// An overload or a dependency that is away.
    #[must_use]
    pub fn unavailable(context: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: FaultKind::Unavailable, context: context.into(), source: None }
    }

    /// The same with its cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{}: {source}", self.context),
            None => f.write_str(&self.context),
        }
    }
}

impl std::error::Error for Fault {}

/// Who is to blame is the variant.
#[derive(Debug)]
pub enum Error {
    /// The caller broke a rule; may be shown.
    Refused(OAuthError),
    /// We failed; goes to the log.
    Fault(Fault),
}

impl From<OAuthError> for Error {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
