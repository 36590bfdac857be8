//! The sample tenant gives way to a real one, with all that belongs to it and nothing else.

use countersign_storage::{Change, Connection, Upsert};

use super::{ObjectKind, Outcome, plan::Plan, state::is_sample};
use crate::tenant_file::Entry;

/// Refuses the sample tenant in a store that holds a tenant already.
pub(super) fn refuse_beside_a_tenant(plan: &mut Plan<'_>) {
    let state = plan.state;
    let is_taken = state.clients.iter().any(|client| !is_sample(&client.settings.other))
        || state.apis.iter().any(|api| !is_sample(&api.settings.other))
        || state.connections.iter().any(|connection| !is_sample(&connection.settings.other));
    if is_taken {
        plan.problem("", "is the sample tenant, and the store holds a tenant already");
    }
}

/// Removes the sample's user, client grants, clients, APIs and connection. What the file names itself is
/// made anew in its place, so that nothing of the sample's settings stays.
pub(super) fn remove_sample(plan: &mut Plan<'_>) {
    let (file, state, now) = (plan.file, plan.state, plan.admin.now);
    if let Some(user) = &state.sample_user {
        let name = user.email.clone().unwrap_or_default();
        let change = Change::DeleteUser { id: user.id.clone(), at: now };
        plan.done(ObjectKind::User, (&name, user.id.as_str()), Outcome::Removed, change);
    }
    for grant in state.client_grants.iter().filter(|grant| is_sample(&grant.other)) {
        let name = format!("{} at {}", grant.client_id, grant.audience);
        let change = Change::DeleteClientGrant { id: grant.id.clone() };
        plan.done(ObjectKind::ClientGrant, (&name, grant.id.as_str()), Outcome::Removed, change);
    }
    for client in state.clients.iter().filter(|client| is_sample(&client.settings.other)) {
        if !names(&file.clients, "client_id", client.id.as_str()) {
            let change = Change::DeleteClient { id: client.id.clone(), at: now };
            plan.done(
                ObjectKind::Client,
                (&client.settings.name, client.id.as_str()),
                Outcome::Removed,
                change,
            );
        }
    }
    for api in state.apis.iter().filter(|api| is_sample(&api.settings.other)) {
        if !names(&file.apis, "identifier", api.identifier.as_str()) {
            let change = Change::DeleteResourceServer { id: api.id.clone(), at: now };
            plan.done(ObjectKind::Api, (api.identifier.as_str(), api.id.as_str()), Outcome::Removed, change);
        }
    }
    for connection in state.connections.iter().filter(|connection| is_sample(&connection.settings.other)) {
        if !names(&file.databases, "name", &connection.name) {
            remove_connection(plan, connection);
        }
    }
}

fn names(entries: &[Entry], key: &str, value: &str) -> bool {
    entries.iter().any(|entry| entry.text(key) == Some(value))
}

/// Deletes a sample connection; one that real users came to stays, without the sample's clients and mark.
fn remove_connection(plan: &mut Plan<'_>, connection: &Connection) {
    let (name, id) = (connection.name.as_str(), connection.id.as_str());
    if !plan.state.sample_database_is_used {
        let change = Change::DeleteConnection { id: connection.id.clone(), at: plan.admin.now };
        plan.done(ObjectKind::Database, (name, id), Outcome::Removed, change);
        return;
    }
    let mut record = connection.clone();
    super::state::mark(&mut record.settings.other, false);
    record.settings.enabled_clients.clear();
    let upsert = Upsert { record, expected_version: Some(connection.version), raise_epoch: true };
    plan.done(ObjectKind::Database, (name, id), Outcome::Updated, Change::UpsertConnection(upsert));
}
