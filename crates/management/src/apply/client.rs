use countersign_jose::Algorithm;
use countersign_oauth::{ClientId, Fault};
use countersign_storage::{Change, Client, ClientSettings, TokenEndpointAuthMethod, Upsert};

use super::{
    CLIENT_SECRET_PURPOSE, ObjectKind, Outcome, narrow,
    plan::{KnownClient, Plan},
    state::{is_sample, mark},
};
use crate::{generate, playground, resolve, tenant_file::Entry};

/// Plans the clients of the file, and notes all that others may refer to.
pub(super) fn plan(plan: &mut Plan<'_>) -> Result<(), Fault> {
    let mut touched = Vec::new();
    for entry in &plan.file.clients {
        let Some(stored) = find(plan, entry) else { continue };
        touched.extend(stored.map(|client| client.id.clone()));
        plan_client(plan, entry, stored)?;
    }
    let rest = plan.state.clients.iter().filter(|client| {
        !touched.contains(&client.id) && (plan.file.is_sample || !is_sample(&client.settings.other))
    });
    let known = |client: &Client| KnownClient {
        id: client.id.clone(),
        name: client.settings.name.clone(),
        in_file: false,
    };
    let rest: Vec<KnownClient> = rest.map(known).collect();
    plan.clients.extend(rest);
    Ok(())
}

/// The stored client that an entry means: by id, else by name. `None` when that is not clear.
fn find<'a>(plan: &mut Plan<'a>, entry: &Entry) -> Option<Option<&'a Client>> {
    let clients = &plan.state.clients;
    if let Some(id) = entry.text("client_id") {
        return Some(clients.iter().find(|client| client.id.as_str() == id));
    }
    let claimed =
        |id: &ClientId| plan.file.clients.iter().any(|other| other.text("client_id") == Some(id.as_str()));
    let named: Vec<&Client> = clients
        .iter()
        .filter(|client| Some(client.settings.name.as_str()) == entry.text("name") && !claimed(&client.id))
        .filter(|client| plan.file.is_sample || !is_sample(&client.settings.other))
        .collect();
    match named.as_slice() {
        [] => Some(None),
        [one] => Some(Some(one)),
        _ => {
            plan.problem(&entry.key("name"), "is the name of several clients in the store: give a client_id");
            None
        }
    }
}

fn plan_client(plan: &mut Plan<'_>, entry: &Entry, stored: Option<&Client>) -> Result<(), Fault> {
    let base = stored.map(|client| &client.settings).filter(|settings| !is_sample(&settings.other));
    let resolved = resolve::client(&entry.given, base);
    let Some(mut settings) = plan.resolved(&entry.path, resolved) else { return Ok(()) };
    mark(&mut settings.other, plan.file.is_sample);
    settings.other.remove(playground::MARK);
    let adopted = stored.filter(|_| base.is_none() && !plan.file.is_sample);
    let kept = stored.filter(|_| adopted.is_none()).and_then(|client| client.secret.as_ref());
    let secret = plan.secret(CLIENT_SECRET_PURPOSE, entry.secret.as_ref(), kept, needs_secret(&settings))?;
    let id = stored.map(|client| client.id.clone()).unwrap_or_else(|| new_id(plan, entry, &settings));
    plan.clients.push(KnownClient { id: id.clone(), name: settings.name.clone(), in_file: true });
    let outcome = match stored {
        None => Outcome::Created,
        Some(client) if client.settings == settings && !secret.changed && adopted.is_none() => {
            Outcome::Unchanged
        }
        Some(_) => Outcome::Updated,
    };
    let narrowed = stored.is_some_and(|client| narrow::client(&client.settings, &settings));
    let name = settings.name.clone();
    let record = Client {
        id: id.clone(),
        secret: secret.sealed,
        settings,
        created_at: stored.map_or(plan.admin.now, |client| client.created_at),
        version: 0,
        epoch: 0,
    };
    let upsert = Upsert {
        record,
        expected_version: stored.map(|client| client.version),
        raise_epoch: stored.is_some() && (narrowed || secret.changed || adopted.is_some()),
    };
    plan.done(ObjectKind::Client, (&name, id.as_str()), outcome, Change::UpsertClient(upsert));
    plan.made_secret(secret.made);
    Ok(())
}

/// Whether a client must have a secret: to show it, to sign with it, or to have ID tokens signed with it.
fn needs_secret(settings: &ClientSettings) -> bool {
    let by_key = settings.token_endpoint_auth_method == TokenEndpointAuthMethod::PrivateKeyJwt;
    !settings.is_public() && (!by_key || settings.jwt_configuration.alg == Algorithm::HS256)
}

/// The id given, or a new one: 32 letters and digits, after `tpc_` for a strict third-party client.
fn new_id(plan: &Plan<'_>, entry: &Entry, settings: &ClientSettings) -> ClientId {
    let made = || {
        let prefix = if settings.is_strict_third_party() { "tpc_" } else { "" };
        format!("{prefix}{}", generate::alphanumeric(plan.admin.random, 32))
    };
    ClientId::new(entry.text("client_id").map_or_else(made, str::to_owned))
}

impl Plan<'_> {
    /// The client that a reference means: by id, else by name, those of the file first.
    pub(super) fn refer(&self, reference: &str) -> Option<&ClientId> {
        let by_id = self.clients.iter().find(|client| client.id.as_str() == reference);
        let by_name = |in_file: bool| {
            let mut named = self.clients.iter().filter(move |c| c.in_file == in_file && c.name == reference);
            named.next().filter(|_| named.next().is_none())
        };
        by_id.or_else(|| by_name(true)).or_else(|| by_name(false)).map(|client| &client.id)
    }
}
