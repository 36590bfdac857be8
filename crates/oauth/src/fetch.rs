use std::borrow::Cow;

use crate::{BoxFuture, Secret};

/// Calls other servers over HTTP: identity providers, key sets, a tenant's own services.
///
/// Whoever implements it holds the limits of every call: time, size, no redirects, no private addresses
/// unless the deployment allows them.
pub trait HttpFetch: Send + Sync {
    /// Sends one request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// [`FetchError`] when there is no answer to read.
    fn fetch<'a>(&'a self, request: FetchRequest) -> BoxFuture<'a, Result<FetchResponse, FetchError>>;

    /// Whether any private address may be called: what a developer's machine allows.
    fn may_call_private(&self) -> bool {
        false
    }
}

/// A request to another server.
#[derive(Debug, Clone)]
pub struct FetchRequest {
    /// `GET`, `POST`, ….
    pub method: FetchMethod,
    /// The absolute `https` URL. Its query may carry tokens where a provider asks for that, so it is redacted.
    pub url: Secret<String>,
    /// Header fields beside those that the body needs; their values may be credentials.
    pub headers: Vec<(Cow<'static, str>, Secret<String>)>,
    /// The body.
    pub body: FetchBody,
}

/// The method of a request to another server (RFC 9110 §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchMethod {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
}

/// The body of a request to another server.
#[derive(Debug, Clone)]
pub enum FetchBody {
    /// None.
    Empty,
    /// `application/x-www-form-urlencoded`, ready to send.
    Form(Secret<String>),
    /// `application/json`, ready to send.
    Json(Secret<String>),
    /// Anything else: media type and text.
    Other(String, Secret<String>),
}

impl FetchRequest {
    /// A `GET` without further headers.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self::new(FetchMethod::Get, url, FetchBody::Empty)
    }

    /// A `POST` of a form.
    #[must_use]
    pub fn post_form(url: impl Into<String>, form: impl Into<String>) -> Self {
        Self::new(FetchMethod::Post, url, FetchBody::Form(Secret::new(form.into())))
    }

    /// A request without further headers.
    #[must_use]
    pub fn new(method: FetchMethod, url: impl Into<String>, body: FetchBody) -> Self {
        Self { method, url: Secret::new(url.into()), headers: Vec::new(), body }
    }

    /// Adds a header field.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), Secret::new(value.into())));
        self
    }
}

/// What another server answered.
#[derive(Debug, Clone)]
pub struct FetchResponse {
    /// The status code. A redirect is an answer like any other: nobody follows it.
    pub status: u16,
    /// `Content-Type` without parameters, in lower case; empty where there is none.
    pub content_type: String,
    /// The header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, as far as the limit; a longer one is [`FetchError::TooLarge`].
    pub body: Vec<u8>,
}

impl FetchResponse {
    /// Whether the status is a success (RFC 9110 §15.3).
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no answer. The texts are for the log; callers of ours are told only that it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// The URL is not one that may be called: scheme, port, user information.
    Url(&'static str),
    /// The host resolves to addresses that must not be called.
    PrivateAddress,
    /// The host has no address, or does not accept connections.
    Unreachable,
    /// TLS failed: the certificate is not trusted, or not the host's.
    Tls,
    /// The time is over.
    TimedOut,
    /// The answer is longer than the limit.
    TooLarge,
    /// The connection broke, or what came is not HTTP.
    Broken,
    /// As many calls as may run at once are running.
    Full,
}

impl std::fmt::Display for FetchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Url(rule) => return write!(f, "the URL may not be called: {rule}"),
            Self::PrivateAddress => "the host has no public address",
            Self::Unreachable => "the host cannot be reached",
            Self::Tls => "TLS failed",
            Self::TimedOut => "no answer in time",
            Self::TooLarge => "the answer is too large",
            Self::Broken => "the answer broke off",
            Self::Full => "too many calls at once",
        })
    }
}

impl std::error::Error for FetchError {}
