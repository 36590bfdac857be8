use countersign_storage::TenantSettings;
use serde_json::{Map, Value};

use super::{Resolved, finding, keys_of, merge, settings_of};

/// The lifetimes that may be given in hours or in minutes, and never in both.
const LIFETIMES: [(&str, &str); 4] = [
    ("session_lifetime", "session_lifetime_in_minutes"),
    ("idle_session_lifetime", "idle_session_lifetime_in_minutes"),
    ("ephemeral_session_lifetime", "ephemeral_session_lifetime_in_minutes"),
    ("idle_ephemeral_session_lifetime", "idle_ephemeral_session_lifetime_in_minutes"),
];

/// The tenant's settings (core §1.1, management §3.5.8): what is given over what is stored.
pub(crate) fn tenant(
    given: &Map<String, Value>,
    stored: Option<&TenantSettings>,
) -> Resolved<TenantSettings> {
    let mut given = given.clone();
    let mut problems = Vec::new();
    for (hours, minutes) in LIFETIMES {
        let Some(value) = given.remove(minutes) else { continue };
        if given.contains_key(hours) {
            problems.push(finding(minutes, "is given twice: in hours and in minutes"));
        }
        let value = value.as_f64().map_or(Value::Null, |minutes| Value::from(minutes / 60.0));
        given.insert(hours.to_owned(), value);
    }
    let keys = merge(stored.map(keys_of).unwrap_or_default(), &given);
    if keys.get("session_cookie").is_some_and(|cookie| cookie.get("mode").is_none()) {
        problems.push(finding("session_cookie", "must name its mode"));
    }
    if keys.get("enabled_locales").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        problems.push(finding("enabled_locales", "must name one at least"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok((settings_of(keys)?, Vec::new()))
}
