use clap::{Args, Subcommand};
use countersign_server::config::Environment;
use countersign_server::{KeyCommand, keys};

use crate::{Outcome, store::Store};

/// Options of `countersign keys`.
#[derive(Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the signing keys that are not revoked
    List {
        #[command(flatten)]
        store: Store,
    },
    /// Let the next signing keys sign; those before stay published
    Rotate {
        /// Though APIs that cache keys may not have the next ones yet
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        store: Store,
    },
    /// Revoke a signing key: it is published no longer, and what it signed is refused
    Revoke {
        /// Its id, as `keys list` shows it
        kid: String,
        /// Though tokens that it signed are valid still; in the place of a current key the next one signs
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        store: Store,
    },
}

impl Keys {
    pub(crate) fn run(self, environment: &Environment) -> Outcome {
        let (command, store) = match self.command {
            Command::List { store } => (KeyCommand::List, store),
            Command::Rotate { force, store } => (KeyCommand::Rotate { force }, store),
            Command::Revoke { kid, force, store } => (KeyCommand::Revoke { kid, force }, store),
        };
        keys(&command, &store.options(), environment, &mut std::io::stdout())
    }
}
