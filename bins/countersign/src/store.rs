use std::path::PathBuf;

use clap::Args;
use countersign_server::StoreOptions;
use countersign_server::config::{Overrides, setting};

/// Which store a command works on.
#[derive(Args)]
pub(crate) struct Store {
    /// The configuration file of `countersign serve`
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    config: Option<PathBuf>,
    /// The folder of `countersign dev` [default: ./.countersign, where no other store is named]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where the tenant is stored: sqlite:PATH
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// The file of the data key
    #[arg(long, value_name = "FILE")]
    data_key_file: Option<String>,
}

impl Store {
    pub(crate) fn options(&self) -> StoreOptions {
        let overrides = Overrides::new()
            .with_file(self.config.clone())
            .with(&setting::DATABASE, self.database.as_deref())
            .with(&setting::DATA_KEY_FILE, self.data_key_file.as_deref());
        StoreOptions { data: self.data.clone(), overrides }
    }
}
