use countersign_jose::Algorithm;
use countersign_oauth::{Audience, Fault, ResourceServerId};
use countersign_storage::{Change, ResourceServer, Upsert};

use super::{
    ObjectKind, Outcome, SIGNING_SECRET_PURPOSE, narrow,
    plan::Plan,
    state::{is_sample, mark},
};
use crate::{generate, resolve, tenant_file::Entry};

/// Plans the APIs of the file, and notes all that client grants may refer to.
pub(super) fn plan(plan: &mut Plan<'_>) -> Result<(), Fault> {
    for entry in &plan.file.apis {
        let Some(identifier) = entry.text("identifier") else { continue };
        plan_api(plan, entry, identifier)?;
    }
    for api in &plan.state.apis {
        let identifier = api.identifier.as_str();
        let stays = plan.file.is_sample || !is_sample(&api.settings.other);
        if stays && !plan.apis.iter().any(|(known, _)| known == identifier) {
            plan.apis.push((identifier.to_owned(), api.settings.clone()));
        }
    }
    Ok(())
}

fn plan_api(plan: &mut Plan<'_>, entry: &Entry, identifier: &str) -> Result<(), Fault> {
    let stored = plan.state.apis.iter().find(|api| api.identifier.as_str() == identifier);
    let base = stored.map(|api| &api.settings).filter(|settings| !is_sample(&settings.other));
    let resolved = resolve::api(&entry.given, base);
    let Some(mut settings) = plan.resolved(&entry.path, resolved) else { return Ok(()) };
    mark(&mut settings.other, plan.file.is_sample);
    let adopted = stored.is_some() && base.is_none() && !plan.file.is_sample;
    let kept = stored.and_then(|api| api.signing_secret.as_ref());
    let needed = settings.signing_alg == Algorithm::HS256;
    let secret = plan.secret(SIGNING_SECRET_PURPOSE, entry.secret.as_ref(), kept, needed)?;
    plan.apis.push((identifier.to_owned(), settings.clone()));
    let outcome = match stored {
        None => Outcome::Created,
        Some(api) if api.settings == settings && !secret.changed => Outcome::Unchanged,
        Some(_) => Outcome::Updated,
    };
    let narrowed = stored.is_some_and(|api| narrow::api(&api.settings, &settings));
    let id = stored
        .map(|api| api.id.clone())
        .unwrap_or_else(|| ResourceServerId::new(generate::hex24(plan.admin.random)));
    let record = ResourceServer {
        id: id.clone(),
        identifier: Audience::new(identifier),
        signing_secret: secret.sealed,
        settings,
        version: 0,
        epoch: 0,
    };
    let upsert = Upsert {
        record,
        expected_version: stored.map(|api| api.version),
        raise_epoch: stored.is_some() && (narrowed || secret.changed || adopted),
    };
    plan.done(ObjectKind::Api, (identifier, id.as_str()), outcome, Change::UpsertResourceServer(upsert));
    plan.made_secret(secret.made);
    Ok(())
}
