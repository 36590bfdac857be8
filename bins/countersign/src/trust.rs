use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use countersign_server::config::Environment;
use countersign_server::{SystemStore, TrustCommand, TrustOptions, trust};

use crate::Outcome;

/// Options of `countersign trust`.
#[derive(Args)]
pub(crate) struct Trust {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Trust the authority of a development server: the system, Chromium and Firefox
    Install(Where),
    /// Take out what `install` put in, and nothing else
    Uninstall(Where),
}

#[derive(Args)]
struct Where {
    /// The folder of `countersign dev`
    #[arg(long, value_name = "DIR", default_value = "./.countersign")]
    data: PathBuf,
    /// One kind of store alone
    #[arg(long, value_name = "KIND")]
    store: Option<Store>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    /// What the system's own programs trust
    System,
    /// What Chromium and Firefox trust
    Browsers,
}

impl Trust {
    pub(crate) fn run(self, environment: &Environment) -> Outcome {
        let (command, place) = match self.command {
            Command::Install(place) => (TrustCommand::Install, place),
            Command::Uninstall(place) => (TrustCommand::Uninstall, place),
        };
        let options = TrustOptions {
            data: place.data,
            system: (place.store != Some(Store::Browsers)).then(SystemStore::find),
            browsers: place.store != Some(Store::System),
        };
        trust(command, &options, environment, &mut std::io::stdout())
    }
}
