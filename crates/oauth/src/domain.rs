use serde::{Deserialize, Serialize};

/// An issuer identifier: an http(s) URL with a trailing slash (RFC 8414 §2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Issuer(String);

impl Issuer {
    /// Takes an origin or issuer URL; a missing trailing slash is added.
    #[must_use]
    pub fn new(url: &str) -> Self {
        if url.ends_with('/') { Self(url.to_owned()) } else { Self(format!("{url}/")) }
    }

    /// The issuer, with its trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An endpoint's URL: `path` without a leading slash.
    #[must_use]
    pub fn endpoint(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Host and port, as a request's `Host` header names them; the scheme's default port is left out.
    #[must_use]
    pub fn authority(&self) -> &str {
        let rest = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }

    /// Whether the scheme is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl std::fmt::Display for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One of a tenant's domains. What is issued on one is refused on another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The issuer, base of every endpoint URL and of `htu`.
    pub issuer: Issuer,
}

impl Domain {
    /// The audience of tokens for our own userinfo endpoint.
    #[must_use]
    pub fn userinfo_audience(&self) -> String {
        self.issuer.endpoint("userinfo")
    }

    /// Whether cookies of this domain may be `Secure`: only a loopback http domain says no.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.issuer.is_https()
    }
}
