use std::collections::BTreeMap;

use countersign_oauth::{ClientId, Fault, ScriptId, Sealed, Sealer, Secret, UserId};
use countersign_storage::{Change, Changes, ResourceServerSettings, Upsert};

use super::{
    AppliedObject, ApplyError, ObjectKind, Outcome, Report, api, client, client_grant, connection, replaced,
    script,
    state::{State, is_sample, mark},
};
use crate::{
    Admin, TenantFile,
    admin::logged,
    resolve::{self, Finding, Resolved},
};

/// What is being put together: changes, report and problems.
pub(super) struct Plan<'a> {
    pub(super) file: &'a TenantFile,
    pub(super) state: &'a State,
    pub(super) sealer: &'a dyn Sealer,
    pub(super) admin: &'a Admin<'a>,
    pub(super) changes: Changes,
    pub(super) report: Report,
    pub(super) problems: Vec<crate::Problem>,
    /// The clients as they will be: id, name, whether the file names it.
    pub(super) clients: Vec<KnownClient>,
    /// The APIs as they will be.
    pub(super) apis: Vec<(String, ResourceServerSettings)>,
    /// The Actions as they will be, by their names.
    pub(super) scripts: BTreeMap<String, ScriptId>,
}

/// A client that others may refer to.
pub(super) struct KnownClient {
    pub(super) id: ClientId,
    pub(super) name: String,
    pub(super) in_file: bool,
}

/// All changes that a file asks for, none when it asks for nothing new.
pub(super) fn plan(
    file: &TenantFile,
    state: &State,
    sealer: &dyn Sealer,
    admin: &Admin<'_>,
) -> Result<(Changes, Report), ApplyError> {
    let mut plan = Plan {
        file,
        state,
        sealer,
        admin,
        changes: Changes::none(),
        report: Report::default(),
        problems: Vec::new(),
        clients: Vec::new(),
        apis: Vec::new(),
        scripts: BTreeMap::new(),
    };
    if file.is_sample {
        replaced::refuse_beside_a_tenant(&mut plan);
    } else {
        replaced::remove_sample(&mut plan);
    }
    script::plan(&mut plan)?;
    plan.settings();
    client::plan(&mut plan)?;
    api::plan(&mut plan)?;
    plan.warn_of_unknown_default_audience();
    client_grant::plan(&mut plan);
    connection::plan(&mut plan)?;
    if plan.problems.is_empty() {
        Ok((plan.changes, plan.report))
    } else {
        Err(ApplyError::Refused(plan.problems))
    }
}

