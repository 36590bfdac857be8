use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use countersign_authorization_endpoint::LoginLimits;
use countersign_oauth::{Issuer, Secret};

use super::layers::Layers;
use super::setting::{self, Setting};
use super::{Config, DataKey, LogFormat, LogSettings, PasswordCost, RateLimits, actions, database, outbound};
use crate::Failure;

impl Config {
    /// Reads the merged settings.
    ///
    /// # Errors
    /// The setting whose value cannot be what it is for.
    pub fn read(layers: &Layers) -> Result<Self, Failure> {
        Ok(Self {
            domains: layers
                .all(&setting::DOMAINS)
                .iter()
                .map(|url| issuer(url).map_err(|text| Failure::of(setting::DOMAINS.key, text)))
                .collect::<Result<_, _>>()?,
            listen_https: address(layers, &setting::LISTEN_HTTPS)?,
            listen_http: address(layers, &setting::LISTEN_HTTP)?,
            behind_proxy: parse(layers, &setting::BEHIND_PROXY, "true or false")?,
            trusted_proxies: layers
                .all(&setting::TRUSTED_PROXIES)
                .iter()
                .map(|text| {
                    let wrong =
                        || Failure::of(setting::TRUSTED_PROXIES.key, format!("`{text}` is no address"));
                    text.parse().map_err(|_| wrong())
                })
                .collect::<Result<_, _>>()?,
            tls: tls(layers)?,
            database: database::read(layers)?,
            migrate_on_start: database::migrate_on_start(layers)?,
            data_key: data_key(layers)?,
            passwords: passwords(layers)?,
            login_limits: LoginLimits {
                per_account_and_ip: limit(layers, &setting::LOGIN_ATTEMPTS_PER_ADDRESS)?,
                per_account: limit(layers, &setting::LOGIN_ATTEMPTS)?,
                ..LoginLimits::default()
            },
            rate_limits: RateLimits::read(layers)?,
            actions: actions::read(layers)?,
            outbound: outbound::read(layers)?,
            workers: or_one_per_core(parse(layers, &setting::WORKERS, "a number")?),
            drain_notice_seconds: parse(layers, &setting::DRAIN_NOTICE_SECONDS, "a number of seconds")?,
            drain_seconds: parse(layers, &setting::DRAIN_SECONDS, "a number of seconds")?,
            log: LogSettings {
                format: log_format(layers)?,
                level: layers.one(&setting::LOG_LEVEL).unwrap_or("info").to_owned(),
            },
        })
    }
}

/// Parses a setting, or its default where it has no value.
pub(super) fn parse<T: FromStr>(
    layers: &Layers,
    setting: &'static Setting,
    wanted: &str,
) -> Result<T, Failure> {
    let text = layers.one(setting).unwrap_or(setting.default);
    text.parse().map_err(|_| Failure::of(setting.key, format!("is {wanted}, not `{text}`")))
}

/// Reads an issuer: `https://host[:port]/`, and `http` for a loopback host alone.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence.
pub(crate) fn issuer(url: &str) -> Result<Issuer, String> {
    let issuer = Issuer::new(url);
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else { return Err(format!("an issuer begins with https://, not `{url}`")) };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let host = host(authority);
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-:[]".contains(c);
    if host.is_empty() || !authority.chars().all(sound) {
        return Err(format!("an issuer is https://host/ in lower case and without a path, not `{url}`"));
    }
    let default_port = if issuer.is_https() { ":443" } else { ":80" };
    if authority.ends_with(default_port) {
        return Err(format!("an issuer leaves out its scheme's own port: `{url}`"));
    }
    if !issuer.is_https() && !is_loopback(host) {
        return Err(format!("an http issuer is for loopback hosts alone, not `{url}`"));
    }
    Ok(issuer)
}

/// The host of an authority, without its port; an IPv6 address keeps its brackets.
pub(crate) fn host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// The port of an authority, where it has one.
pub(crate) fn port(authority: &str) -> Option<u16> {
    authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok())
}

/// Whether a host is this machine whatever a name server says.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn address(layers: &Layers, setting: &'static Setting) -> Result<Vec<SocketAddr>, Failure> {
    let Some(text) = layers.one(setting) else { return Ok(Vec::new()) };
    let address = text.parse().map_err(|_| {
        Failure::of(setting.key, format!("is an address with a port such as 127.0.0.1:3000, not `{text}`"))
    })?;
    Ok(vec![address])
}

fn tls(layers: &Layers) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
    let lacks = |setting: &Setting, other: &Setting| {
        Err(Failure::of(setting.key, format!("is missing, and {} needs it", other.key)))
    };
    match (layers.path(&setting::TLS_CERTIFICATE_FILE), layers.path(&setting::TLS_KEY_FILE)) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        (Some(_), None) => lacks(&setting::TLS_KEY_FILE, &setting::TLS_CERTIFICATE_FILE),
        (None, Some(_)) => lacks(&setting::TLS_CERTIFICATE_FILE, &setting::TLS_KEY_FILE),
    }
}

fn data_key(layers: &Layers) -> Result<Option<DataKey>, Failure> {
    match (layers.path(&setting::DATA_KEY_FILE), layers.one(&setting::DATA_KEY)) {
        (Some(_), Some(_)) => {
            Err(Failure::of(setting::DATA_KEY.key, "is set beside data_key_file; only one of them may be"))
        }
        (Some(file), None) => Ok(Some(DataKey::File(file))),
        (None, Some(key)) => Ok(Some(DataKey::Given(Secret::from(key)))),
        (None, None) => Ok(None),
    }
}

fn passwords(layers: &Layers) -> Result<PasswordCost, Failure> {
    Ok(PasswordCost {
        memory_kib: parse(layers, &setting::PASSWORD_MEMORY_KIB, "a number of KiB")?,
        iterations: parse(layers, &setting::PASSWORD_ITERATIONS, "a number")?,
        parallelism: parse(layers, &setting::PASSWORD_PARALLELISM, "a number")?,
        threads: or_one_per_core(parse(layers, &setting::PASSWORD_THREADS, "a number")?),
        queue: parse(layers, &setting::PASSWORD_QUEUE, "a number")?,
    })
}

fn limit(layers: &Layers, setting: &'static Setting) -> Result<Option<u32>, Failure> {
    let limit: u32 = parse(layers, setting, "a number")?;
    Ok((limit > 0).then_some(limit))
}

fn log_format(layers: &Layers) -> Result<LogFormat, Failure> {
    match layers.one(&setting::LOG_FORMAT) {
        Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some("auto") | None => Ok(LogFormat::Auto),
        Some(other) => {
            Err(Failure::of(setting::LOG_FORMAT.key, format!("is text, json or auto, not `{other}`")))
        }
    }
}

fn or_one_per_core(threads: usize) -> usize {
    if threads > 0 { threads } else { std::thread::available_parallelism().map_or(1, Into::into) }
}
