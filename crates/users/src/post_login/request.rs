use countersign_oauth::{Parameters, RequestContext};
use serde_json::{Map, Value};

use super::HttpRequest;

/// Parameters that carry a credential under a name that does not say so.
const CREDENTIALS: [&str; 13] = [
    "client_assertion",
    "assertion",
    "id_token_hint",
    "login_ticket",
    "otp",
    "pin",
    "request",
    "code",
    "user_code",
    "device_code",
    "binding_code",
    "oob_code",
    "recovery_code",
];

impl HttpRequest {
    /// What the hook may know of a request: who asked, how, and what for; every credential is left out.
    #[must_use]
    pub fn of(context: &RequestContext, method: &str, query: &Parameters, body: &Parameters) -> Self {
        let authority = context.domain.issuer.authority();
        Self {
            ip: context.client_ip.to_string(),
            method: method.to_owned(),
            hostname: authority.split(':').next().unwrap_or(authority).to_owned(),
            language: context.accept_language.clone(),
            user_agent: context.user_agent.clone(),
            body: without_credentials(body),
            query: without_credentials(query),
        }
    }
}

/// The parameters as the scripts see them: a name that stands once is a string, one that is repeated a list.
#[must_use]
pub fn as_members(parameters: &Parameters) -> Map<String, Value> {
    let mut members: Map<String, Value> = Map::new();
    for (name, value) in parameters.iter() {
        let value = Value::from(value);
        match members.get_mut(name) {
            None => {
                members.insert(name.to_owned(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    members
}

fn without_credentials(parameters: &Parameters) -> Map<String, Value> {
    let mut members = as_members(parameters);
    members.retain(|name, _| !is_credential(name));
    members
}

/// Whether a parameter's value is a secret. A name that nobody knows is one if it sounds like one: a grant of
/// someone else's may bring its own.
fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if CREDENTIALS.contains(&name.as_str()) {
        return true;
    }
    let sounds = ["token", "secret", "passw", "verifier", "ticket", "credential"];
    !name.ends_with("_type") && sounds.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests;