impl Plan<'_> {
    fn settings(&mut self) {
        let stored = &self.state.settings;
        // What the sample tenant set goes with it.
        let base = (!is_sample(&stored.record.other)).then_some(&stored.record);
        let triggers = script::triggers(self);
        if self.file.tenant.is_empty() && triggers.is_none() && base.is_some() && !self.file.is_sample {
            return;
        }
        let resolved = resolve::tenant(&self.file.tenant, base);
        let Some(mut settings) = self.resolved("tenant", resolved) else { return };
        if let Some(triggers) = triggers {
            settings.triggers = triggers;
        }
        mark(&mut settings.other, self.file.is_sample);
        let outcome = if settings == stored.record { Outcome::Unchanged } else { Outcome::Updated };
        let change = Change::SetSettings(Upsert {
            record: settings,
            expected_version: Some(stored.version),
            raise_epoch: false,
        });
        self.done(ObjectKind::Tenant, ("tenant", "tenant"), outcome, change);
    }

    /// An audience that is no API makes every request fail that names none.
    fn warn_of_unknown_default_audience(&mut self) {
        let audience = self.file.tenant.get("default_audience").and_then(serde_json::Value::as_str);
        let Some(audience) = audience else { return };
        if !self.apis.iter().any(|(identifier, _)| identifier == audience) {
            let message = format!("names {audience}, which is no API of the file or the store");
            self.report.warnings.push(self.file.lines.warning("tenant.default_audience", message));
        }
    }

    /// Takes an object that was resolved, noting its warnings, or its problems.
    pub(super) fn resolved<T>(&mut self, path: &str, resolved: Resolved<T>) -> Option<T> {
        let lines = &self.file.lines;
        match resolved {
            Ok((object, warnings)) => {
                let warning = |finding: Finding| lines.warning(finding.path(path), finding.message);
                self.report.warnings.extend(warnings.into_iter().map(warning));
                Some(object)
            }
            Err(problems) => {
                let problem = |finding: Finding| lines.problem(finding.path(path), finding.message);
                self.problems.extend(problems.into_iter().map(problem));
                None
            }
        }
    }

    /// Adds a problem.
    pub(super) fn problem(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(self.file.lines.problem(path, message));
    }

    /// Notes what becomes of an object: in the report, and unless it is unchanged in changes and log.
    pub(super) fn done(
        &mut self,
        kind: ObjectKind,
        (name, id): (&str, &str),
        outcome: Outcome,
        change: Change,
    ) {
        if let Some(verb) = outcome.verb() {
            let mut event = self.admin.log("sapi", format!("{verb} {}", kind.title()));
            match kind {
                ObjectKind::Tenant => {}
                ObjectKind::Client => event.client_id = Some(ClientId::new(id)),
                ObjectKind::User => event.user_id = Some(UserId::new(id)),
                ObjectKind::Api
                | ObjectKind::ClientGrant
                | ObjectKind::Database
                | ObjectKind::Connection
                | ObjectKind::Action
                | ObjectKind::Rule => {
                    event.description.push_str(&format!(": {name}"));
                }
            }
            self.changes.writes.extend([change, logged(event)]);
        }
        let (name, id) = (name.to_owned(), id.to_owned());
        self.report.objects.push(AppliedObject { kind, name, id, outcome, secret: None });
    }

    /// Gives the object noted last the secret that was made for it.
    pub(super) fn made_secret(&mut self, secret: Option<Secret<String>>) {
        if let Some(last) = self.report.objects.last_mut() {
            last.secret = secret;
        }
    }
}

/// A secret as it shall be stored.
pub(super) struct PlannedSecret {
    /// What is stored.
    pub(super) sealed: Option<Sealed>,
    /// Whether it is another one than before.
    pub(super) changed: bool,
    /// The secret itself, where it was made here.
    pub(super) made: Option<Secret<String>>,
}

impl Plan<'_> {
    /// Keeps the stored secret if it is the given one, seals the given one if it is not, and makes one
    /// where one is `needed` and there is none.
    pub(super) fn secret(
        &self,
        purpose: &str,
        given: Option<&Secret<String>>,
        stored: Option<&Sealed>,
        needed: bool,
    ) -> Result<PlannedSecret, Fault> {
        let seal = |secret: &Secret<String>| Some(self.sealer.seal(purpose, secret.expose().as_bytes()));
        match (given, stored) {
            (Some(given), Some(stored)) => {
                let opened = Secret::new(open(self.sealer, purpose, stored)?);
                let same = opened == Secret::new(given.expose().as_bytes().to_vec());
                let sealed = if same { Some(stored.clone()) } else { seal(given) };
                Ok(PlannedSecret { sealed, changed: !same, made: None })
            }
            (Some(given), None) => Ok(PlannedSecret { sealed: seal(given), changed: true, made: None }),
            (None, None) if needed => {
                let made = crate::generate::secret(self.admin.random);
                Ok(PlannedSecret { sealed: seal(&made), changed: true, made: Some(made) })
            }
            (None, stored) => Ok(PlannedSecret { sealed: stored.cloned(), changed: false, made: None }),
        }
    }
}

/// Opens a stored secret.
pub(crate) fn open(sealer: &dyn Sealer, purpose: &str, sealed: &Sealed) -> Result<Vec<u8>, Fault> {
    sealer
        .open(purpose, sealed)
        .map_err(|error| Fault::internal(format!("stored {purpose}")).caused_by(error))
}
