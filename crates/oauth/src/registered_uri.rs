use crate::host_pattern::{HostPattern, PatternError};
use crate::{RedirectUri, UriError};

/// An entry of a list of allowed callbacks or logout URLs: one URL, or a pattern with a `*` in its host.
///
/// A pattern with a placeholder (`{organization_name}`) parses and matches nothing, since no request of ours
/// belongs to an organization or a custom domain with metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredUri(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Exact(RedirectUri),
    Wildcard {
        uri: RedirectUri,
        host: HostPattern,
    },
    /// With the placeholder filled, so that the rest can be judged.
    Placeholder(RedirectUri),
}

/// Why a text is no entry of such a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryError {
    /// It is no redirection endpoint, stars and placeholders apart.
    Uri(UriError),
    /// Its star or placeholder stands where none may.
    Pattern(PatternError),
}

impl std::fmt::Display for EntryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Uri(error) => error.fmt(f),
            Self::Pattern(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for EntryError {}

const ORGANIZATION: &str = "{organization_name}";

impl RegisteredUri {
    /// Parses an entry. It may end in a fragment, which does not count.
    ///
    /// # Errors
    /// [`EntryError`] naming the rule broken.
    pub fn parse(entry: &str) -> Result<Self, EntryError> {
        if entry.contains(['{', '}']) {
            return fill_placeholders(entry).map(|filled| Self(Kind::Placeholder(filled)));
        }
        let uri = RedirectUri::parse(entry).map_err(EntryError::Uri)?;
        if !uri.as_str().contains('*') {
            return Ok(Self(Kind::Exact(uri)));
        }
        let host = wildcard_host(&uri).map_err(EntryError::Pattern)?;
        Ok(Self(Kind::Wildcard { uri, host }))
    }

    /// Whether a target is the entry's URL, or one that its pattern stands for: the same but for the letter
    /// case of scheme and host.
    #[must_use]
    pub fn matches(&self, target: &RedirectUri) -> bool {
        match &self.0 {
            Kind::Exact(uri) => uri.is_equivalent(target),
            Kind::Wildcard { uri, host } => {
                uri.scheme == target.scheme && uri.rest == target.rest && host.matches(&target.authority)
            }
            Kind::Placeholder(_) => false,
        }
    }

    /// The URL, where the entry is no pattern.
    #[must_use]
    pub fn exact(&self) -> Option<&RedirectUri> {
        match &self.0 {
            Kind::Exact(uri) => Some(uri),
            Kind::Wildcard { .. } | Kind::Placeholder(_) => None,
        }
    }

    /// Whether the entry matches nothing yet: its placeholder stands for what does not exist here.
    #[must_use]
    pub fn is_placeholder(&self) -> bool {
        matches!(self.0, Kind::Placeholder(_))
    }

    /// Whether the query already has a parameter of this name.
    #[must_use]
    pub fn has_parameter(&self, name: &str) -> bool {
        match &self.0 {
            Kind::Exact(uri) | Kind::Wildcard { uri, .. } | Kind::Placeholder(uri) => uri.has_parameter(name),
        }
    }
}

fn wildcard_host(uri: &RedirectUri) -> Result<HostPattern, PatternError> {
    if !uri.is_web() {
        return Err(PatternError::Scheme);
    }
    if uri.as_str().matches('*').count() > 1 {
        return Err(PatternError::Repeated);
    }
    HostPattern::parse(&uri.authority)
}

/// `{organization_name}` is the whole left-most label and stands alone; `{custom_domain.metadata.KEY}` with a
/// public KEY stands in the host; neither goes with a `*` or a scheme of one's own (core §2.7).
fn fill_placeholders(entry: &str) -> Result<RedirectUri, EntryError> {
    let wrong = EntryError::Pattern(PatternError::Placeholder);
    let (scheme, rest) = entry.split_once("://").ok_or(wrong)?;
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let after = rest.get(authority.len()..).unwrap_or_default();
    if !web || entry.contains('*') || after.contains(['{', '}']) {
        return Err(wrong);
    }
    let filled = match authority.strip_prefix(ORGANIZATION) {
        Some(parent) if parent.starts_with('.') && !parent.contains(['{', '}']) => format!("x{parent}"),
        _ => fill_metadata(authority).ok_or(wrong)?,
    };
    RedirectUri::parse(&format!("{scheme}://{filled}{after}")).map_err(EntryError::Uri)
}

fn fill_metadata(authority: &str) -> Option<String> {
    let mut filled = String::new();
    let mut rest = authority;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}')?;
        let key = inside.strip_prefix("custom_domain.metadata.")?;
        let public = key.strip_prefix("public_").or_else(|| key.strip_prefix("PUBLIC_"))?;
        if public.is_empty() || public.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            return None;
        }
        filled.push_str(before);
        filled.push('x');
        rest = after;
    }
    filled.push_str(rest);
    (!filled.contains('}')).then_some(filled)
}
