use std::time::Duration;

/// What calls to other servers may do. The defaults are those of the security promises (SP-139, SP-144).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundOptions {
    /// Private and loopback targets, on any port, by plain `http` too where the target is private.
    pub allow_private: bool,
    /// Names of hosts that may have private addresses; compared without letter case.
    pub private_hosts: Vec<String>,
    /// The ports of public targets.
    pub ports: Vec<u16>,
    /// Further authorities, PEM, beside the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// How long a connection may take, the name's resolution and TLS included.
    pub connect_timeout: Duration,
    /// How long a call may take, until the last byte of the answer.
    pub timeout: Duration,
    /// The most bytes of an answer's body.
    pub max_body_bytes: usize,
    /// How many calls may run at once.
    pub max_calls: usize,
}

impl Default for OutboundOptions {
    fn default() -> Self {
        Self {
            allow_private: false,
            private_hosts: Vec::new(),
            ports: vec![443],
            ca_pem: None,
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(10),
            max_body_bytes: 512 * 1024,
            max_calls: 256,
        }
    }
}

impl OutboundOptions {
    /// Whether a host may have private addresses.
    pub(crate) fn allows_private(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        self.allow_private || self.private_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }
}

/// Why there is no client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildError {
    /// The further authorities are no certificates in PEM.
    Authorities,
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Authorities => f.write_str("it holds no certificates in PEM"),
        }
    }
}

impl std::error::Error for BuildError {}
