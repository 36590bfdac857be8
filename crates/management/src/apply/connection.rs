use countersign_connections::{Providers, open_option, seal_option};
use countersign_oauth::{ClientId, ConnectionId, Fault, Secret};
use countersign_storage::{Change, Connection, ConnectionSettings, Upsert};
use serde_json::{Map, Value};

use super::{
    ObjectKind, Outcome, narrow,
    plan::Plan,
    state::{is_sample, mark},
};
use crate::{PLAYGROUND_ID, generate, resolve::merge, tenant_file::Entry};

/// What stands in an export in the place of a secret.
const NOT_TOLD: [&str; 2] = ["_VALUE_NOT_SHOWN_", ""];

/// Plans the connections of the file, databases first, once clients are planned.
pub(super) fn plan(plan: &mut Plan<'_>) -> Result<(), Fault> {
    for entry in &plan.file.databases {
        if let Some(name) = entry.text("name") {
            plan_one(plan, entry, (name, "auth0"), ObjectKind::Database)?;
        }
    }
    for entry in &plan.file.connections {
        if let (Some(name), Some(strategy)) = (entry.text("name"), entry.text("strategy")) {
            plan_one(plan, entry, (name, strategy), ObjectKind::Connection)?;
        }
    }
    Ok(())
}

fn plan_one(
    plan: &mut Plan<'_>,
    entry: &Entry,
    (name, strategy): (&str, &str),
    kind: ObjectKind,
) -> Result<(), Fault> {
    let stored = plan.state.connections.iter().find(|connection| connection.name == name);
    let is_database_of_the_file = plan.file.databases.iter().any(|other| other.text("name") == Some(name));
    if stored.is_some_and(|connection| connection.strategy != strategy)
        || (kind == ObjectKind::Connection && is_database_of_the_file)
    {
        plan.problem(&entry.key("name"), "is the name of a connection of another strategy");
        return Ok(());
    }
    let base = stored.map(|connection| &connection.settings).filter(|settings| !is_sample(&settings.other));
    let mut settings = lay_over(base.cloned().unwrap_or_default(), entry);
    if let Some(references) = entry.texts("enabled_clients") {
        settings.enabled_clients = enabled(plan, entry, references.map(str::to_owned).collect());
        keep_playground(plan, stored, &mut settings);
    }
    mark(&mut settings.other, plan.file.is_sample);
    let id = stored.map(|connection| connection.id.clone()).unwrap_or_else(|| {
        ConnectionId::new(format!("con_{}", generate::alphanumeric(plan.admin.random, 16)))
    });
    if kind == ObjectKind::Connection {
        options(plan, entry, (&id, strategy), stored, &mut settings.options)?;
    }
    let outcome = match stored {
        None => Outcome::Created,
        Some(connection) if connection.settings == settings => Outcome::Unchanged,
        Some(_) => Outcome::Updated,
    };
    let upsert = Upsert {
        expected_version: stored.map(|connection| connection.version),
        raise_epoch: stored.is_some_and(|stored| narrow::connection(&stored.settings, &settings)),
        record: Connection {
            id: id.clone(),
            name: name.to_owned(),
            strategy: strategy.to_owned(),
            settings,
            version: 0,
            epoch: 0,
        },
    };
    plan.done(kind, (name, id.as_str()), outcome, Change::UpsertConnection(upsert));
    Ok(())
}

/// Completes a provider's options: the scopes of its switches, and the secrets sealed. A secret that is stored
/// already stays as it was sealed, and so does one that the export does not tell.
fn options(
    plan: &mut Plan<'_>,
    entry: &Entry,
    (id, strategy): (&ConnectionId, &str),
    stored: Option<&Connection>,
    options: &mut Map<String, Value>,
) -> Result<(), Fault> {
    if let Some(provider) = Providers::built_in().find(strategy) {
        provider.options().write_scope(options);
    }
    let Some(given) = &entry.secret else { return Ok(()) };
    let given: Map<String, Value> = serde_json::from_str(given.expose())
        .map_err(|error| Fault::internal("the secrets of a connection").caused_by(error))?;
    for (name, value) in given {
        let Value::String(clear) = value else { continue };
        let clear = Secret::new(clear);
        let known = stored.and_then(|stored| open_option(stored, &name, plan.sealer));
        if known.as_ref() == Some(&clear) {
            continue;
        }
        if NOT_TOLD.contains(&clear.expose().as_str()) {
            if known.is_none() {
                plan.problem(
                    &entry.key(&format!("options.{name}")),
                    "has no value: the export does not tell it, so it must be put in",
                );
            }
            continue;
        }
        options.insert(name.clone(), seal_option(id, &name, &clear, plan.sealer));
    }
    Ok(())
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

/// Lets the connection go on serving the playground, which is no client of the file.
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
