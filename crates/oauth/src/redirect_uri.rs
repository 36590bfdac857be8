use crate::Origin;

/// A redirection endpoint (RFC 6749 §3.1.2), parsed once; its fragment is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    pub(crate) scheme: String,
    /// Lower-cased host and port; empty where the URI has no authority.
    pub(crate) authority: String,
    /// Path and query, byte for byte.
    pub(crate) rest: String,
}

/// Why a text is no redirection endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UriError {
    /// Empty, over 2,048 bytes, or with characters outside visible ASCII, or a backslash.
    Characters,
    /// No scheme, or one that is not an RFC 3986 §3.1 scheme.
    Scheme,
    /// A scheme that runs or reads something: `javascript`, `data`, `vbscript`, `file`, `blob`, `about`.
    DangerousScheme,
    /// User information, an empty or malformed host, or a malformed port.
    Authority,
}

impl std::fmt::Display for UriError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Characters => "is empty, too long, or has characters that a URL may not have",
            Self::Scheme => "has no valid scheme",
            Self::DangerousScheme => "has a scheme that is never allowed",
            Self::Authority => "has no valid host, or carries user information or a malformed port",
        })
    }
}

impl std::error::Error for UriError {}

const DANGEROUS: [&str; 6] = ["javascript", "data", "vbscript", "file", "blob", "about"];

impl RedirectUri {
    /// Parses an absolute URI as strictly as a redirect target deserves.
    ///
    /// # Errors
    /// [`UriError`] naming the rule broken.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        let text = text.split('#').next().unwrap_or_default();
        if text.is_empty()
            || text.len() > 2048
            || !text.bytes().all(|b| b.is_ascii_graphic() && !br#"\"<>^`{|}"#.contains(&b))
        {
            return Err(UriError::Characters);
        }
        let (scheme, after) = text.split_once(':').ok_or(UriError::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        let mut letters = scheme.bytes();
        if !letters.next().is_some_and(|b| b.is_ascii_alphabetic())
            || !letters.all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        {
            return Err(UriError::Scheme);
        }
        if DANGEROUS.contains(&scheme.as_str()) {
            return Err(UriError::DangerousScheme);
        }
        let web = scheme == "http" || scheme == "https";
        let (authority, rest) = match after.strip_prefix("//") {
            Some(after) => {
                let end = after.find(['/', '?']).unwrap_or(after.len());
                let (authority, rest) = after.split_at(end);
                (parse_authority(authority, web)?, rest.to_owned())
            }
            None if web => return Err(UriError::Authority),
            None => (String::new(), after.to_owned()),
        };
        Ok(Self { text: text.to_owned(), scheme, authority, rest })
    }

    /// The URI without its fragment, as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether two URIs are the same but for the letter case of scheme and host.
    #[must_use]
    pub fn is_equivalent(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.authority == other.authority && self.rest == other.rest
    }

    /// Whether two URIs differ at most in the port, both on `http` and a loopback IP (RFC 8252 §7.3).
    #[must_use]
    pub fn is_equivalent_on_loopback(&self, other: &Self) -> bool {
        let ip = |uri: &Self| uri.host() == "127.0.0.1" || uri.host() == "[::1]";
        self.scheme == "http"
            && other.scheme == "http"
            && ip(self)
            && self.host() == other.host()
            && self.rest == other.rest
    }

    /// Whether another program on the device could receive the answer: a private-use scheme or loopback.
    #[must_use]
    pub fn is_non_verifiable(&self) -> bool {
        !self.is_web() || matches!(self.host(), "localhost" | "127.0.0.1" | "[::1]")
    }

    /// Whether the scheme is http or https.
    #[must_use]
    pub fn is_web(&self) -> bool {
        self.scheme == "http" || self.scheme == "https"
    }

    /// The origin, for an http or https URI.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        Origin::parse(&self.text)
    }

    /// What a `form-action` policy names: the origin, or `scheme:` for a private-use scheme.
    #[must_use]
    pub fn csp_source(&self) -> String {
        self.origin().map_or_else(|| format!("{}:", self.scheme), |origin| origin.to_string())
    }

    /// Whether the query already has a parameter of this name.
    #[must_use]
    pub fn has_parameter(&self, name: &str) -> bool {
        let query = self.rest.split_once('?').map_or("", |(_, query)| query);
        query.split('&').any(|pair| pair.split('=').next() == Some(name))
    }

    /// The URI with `query` (already form-encoded) added to what it has.
    #[must_use]
    pub fn with_query(&self, query: &str) -> String {
        let joint = match self.rest.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some((_, existing)) if existing.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{}{joint}{query}", self.text)
    }

    /// The URI with `fragment` (already form-encoded).
    #[must_use]
    pub fn with_fragment(&self, fragment: &str) -> String {
        format!("{}#{fragment}", self.text)
    }

    fn host(&self) -> &str {
        match self.authority.strip_prefix('[') {
            Some(v6) => v6.find(']').and_then(|end| self.authority.get(..end + 2)).unwrap_or_default(),
            None => self.authority.split(':').next().unwrap_or_default(),
        }
    }
}

/// Host and port in lower case: a name, an IPv4 address or a bracketed IPv6 one, and a port from 1 on.
fn parse_authority(authority: &str, web: bool) -> Result<String, UriError> {
    let lower = authority.to_ascii_lowercase();
    let (host, port) = match lower.strip_prefix('[') {
        Some(v6) => {
            let (inside, after) = v6.split_once(']').ok_or(UriError::Authority)?;
            inside.parse::<std::net::Ipv6Addr>().map_err(|_| UriError::Authority)?;
            match after.strip_prefix(':') {
                None if !after.is_empty() => return Err(UriError::Authority),
                port => (inside, port),
            }
        }
        None => match lower.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (lower.as_str(), None),
        },
    };
    let host_is_right =
        lower.starts_with('[') || host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._*".contains(&b));
    let port_is_right = port.is_none_or(|port| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if (web && host.is_empty()) || !host_is_right || !port_is_right {
        return Err(UriError::Authority);
    }
    Ok(lower)
}
