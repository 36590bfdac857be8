use countersign_oauth::Scope;
use countersign_storage::User;
use serde_json::{Map, Value};

/// How dates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimStyle {
    /// Auth0: `updated_at` as an ISO 8601 string with milliseconds.
    IsoDates,
    /// OpenID Connect Core §5.1: `updated_at` as a number of seconds.
    NumericDates,
}

/// The claims of the `profile` scope (OpenID Connect Core §5.4).
const PROFILE: [&str; 13] = [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
];

/// Scopes that are the name of one claim; advertised by discovery for older clients.
const SINGLE: [&str; 5] = ["name", "given_name", "family_name", "nickname", "picture"];

/// Whether a scope is one of OpenID Connect's own or one of the single-claim scopes.
#[must_use]
pub fn is_claim_scope(scope: &str) -> bool {
    matches!(
        scope,
        "openid" | "profile" | "email" | "phone" | "address" | "email_verified" | "created_at" | "identities"
    ) || SINGLE.contains(&scope)
}

/// The standard claims that the granted scopes open, only those present on the profile.
#[must_use]
pub fn claims_for_scope(user: &User, scope: &Scope, style: ClaimStyle) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut copy = |name: &str| {
        if let Some(value) = user.profile.claims.get(name).filter(|value| !value.is_null()) {
            claims.insert(name.to_owned(), value.clone());
        }
    };
    if scope.contains("profile") {
        PROFILE.iter().for_each(|name| copy(name));
    }
    SINGLE.iter().filter(|name| scope.contains(name)).for_each(|name| copy(name));
    if scope.contains("phone") {
        copy("phone_number");
        copy("phone_number_verified");
    }
    if scope.contains("address") {
        copy("address");
    }
    if scope.contains("profile") {
        let updated_at = match style {
            ClaimStyle::IsoDates => Value::from(user.updated_at.to_iso8601()),
            ClaimStyle::NumericDates => Value::from(user.updated_at.seconds()),
        };
        claims.insert("updated_at".to_owned(), updated_at);
    }
    if let Some(email) = user.email.as_ref().filter(|_| scope.contains("email")) {
        claims.insert("email".to_owned(), Value::from(email.clone()));
    }
    if user.email.is_some() && (scope.contains("email") || scope.contains("email_verified")) {
        claims.insert("email_verified".to_owned(), Value::from(user.email_verified));
    }
    if scope.contains("created_at") {
        claims.insert("created_at".to_owned(), Value::from(user.created_at.to_iso8601()));
    }
    claims
}

#[cfg(test)]
mod tests;
