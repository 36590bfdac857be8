use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use countersign_http::TlsFiles;
use countersign_oauth::Secret;

use crate::config::setting::{self, Setting};
use crate::config::{Config, Database, Environment, Layers, Overrides, refuse_unsafe};
use crate::drain::Signals;
use crate::{Deployment, Ended, Failure, Running, ServeOptions, Sockets, bind, files, logging, store};

/// `countersign serve`: starts for production, serves until it is told to stop, and drains.
///
/// # Errors
/// Every unsafe setting, or what else kept it from starting; each names its setting.
pub fn serve(overrides: &Overrides, environment: &Environment) -> Result<Ended, Vec<Failure>> {
    let layers = Layers::merge(overrides, environment).map_err(|failure| vec![failure])?;
    let config = Config::read(&layers).map_err(|failure| vec![failure])?;
    refuse_unsafe(&config)?;
    run(&config).map_err(|failure| vec![failure])
}

fn run(config: &Config) -> Result<Ended, Failure> {
    logging::start(&config.log)?;
    let signals = Signals::catch()?;
    let sockets = sockets(config)?;
    let keys = store::data_keys(config)?;
    let parts = store::open(database(config)?, keys, config)?;
    let deployment = Deployment {
        domains: config.domains.clone(),
        login_limits: config.login_limits,
        rate_limits: config.rate_limits.clone(),
        actions: config.actions.clone(),
        development: false,
    };
    let running = Running::start(&parts, &deployment, sockets, options(config))?;
    for issuer in &config.domains {
        tracing::info!(%issuer, "serving");
    }
    signals.wait(running)
}

fn database(config: &Config) -> Result<&Database, Failure> {
    config.database.as_ref().ok_or_else(|| Failure::of(setting::DATABASE.key, "is missing"))
}

fn sockets(config: &Config) -> Result<Sockets, Failure> {
    let tls = match &config.tls {
        None => None,
        Some((certificate, key)) => Some(TlsFiles {
            certificate_chain_pem: read(&setting::TLS_CERTIFICATE_FILE, certificate)?,
            private_key_pem: Secret::new(read(&setting::TLS_KEY_FILE, key)?),
        }),
    };
    Ok(Sockets {
        https: bind_all(&config.listen_https, &setting::LISTEN_HTTPS)?,
        http: bind_all(&config.listen_http, &setting::LISTEN_HTTP)?,
        tls,
    })
}

fn bind_all(addresses: &[SocketAddr], setting: &Setting) -> Result<Vec<TcpListener>, Failure> {
    addresses.iter().map(|address| bind(*address, setting.key)).collect()
}

fn read(setting: &Setting, path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = files::read(path).map_err(|failure| Failure::of(setting.key, failure.text))?;
    bytes.ok_or_else(|| Failure::of(setting.key, format!("there is no file {}", path.display())))
}

/// How the settings want requests served.
pub(crate) fn options(config: &Config) -> ServeOptions {
    ServeOptions {
        workers: config.workers,
        drain_notice: Duration::from_secs(config.drain_notice_seconds),
        drain: Duration::from_secs(config.drain_seconds),
        trusted_proxies: config.trusted_proxies.clone(),
    }
}
