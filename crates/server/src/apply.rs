use std::fmt::Write as _;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use countersign_management::{
    Admin, ApplyError, ImportError, ImportOptions, ImportOutcome, ImportReport, ObjectKind, Outcome,
    ParseOptions, Report, TenantFile, Warning, first_database, import_users,
};

use crate::config::Environment;
use crate::{Ended, Failure, Parts, StoreOptions};

/// What `countersign apply` applies.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// A tenant file.
    pub tenant: Option<PathBuf>,
    /// A file of users.
    pub users: Option<PathBuf>,
    /// Whether what would restrict access and is not enforced yet is a warning only.
    pub allow_unenforced: bool,
}

/// `countersign apply`: applies files to the store, beside a server that sees them at its next request.
///
/// # Errors
/// Everything in the files that cannot be taken, or what the store says.
pub fn apply(
    options: &ApplyOptions,
    store: &StoreOptions,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<Ended, Vec<Failure>> {
    let parts = store.open(environment).map_err(one)?;
    let runtime = crate::runtime().map_err(one)?;
    let mut text = String::new();
    let applied = runtime.block_on(async {
        if let Some(path) = &options.tenant {
            let report = apply_tenant(path, options.allow_unenforced, &parts, &mut text).await?;
            describe(&report, &mut text);
        }
        if let Some(path) = &options.users {
            let how =
                ImportOptions { allow_clear_password: false, allow_unenforced: options.allow_unenforced };
            let report = apply_users(path, how, &parts, &mut text).await?;
            let new = report.users.iter().filter(|user| user.outcome == ImportOutcome::Inserted).count();
            let _ = writeln!(text, "{new} users created, {} unchanged", report.users.len() - new);
        }
        Ok(Ended::Done)
    });
    // Who closed the pipe does not want to read it.
    let _ = out.write_all(text.as_bytes());
    applied
}

/// Reads a tenant file and applies it; its warnings go to `text`.
///
/// # Errors
/// Each of its problems.
pub(crate) async fn apply_tenant(
    path: &Path,
    allow_unenforced: bool,
    parts: &Parts,
    text: &mut String,
) -> Result<Report, Vec<Failure>> {
    let yaml = read("--tenant", path)?;
    let how = ParseOptions { allow_unenforced, allow_private_upstreams: parts.fetch.may_call_private() };
    let (mut file, warnings) = TenantFile::parse(&yaml, how).map_err(|problems| {
        problems.into_iter().map(|problem| of("--tenant", &problem)).collect::<Vec<_>>()
    })?;
    file.load_code(|named| beside(path, named)).map_err(|problems| {
        problems.into_iter().map(|problem| of("--tenant", &problem)).collect::<Vec<_>>()
    })?;
    warn(path, &warnings, text);
    let applied = countersign_management::apply(&file, &*parts.sealer, &admin(parts)).await;
    let report = applied.map_err(|error| refused("--tenant", error))?;
    warn(path, &report.warnings, text);
    Ok(report)
}

/// Reads a script that a tenant file names, in the file's folder or below it.
fn beside(tenant_file: &Path, named: &str) -> Result<String, String> {
    let named = Path::new(named);
    let stays = |part: Component<'_>| matches!(part, Component::CurDir | Component::Normal(_));
    if !named.components().all(stays) {
        return Err("scripts are read from the folder of the tenant file and below it alone".to_owned());
    }
    let folder = tenant_file.parent().unwrap_or(Path::new(""));
    std::fs::read_to_string(folder.join(named)).map_err(|error| format!("it cannot be read: {error}"))
}

/// Reads a file of users and imports them into the first database connection; its warnings go to `text`.
///
/// # Errors
/// Each user who cannot be taken; the others are in.
pub(crate) async fn apply_users(
    path: &Path,
    how: ImportOptions,
    parts: &Parts,
    text: &mut String,
) -> Result<ImportReport, Vec<Failure>> {
    let json = read("--users", path)?;
    let connection = first_database(&*parts.storage).await.map_err(|fault| one(fault.into()))?;
    let connection = connection.ok_or_else(|| {
        one(Failure::of("--users", "the tenant has no database connection to import users into"))
    })?;
    let report =
        import_users(&json, &connection, how, &*parts.hasher, &admin(parts)).await.map_err(|error| {
            match error {
                ImportError::Unreadable(problem) => one(of("--users", &problem)),
                ImportError::Fault(fault) => one(fault.into()),
            }
        })?;
    warn(path, &report.warnings, text);
    let failures: Vec<Failure> = report
        .users
        .iter()
        .filter_map(|user| match &user.outcome {
            ImportOutcome::Failed(problems) => Some(problems),
            _ => None,
        })
        .flatten()
        .map(|problem| of("--users", problem))
        .collect();
    if failures.is_empty() { Ok(report) } else { Err(failures) }
}

/// What administration needs of the parts.
pub(crate) fn admin(parts: &Parts) -> Admin<'_> {
    Admin { storage: &*parts.storage, random: &*parts.random, now: parts.clock.now() }
}

/// Why a tenant was not applied, as failures of an option.
pub(crate) fn refused(option: &str, error: ApplyError) -> Vec<Failure> {
    match error {
        ApplyError::Refused(problems) => problems.iter().map(|problem| of(option, problem)).collect(),
        ApplyError::Fault(fault) => one(fault.into()),
    }
}

pub(crate) fn one(failure: Failure) -> Vec<Failure> {
    vec![failure]
}

fn of(option: &str, problem: &impl std::fmt::Display) -> Failure {
    Failure::of(option, problem.to_string())
}

fn read(option: &str, path: &Path) -> Result<String, Vec<Failure>> {
    std::fs::read_to_string(path)
        .map_err(|error| one(Failure::of(option, format!("{} cannot be read: {error}", path.display()))))
}

fn warn(path: &Path, warnings: &[Warning], text: &mut String) {
    for warning in warnings {
        let _ = writeln!(text, "warning: {}: {warning}", path.display());
    }
}

/// One line for each object that changed, with the secret that was made for it.
fn describe(report: &Report, text: &mut String) {
    let changed = || report.objects.iter().filter(|object| object.outcome != Outcome::Unchanged);
    for object in changed() {
        let _ = write!(text, "{} {} {}", object.outcome, object.kind, object.name);
        if matches!(object.kind, ObjectKind::Client) {
            let _ = write!(text, " client_id={}", object.id);
        }
        if let Some(secret) = &object.secret {
            let _ = write!(text, " secret={}", secret.expose());
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{} objects changed, {} unchanged",
        changed().count(),
        report.objects.len() - changed().count()
    );
}
