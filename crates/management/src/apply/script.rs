use std::collections::BTreeMap;

use countersign_oauth::{Fault, ScriptId, Sealed, Secret};
use countersign_storage::{Change, Script, ScriptKind, ScriptSettings, TriggerBinding, Upsert};
use serde_json::{Map, Value};

use super::{ObjectKind, Outcome, SCRIPT_SECRETS_PURPOSE, plan::Plan};
use crate::{generate, resolve::merge, tenant_file::Entry};

/// What the deploy CLI writes in the place of a secret that Auth0 does not tell.
const NOT_SHOWN: &str = "_VALUE_NOT_SHOWN_";

/// Plans the scripts of the file: Actions and rules.
pub(super) fn plan(plan: &mut Plan<'_>) -> Result<(), Fault> {
    let file = plan.file;
    plan.scripts = plan
        .state
        .scripts
        .iter()
        .filter(|script| script.kind == ScriptKind::Action)
        .map(|script| (script.name.clone(), script.id.clone()))
        .collect();
    for entry in &file.actions {
        plan_script(plan, entry, ScriptKind::Action, entry.secret.as_ref())?;
    }
    for entry in &file.rules {
        plan_script(plan, entry, ScriptKind::Rule, file.rules_configuration.as_ref())?;
    }
    Ok(())
}

fn plan_script(
    plan: &mut Plan<'_>,
    entry: &Entry,
    kind: ScriptKind,
    secrets: Option<&Secret<String>>,
) -> Result<(), Fault> {
    let Some(name) = entry.text("name") else {
        plan.problem(&entry.path, "must have a name");
        return Ok(());
    };
    let state = plan.state;
    let stored = state.scripts.iter().find(|script| script.kind == kind && script.name == name);
    let settings = lay_over(stored.map(|script| script.settings.clone()).unwrap_or_default(), entry);
    if settings.code.trim().is_empty() {
        let key = if kind == ScriptKind::Action { "code" } else { "script" };
        plan.problem(&entry.key(key), "must not be empty");
        return Ok(());
    }
    let secrets = sealed_secrets(plan, entry, secrets, stored.and_then(|script| script.secrets.as_ref()))?;
    let id = stored.map_or_else(|| new_id(plan, kind), |script| script.id.clone());
    if kind == ScriptKind::Action {
        plan.scripts.insert(name.to_owned(), id.clone());
    }
    let record =
        Script { id: id.clone(), kind, name: name.to_owned(), secrets, settings, version: 0, epoch: 0 };
    let outcome = match stored {
        None => Outcome::Created,
        Some(stored) if (&stored.settings, &stored.secrets) == (&record.settings, &record.secrets) => {
            Outcome::Unchanged
        }
        Some(_) => Outcome::Updated,
    };
    let upsert = Upsert { record, expected_version: stored.map(|script| script.version), raise_epoch: false };
    let object = if kind == ScriptKind::Action { ObjectKind::Action } else { ObjectKind::Rule };
    plan.done(object, (name, id.as_str()), outcome, Change::UpsertScript(upsert));
    Ok(())
}

fn new_id(plan: &Plan<'_>, kind: ScriptKind) -> ScriptId {
    let prefix = if kind == ScriptKind::Action { "act" } else { "rul" };
    ScriptId::new(format!("{prefix}_{}", generate::alphanumeric(plan.admin.random, 16)))
}

fn lay_over(mut settings: ScriptSettings, entry: &Entry) -> ScriptSettings {
    let mut rest = entry.given.clone();
    rest.remove("name");
    if let Some(Value::String(code)) = rest.remove("code").or_else(|| rest.remove("script")) {
        settings.code = code;
    }
    if let Some(order) = rest.remove("order") {
        settings.order = order.as_i64();
    }
    if let Some(enabled) = rest.remove("enabled") {
        settings.enabled = enabled.as_bool();
    }
    settings.other = merge(settings.other, &rest);
    settings
}

/// The secrets as they shall be stored: the stored ones if they are the same, or if the file has none.
fn sealed_secrets(
    plan: &mut Plan<'_>,
    entry: &Entry,
    given: Option<&Secret<String>>,
    stored: Option<&Sealed>,
) -> Result<Option<Sealed>, Fault> {
    let Some(given) = given else { return Ok(stored.cloned()) };
    let before: Map<String, Value> = match stored {
        Some(sealed) => read(&super::open(plan.sealer, SCRIPT_SECRETS_PURPOSE, sealed)?)?,
        None => Map::new(),
    };
    let mut wanted: Map<String, Value> = read(given.expose().as_bytes())?;
    for (name, value) in &mut wanted {
        if *value == NOT_SHOWN {
            match before.get(name) {
                Some(known) => *value = known.clone(),
                None => plan.problem(
                    &entry.key("secrets"),
                    format!("has no value for {name}: the export does not tell it, so it must be put in"),
                ),
            }
        }
    }
    if stored.is_some() && wanted == before || stored.is_none() && wanted.is_empty() {
        return Ok(stored.cloned());
    }
    let text = Secret::new(Value::Object(wanted).to_string());
    Ok(Some(plan.sealer.seal(SCRIPT_SECRETS_PURPOSE, text.expose().as_bytes())))
}

fn read(json: &[u8]) -> Result<Map<String, Value>, Fault> {
    // The parser's own words would quote a secret.
    serde_json::from_slice(json).map_err(|_| Fault::internal("secrets of a script are no JSON object"))
}

/// What runs at each trigger that the file names.
pub(super) fn triggers(plan: &mut Plan<'_>) -> Option<BTreeMap<String, Vec<TriggerBinding>>> {
    let given = plan.file.triggers.as_ref()?;
    let mut triggers = plan.state.settings.record.triggers.clone();
    for (trigger, bindings) in given {
        let path = format!("triggers.{trigger}");
        let bindings = bindings.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut bound = Vec::new();
        for (place, binding) in bindings.iter().enumerate() {
            let text = |key: &str| binding.get(key).and_then(Value::as_str);
            let Some(name) = text("action_name") else { continue };
            match plan.scripts.get(name) {
                Some(id) => bound.push(TriggerBinding {
                    script_id: id.clone(),
                    display_name: text("display_name").unwrap_or(name).to_owned(),
                }),
                None => plan.problem(
                    &format!("{path}[{place}].action_name"),
                    format!("names {name}, which is no Action of the file or the store"),
                ),
            }
        }
        if bound.is_empty() {
            triggers.remove(trigger);
        } else {
            triggers.insert(trigger.clone(), bound);
        }
    }
    Some(triggers)
}
