use countersign_jose::{decode_base64url, encode_base64url};
use countersign_oauth::{KeyId, Sealed, Sealer};
use serde::{Serialize, de::DeserializeOwned};

/// Seals a value into the text of a hidden form field: what a page has to remember, and nobody may change.
pub fn seal_field(purpose: &str, value: &impl Serialize, sealer: &dyn Sealer) -> String {
    let plain = serde_json::to_vec(value).unwrap_or_default();
    let sealed = sealer.seal(purpose, &plain);
    format!("{}.{}", encode_base64url(sealed.key_id.as_str()), encode_base64url(sealed.ciphertext))
}

/// Opens such a field; `None` for one that was changed, made up, or sealed for another purpose.
pub fn open_field<T: DeserializeOwned>(purpose: &str, field: &str, sealer: &dyn Sealer) -> Option<T> {
    let (key_id, ciphertext) = field.split_once('.')?;
    let key_id = String::from_utf8(decode_base64url(key_id).ok()?).ok()?;
    let sealed = Sealed { key_id: KeyId::new(key_id), ciphertext: decode_base64url(ciphertext).ok()? };
    serde_json::from_slice(&sealer.open(purpose, &sealed).ok()?).ok()
}
