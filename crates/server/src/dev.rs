//! `countersign dev`: a server on this machine for developing an application, with nothing to set up.

mod authority;
mod banner;
mod data_dir;
mod fakes;
mod hosts;
mod listeners;
mod ready;
mod secrets;
mod snippets;
mod tenant;

use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;

use countersign_crypto::{OsRandom, SystemClock};
use countersign_fake_providers::FakeProviders;

use crate::apply::one;
use crate::config::{Config, Database, Environment, Layers, Origin, Overrides, RateLimits, setting};
use crate::drain::Signals;
use crate::{Deployment, Ended, Failure, Running, Sockets, logging, serve, store};

use authority::LocalTls;
use listeners::Listeners;
use ready::Facts;

pub(crate) use authority::CA_FILE;
pub use data_dir::DataDir;
pub use snippets::{EnvOptions, Sdk, env};

/// The options of `countersign dev`.
#[derive(Debug, Clone, Default)]
pub struct DevOptions {
    /// The folder of everything.
    pub data: PathBuf,
    /// The port of the http domain; 0 takes any that is free.
    pub http_port: Option<u16>,
    /// The port of the https domain; 0 takes any that is free.
    pub https_port: Option<u16>,
    /// The only issuer.
    pub issuer: Option<String>,
    /// Further names of this machine: each becomes an https domain.
    pub hosts: Vec<String>,
    /// Where the https domains listen beside loopback.
    pub listen: Option<IpAddr>,
    /// A tenant file instead of the sample tenant.
    pub tenant: Option<PathBuf>,
    /// A file of users.
    pub users: Option<PathBuf>,
    /// Whether what would restrict access and is not enforced yet is a warning only.
    pub allow_unenforced: bool,
    /// Whether identity providers are stood in for.
    pub fake_providers: bool,
    /// Where to write the ready file.
    pub ready_file: Option<PathBuf>,
}

impl DevOptions {
    /// Whether others than this machine may reach the server.
    fn reaches_others(&self) -> bool {
        self.listen.is_some_and(|address| !address.is_loopback())
    }
}

/// Starts the development server, prints the banner, serves until it is told to stop, and drains.
///
/// # Errors
/// What kept it from starting; each names its option, setting or file.
pub fn dev(
    options: &DevOptions,
    overrides: &Overrides,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<Ended, Vec<Failure>> {
    let config = configure(options, overrides, environment).map_err(one)?;
    logging::start(&config.log).map_err(one)?;
    let signals = Signals::catch().map_err(one)?;
    // The fakes live as long as the server.
    let (running, _fakes, text) = start(options, &config, environment)?;
    // Who closed the pipe does not want to read it; the server runs all the same.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    signals.wait(running).map_err(one)
}

fn configure(
    options: &DevOptions,
    overrides: &Overrides,
    environment: &Environment,
) -> Result<Config, Failure> {
    let layers = Layers::merge(overrides, environment)?;
    let mut config = Config::read(&layers)?;
    if layers.origin(&setting::DRAIN_NOTICE_SECONDS) == Origin::Default {
        // No load balancer is to notice anything.
        config.drain_notice_seconds = 0;
    }
    if options.reaches_others() {
        return Ok(config);
    }
    // A wrong password in a test suite holds nobody back, unless that is what is tried out.
    if layers.origin(&setting::LOGIN_ATTEMPTS_PER_ADDRESS) == Origin::Default {
        config.login_limits.per_account_and_ip = None;
    }
    if layers.origin(&setting::LOGIN_ATTEMPTS) == Origin::Default {
        config.login_limits.per_account = None;
    }
    if layers.origin(&setting::DATABASE_MIGRATE_ON_START) == Origin::Default {
        // Nobody else serves from it.
        config.migrate_on_start = Some(true);
    }
    if layers.origin(&setting::OUTBOUND_ALLOW_PRIVATE) == Origin::Default {
        // What a developer calls runs beside us.
        config.outbound.allow_private = true;
    }
    if !RateLimits::are_asked_for(&layers) {
        config.rate_limits = config.rate_limits.off();
    }
    Ok(config)
}

/// Starts the server; answers it with what the banner says.
fn start(
    options: &DevOptions,
    config: &Config,
    environment: &Environment,
) -> Result<(Running, Option<FakeProviders>, String), Vec<Failure>> {
    let hosts = hosts::read(&options.hosts).map_err(one)?;
    let listeners = Listeners::bind(options, &hosts).map_err(one)?;
    let folder = DataDir::new(&options.data);
    let prepared = folder.prepare().map_err(one)?;
    let local = authority::prepare(&folder, &hosts, environment, &OsRandom, &SystemClock).map_err(one)?;
    let keys = folder.data_keys(&OsRandom).map_err(one)?;
    let database = config.database.clone().unwrap_or_else(|| Database::Sqlite(folder.database_file()));
    let parts = store::open(&database, keys, config).map_err(one)?;
    let runtime = crate::runtime().map_err(one)?;
    let mut warnings = hosts::warnings(options, local.replaced);
    let domains = listeners.domains();
    let passwords = runtime.block_on(tenant::fill(options, (&folder, &domains), &parts, &mut warnings))?;
    drop(prepared);
    let fakes = match options.fake_providers {
        true => Some(runtime.block_on(fakes::start(&parts)).map_err(one)?),
        false => None,
    };
    let deployment = Deployment {
        domains,
        login_limits: config.login_limits,
        rate_limits: config.rate_limits.clone(),
        actions: config.actions.clone(),
        development: true,
    };
    let LocalTls { ca_file, bundle_file, tls, replaced: _ } = local;
    let (urls, sockets) = listeners.split();
    let sockets = Sockets { tls: Some(tls), ..sockets };
    let running = Running::start(&parts, &deployment, sockets, serve::options(config)).map_err(one)?;
    let facts = Facts::gather(urls, (ca_file, bundle_file), &parts, &passwords);
    let mut facts = runtime.block_on(facts).map_err(one)?;
    facts.fake_providers = fakes.as_ref().map(FakeProviders::base_url);
    facts.keep(&folder).map_err(one)?;
    if let Some(path) = &options.ready_file {
        facts.write(path).map_err(one)?;
    }
    let of_fakes = fakes
        .as_ref()
        .map(|fakes| fakes::banner(fakes, &facts.urls.issuer, &facts.ca_file))
        .unwrap_or_default();
    Ok((running, fakes, warnings + &banner::banner(&facts) + &of_fakes))
}

#[cfg(test)]
mod tests;
