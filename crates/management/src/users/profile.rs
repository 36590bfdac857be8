//! The rules that the values of a profile obey, at import and update alike.

use countersign_users::normalise_identifier;
use serde_json::{Map, Value};

use crate::{sample, schema::Verdict};

/// Keys that `app_metadata` may not have (management §3.5.6), and our own mark.
const RESERVED: [&str; 19] = [
    "__tenant",
    "_id",
    "blocked",
    "clientID",
    "created_at",
    "email",
    "email_verified",
    "globalClientID",
    "global_client_id",
    "identities",
    "lastIP",
    "lastLogin",
    "loginsCount",
    "metadata",
    "multifactor_last_modified",
    "multifactor",
    "updated_at",
    "user_id",
    sample::MARK,
];

/// How much one metadata object may hold, as JSON.
const MAX_METADATA_BYTES: usize = 16 * 1024;

/// An e-mail address: one `@` with something on both sides, no spaces.
pub(super) fn email(text: &str) -> Verdict {
    let is_address = normalise_identifier(text).is_some_and(|address| {
        let plain = !address.chars().any(|c| c.is_whitespace() || c.is_control());
        plain
            && address.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !domain.starts_with('.')
            })
    });
    if is_address { Verdict::Keep } else { Verdict::Refuse("must be an e-mail address".to_owned()) }
}

/// A username: no `@`, so that it is never taken for somebody's address.
pub(super) fn username(text: &str) -> Verdict {
    let plain = !text.chars().any(|c| c == '@' || c.is_whitespace() || c.is_control());
    if plain && (1..=128).contains(&text.len()) {
        Verdict::Keep
    } else {
        Verdict::Refuse("must have 1 to 128 characters, without spaces and @".to_owned())
    }
}

/// A name: one line.
pub(super) fn line(text: &str) -> Verdict {
    if (1..=300).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        Verdict::Keep
    } else {
        Verdict::Refuse("must have 1 to 300 characters, and no control characters".to_owned())
    }
}

/// A phone number: `+` and digits.
pub(super) fn phone(text: &str) -> Verdict {
    let digits = text.strip_prefix('+').unwrap_or_default();
    if (3..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
        Verdict::Keep
    } else {
        Verdict::Refuse("must be a phone number with its country code: +4912345".to_owned())
    }
}

/// What is wrong with the keys of an `app_metadata` object.
pub(super) fn reserved_key_problem(app_metadata: &Map<String, Value>) -> Option<String> {
    let key = app_metadata.keys().find(|key| RESERVED.contains(&key.as_str()))?;
    Some(format!("may not have the key {key}"))
}

/// What is wrong with the size of a metadata object.
pub(super) fn size_problem(metadata: &Map<String, Value>) -> Option<String> {
    let size = serde_json::to_vec(metadata).map_or(usize::MAX, |json| json.len());
    (size > MAX_METADATA_BYTES).then(|| format!("may have at most {MAX_METADATA_BYTES} bytes"))
}

/// The e-mail address or username as stored.
pub(super) fn stored_form(text: Option<&Value>) -> Option<String> {
    text.and_then(Value::as_str).and_then(normalise_identifier)
}
