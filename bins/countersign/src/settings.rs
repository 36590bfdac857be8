use std::path::PathBuf;

use clap::Args;
use countersign_server::config::{Overrides, setting};

/// The settings, each as an option; docs/operations/configuration.md explains them.
#[derive(Args, Default)]
pub(crate) struct Settings {
    /// The configuration file, TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Issuer URLs, separated by commas
    #[arg(long, value_name = "URLS")]
    domains: Option<String>,
    /// Where to listen with TLS
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen_https: Option<String>,
    /// Where to listen without TLS
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen_http: Option<String>,
    /// Whether a proxy in front speaks TLS
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    behind_proxy: Option<String>,
    /// Addresses of proxies that are believed, separated by commas
    #[arg(long, value_name = "ADDRESSES")]
    trusted_proxies: Option<String>,
    /// The certificate with its chain, PEM
    #[arg(long, value_name = "FILE")]
    tls_certificate_file: Option<String>,
    /// The certificate's key, PEM
    #[arg(long, value_name = "FILE")]
    tls_key_file: Option<String>,
    /// The file of the data key
    #[arg(long, value_name = "FILE")]
    data_key_file: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// The settings that hold for every command that serves.
#[derive(Args, Default)]
pub(crate) struct Common {
    #[command(flatten)]
    database: DatabaseOptions,
    /// Memory for hashing a password, in KiB
    #[arg(long, value_name = "N", hide_short_help = true)]
    password_memory_kib: Option<String>,
    /// Passes of hashing a password
    #[arg(long, value_name = "N", hide_short_help = true)]
    password_iterations: Option<String>,
    /// Lanes of hashing a password
    #[arg(long, value_name = "N", hide_short_help = true)]
    password_parallelism: Option<String>,
    /// Threads that hash passwords
    #[arg(long, value_name = "N", hide_short_help = true)]
    password_threads: Option<String>,
    /// How many passwords may wait to be hashed
    #[arg(long, value_name = "N", hide_short_help = true)]
    password_queue: Option<String>,
    /// Failed logins of an account from one address
    #[arg(long, value_name = "N", hide_short_help = true)]
    login_attempts_per_address: Option<String>,
    /// Failed logins of an account from anywhere
    #[arg(long, value_name = "N", hide_short_help = true)]
    login_attempts: Option<String>,
    /// Whether the rate limits refuse
    #[arg(long, value_name = "BOOL", hide_short_help = true)]
    rate_limits: Option<String>,
    /// Logins of an account from one address
    #[arg(long, value_name = "RATE", hide_short_help = true)]
    rate_limit_login: Option<String>,
    /// Failed logins from one address
    #[arg(long, value_name = "RATE", hide_short_help = true)]
    rate_limit_failed_logins: Option<String>,
    /// Addresses and networks whose failed logins are not counted, separated by commas
    #[arg(long, value_name = "ADDRESSES", hide_short_help = true)]
    rate_limit_failed_logins_exempt: Option<String>,
    /// Requests to /userinfo for one user
    #[arg(long, value_name = "RATE", hide_short_help = true)]
    rate_limit_userinfo: Option<String>,
    /// All requests
    #[arg(long, value_name = "RATE", hide_short_help = true)]
    rate_limit_requests: Option<String>,
    /// Requests to /oauth/token
    #[arg(long, value_name = "RATE", hide_short_help = true)]
    rate_limit_token: Option<String>,
    /// Requests to /.well-known/jwks.json
    #[arg(long, value_name = "RATE", hide_short_help = true)]
    rate_limit_jwks: Option<String>,
    /// Scripts that run at once
    #[arg(long, value_name = "N", hide_short_help = true)]
    actions_threads: Option<String>,
    /// Runs of scripts that may wait
    #[arg(long, value_name = "N", hide_short_help = true)]
    actions_queue: Option<String>,
    /// Seconds that all scripts of a login may take
    #[arg(long, value_name = "N", hide_short_help = true)]
    actions_timeout_seconds: Option<String>,
    /// Memory that one script may take, in MiB
    #[arg(long, value_name = "N", hide_short_help = true)]
    actions_memory_mib: Option<String>,
    /// Hosts that scripts may call
    #[arg(long, value_name = "HOSTS", hide_short_help = true)]
    actions_allowed_hosts: Option<String>,
    /// Modules that scripts may require, as NAME=FILE
    #[arg(long, value_name = "MODULES", hide_short_help = true)]
    actions_modules: Option<String>,
    #[command(flatten)]
    outbound: OutboundArguments,
    /// Threads that serve requests
    #[arg(long, value_name = "N", hide_short_help = true)]
    workers: Option<String>,
    /// Seconds from the first signal until nothing more is accepted
    #[arg(long, value_name = "N", hide_short_help = true)]
    drain_notice_seconds: Option<String>,
    /// Seconds that requests in flight then have
    #[arg(long, value_name = "N", hide_short_help = true)]
    drain_seconds: Option<String>,
    /// text, json or auto
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

/// Calls to other servers.
#[derive(Args, Default)]
pub(crate) struct OutboundArguments {
    /// Whether other servers may be on private addresses
    #[arg(long, value_name = "BOOL", hide_short_help = true)]
    outbound_allow_private: Option<String>,
    /// Hosts that may be on private addresses nevertheless, separated by commas
    #[arg(long, value_name = "NAMES", hide_short_help = true)]
    outbound_private_hosts: Option<String>,
    /// The ports of public servers that may be called, separated by commas
    #[arg(long, value_name = "PORTS", hide_short_help = true)]
    outbound_ports: Option<String>,
    /// Authorities that are trusted beside the system's, PEM
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    outbound_ca_file: Option<String>,
    /// Seconds that a connection to another server may take
    #[arg(long, value_name = "N", hide_short_help = true)]
    outbound_connect_timeout_seconds: Option<String>,
    /// Seconds that a call to another server may take
    #[arg(long, value_name = "N", hide_short_help = true)]
    outbound_timeout_seconds: Option<String>,
    /// The most KiB of another server's answer
    #[arg(long, value_name = "N", hide_short_help = true)]
    outbound_max_body_kib: Option<String>,
    /// Calls to other servers at once
    #[arg(long, value_name = "N", hide_short_help = true)]
    outbound_max_calls: Option<String>,
}

/// Where the tenant is stored, and how it is reached.
#[derive(Args, Default)]
pub(crate) struct DatabaseOptions {
    /// Where the tenant is stored: sqlite:PATH or postgres://USER@HOST:PORT/DATABASE
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// A file that holds the password for PostgreSQL
    #[arg(long, value_name = "FILE")]
    database_password_file: Option<String>,
    /// auto, disable, prefer, require or verify-full
    #[arg(long, value_name = "MODE")]
    database_tls: Option<String>,
    /// The authorities that verify-full trusts, PEM
    #[arg(long, value_name = "FILE")]
    database_tls_ca_file: Option<String>,
    /// Connections to PostgreSQL at most
    #[arg(long, value_name = "N", hide_short_help = true)]
    database_pool_size: Option<String>,
    /// Seconds to wait for a connection to PostgreSQL
    #[arg(long, value_name = "N", hide_short_help = true)]
    database_acquire_timeout_seconds: Option<String>,
    /// Seconds that a statement may take
    #[arg(long, value_name = "N", hide_short_help = true)]
    database_statement_timeout_seconds: Option<String>,
    /// Whether the schema is brought up to date at the start: true, false or auto
    #[arg(long, value_name = "WHEN", num_args = 0..=1, default_missing_value = "true")]
    database_migrate_on_start: Option<String>,
}

impl DatabaseOptions {
    /// Adds what is said here.
    pub(crate) fn overrides(&self, overrides: Overrides) -> Overrides {
        overrides
            .with(&setting::DATABASE, self.database.as_deref())
            .with(&setting::DATABASE_PASSWORD_FILE, self.database_password_file.as_deref())
            .with(&setting::DATABASE_TLS, self.database_tls.as_deref())
            .with(&setting::DATABASE_TLS_CA_FILE, self.database_tls_ca_file.as_deref())
            .with(&setting::DATABASE_POOL_SIZE, self.database_pool_size.as_deref())
            .with(
                &setting::DATABASE_ACQUIRE_TIMEOUT_SECONDS,
                self.database_acquire_timeout_seconds.as_deref(),
            )
            .with(
                &setting::DATABASE_STATEMENT_TIMEOUT_SECONDS,
                self.database_statement_timeout_seconds.as_deref(),
            )
            .with(&setting::DATABASE_MIGRATE_ON_START, self.database_migrate_on_start.as_deref())
    }
}

impl Settings {
    pub(crate) fn overrides(&self) -> Overrides {
        self.common
            .overrides()
            .with_file(self.config.clone())
            .with(&setting::DOMAINS, self.domains.as_deref())
            .with(&setting::LISTEN_HTTPS, self.listen_https.as_deref())
            .with(&setting::LISTEN_HTTP, self.listen_http.as_deref())
            .with(&setting::BEHIND_PROXY, self.behind_proxy.as_deref())
            .with(&setting::TRUSTED_PROXIES, self.trusted_proxies.as_deref())
            .with(&setting::TLS_CERTIFICATE_FILE, self.tls_certificate_file.as_deref())
            .with(&setting::TLS_KEY_FILE, self.tls_key_file.as_deref())
            .with(&setting::DATA_KEY_FILE, self.data_key_file.as_deref())
    }
}

impl OutboundArguments {
    fn overrides(&self, overrides: Overrides) -> Overrides {
        overrides
            .with(&setting::OUTBOUND_ALLOW_PRIVATE, self.outbound_allow_private.as_deref())
            .with(&setting::OUTBOUND_PRIVATE_HOSTS, self.outbound_private_hosts.as_deref())
            .with(&setting::OUTBOUND_PORTS, self.outbound_ports.as_deref())
            .with(&setting::OUTBOUND_CA_FILE, self.outbound_ca_file.as_deref())
            .with(
                &setting::OUTBOUND_CONNECT_TIMEOUT_SECONDS,
                self.outbound_connect_timeout_seconds.as_deref(),
            )
            .with(&setting::OUTBOUND_TIMEOUT_SECONDS, self.outbound_timeout_seconds.as_deref())
            .with(&setting::OUTBOUND_MAX_BODY_KIB, self.outbound_max_body_kib.as_deref())
            .with(&setting::OUTBOUND_MAX_CALLS, self.outbound_max_calls.as_deref())
    }
}

impl Common {
    pub(crate) fn overrides(&self) -> Overrides {
        self.outbound
            .overrides(self.database.overrides(Overrides::new()))
            .with(&setting::PASSWORD_MEMORY_KIB, self.password_memory_kib.as_deref())
            .with(&setting::PASSWORD_ITERATIONS, self.password_iterations.as_deref())
            .with(&setting::PASSWORD_PARALLELISM, self.password_parallelism.as_deref())
            .with(&setting::PASSWORD_THREADS, self.password_threads.as_deref())
            .with(&setting::PASSWORD_QUEUE, self.password_queue.as_deref())
            .with(&setting::LOGIN_ATTEMPTS_PER_ADDRESS, self.login_attempts_per_address.as_deref())
            .with(&setting::LOGIN_ATTEMPTS, self.login_attempts.as_deref())
            .with(&setting::RATE_LIMITS, self.rate_limits.as_deref())
            .with(&setting::RATE_LIMIT_LOGIN, self.rate_limit_login.as_deref())
            .with(&setting::RATE_LIMIT_FAILED_LOGINS, self.rate_limit_failed_logins.as_deref())
            .with(&setting::RATE_LIMIT_FAILED_LOGINS_EXEMPT, self.rate_limit_failed_logins_exempt.as_deref())
            .with(&setting::RATE_LIMIT_USERINFO, self.rate_limit_userinfo.as_deref())
            .with(&setting::RATE_LIMIT_REQUESTS, self.rate_limit_requests.as_deref())
            .with(&setting::RATE_LIMIT_TOKEN, self.rate_limit_token.as_deref())
            .with(&setting::RATE_LIMIT_JWKS, self.rate_limit_jwks.as_deref())
            .with(&setting::ACTIONS_THREADS, self.actions_threads.as_deref())
            .with(&setting::ACTIONS_QUEUE, self.actions_queue.as_deref())
            .with(&setting::ACTIONS_TIMEOUT_SECONDS, self.actions_timeout_seconds.as_deref())
            .with(&setting::ACTIONS_MEMORY_MIB, self.actions_memory_mib.as_deref())
            .with(&setting::ACTIONS_ALLOWED_HOSTS, self.actions_allowed_hosts.as_deref())
            .with(&setting::ACTIONS_MODULES, self.actions_modules.as_deref())
            .with(&setting::WORKERS, self.workers.as_deref())
            .with(&setting::DRAIN_NOTICE_SECONDS, self.drain_notice_seconds.as_deref())
            .with(&setting::DRAIN_SECONDS, self.drain_seconds.as_deref())
            .with(&setting::LOG_FORMAT, self.log_format.as_deref())
            .with(&setting::LOG_LEVEL, self.log_level.as_deref())
    }
}
