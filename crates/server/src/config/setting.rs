//! The settings: key, default and reason of each.

/// A setting: the same key in the file, as `--key` on the command line and as `COUNTERSIGN_KEY` in the
/// environment.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key.
    pub key: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// The value without being told; empty for none.
    pub default: &'static str,
    /// What it says and why it is so.
    pub about: &'static str,
}

/// What a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// One value.
    One,
    /// A list: an array in the file, commas elsewhere.
    Many,
    /// One value that is never shown and never on a command line, where every user of the machine reads it.
    Secret,
}

impl Setting {
    /// Its name in the environment.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("COUNTERSIGN_{}", self.key.to_ascii_uppercase())
    }

    /// Its option on the command line; a secret has none.
    #[must_use]
    pub fn flag(&self) -> Option<String> {
        (self.takes != Takes::Secret).then(|| format!("--{}", self.key.replace('_', "-")))
    }
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])* $name:ident: $key:literal $takes:ident = $default:literal;)*) => {
        $($(#[doc = $doc])*
        pub static $name: Setting = Setting {
            key: $key,
            takes: Takes::$takes,
            default: $default,
            about: concat!($($doc),*),
        };)*

        /// Every setting, in the order in which they are explained.
        pub static ALL: &[&Setting] = &[$(&$name),*];
    };
}

