use std::path::PathBuf;

use clap::{Args, ValueEnum};
use countersign_server::dev::{self, EnvOptions};

use crate::Outcome;

/// Options of `countersign env`.
#[derive(Args)]
pub(crate) struct Env {
    /// The SDK of the application
    sdk: Sdk,
    /// The client, by id or name, instead of the oldest of its kind
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,
    /// Print the lines of code that use the environment instead
    #[arg(long)]
    code: bool,
    /// The folder of `countersign dev`
    #[arg(long, value_name = "DIR", default_value = "./.countersign")]
    data: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Sdk {
    /// @auth0/auth0-spa-js, -react, -vue
    Spa,
    /// @auth0/nextjs-auth0
    Nextjs,
    /// express-openid-connect
    Express,
    /// express-oauth2-jwt-bearer
    Api,
    /// auth0 for Node
    Node,
    /// auth0-python
    Python,
}

impl Env {
    pub(crate) fn run(self) -> Outcome {
        let sdk = match self.sdk {
            Sdk::Spa => dev::Sdk::Spa,
            Sdk::Nextjs => dev::Sdk::Nextjs,
            Sdk::Express => dev::Sdk::Express,
            Sdk::Api => dev::Sdk::Api,
            Sdk::Node => dev::Sdk::Node,
            Sdk::Python => dev::Sdk::Python,
        };
        let options = EnvOptions { data: self.data, sdk, client: self.client, code: self.code };
        dev::env(&options, &mut std::io::stdout())
    }
}
