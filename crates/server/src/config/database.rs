use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use countersign_oauth::Secret;
use countersign_storage_postgres::{PostgresOptions, Tls};

use super::layers::{Layers, Origin};
use super::read::{host, is_loopback, parse};
use super::safety::check_private_file;
use super::setting;
use crate::{Failure, files};

/// Where a tenant is stored.
#[derive(Debug, Clone)]
pub enum Database {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres(Box<PostgresOptions>),
}

impl fmt::Display for Database {
    /// Without a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(options) => f.write_str(&redacted(options.url.expose())),
        }
    }
}

/// Reads a database's URL and the settings beside it.
pub(super) fn read(layers: &Layers) -> Result<Option<Database>, Failure> {
    layers.one(&setting::DATABASE).map(|url| at(url, layers)).transpose()
}

fn at(url: &str, layers: &Layers) -> Result<Database, Failure> {
    // What stands before the colon alone is shown: the rest of a URL may hold a password.
    let (scheme, path) = url.split_once(':').ok_or_else(|| refuse("is a URL such as sqlite:PATH"))?;
    match scheme {
        "sqlite" => sqlite(path, layers),
        "postgres" | "postgresql" => postgres(url, layers),
        other => Err(refuse(format!(
            "knows no `{other}:`; there are sqlite:PATH and postgres://USER@HOST/DATABASE"
        ))),
    }
}

/// Reads whether the schema is migrated at the start; `None` leaves it to the engine.
pub(super) fn migrate_on_start(layers: &Layers) -> Result<Option<bool>, Failure> {
    let setting = &setting::DATABASE_MIGRATE_ON_START;
    match layers.one(setting) {
        None | Some("auto") => Ok(None),
        Some(_) => parse(layers, setting, "true, false or auto").map(Some),
    }
}

/// A URL as it may be shown: with `[redacted]` for its password.
pub(super) fn redacted(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, _) = split_authority(rest);
    let Some(((user, _), hosts)) =
        authority.rsplit_once('@').and_then(|(user, hosts)| Some((user.split_once(':')?, hosts)))
    else {
        return url.to_owned();
    };
    let path = rest.strip_prefix(authority).unwrap_or_default();
    format!("{scheme}://{user}:[redacted]@{hosts}{path}")
}

/// Whether a URL holds a password.
pub(super) fn has_password(url: &str) -> bool {
    redacted(url) != url
}

fn refuse(text: impl Into<String>) -> Failure {
    Failure::of(setting::DATABASE.key, text)
}

fn sqlite(path: &str, layers: &Layers) -> Result<Database, Failure> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.contains(['?', '#']) || path.starts_with(':') {
        return Err(refuse("is sqlite: and the path of a file, nothing more"));
    }
    let folder = match layers.origin(&setting::DATABASE) {
        Origin::File(file) => file.parent().map(std::borrow::ToOwned::to_owned),
        _ => None,
    };
    Ok(Database::Sqlite(folder.unwrap_or_default().join(path)))
}

fn postgres(url: &str, layers: &Layers) -> Result<Database, Failure> {
    let Some((_, rest)) = url.split_once("://") else {
        return Err(refuse("is postgres://USER@HOST:PORT/DATABASE"));
    };
    let (authority, _) = split_authority(rest);
    if has_password(url) && layers.origin(&setting::DATABASE) == Origin::Flag {
        return Err(refuse(
            "holds a password, which every user of the machine reads: say database_password_file",
        ));
    }
    let url = match password(layers)? {
        None => Secret::from(url),
        Some(_) if has_password(url) => {
            return Err(Failure::of(
                setting::DATABASE_PASSWORD.key,
                "is set, and database holds a password, too",
            ));
        }
        Some(password) => with_password(url, authority, &password)?,
    };
    Ok(Database::Postgres(Box::new(PostgresOptions {
        url,
        pool_size: at_least_one(layers, &setting::DATABASE_POOL_SIZE)?,
        acquire_timeout: seconds(layers, &setting::DATABASE_ACQUIRE_TIMEOUT_SECONDS)?,
        statement_timeout: seconds(layers, &setting::DATABASE_STATEMENT_TIMEOUT_SECONDS)?,
        tls: tls(layers, authority)?,
    })))
}

