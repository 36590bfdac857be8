use countersign_oauth::Secret;

use crate::PkceError;

/// A `code_verifier` (RFC 7636 §4.1): 43 to 128 unreserved characters; printed redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeVerifier(Secret<String>);

impl CodeVerifier {
    /// The shortest.
    pub const MIN_CHARS: usize = 43;
    /// The longest.
    pub const MAX_CHARS: usize = 128;

    /// Parses a presented verifier.
    ///
    /// # Errors
    /// [`PkceError::MalformedVerifier`].
    pub fn parse(text: &str) -> Result<Self, PkceError> {
        if is_verifier(text) { Ok(Self(Secret::from(text))) } else { Err(PkceError::MalformedVerifier) }
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Whether a text is `43*128unreserved` (RFC 7636 §4.1, RFC 3986 §2.3).
pub(crate) fn is_verifier(text: &str) -> bool {
    (CodeVerifier::MIN_CHARS..=CodeVerifier::MAX_CHARS).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}
