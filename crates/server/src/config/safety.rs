//! What `serve` refuses to start with.

use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Config, DataKey, setting};
use crate::Failure;

/// Names every unsafe or missing setting.
///
/// # Errors
/// One failure for each, in the order of the settings.
pub fn refuse_unsafe(config: &Config) -> Result<(), Vec<Failure>> {
    let mut failures = Vec::new();
    let mut refuse = |setting: &setting::Setting, text: &str| failures.push(Failure::of(setting.key, text));
    if config.domains.is_empty() {
        refuse(&setting::DOMAINS, "is missing: the issuer URLs, such as https://login.example.com/");
    }
    if config.listen_http.is_empty() && config.listen_https.is_empty() {
        refuse(&setting::LISTEN_HTTPS, "is missing, and so is listen_http: there is nowhere to listen");
    }
    if !config.behind_proxy && config.listen_http.iter().any(|address| !address.ip().is_loopback()) {
        let text = "others reach that address without TLS: use listen_https, or say behind_proxy = true";
        refuse(&setting::LISTEN_HTTP, text);
    }
    if config.tls.is_none() && !config.listen_https.is_empty() {
        refuse(&setting::TLS_CERTIFICATE_FILE, "is missing, and listen_https needs it");
    }
    if config.database.is_none() {
        refuse(&setting::DATABASE, "is missing: sqlite:PATH or postgres://USER@HOST/DATABASE");
    }
    if config.data_key.is_none() {
        refuse(&setting::DATA_KEY_FILE, "is missing: the file of the key that seals what is stored");
    }
    if !config.passwords.argon2().reaches_floor() {
        refuse(
            &setting::PASSWORD_MEMORY_KIB,
            "hashing is below the floor of 19456 KiB, 2 iterations, 1 lane",
        );
    }
    if config.passwords.queue == 0 {
        refuse(&setting::PASSWORD_QUEUE, "is at least 1, or nobody could log in");
    }
    failures.extend(unsafe_files(config));
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

fn unsafe_files(config: &Config) -> impl Iterator<Item = Failure> {
    let key = config.tls.as_ref().and_then(|(_, key)| check_private_file(&setting::TLS_KEY_FILE, key).err());
    let data_key = match &config.data_key {
        Some(DataKey::File(path)) => check_private_file(&setting::DATA_KEY_FILE, path).err(),
        _ => None,
    };
    [key, data_key].into_iter().flatten()
}

/// Checks that a file is there and that its owner alone can read it.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_private_file(setting: &setting::Setting, path: &Path) -> Result<(), Failure> {
    let metadata = std::fs::metadata(path)
        .map_err(|error| Failure::of(setting.key, format!("{} cannot be read: {error}", path.display())))?;
    check_mode(setting, path, &metadata)
}

fn check_mode(setting: &setting::Setting, path: &Path, metadata: &Metadata) -> Result<(), Failure> {
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(Failure::of(setting.key, format!("others can read {path} (mode {mode:03o}): chmod 600 {path}")))
}