settings! {
    /// The issuer URLs of the tenant, each a domain of its own. There is no default, because tokens carry the
    /// issuer for as long as they live.
    DOMAINS: "domains" Many = "";
    /// Where to listen with TLS, as address and port: `0.0.0.0:443`. Nothing is opened without being told.
    LISTEN_HTTPS: "listen_https" One = "";
    /// Where to listen without TLS. On an address that others reach it needs `behind_proxy`, because passwords
    /// and tokens would cross the network in clear.
    LISTEN_HTTP: "listen_http" One = "";
    /// States that whatever reaches `listen_http` comes through a proxy that speaks TLS to the world.
    BEHIND_PROXY: "behind_proxy" One = "false";
    /// The addresses of proxies whose `X-Forwarded-For` is believed. Nobody is by default, because anybody can
    /// write that header.
    TRUSTED_PROXIES: "trusted_proxies" Many = "";
    /// The certificate for `listen_https` with its chain, PEM.
    TLS_CERTIFICATE_FILE: "tls_certificate_file" One = "";
    /// The private key of the certificate, PEM; readable by its owner alone.
    TLS_KEY_FILE: "tls_key_file" One = "";
    /// Where the tenant is stored: `sqlite:PATH`, or `postgres://USER@HOST:PORT/DATABASE`. There is no default, so
    /// that no start on an empty store is by mistake. A password in it is refused on the command line, where every
    /// user of the machine reads it.
    DATABASE: "database" One = "";
    /// A file that holds the password for PostgreSQL; readable by its owner alone.
    DATABASE_PASSWORD_FILE: "database_password_file" One = "";
    /// The password for PostgreSQL itself, for machines whose secrets come as environment variables. It is given in
    /// one place: here, in its file, or in the URL.
    DATABASE_PASSWORD: "database_password" Secret = "";
    /// How the way to PostgreSQL is protected: `disable`, `prefer` and `require` as libpq means them, or
    /// `verify-full`, which also checks that the certificate is the host's. `auto` is `verify-full`, and `disable`
    /// where the host is this machine.
    DATABASE_TLS: "database_tls" One = "auto";
    /// The authorities that `verify-full` trusts, PEM, instead of the system's.
    DATABASE_TLS_CA_FILE: "database_tls_ca_file" One = "";
    /// How many connections to PostgreSQL this process keeps at most. All processes together stay below the server's
    /// `max_connections`; more than two or three for each of its cores bring nothing.
    DATABASE_POOL_SIZE: "database_pool_size" One = "10";
    /// How many seconds a request waits for a free connection to PostgreSQL. Then the answer is 503 with
    /// `Retry-After`, so that a database that is slow or away delays nobody for long.
    DATABASE_ACQUIRE_TIMEOUT_SECONDS: "database_acquire_timeout_seconds" One = "2";
    /// How many seconds PostgreSQL may work on one statement, waiting for locks included.
    DATABASE_STATEMENT_TIMEOUT_SECONDS: "database_statement_timeout_seconds" One = "5";
    /// Whether the schema is brought up to date at the start: `true`, `false`, or `auto`, which does so for an SQLite
    /// file and not for PostgreSQL, where processes of the version before may still run. What is not migrated is not
    /// served: `countersign migrate apply` does it.
    DATABASE_MIGRATE_ON_START: "database_migrate_on_start" One = "auto";
    /// The file of the data key, which seals private keys and secrets in the database; readable by its owner
    /// alone. It is kept apart from the database, so that neither is worth anything alone.
    DATA_KEY_FILE: "data_key_file" One = "";
    /// The data key itself, for machines whose secrets come as environment variables. Give one of the two.
    DATA_KEY: "data_key" Secret = "";
    /// Memory that hashing one password takes, in KiB. 19 MiB is the floor of OWASP for two iterations.
    PASSWORD_MEMORY_KIB: "password_memory_kib" One = "19456";
    /// How often hashing goes over its memory. Two is the floor for 19 MiB.
    PASSWORD_ITERATIONS: "password_iterations" One = "2";
    /// Lanes of one hash. One, because logins are served side by side anyway.
    PASSWORD_PARALLELISM: "password_parallelism" One = "1";
    /// Threads that hash, and so the bound on memory in use; `0` means one per core.
    PASSWORD_THREADS: "password_threads" One = "0";
    /// How many passwords may wait to be hashed. Beyond it the answer is 503 with `Retry-After`, so that a flood
    /// of logins delays nobody for long.
    PASSWORD_QUEUE: "password_queue" One = "32";
    /// Failed logins of one account from one address until it is held back; `0` switches it off. Ten is what
    /// Auth0 does.
    LOGIN_ATTEMPTS_PER_ADDRESS: "login_attempts_per_address" One = "10";
    /// Failed logins of one account from anywhere until it is held back; `0` switches it off. NIST SP 800-63B
    /// allows a hundred.
    LOGIN_ATTEMPTS: "login_attempts" One = "100";
    /// Whether the limits below refuse. They stand in the database, one bucket for all processes. `countersign dev`
    /// has them off unless this says otherwise, because test suites are faster than people.
    RATE_LIMITS: "rate_limits" One = "true";
    /// Logins of one account from one address, failed or not: `20 then 10/min` lets twenty through at once and
    /// then ten a minute, which is what Auth0 does. `off` switches a limit off.
    RATE_LIMIT_LOGIN: "rate_limit_login" One = "20 then 10/min";
    /// Failed logins from one address, whatever accounts they were for, so that trying one password on many
    /// accounts ends soon; IPv6 counts by /64. A hundred, and a hundred a day, is what Auth0 does.
    RATE_LIMIT_FAILED_LOGINS: "rate_limit_failed_logins" One = "100 then 100/day";
    /// Addresses whose failed logins are not counted so: `192.0.2.1`, or a network such as `192.0.2.0/24`, at most a
    /// hundred. For offices and gateways with many people behind one address. An account is still held back.
    RATE_LIMIT_FAILED_LOGINS_EXEMPT: "rate_limit_failed_logins_exempt" Many = "";
    /// Requests to `/userinfo` for one user. Ten, and five a minute, is what Auth0 does; an application asks once
    /// after a login. A request that is counted costs a write.
    RATE_LIMIT_USERINFO: "rate_limit_userinfo" One = "10 then 5/min";
    /// All requests to the tenant, looked at before the limits of an endpoint. Off, because what
    /// a machine can serve is known to its operator alone. Each request let through costs a write.
    RATE_LIMIT_REQUESTS: "rate_limit_requests" One = "off";
    /// Requests to `/oauth/token`. Off for the same reason; Auth0's smallest plan has `30/s`.
    RATE_LIMIT_TOKEN: "rate_limit_token" One = "off";
    /// Requests to `/.well-known/jwks.json`. Off for the same reason; Auth0's smallest plan has `20/s`.
    RATE_LIMIT_JWKS: "rate_limit_jwks" One = "off";
    /// As many of the tenant's scripts (Actions and rules) run at once. More than a machine has cores, because one
    /// may wait for an answer from elsewhere. The threads are there while scripts run, and not before.
    ACTIONS_THREADS: "actions_threads" One = "8";
    /// How many runs may wait for a thread. Beyond it the answer is 503 with `Retry-After`.
    ACTIONS_QUEUE: "actions_queue" One = "256";
    /// How many seconds all scripts of one login may take together, their calls to other servers and the wait for
    /// a thread included. Twenty is what Auth0 allows.
    ACTIONS_TIMEOUT_SECONDS: "actions_timeout_seconds" One = "20";
    /// Memory that one script may take, in MiB. It is enough for what Actions do, and with all threads at work
    /// scripts take 256 MiB.
    ACTIONS_MEMORY_MIB: "actions_memory_mib" One = "32";
    /// The hosts that scripts may call with `fetch`: `api.example.com`, or `api.example.com:8443` for another port.
    /// None by default, because a script sees who signs in.
    ACTIONS_ALLOWED_HOSTS: "actions_allowed_hosts" Many = "";
    /// The modules that scripts may `require`, each as `NAME=FILE`: a CommonJS source that needs nothing of Node,
    /// such as a bundle. None by default; nothing is fetched from a registry.
    ACTIONS_MODULES: "actions_modules" Many = "";
    /// Whether other servers that Countersign calls, identity providers above all, may be on private or loopback
    /// addresses, on any port, and without TLS there. Off, because whoever may write a URL into the tenant could
    /// otherwise reach what only this machine reaches. `countersign dev` has it on unless this says otherwise.
    OUTBOUND_ALLOW_PRIVATE: "outbound_allow_private" One = "false";
    /// Names of hosts that may have private addresses nevertheless: identity providers on the premises.
    OUTBOUND_PRIVATE_HOSTS: "outbound_private_hosts" Many = "";
    /// The ports of public servers that may be called.
    OUTBOUND_PORTS: "outbound_ports" Many = "443";
    /// Authorities that are trusted beside the system's when other servers are called, PEM.
    OUTBOUND_CA_FILE: "outbound_ca_file" One = "";
    /// How many seconds a connection to another server may take, its name and TLS included. Somebody waits in a
    /// login meanwhile.
    OUTBOUND_CONNECT_TIMEOUT_SECONDS: "outbound_connect_timeout_seconds" One = "3";
    /// How many seconds a call to another server may take, until the last byte of the answer.
    OUTBOUND_TIMEOUT_SECONDS: "outbound_timeout_seconds" One = "10";
    /// The most KiB of an answer of another server. What identity providers send is a hundredth of it.
    OUTBOUND_MAX_BODY_KIB: "outbound_max_body_kib" One = "512";
    /// How many calls to other servers may run at once. Beyond it a login that needs one fails at once, so that a
    /// provider that is slow holds no more than these.
    OUTBOUND_MAX_CALLS: "outbound_max_calls" One = "256";
    /// Threads that serve requests; `0` means one per core.
    WORKERS: "workers" One = "0";
    /// After SIGTERM `/readyz` says no at once, and requests are still accepted for so many seconds, until load
    /// balancers have noticed.
    DRAIN_NOTICE_SECONDS: "drain_notice_seconds" One = "5";
    /// How many seconds requests in flight then have to finish.
    DRAIN_SECONDS: "drain_seconds" One = "20";
    /// `text`, `json`, or `auto`: text on a terminal, JSON elsewhere.
    LOG_FORMAT: "log_format" One = "auto";
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,countersign_http=debug`. What
    /// other people's crates say beyond `warn` is never logged, because it may hold secrets.
    LOG_LEVEL: "log_level" One = "info";
}

/// The setting of that key.
#[must_use]
pub fn find(key: &str) -> Option<&'static Setting> {
    ALL.iter().copied().find(|setting| setting.key == key)
}
