use countersign_oauth::{ClientId, ConnectionId};
use countersign_storage::{Change, Connection, ConnectionSettings, Upsert};
use serde_json::{Map, Value};

use super::{
    ObjectKind, Outcome, narrow,
    plan::Plan,
    state::{is_sample, mark},
};
use crate::{PLAYGROUND_ID, generate, resolve::merge, tenant_file::Entry};

/// Plans the databases of the file, once clients are planned.
pub(super) fn plan(plan: &mut Plan<'_>) {
    for entry in &plan.file.databases {
        if let Some(name) = entry.text("name") {
            plan_database(plan, entry, name);
        }
    }
}

fn plan_database(plan: &mut Plan<'_>, entry: &Entry, name: &str) {
    let stored = plan.state.connections.iter().find(|connection| connection.name == name);
    if stored.is_some_and(|connection| connection.strategy != "auth0") {
        plan.problem(&entry.key("name"), "is the name of a connection of another strategy");
        return;
    }
    let base = stored.map(|connection| &connection.settings).filter(|settings| !is_sample(&settings.other));
    let mut settings = lay_over(base.cloned().unwrap_or_default(), entry);
    if let Some(references) = entry.texts("enabled_clients") {
        settings.enabled_clients = enabled(plan, entry, references.map(str::to_owned).collect());
        keep_playground(plan, stored, &mut settings);
    }
    mark(&mut settings.other, plan.file.is_sample);
    let outcome = match stored {
        None => Outcome::Created,
        Some(connection) if connection.settings == settings => Outcome::Unchanged,
        Some(_) => Outcome::Updated,
    };
    let id = stored.map(|connection| connection.id.clone()).unwrap_or_else(|| {
        ConnectionId::new(format!("con_{}", generate::alphanumeric(plan.admin.random, 16)))
    });
    let upsert = Upsert {
        expected_version: stored.map(|connection| connection.version),
        raise_epoch: stored.is_some_and(|stored| narrow::connection(&stored.settings, &settings)),
        record: Connection {
            id: id.clone(),
            name: name.to_owned(),
            strategy: "auth0".to_owned(),
            settings,
            version: 0,
            epoch: 0,
        },
    };
    plan.done(ObjectKind::Database, (name, id.as_str()), outcome, Change::UpsertConnection(upsert));
}

/// The clients that references mean, each once.
fn enabled(plan: &mut Plan<'_>, entry: &Entry, references: Vec<String>) -> Vec<ClientId> {
    let mut clients: Vec<ClientId> = Vec::new();
    for reference in references {
        match plan.refer(&reference).cloned() {
            Some(client) if clients.contains(&client) => {}
            Some(client) => clients.push(client),
            None => plan.problem(
                &entry.key("enabled_clients"),
                format!("names {reference}, which is no client of the file or the store"),
            ),
        }
    }
    clients
}

/// Lets the database go on serving the playground, which is no client of the file.
fn keep_playground(plan: &Plan<'_>, stored: Option<&Connection>, settings: &mut ConnectionSettings) {
    let served = |id: &&ClientId| id.as_str() == PLAYGROUND_ID && !plan.file.names_client(PLAYGROUND_ID);
    let kept = stored.and_then(|stored| stored.settings.enabled_clients.iter().find(served));
    settings.enabled_clients.extend(kept.cloned());
}

fn lay_over(mut settings: ConnectionSettings, entry: &Entry) -> ConnectionSettings {
    let mut rest = entry.given.clone();
    rest.retain(|key, _| !["name", "strategy", "enabled_clients", "options"].contains(&key.as_str()));
    settings.other = merge(settings.other, &rest);
    match entry.given.get("options") {
        Some(Value::Object(options)) => settings.options = merge(settings.options, options),
        Some(_) => settings.options = Map::new(),
        None => {}
    }
    settings
}
