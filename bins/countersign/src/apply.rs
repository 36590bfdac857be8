use std::path::PathBuf;

use clap::Args;
use countersign_server::config::Environment;
use countersign_server::{ApplyOptions, apply};

use crate::{Outcome, store::Store};

/// Options of `countersign apply`.
#[derive(Args)]
pub(crate) struct Apply {
    /// A tenant file: the YAML that auth0-deploy-cli exports
    #[arg(long, value_name = "FILE", required_unless_present = "users")]
    tenant: Option<PathBuf>,
    /// Users in Auth0's bulk-import JSON, into the first database connection
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
    /// Only warn of settings that would restrict access and are not enforced yet
    #[arg(long)]
    allow_unenforced: bool,
    #[command(flatten)]
    store: Store,
}

impl Apply {
    pub(crate) fn run(self, environment: &Environment) -> Outcome {
        let options =
            ApplyOptions { tenant: self.tenant, users: self.users, allow_unenforced: self.allow_unenforced };
        apply(&options, &self.store.options(), environment, &mut std::io::stdout())
    }
}
