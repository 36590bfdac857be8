use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign_oauth::{ClientId, Parameters, Secret};

use crate::ClientAuthError;

/// The longest header value that is read.
const MAX_BYTES: usize = 8 * 1024;

/// Reads `Authorization: Basic`; another scheme, `Bearer` for one, counts as no credentials at all.
///
/// # Errors
/// [`ClientAuthError::MalformedBasic`] (RFC 7617 §2; both halves are form-decoded, RFC 6749 §2.3.1).
pub(crate) fn parse(header: &str) -> Result<Option<(ClientId, Secret<String>)>, ClientAuthError> {
    let Some((scheme, credentials)) = header.split_once(' ') else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let malformed = ClientAuthError::MalformedBasic;
    if credentials.len() > MAX_BYTES {
        return Err(malformed);
    }
    let decoded = STANDARD.decode(credentials.trim()).map_err(|_| ClientAuthError::MalformedBasic)?;
    let decoded = String::from_utf8(decoded).map_err(|_| ClientAuthError::MalformedBasic)?;
    let (id, secret) = decoded.split_once(':').ok_or(malformed)?;
    let id = form_decode(id)?;
    let secret = form_decode(secret)?;
    if id.is_empty() {
        return Err(ClientAuthError::MalformedBasic);
    }
    Ok(Some((ClientId::new(id), Secret::new(secret))))
}

/// Decodes one form-encoded value; `&` and `=` inside stand for themselves.
fn form_decode(text: &str) -> Result<String, ClientAuthError> {
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    let pair = Parameters::parse_form(format!("v={escaped}").as_bytes())
        .map_err(|_| ClientAuthError::MalformedBasic)?;
    Ok(pair.find("v").unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests;
