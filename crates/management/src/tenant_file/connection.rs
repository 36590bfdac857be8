//! Connections of identity providers.

use countersign_connections::{Provider, Providers};
use serde_json::{Map, Value};

use super::{Entry, ParseOptions, TenantFile, parse::object_of};
use crate::schema::Reader;

/// The secret options of all strategies.
const SECRETS: [&str; 2] = ["client_secret", "app_secret"];

/// Takes the secret options out of an entry, so that no message shows them. What is no text stays, and is refused.
pub(super) fn take_secrets(entry: &mut Entry) {
    let Some(Value::Object(options)) = entry.given.get_mut("options") else { return };
    let mut secrets = Vec::new();
    for name in SECRETS {
        if let Some(Value::String(secret)) = options.get(name) {
            secrets.push((name.to_owned(), Value::from(secret.as_str())));
            options.remove(name);
        }
    }
    if !secrets.is_empty() {
        entry.secret = Some(object_of(secrets.into_iter()));
    }
}

/// Has each provider judge the options of its connections.
pub(super) fn check(file: &TenantFile, options: ParseOptions, reader: &mut Reader) {
    let providers = Providers::built_in();
    for entry in &file.connections {
        let provider = entry.text("strategy").and_then(|strategy| providers.find(strategy));
        let given = entry.given.get("options").and_then(Value::as_object);
        if let (Some(provider), Some(given)) = (provider, given) {
            check_options(provider, entry, given, reader);
            check_base_url(entry, given, options, reader);
        }
    }
}

fn check_options(provider: &dyn Provider, entry: &Entry, given: &Map<String, Value>, reader: &mut Reader) {
    for problem in provider.options().problems(given) {
        reader.problem(&option(entry, &problem.name), format!("must be {}", problem.must_be));
    }
}

/// A connection asks another server than its provider's only where private targets may be called: on a developer's
/// machine, and in tests.
fn check_base_url(entry: &Entry, given: &Map<String, Value>, options: ParseOptions, reader: &mut Reader) {
    let Some(url) = given.get("upstream_base_url").and_then(Value::as_str) else { return };
    let path = option(entry, "upstream_base_url");
    if !options.allow_private_upstreams {
        reader.problem(&path, "is for machines where outbound_allow_private is on");
    } else if !(url.starts_with("http://") || url.starts_with("https://")) || url.contains(['?', '#', '@']) {
        reader.problem(&path, "must be an http or https URL without a query");
    }
}

fn option(entry: &Entry, name: &str) -> String {
    entry.key(&format!("options.{name}"))
}
