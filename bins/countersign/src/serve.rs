use clap::Args;
use countersign_server::config::Environment;

use crate::{Outcome, settings::Settings};

/// Options of `countersign serve`.
#[derive(Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    settings: Settings,
}

impl Serve {
    pub(crate) fn run(self, environment: &Environment) -> Outcome {
        countersign_server::serve(&self.settings.overrides(), environment)
    }
}
