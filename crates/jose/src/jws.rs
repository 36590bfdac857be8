use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Algorithm, JoseError, Signer, SigningError, base64url, parse_json};

/// A JOSE header: the members we read or write (RFC 7515 §4.1). Keys named in it are never trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Header {
    /// The algorithm's name, not yet checked against anything.
    pub alg: String,
    /// The media type of the whole object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typ: Option<String>,
    /// The key id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// A public key in the header: read by DPoP alone (RFC 9449 §4.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwk: Option<serde_json::Value>,
    /// Critical extensions: never read, since [`Compact::parse`] refuses them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crit: Option<serde_json::Value>,
}

/// A JWS in compact serialisation (RFC 7515 §7.1), parsed and not verified.
#[derive(Debug, Clone)]
pub struct Compact<'a> {
    /// The decoded header.
    pub header: Header,
    /// The decoded payload.
    pub payload: Vec<u8>,
    /// The decoded signature.
    pub signature: Vec<u8>,
    /// What the signature covers.
    pub signing_input: &'a str,
}

impl<'a> Compact<'a> {
    /// A JWT may have this many bytes.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Parses three canonical base64url parts. A header with `crit`, `b64` or `zip` is refused whatever
    /// the value, since we understand no extension (RFC 7515 §4.1.11, RFC 7797 §3, RFC 7516 §4.1.3).
    ///
    /// # Errors
    /// [`JoseError`] naming the rule broken.
    pub fn parse(text: &'a str) -> Result<Self, JoseError> {
        if text.len() > Self::MAX_BYTES {
            return Err(JoseError::Form);
        }
        let (signing_input, signature) = text.rsplit_once('.').ok_or(JoseError::Form)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JoseError::Form)?;
        if header.is_empty() || payload.contains('.') || signature.is_empty() {
            return Err(JoseError::Form);
        }
        let header: Map<String, Value> = parse_json(&base64url::decode(header)?)?;
        if ["crit", "b64", "zip"].iter().any(|name| header.contains_key(*name)) {
            return Err(JoseError::Critical);
        }
        let header = Header::deserialize(Value::Object(header)).map_err(|_| JoseError::Json)?;
        Ok(Self {
            header,
            payload: base64url::decode(payload)?,
            signature: base64url::decode(signature)?,
            signing_input,
        })
    }

    /// The algorithm of the header, if it is one of `allowed`: the header never chooses (RFC 8725 §3.1).
    ///
    /// # Errors
    /// [`JoseError::Algorithm`].
    pub fn algorithm(&self, allowed: &[Algorithm]) -> Result<Algorithm, JoseError> {
        Algorithm::parse(&self.header.alg).filter(|alg| allowed.contains(alg)).ok_or(JoseError::Algorithm)
    }
}

/// Signs `payload` as a compact JWS with the signer's `alg` and `kid`.
///
/// # Errors
/// [`SigningError`] when the key cannot sign.
pub fn sign_compact(
    signer: &dyn Signer,
    typ: &str,
    payload: &impl Serialize,
) -> Result<String, SigningError> {
    let header = Header {
        alg: signer.algorithm().as_str().to_owned(),
        typ: Some(typ.to_owned()),
        kid: signer.kid().map(str::to_owned),
        jwk: None,
        crit: None,
    };
    let json = |error: serde_json::Error| SigningError(error.to_string());
    let mut token = base64url::encode(serde_json::to_vec(&header).map_err(json)?);
    token.push('.');
    token.push_str(&base64url::encode(serde_json::to_vec(payload).map_err(json)?));
    let signature = signer.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&base64url::encode(signature));
    Ok(token)
}
