use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A list of scope tokens without repetition, in the order given (RFC 6749 §3.3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope(Vec<String>);

/// Why a `scope` value is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeError {
    /// A character outside `%x21 / %x23-5B / %x5D-7E`.
    IllegalCharacter,
    /// Over 100 entries or 4 KiB.
    TooLong,
}

impl Scope {
    /// At most this many entries.
    pub const MAX_ENTRIES: usize = 100;
    /// At most this many bytes.
    pub const MAX_BYTES: usize = 4096;

    /// Parses a space-separated list; repeated entries count once.
    ///
    /// # Errors
    /// [`ScopeError`] on an illegal character or over the limits.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        if text.len() > Self::MAX_BYTES {
            return Err(ScopeError::TooLong);
        }
        let mut entries = Vec::new();
        for entry in text.split(' ').filter(|entry| !entry.is_empty()) {
            if !entry.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)) {
                return Err(ScopeError::IllegalCharacter);
            }
            if !entries.iter().any(|known| known == entry) {
                entries.push(entry.to_owned());
            }
            if entries.len() > Self::MAX_ENTRIES {
                return Err(ScopeError::TooLong);
            }
        }
        Ok(Self(entries))
    }

    /// No scope at all.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Whether `entry` is in the list.
    #[must_use]
    pub fn contains(&self, entry: &str) -> bool {
        self.0.iter().any(|known| known == entry)
    }

    /// Whether every entry of `other` is in this list.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.iter().all(|entry| self.contains(entry))
    }

    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The entries that `keep` keeps.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|entry| keep(entry)).cloned().collect())
    }

    /// The entries of both, this list's first.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for entry in &other.0 {
            if !all.contains(entry) {
                all.0.push(entry.clone());
            }
        }
        all
    }
}

impl<S: Into<String>> FromIterator<S> for Scope {
    fn from_iter<I: IntoIterator<Item = S>>(entries: I) -> Self {
        let mut scope = Self::empty();
        for entry in entries {
            let entry = entry.into();
            if !scope.contains(&entry) {
                scope.0.push(entry);
            }
        }
        scope
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(String::deserialize(deserializer)?.split(' ').filter(|entry| !entry.is_empty()).collect())
    }
}
