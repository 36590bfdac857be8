use std::path::PathBuf;
use std::time::Duration;

use countersign_oauth::Secret;

/// Where the database is and how this process uses it.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. How TLS is used is not said here but in `tls`.
    pub url: Secret<String>,
    /// How many connections this process keeps at most. Further calls wait for one of them.
    pub pool_size: usize,
    /// How long a call waits for a connection, a new one's making included, before it is refused.
    pub acquire_timeout: Duration,
    /// How long the server may work on one statement, waiting for locks included.
    pub statement_timeout: Duration,
    /// How the way to the server is protected.
    pub tls: Tls,
}

/// How the way to the server is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Not at all: for a server on this host.
    Disable,
    /// Encrypted if the server can; whose certificate it is is not looked at.
    Prefer,
    /// Encrypted or not at all; whose certificate it is is not looked at.
    Require,
    /// Encrypted, and the certificate is for this host and from an authority that is trusted.
    VerifyFull {
        /// The authorities in PEM, instead of those that the system trusts.
        ca_file: Option<PathBuf>,
    },
}

impl PostgresOptions {
    /// The options that a server has when nothing else is said: 10 connections, 5 seconds for one to become
    /// free, 5 seconds for a statement, TLS if the server can.
    #[must_use]
    pub fn new(url: Secret<String>) -> Self {
        Self {
            url,
            pool_size: 10,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
            tls: Tls::Prefer,
        }
    }
}
