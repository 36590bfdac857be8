use crate::Origin;
use crate::host_pattern::HostPattern;

/// An entry of a list of allowed origins: one origin, or a pattern with a `*` in the left-most label of its
/// host. The path of an entry does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// One origin.
    Exact(Origin),
    /// Every origin that the pattern stands for.
    Wildcard(OriginPattern),
}

/// Scheme and host of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginPattern {
    scheme: String,
    host: HostPattern,
}

impl AllowedOrigin {
    /// Parses an entry; `None` for what can be no origin of http or https, and for a `*` in a wrong place.
    #[must_use]
    pub fn parse(entry: &str) -> Option<Self> {
        let origin = Origin::parse(entry)?;
        if !entry.contains('*') {
            return Some(Self::Exact(origin));
        }
        let (scheme, authority) = origin.as_str().split_once("://")?;
        let once = entry.matches('*').count() == 1;
        let host = HostPattern::parse(authority).ok().filter(|_| once)?;
        Some(Self::Wildcard(OriginPattern { scheme: scheme.to_owned(), host }))
    }

    /// Whether it allows an origin.
    #[must_use]
    pub fn matches(&self, origin: &Origin) -> bool {
        match self {
            Self::Exact(exact) => exact == origin,
            Self::Wildcard(pattern) => pattern.matches(origin),
        }
    }
}

impl OriginPattern {
    /// Whether it stands for an origin.
    #[must_use]
    pub fn matches(&self, origin: &Origin) -> bool {
        let parts = origin.as_str().split_once("://");
        parts.is_some_and(|(scheme, authority)| scheme == self.scheme && self.host.matches(authority))
    }
}
