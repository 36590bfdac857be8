use clap::{Args, Subcommand};
use countersign_server::config::Environment;
use countersign_server::{MigrateCommand, migrate};

use crate::{Outcome, store::Store};

/// Options of `countersign migrate`.
#[derive(Args)]
pub(crate) struct Migrate {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print what `apply` would run, as SQL
    Plan(Store),
    /// Bring the schema up to date; of several that do so at once, one does and the others wait
    Apply(Store),
    /// End with 0 where the schema is up to date, 4 where it lacks migrations, 1 where it is newer or altered
    Check(Store),
}

impl Migrate {
    pub(crate) fn run(self, environment: &Environment) -> Outcome {
        let (command, store) = match self.command {
            Command::Plan(store) => (MigrateCommand::Plan, store),
            Command::Apply(store) => (MigrateCommand::Apply, store),
            Command::Check(store) => (MigrateCommand::Check, store),
        };
        migrate(command, &store.options(), environment, &mut std::io::stdout())
    }
}
