//! Settings: flags over environment over file over default, each with its reason and its origin.

mod actions;
mod database;
mod environment;
mod file;
mod layers;
mod outbound;
mod overrides;
mod print;
mod rate;
mod read;
mod reference;
mod safety;
pub mod setting;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use countersign_actions::ActionsOptions;
use countersign_authorization_endpoint::LoginLimits;
use countersign_crypto::Argon2Cost;
use countersign_oauth::{Issuer, Secret};
use countersign_outbound::OutboundOptions;

pub use database::Database;
pub use environment::Environment;
pub use layers::{Layers, Origin};
pub use overrides::Overrides;
pub use print::print;
pub use rate::RateLimits;
pub(crate) use read::{host, is_loopback, issuer, port};
pub use reference::reference;
pub(crate) use safety::check_private_file;
pub use safety::refuse_unsafe;

/// The settings of a process, typed. What each is for stands at [`setting`].
#[derive(Debug, Clone)]
pub struct Config {
    /// The issuers of the tenant's domains, the first one first.
    pub domains: Vec<Issuer>,
    /// Where to listen with TLS.
    pub listen_https: Vec<SocketAddr>,
    /// Where to listen without.
    pub listen_http: Vec<SocketAddr>,
    /// Whether what comes without TLS had it up to a proxy.
    pub behind_proxy: bool,
    /// Whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Certificate chain and private key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Where the tenant is stored.
    pub database: Option<Database>,
    /// Whether its schema is brought up to date at the start; `None` leaves it to the engine.
    pub migrate_on_start: Option<bool>,
    /// Where the data key is.
    pub data_key: Option<DataKey>,
    /// What hashing a password costs.
    pub passwords: PasswordCost,
    /// When an account is held back.
    pub login_limits: LoginLimits,
    /// How often something may be asked for.
    pub rate_limits: RateLimits,
    /// The limits of the tenant's scripts.
    pub actions: ActionsOptions,
    /// What calls to other servers may do.
    pub outbound: OutboundOptions,
    /// Threads that serve requests.
    pub workers: usize,
    /// Seconds between saying no at `/readyz` and accepting nothing more.
    pub drain_notice_seconds: u64,
    /// Seconds that requests in flight then have.
    pub drain_seconds: u64,
    /// How to log.
    pub log: LogSettings,
}

/// Where the data key is.
#[derive(Debug, Clone)]
pub enum DataKey {
    /// In a file.
    File(PathBuf),
    /// In the environment or the configuration file.
    Given(Secret<String>),
}

/// What hashing a password costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// KiB of memory.
    pub memory_kib: u32,
    /// Passes.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// Threads that hash.
    pub threads: usize,
    /// How many may wait.
    pub queue: usize,
}

impl PasswordCost {
    /// The cost of one hash.
    #[must_use]
    pub fn argon2(&self) -> Argon2Cost {
        Argon2Cost { memory_kib: self.memory_kib, iterations: self.iterations, parallelism: self.parallelism }
    }
}

/// How to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// The form of a line.
    pub format: LogFormat,
    /// A level or directives.
    pub level: String,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
    /// Text on a terminal, JSON elsewhere.
    Auto,
}

#[cfg(test)]
mod tests;
