use std::collections::BTreeMap;

use super::{Entry, TenantFile, rules};
use crate::{
    resolve::{self, Finding},
    schema::Reader,
};

/// Checks what goes beyond one value: what must be there, what may stand once, and each object whole.
pub(super) fn check(file: &TenantFile, reader: &mut Reader) {
    require(reader, &file.clients, &["name"]);
    require(reader, &file.apis, &["identifier"]);
    require(reader, &file.client_grants, &["client_id", "audience"]);
    require(reader, &file.databases, &["name"]);
    require(reader, &file.connections, &["name", "strategy"]);

    once(reader, &file.clients, &["name"]);
    once(reader, &file.clients, &["client_id"]);
    once(reader, &file.apis, &["identifier"]);
    once(reader, &file.client_grants, &["client_id", "audience", "subject_type"]);
    once(reader, &file.databases, &["name"]);
    once(reader, &file.connections, &["name"]);

    let tenant = resolve::tenant(&file.tenant, None);
    let tenants = tenant.as_ref().ok().map(|(settings, _)| settings.compliance);
    whole(reader, "tenant", tenant.err());
    for entry in &file.clients {
        let client = resolve::client(&entry.given, None);
        if let Ok((settings, _)) = &client {
            let compliance = settings.compliance.or(tenants).unwrap_or_default();
            if settings.is_strict_third_party() {
                refuse_patterns(reader, entry, "a strict third-party client");
            } else if compliance.is_rfc() {
                refuse_patterns(reader, entry, "a client under compliance rfc");
            }
        }
        whole(reader, &entry.path, client.err());
    }
    for entry in &file.apis {
        whole(reader, &entry.path, resolve::api(&entry.given, None).err());
    }
    for entry in &file.client_grants {
        check_scopes(file, reader, entry);
    }
}

fn require(reader: &mut Reader, entries: &[Entry], keys: &[&str]) {
    for (entry, key) in entries.iter().flat_map(|entry| keys.iter().map(move |key| (entry, *key))) {
        let path = entry.key(key);
        let known_wrong =
            reader.problems.iter().any(|problem| problem.path == path || problem.path == entry.path);
        if entry.text(key).is_none() && !known_wrong {
            reader.problem(&path, "is required");
        }
    }
}

/// Refuses two entries with the same values of `keys`.
fn once(reader: &mut Reader, entries: &[Entry], keys: &[&str]) {
    let mut seen: BTreeMap<Vec<String>, &Entry> = BTreeMap::new();
    for entry in entries {
        let values = keys.iter().map(|key| match (entry.text(key), *key) {
            (Some(text), _) => Some(text.to_owned()),
            (None, "subject_type") => Some("client".to_owned()),
            (None, _) => None,
        });
        let Some(values) = values.collect::<Option<Vec<_>>>() else { continue };
        match seen.get(&values) {
            Some(first) => {
                let line =
                    reader.lines.of(&first.path).map(|line| format!(" on line {line}")).unwrap_or_default();
                let key = keys.first().copied().unwrap_or_default();
                reader.problem(&entry.key(key), format!("is the same as that of {}{line}", first.path));
            }
            None => {
                seen.insert(values, entry);
            }
        }
    }
}

/// Reports what is wrong with an object as a whole, unless it follows from a value refused before.
fn whole(reader: &mut Reader, path: &str, findings: Option<Vec<Finding>>) {
    for finding in findings.unwrap_or_default() {
        let path = finding.path(path);
        if !reader.problems.iter().any(|problem| problem.path.starts_with(&path)) {
            reader.problem(&path, finding.message);
        }
    }
}

/// Patterns are nothing for a strict third party and not under `rfc`, where URLs are identical (SP-003).
fn refuse_patterns(reader: &mut Reader, entry: &Entry, of_whom: &str) {
    for key in ["callbacks", "allowed_logout_urls"] {
        for (at, text) in entry.texts(key).into_iter().flatten().enumerate() {
            if rules::is_pattern(text) {
                let path = entry.key(&format!("{key}[{at}]"));
                reader.problem(&path, format!("has a wildcard or placeholder, which {of_whom} may not have"));
            }
        }
    }
}

/// Refuses scopes that the API of the same file does not have.
fn check_scopes(file: &TenantFile, reader: &mut Reader, entry: &Entry) {
    let Some(api) = file.apis.iter().find(|api| api.text("identifier") == entry.text("audience")) else {
        return;
    };
    let Ok((settings, _)) = resolve::api(&api.given, None) else { return };
    if !api.given.contains_key("scopes") {
        return;
    }
    let missing = entry.texts("scope").into_iter().flatten().filter(|scope| !settings.has_scope(scope));
    for scope in missing {
        reader.problem(&entry.key("scope"), format!("has {scope}, which the API does not have"));
    }
}
