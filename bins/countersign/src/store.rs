use std::path::PathBuf;

use clap::Args;
use countersign_server::StoreOptions;
use countersign_server::config::{Overrides, setting};

use crate::settings::DatabaseOptions;

/// Which store a command works on.
#[derive(Args)]
pub(crate) struct Store {
    /// The configuration file of `countersign serve`
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    config: Option<PathBuf>,
    /// The folder of `countersign dev` [default: ./.countersign, where no other store is named]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseOptions,
    /// The file of the data key
    #[arg(long, value_name = "FILE")]
    data_key_file: Option<String>,
}

impl Store {
    pub(crate) fn options(&self) -> StoreOptions {
        let overrides = self
            .database
            .overrides(Overrides::new())
            .with_file(self.config.clone())
            .with(&setting::DATA_KEY_FILE, self.data_key_file.as_deref());
        StoreOptions { data: self.data.clone(), overrides }
    }
}
