#![doc = include_str!("../README.md")]

mod apply;
mod background;
pub mod config;
mod copy;
pub mod dev;
mod drain;
mod explain;
mod failure;
mod files;
mod key_change;
mod key_command;
mod keys;
mod listen;
mod logging;
mod migrate;
mod provider;
mod scripts;
mod serve;
mod server;
mod store;
mod trust;
mod users;

pub use apply::{ApplyOptions, apply};
pub use copy::{CopyOptions, copy};
pub use countersign_authorization_endpoint::LoginLimits;
pub use countersign_http::TlsFiles;
pub use drain::Ended;
pub use explain::explain;
pub use failure::Failure;
pub use key_change::{KeyChange, KeyChangeError, Rotated};
pub use key_command::{KeyCommand, keys};
pub use listen::{bind, bind_loopback, port_of};
pub use migrate::{MigrateCommand, migrate};
pub use provider::{Deployment, Parts, Protocol, StoreCheck, grants};
pub use serve::serve;
pub use server::{Running, ServeOptions, Sockets};
pub use store::StoreOptions;
pub use trust::{SystemStore, TrustCommand, TrustOptions, trust};
pub use users::{UserCommand, users};

/// The runtime of a thread that waits: one thread, timers and signals.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("no runtime can be started: {error}")))
}
