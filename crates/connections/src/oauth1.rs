use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_oauth::Secret;

use crate::{Upstream, UpstreamError};

/// A consumer and a user's token (RFC 5849 §1.1).
pub(crate) struct Credentials<'a> {
    pub(crate) consumer_key: &'a str,
    pub(crate) consumer_secret: &'a Secret<String>,
    pub(crate) token: &'a Secret<String>,
    pub(crate) token_secret: &'a Secret<String>,
}

/// The `Authorization` header of a `GET` signed with HMAC-SHA1 (RFC 5849 §3).
///
/// `url` is the base string URI, without its query, whose parameters are `query`.
pub(crate) fn authorization(
    url: &str,
    query: &[(&str, &str)],
    credentials: &Credentials<'_>,
    upstream: &Upstream<'_>,
) -> Result<String, UpstreamError> {
    let (nonce, timestamp) = (upstream.nonce(), upstream.now.seconds().to_string());
    let protocol = [
        ("oauth_consumer_key", credentials.consumer_key),
        ("oauth_nonce", &nonce),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", &timestamp),
        ("oauth_token", credentials.token.expose()),
        ("oauth_version", "1.0"),
    ];
    let base = base_string("GET", url, protocol.iter().chain(query));
    let key = format!(
        "{}&{}",
        encode(credentials.consumer_secret.expose()),
        encode(credentials.token_secret.expose())
    );
    let key = Secret::new(key);
    let signature = upstream.secret_keys.hmac_sha1(key.expose().as_bytes(), base.as_bytes())?;
    let signature = STANDARD.encode(signature);
    let signed = [("oauth_signature", signature.as_str())];
    let members: Vec<String> =
        protocol.iter().chain(&signed).map(|(name, value)| format!("{name}=\"{}\"", encode(value))).collect();
    Ok(format!("OAuth {}", members.join(", ")))
}

/// RFC 5849 §3.4.1: method, URL and the sorted parameters.
fn base_string<'a>(
    method: &str,
    url: &str,
    parameters: impl Iterator<Item = &'a (&'a str, &'a str)>,
) -> String {
    let mut parameters: Vec<(String, String)> =
        parameters.map(|(name, value)| (encode(name), encode(value))).collect();
    parameters.sort();
    let parameters: Vec<String> =
        parameters.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{method}&{}&{}", encode(url), encode(&parameters.join("&")))
}

/// RFC 5849 §3.6: everything but unreserved characters, in upper case.
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

#[cfg(test)]
mod tests;
