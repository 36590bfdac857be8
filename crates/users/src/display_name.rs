use countersign_storage::User;
use serde_json::Value;

/// A user as pages name him: e-mail, else username, else name, else id.
#[must_use]
pub fn display_name(user: &User) -> String {
    let name = user.profile.claims.get("name").and_then(Value::as_str);
    let named = user.email.as_deref().or(user.username.as_deref()).or(name);
    named.unwrap_or(user.id.as_str()).to_owned()
}

#[cfg(test)]
mod tests;
