use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A `grant_type` value: open, since extension grants are absolute URIs (RFC 6749 §4.5).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GrantType(Cow<'static, str>);

impl GrantType {
    /// RFC 6749 §4.1.3.
    pub const AUTHORIZATION_CODE: Self = Self(Cow::Borrowed("authorization_code"));
    /// RFC 6749 §6.
    pub const REFRESH_TOKEN: Self = Self(Cow::Borrowed("refresh_token"));
    /// RFC 6749 §4.4.
    pub const CLIENT_CREDENTIALS: Self = Self(Cow::Borrowed("client_credentials"));
    /// RFC 8693 §2.1.
    pub const TOKEN_EXCHANGE: Self = Self(Cow::Borrowed("urn:ietf:params:oauth:grant-type:token-exchange"));
    /// Not a value of the token endpoint: it governs the front-channel response types.
    pub const IMPLICIT: Self = Self(Cow::Borrowed("implicit"));

    /// A grant type by its name.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }

    /// The name on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for GrantType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
