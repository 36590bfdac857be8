use countersign_storage::ResourceServerSettings;
use serde_json::{Map, Value};

use super::{Finding, Resolved, finding, keys_of, merge, object, settings_of};

/// An API's settings (core §1.3, management §3.5.3): what is given over what is stored over the defaults.
///
/// An API that a file makes is one made through the Management API: without the key, consent is not skipped.
pub(crate) fn api(
    given: &Map<String, Value>,
    stored: Option<&ResourceServerSettings>,
) -> Resolved<ResourceServerSettings> {
    let mut keys = merge(stored.map(keys_of).unwrap_or_default(), given);
    let identifier = keys.remove("identifier");
    if let Some(identifier) = identifier {
        keys.entry("name").or_insert(identifier);
    }
    let mut problems = Vec::new();
    fill_defaults(&mut keys, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let settings: ResourceServerSettings = settings_of(keys)?;
    if settings.token_lifetime_for_web > settings.token_lifetime {
        problems.push(finding("token_lifetime_for_web", "is over token_lifetime"));
    }
    let scopes = &settings.scopes;
    let twice =
        scopes.iter().enumerate().find(|(at, scope)| scopes.iter().take(*at).any(|s| s.value == scope.value));
    if let Some((_, scope)) = twice {
        problems.push(finding("scopes", format!("has {} twice", scope.value)));
    }
    if problems.is_empty() { Ok((settings, Vec::new())) } else { Err(problems) }
}

fn fill_defaults(keys: &mut Map<String, Value>, problems: &mut Vec<Finding>) {
    if let Some(lifetime) = keys.get("token_lifetime").and_then(Value::as_i64) {
        keys.entry("token_lifetime_for_web").or_insert_with(|| Value::from(lifetime.min(7_200)));
    }
    if let Some(subjects) = keys.get_mut("subject_type_authorization").and_then(Value::as_object_mut) {
        for (subject, policy) in [("user", "allow_all"), ("client", "require_client_grant")] {
            if let Some(subject) = object(subjects, subject) {
                subject.entry("policy").or_insert_with(|| Value::from(policy));
            }
        }
    }
    if keys.get("proof_of_possession").is_some_and(|proof| proof.get("mechanism").is_none()) {
        problems.push(finding("proof_of_possession", "must name its mechanism"));
    }
    let nameless = |scope: &Value| scope.get("value").is_none_or(Value::is_null);
    if keys.get("scopes").and_then(Value::as_array).is_some_and(|scopes| scopes.iter().any(nameless)) {
        problems.push(finding("scopes", "has an entry without value"));
    }
}
