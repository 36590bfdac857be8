use std::path::PathBuf;

use clap::Args;
use countersign_server::config::{Environment, Overrides, setting};
use countersign_server::{CopyOptions, copy};

use crate::Outcome;

/// Options of `countersign copy`. Nothing may write to the source meanwhile.
#[derive(Args)]
pub(crate) struct Copy {
    /// The database to read: sqlite:PATH or postgres://USER@HOST:PORT/DATABASE
    #[arg(long, value_name = "URL")]
    from: String,
    /// A file that holds the password for it
    #[arg(long, value_name = "FILE")]
    from_password_file: Option<PathBuf>,
    /// The database to fill: migrated and empty, or what an unfinished copy has left
    #[arg(long, value_name = "URL")]
    to: String,
    /// A file that holds the password for it
    #[arg(long, value_name = "FILE")]
    to_password_file: Option<PathBuf>,
    /// Remove what an unfinished copy has left, and start anew
    #[arg(long)]
    restart: bool,
    /// The configuration file of `countersign serve`, for how PostgreSQL is reached
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// auto, disable, prefer, require or verify-full
    #[arg(long, value_name = "MODE")]
    database_tls: Option<String>,
    /// The authorities that verify-full trusts, PEM
    #[arg(long, value_name = "FILE")]
    database_tls_ca_file: Option<String>,
}

impl Copy {
    pub(crate) fn run(self, environment: &Environment) -> Outcome {
        let overrides = Overrides::new()
            .with_file(self.config)
            .with(&setting::DATABASE_TLS, self.database_tls.as_deref())
            .with(&setting::DATABASE_TLS_CA_FILE, self.database_tls_ca_file.as_deref());
        let options = CopyOptions {
            from: self.from,
            from_password_file: self.from_password_file,
            to: self.to,
            to_password_file: self.to_password_file,
            restart: self.restart,
        };
        copy(&options, &overrides, environment, &mut std::io::stdout())
    }
}
