//! Hosts with a `*` in their left-most label.

/// A host, perhaps with a port, whose left-most label has one `*`: `*.example.com`, `pr-*-web.example.com`.
///
/// The star stands for one label or the inner part of one, never for a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPattern {
    before: String,
    /// What follows the star: the rest of its label, the other labels, the port.
    after: String,
}

/// Why a pattern matches nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternError {
    /// More than one `*`.
    Repeated,
    /// A `*` that is not in the left-most label of the host.
    Place,
    /// A `*` in a URI that is neither http nor https.
    Scheme,
    /// A `*` directly below a top-level domain, or below a suffix like `co.uk`, or in an address.
    TopLevel,
    /// A placeholder that is not one, or not where it may stand.
    Placeholder,
}

impl std::fmt::Display for PatternError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Repeated => "has more than one *",
            Self::Place => "has a * outside the left-most label of its host",
            Self::Scheme => "has a *, which only http and https URLs may have",
            Self::TopLevel => "has a * directly below a top-level domain or in an address",
            Self::Placeholder => "has a placeholder that is unknown or stands where it may not",
        })
    }
}

impl std::error::Error for PatternError {}

/// Second-level names under which country registries let anybody register: `co.uk`, `com.au`.
///
/// The public suffix list has thousands more, of companies too (`github.io`); it is not carried here. These
/// few are what a slip of the keyboard makes of `*.example.co.uk`.
const REGISTRY_NAMES: [&str; 14] =
    ["ac", "co", "com", "edu", "go", "gob", "gov", "ltd", "me", "net", "ne", "or", "org", "plc"];

impl HostPattern {
    /// Parses a lower-cased authority that has a `*`.
    pub(crate) fn parse(authority: &str) -> Result<Self, PatternError> {
        let (before, after) = authority.split_once('*').ok_or(PatternError::Place)?;
        if after.contains('*') {
            return Err(PatternError::Repeated);
        }
        let host = after.split(':').next().unwrap_or_default();
        let (label_end, parent) = host.split_once('.').unwrap_or((host, ""));
        let inside = |part: &str| part.bytes().all(is_of_a_label);
        if !inside(before) || !inside(label_end) {
            return Err(PatternError::Place);
        }
        check_parent(parent)?;
        Ok(Self { before: before.to_owned(), after: after.to_owned() })
    }

    /// Whether a lower-cased authority is one of those that the pattern stands for.
    pub(crate) fn matches(&self, authority: &str) -> bool {
        let inner = authority.strip_prefix(&self.before).and_then(|rest| rest.strip_suffix(&self.after));
        let Some(inner) = inner.filter(|inner| !inner.is_empty()) else { return false };
        let label = authority.split('.').next().unwrap_or_default();
        let ends_well = !label.starts_with('-') && !label.ends_with('-');
        inner.bytes().all(is_of_a_label) && ends_well && label.len() <= 63
    }
}

/// What the star's label hangs below: a name of two labels at least, which no registry sells below.
fn check_parent(parent: &str) -> Result<(), PatternError> {
    let labels: Vec<&str> = parent.split('.').collect();
    if labels.iter().any(|label| label.is_empty()) {
        return Err(PatternError::TopLevel);
    }
    match labels.as_slice() {
        // A last label that is a number makes an IPv4 address of the whole (WHATWG URL, "ends in a number").
        [.., last] if !last.starts_with(|c: char| c.is_ascii_alphabetic()) => Err(PatternError::TopLevel),
        [] | [_] => Err(PatternError::TopLevel),
        [registry, country] if country.len() == 2 && REGISTRY_NAMES.contains(registry) => {
            Err(PatternError::TopLevel)
        }
        _ => Ok(()),
    }
}

fn is_of_a_label(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}
