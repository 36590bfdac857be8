#![doc = include_str!("../README.md")]

mod allowed_origin;
mod compliance;
mod context;
mod domain;
mod error;
mod fetch;
mod grant_type;
mod handle;
mod host_pattern;
mod ids;
mod origin;
mod parameters;
mod random;
mod redirect_uri;
mod registered_uri;
mod scope;
mod seal;
mod secret;
mod time;

pub use allowed_origin::{AllowedOrigin, OriginPattern};
pub use compliance::Compliance;
pub use context::RequestContext;
pub use domain::{Domain, Issuer};
pub use error::{Error, ErrorCode, Fault, FaultKind, OAuthError};
pub use fetch::{FetchBody, FetchError, FetchMethod, FetchRequest, FetchResponse, HttpFetch};
pub use grant_type::GrantType;
pub use handle::{Handle, HandleHash};
pub use host_pattern::PatternError;
pub use ids::*;
pub use origin::Origin;
pub use parameters::{FromParameters, ParameterError, Parameters, encode_query};
pub use random::SecureRandom;
pub use redirect_uri::{RedirectUri, UriError};
pub use registered_uri::{EntryError, RegisteredUri};
pub use scope::{Scope, ScopeError};
pub use seal::{MessageAuthenticator, SealError, Sealed, Sealer};
pub use secret::Secret;
pub use time::{Clock, Seconds, Timestamp};

/// A boxed future, so that traits of the pure crates stay object-safe and free of any runtime.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;
