use countersign_storage::{Connection, User};
use serde_json::{Map, Value, json};

use crate::sample;

/// A user as Auth0 shows him (management §3.5.6): what is not set is absent, and the password never shown.
///
/// `connections` gives the names that his identities show.
#[must_use]
pub fn show_user(user: &User, connections: &[Connection]) -> Value {
    let mut shown = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            shown.insert(key.to_owned(), value);
        }
    };
    put("user_id", Some(user.id.as_str().into()));
    put("email", user.email.clone().map(Value::from));
    put("email_verified", user.email.is_some().then(|| user.email_verified.into()));
    put("username", user.username.clone().map(Value::from));
    put("blocked", user.blocked.then(|| true.into()));
    for (key, value) in &user.profile.claims {
        put(if key == "phone_number_verified" { "phone_verified" } else { key }, Some(value.clone()));
    }
    put("identities", Some(identities(user, connections)));
    put("created_at", Some(user.created_at.to_iso8601().into()));
    put("updated_at", Some(user.updated_at.to_iso8601().into()));
    put("last_login", user.last_login.map(|at| at.to_iso8601().into()));
    put("last_ip", user.last_ip.clone().map(Value::from));
    put("logins_count", (user.logins_count > 0).then(|| user.logins_count.into()));
    put("last_password_reset", user.password_changed_at.map(|at| at.to_iso8601().into()));
    put("user_metadata", given(&user.profile.user_metadata));
    put("app_metadata", given(&user.profile.app_metadata));
    Value::Object(shown)
}

fn given(metadata: &Map<String, Value>) -> Option<Value> {
    let mut metadata = metadata.clone();
    metadata.remove(sample::MARK);
    (!metadata.is_empty()).then_some(Value::Object(metadata))
}

fn identities(user: &User, connections: &[Connection]) -> Value {
    let identity = |identity: &countersign_storage::Identity| {
        let connection = connections.iter().find(|connection| connection.id == identity.connection_id);
        json!({
            "connection": connection.map_or(identity.connection_id.as_str(), |connection| connection.name.as_str()),
            "provider": identity.provider,
            "user_id": identity.provider_user_id,
            "isSocial": false,
        })
    };
    user.identities.iter().map(identity).collect()
}
