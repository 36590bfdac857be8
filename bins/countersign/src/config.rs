use clap::Args;
use countersign_server::Ended;
use countersign_server::config::{self, Environment, Layers};

use crate::{Outcome, settings::Settings};

/// Options of `countersign config`.
#[derive(Args)]
pub(crate) struct Config {
    /// Print what each setting is for instead, as Markdown
    #[arg(long)]
    reference: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Config {
    pub(crate) fn run(self, environment: &Environment) -> Outcome {
        if self.reference {
            print!("{}", config::reference());
            return Ok(Ended::Done);
        }
        let layers =
            Layers::merge(&self.settings.overrides(), environment).map_err(|failure| vec![failure])?;
        print!("{}", config::print(&layers));
        config::Config::read(&layers).map(|_| Ended::Done).map_err(|failure| vec![failure])
    }
}