fn password(layers: &Layers) -> Result<Option<Secret<String>>, Failure> {
    let file = &setting::DATABASE_PASSWORD_FILE;
    match (layers.path(file), layers.one(&setting::DATABASE_PASSWORD)) {
        (Some(_), Some(_)) => {
            Err(Failure::of(setting::DATABASE_PASSWORD.key, "is set beside database_password_file"))
        }
        (None, given) => Ok(given.map(Secret::from)),
        (Some(path), None) => {
            check_private_file(file, &path)?;
            let bytes = files::read(&path)?.unwrap_or_default();
            let text = String::from_utf8(bytes).map_err(|_| Failure::of(file.key, "is no text"))?;
            let text = Secret::new(text);
            let password = text.expose().trim_end_matches(['\r', '\n']);
            if password.is_empty() {
                Err(Failure::of(file.key, "is empty"))
            } else {
                Ok(Some(password.into()))
            }
        }
    }
}

/// Puts a password behind the user's name.
fn with_password(url: &str, authority: &str, password: &Secret<String>) -> Result<Secret<String>, Failure> {
    let Some((user, hosts)) = authority.rsplit_once('@').filter(|(user, _)| !user.is_empty()) else {
        return Err(refuse("names no user, and there is a password: say postgres://USER@HOST/DATABASE"));
    };
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut encoded = String::new();
    for byte in password.expose().bytes() {
        if safe(byte) { encoded.push(byte.into()) } else { encoded.push_str(&format!("%{byte:02X}")) }
    }
    let encoded = Secret::new(encoded);
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let path = rest.strip_prefix(authority).unwrap_or_default();
    Ok(Secret::new(format!("{scheme}://{user}:{}@{hosts}{path}", encoded.expose())))
}

fn tls(layers: &Layers, authority: &str) -> Result<Tls, Failure> {
    let ca_file = layers.path(&setting::DATABASE_TLS_CA_FILE);
    let mode = match layers.one(&setting::DATABASE_TLS) {
        None | Some("auto") if ca_file.is_none() && is_here(authority) => Tls::Disable,
        None | Some("auto" | "verify-full") => return Ok(Tls::VerifyFull { ca_file }),
        Some("disable") => Tls::Disable,
        Some("prefer") => Tls::Prefer,
        Some("require") => Tls::Require,
        Some(other) => {
            let text = format!("is auto, disable, prefer, require or verify-full, not `{other}`");
            return Err(Failure::of(setting::DATABASE_TLS.key, text));
        }
    };
    match ca_file {
        None => Ok(mode),
        Some(_) => Err(Failure::of(
            setting::DATABASE_TLS_CA_FILE.key,
            "is looked at by database_tls = verify-full alone",
        )),
    }
}

/// Whether every host is this machine: a loopback address, or the folder of a socket.
fn is_here(authority: &str) -> bool {
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    hosts
        .split(',')
        .map(host)
        .all(|host| is_loopback(host) || host.starts_with("%2F") || host.starts_with("%2f"))
}

fn split_authority(rest: &str) -> (&str, &str) {
    rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at))
}

fn seconds(layers: &Layers, setting: &'static setting::Setting) -> Result<Duration, Failure> {
    at_least_one(layers, setting).map(|seconds| Duration::from_secs(seconds as u64))
}

fn at_least_one(layers: &Layers, setting: &'static setting::Setting) -> Result<usize, Failure> {
    match parse(layers, setting, "a number")? {
        0 => Err(Failure::of(setting.key, "is at least 1")),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests;
