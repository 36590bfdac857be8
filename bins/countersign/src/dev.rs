use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use countersign_server::config::Environment;
use countersign_server::dev::{DevOptions, dev};

use crate::{Outcome, settings::Common};

/// Options of `countersign dev`.
#[derive(Args)]
pub(crate) struct Dev {
    /// The folder of database, keys and certificates; made when it is not there
    #[arg(long, value_name = "DIR", default_value = "./.countersign")]
    data: PathBuf,
    /// The port of the http domain; 0 takes any that is free
    #[arg(long, value_name = "N")]
    http_port: Option<u16>,
    /// The port of the https domain; 0 takes any that is free
    #[arg(long, value_name = "N")]
    https_port: Option<u16>,
    /// The only issuer, instead of <https://localhost:3443/> and <http://localhost:3000/>
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// A further name of this machine, such as host.docker.internal: an https domain of its own; repeatable
    #[arg(long = "host", value_name = "NAME", conflicts_with = "issuer")]
    hosts: Vec<String>,
    /// Where the https domains listen beside loopback, such as 0.0.0.0: whoever reaches it reaches the server
    #[arg(long, value_name = "ADDRESS", conflicts_with = "issuer")]
    listen: Option<IpAddr>,
    /// A tenant file instead of the sample tenant: the YAML that auth0-deploy-cli exports
    #[arg(long, value_name = "FILE")]
    tenant: Option<PathBuf>,
    /// Users in Auth0's bulk-import JSON; a clear `password` is taken, too
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
    /// Only warn of settings in the tenant file that would restrict access and are not enforced yet
    #[arg(long)]
    allow_unenforced: bool,
    /// Stand in for Google, Facebook, Twitter, Weibo and Apple on this machine, with connections to them
    #[arg(long)]
    fake_providers: bool,
    /// A file to write once the server listens: URLs, clients, users, as JSON
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

impl Dev {
    pub(crate) fn run(self, environment: &Environment) -> Outcome {
        let overrides = self.common.overrides();
        let options = DevOptions {
            data: self.data,
            http_port: self.http_port,
            https_port: self.https_port,
            issuer: self.issuer,
            hosts: self.hosts,
            listen: self.listen,
            tenant: self.tenant,
            users: self.users,
            allow_unenforced: self.allow_unenforced,
            fake_providers: self.fake_providers,
            ready_file: self.ready_file,
        };
        dev(&options, &overrides, environment, &mut std::io::stdout())
    }
}
