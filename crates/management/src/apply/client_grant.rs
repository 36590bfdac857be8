use countersign_oauth::{Audience, ClientGrantId, Scope};
use countersign_storage::{Change, ClientGrant, SubjectType, Upsert};
use serde_json::Value;

use super::{
    ObjectKind, Outcome, narrow,
    plan::Plan,
    state::{is_sample, mark},
};
use crate::{generate, resolve::merge, tenant_file::Entry};

/// The keys that have a column of their own.
const OWN: [&str; 5] = ["client_id", "audience", "subject_type", "scope", "allow_all_scopes"];

/// Plans the client grants of the file, once clients and APIs are planned.
pub(super) fn plan(plan: &mut Plan<'_>) {
    let mut seen: Vec<ClientGrantId> = Vec::new();
    for entry in &plan.file.client_grants {
        if let Some(grant) = plan_grant(plan, entry) {
            if seen.contains(&grant) {
                plan.problem(&entry.path, "is a second grant for the same client, API and subject_type");
            }
            seen.push(grant);
        }
    }
}

fn plan_grant(plan: &mut Plan<'_>, entry: &Entry) -> Option<ClientGrantId> {
    let (reference, audience) = (entry.text("client_id")?, entry.text("audience")?);
    let client = plan.refer(reference).cloned();
    if client.is_none() {
        plan.problem(
            &entry.key("client_id"),
            format!("names {reference}, which is no client of the file or the store"),
        );
    }
    let api = plan.apis.iter().find(|(identifier, _)| identifier == audience).map(|(_, api)| api.clone());
    if api.is_none() {
        plan.problem(
            &entry.key("audience"),
            format!("names {audience}, which is no API of the file or the store"),
        );
    }
    let (client, api) = (client?, api?);
    let subject =
        if entry.text("subject_type") == Some("user") { SubjectType::User } else { SubjectType::Client };
    // A grant of the sample tenant gives way to the file's, as the sample's own is updated in place.
    let mut stays =
        plan.state.client_grants.iter().filter(|grant| plan.file.is_sample || !is_sample(&grant.other));
    let stored = stays.find(|grant| {
        grant.client_id == client && grant.audience.as_str() == audience && grant.subject_type == subject
    });
    let base = stored.filter(|grant| !is_sample(&grant.other));
    let mut record = base.cloned().unwrap_or_else(|| ClientGrant {
        id: ClientGrantId::new(format!("cgr_{}", generate::alphanumeric(plan.admin.random, 16))),
        client_id: client.clone(),
        audience: Audience::new(audience),
        subject_type: subject,
        scope: Scope::empty(),
        allow_all_scopes: false,
        other: serde_json::Map::new(),
        version: 0,
        epoch: 0,
    });
    if let Some(stored) = stored {
        record.id = stored.id.clone();
    }
    lay_over(&mut record, entry);
    mark(&mut record.other, plan.file.is_sample);
    let foreign: Vec<&str> = record.scope.iter().filter(|scope| !api.has_scope(scope)).collect();
    if !foreign.is_empty() {
        plan.problem(&entry.key("scope"), format!("has {}, which the API does not have", foreign.join(" ")));
    }
    let same = |stored: &ClientGrant| {
        stored.scope == record.scope
            && stored.allow_all_scopes == record.allow_all_scopes
            && stored.other == record.other
    };
    let outcome = match stored {
        None => Outcome::Created,
        Some(stored) if same(stored) => Outcome::Unchanged,
        Some(_) => Outcome::Updated,
    };
    let id = record.id.clone();
    let name = format!("{client} at {audience}");
    let upsert = Upsert {
        expected_version: stored.map(|grant| grant.version),
        raise_epoch: stored.is_some_and(|stored| narrow::client_grant(stored, &record)),
        record,
    };
    plan.done(ObjectKind::ClientGrant, (&name, id.as_str()), outcome, Change::UpsertClientGrant(upsert));
    Some(id)
}

fn lay_over(record: &mut ClientGrant, entry: &Entry) {
    if let Some(scope) = entry.texts("scope") {
        record.scope = scope.collect();
    }
    if let Some(all) = entry.given.get("allow_all_scopes") {
        record.allow_all_scopes = all == &Value::Bool(true);
    }
    let mut rest = entry.given.clone();
    rest.retain(|key, _| !OWN.contains(&key.as_str()));
    record.other = merge(std::mem::take(&mut record.other), &rest);
}
