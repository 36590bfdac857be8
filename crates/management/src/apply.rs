//! From a tenant file to a store: read, plan, one commit.

mod api;
mod client;
mod client_grant;
mod connection;
pub(crate) mod narrow;
mod plan;
mod replaced;
mod report;
mod script;
mod state;

pub(crate) use plan::open;
pub use report::{AppliedObject, ObjectKind, Outcome, Report};
pub(crate) use state::is_sample;

use countersign_oauth::{Fault, Sealer};

use crate::{
    Admin, Problem, TenantFile,
    admin::{ATTEMPTS, Committed, too_many_conflicts},
};

/// The purpose under which client secrets are sealed; `client-auth` opens them by it.
pub const CLIENT_SECRET_PURPOSE: &str = "client_secret";

/// The purpose under which the secrets of HS256 APIs are sealed; `token` opens them by it.
pub const SIGNING_SECRET_PURPOSE: &str = "signing_secret";

/// The purpose under which the secrets of scripts are sealed, a JSON object each; the engine opens them by it.
pub const SCRIPT_SECRETS_PURPOSE: &str = "script_secrets";

/// Why a file changed nothing.
#[derive(Debug)]
pub enum ApplyError {
    /// It does not fit what the store holds; all reasons.
    Refused(Vec<Problem>),
    /// The store failed, or every race was lost.
    Fault(Fault),
}

impl From<Fault> for ApplyError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl std::fmt::Display for ApplyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(problems) => {
                let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::Fault(fault) => write!(f, "{fault}"),
        }
    }
}

impl std::error::Error for ApplyError {}

/// Applies a tenant file to a store, with or without content, in one commit: all of it or nothing.
///
/// Objects are added, or updated key by key: clients by id, else by name; APIs by identifier; client grants
/// by client, API and kind of subject; databases, Actions and rules by name; the tenant's settings as they are. Nothing is
/// deleted but the sample tenant. Applying a file again changes nothing.
///
/// # Errors
/// [`ApplyError::Refused`] with all that does not fit, or a fault of the store.
pub async fn apply(file: &TenantFile, sealer: &dyn Sealer, admin: &Admin<'_>) -> Result<Report, ApplyError> {
    for _ in 0..ATTEMPTS {
        let state = state::State::read(file, admin.storage).await?;
        let (changes, report) = plan::plan(file, &state, sealer, admin)?;
        if changes.writes.is_empty() {
            return Ok(report);
        }
        match admin.commit(changes).await? {
            Committed::Done => return Ok(report),
            Committed::Again(_) => {}
        }
    }
    Err(ApplyError::Fault(too_many_conflicts()))
}
