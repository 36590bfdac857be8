use std::io::Read as _;

use clap::Args;
use countersign_server::config::Environment;
use countersign_server::{Failure, explain};

use crate::{Outcome, store::Store};

/// Options of `countersign explain`.
#[derive(Args)]
pub(crate) struct Explain {
    /// An access, ID or refresh token; `-` reads it from standard input, which no shell keeps
    token: String,
    #[command(flatten)]
    store: Store,
}

impl Explain {
    pub(crate) fn run(self, environment: &Environment) -> Outcome {
        let token = if self.token == "-" {
            let mut token = String::new();
            let read = std::io::stdin().take(65_536).read_to_string(&mut token);
            read.map_err(|error| vec![Failure::new(format!("standard input cannot be read: {error}"))])?;
            token
        } else {
            eprintln!(
                "warning: the token is in the shell's history and the list of processes; `-` reads it from standard input"
            );
            self.token
        };
        explain(&token, &self.store.options(), environment, &mut std::io::stdout())
    }
}
