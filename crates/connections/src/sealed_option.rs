use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_oauth::{ConnectionId, KeyId, Sealed, Sealer, Secret};
use countersign_storage::Connection;
use serde_json::{Value, json};

/// The form of a secret option in storage: an object, which no clear text is.
const KEY: &str = "sealed_by";
const CIPHERTEXT: &str = "sealed";

/// A secret option as it is stored: sealed for this connection and this option alone.
#[must_use]
pub fn seal_option(id: &ConnectionId, name: &str, clear: &Secret<String>, sealer: &dyn Sealer) -> Value {
    let sealed = sealer.seal(&purpose(id, name), clear.expose().as_bytes());
    json!({ KEY: sealed.key_id.as_str(), CIPHERTEXT: URL_SAFE_NO_PAD.encode(&sealed.ciphertext) })
}

/// The clear text of a connection's secret option; `None` where it is not set, or was sealed elsewhere.
#[must_use]
pub fn open_option(connection: &Connection, name: &str, sealer: &dyn Sealer) -> Option<Secret<String>> {
    let stored = connection.settings.options.get(name)?;
    let text = |member: &str| stored.get(member).and_then(Value::as_str);
    let ciphertext = URL_SAFE_NO_PAD.decode(text(CIPHERTEXT)?).ok()?;
    let sealed = Sealed { key_id: KeyId::new(text(KEY)?), ciphertext };
    let clear = sealer.open(&purpose(&connection.id, name), &sealed).ok()?;
    String::from_utf8(clear).ok().map(Secret::new)
}

fn purpose(id: &ConnectionId, name: &str) -> String {
    format!("connection_option:{id}:{name}")
}
