use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::JoseError;

/// Encodes without padding (RFC 7515 §2).
#[must_use]
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes; padding, white space and non-canonical trailing bits are refused.
///
/// # Errors
/// [`JoseError::Encoding`].
pub fn decode(text: &str) -> Result<Vec<u8>, JoseError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| JoseError::Encoding)
}
