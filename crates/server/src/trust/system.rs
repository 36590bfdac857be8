//! The store of roots that the system's own programs use.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Authority, Done, Step, run};
use crate::Failure;

/// How a system learns of a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemStore {
    /// A folder of certificates, and the program with its arguments that reads it.
    Folder {
        /// Where certificates of one's own lie.
        certificates: PathBuf,
        /// What has to run after a change.
        update: Vec<String>,
    },
    /// The login keychain of macOS.
    Keychain,
    /// A system that is not known here.
    Unknown,
}

/// Debian and Ubuntu; SUSE; Fedora and RHEL; Arch.
const FOLDERS: [(&str, &[&str]); 4] = [
    ("/usr/local/share/ca-certificates", &["update-ca-certificates"]),
    ("/etc/pki/trust/anchors", &["update-ca-certificates"]),
    ("/etc/pki/ca-trust/source/anchors", &["update-ca-trust"]),
    ("/etc/ca-certificates/trust-source/anchors", &["trust", "extract-compat"]),
];

impl SystemStore {
    /// Finds the store of this machine.
    #[must_use]
    pub fn find() -> Self {
        if cfg!(target_os = "macos") {
            return Self::Keychain;
        }
        let known = FOLDERS.iter().find(|(folder, _)| Path::new(folder).is_dir());
        known.map_or(Self::Unknown, |(folder, update)| Self::Folder {
            certificates: PathBuf::from(folder),
            update: update.iter().map(|word| (*word).to_owned()).collect(),
        })
    }

    /// Adds or removes one certificate.
    pub(super) fn perform(&self, step: Step<'_>) -> Result<Done, Failure> {
        match self {
            Self::Folder { certificates, update } => match step {
                Step::Add(authority) => add(authority, certificates, update),
                Step::Remove(authority) => remove(authority, certificates, update),
            },
            Self::Keychain => keychain(step),
            Self::Unknown => match step {
                Step::Add(_) => Err(Failure::new(
                    "this system's store is not known here: add the ca.pem of --data to its trusted roots by \
                     hand, or use the variables that `countersign dev` prints",
                )),
                Step::Remove(_) => Ok(Done::NotThere),
            },
        }
    }
}

impl std::fmt::Display for SystemStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder { certificates, .. } => write!(f, "{} (system)", certificates.display()),
            Self::Keychain => f.write_str("the login keychain"),
            Self::Unknown => f.write_str("the system's store"),
        }
    }
}

fn add(authority: &Authority, certificates: &Path, update: &[String]) -> Result<Done, Failure> {
    let path = certificates.join(format!("countersign-{}.crt", authority.mark()));
    if std::fs::read_to_string(&path).is_ok_and(|found| authority.is(&found)) {
        return Ok(Done::AlreadyThere);
    }
    // Public, and readable by everybody, as the system's programs need it.
    std::fs::write(&path, &authority.pem).map_err(|error| {
        let by_hand = format!("write ca.pem of --data to {}, then run {}", path.display(), update.join(" "));
        not_allowed(&error, &by_hand)
    })?;
    // A file that the system did not take would be taken for done the next time.
    refresh(update).inspect_err(|_| drop(std::fs::remove_file(&path)))?;
    Ok(Done::Added)
}

/// Removes every file that holds exactly this certificate, whatever its name.
fn remove(authority: &Authority, certificates: &Path, update: &[String]) -> Result<Done, Failure> {
    let entries = std::fs::read_dir(certificates).into_iter().flatten().flatten();
    let is_ours = |path: &PathBuf| std::fs::read_to_string(path).is_ok_and(|found| authority.is(&found));
    let ours: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_ours).collect();
    for path in &ours {
        std::fs::remove_file(path).map_err(|error| {
            not_allowed(&error, &format!("rm {}, then run {}", path.display(), update.join(" ")))
        })?;
    }
    if ours.is_empty() {
        return Ok(Done::NotThere);
    }
    refresh(update)?;
    Ok(Done::Removed)
}

fn not_allowed(error: &std::io::Error, by_hand: &str) -> Failure {
    if error.kind() == std::io::ErrorKind::PermissionDenied {
        return Failure::new(format!(
            "the system's store needs root: run the same command with sudo and `--store system` (or as root: {by_hand})"
        ));
    }
    Failure::new(format!("the system's store cannot be changed: {error} ({by_hand})"))
}

fn refresh(update: &[String]) -> Result<(), Failure> {
    let Some((program, arguments)) = update.split_first() else { return Ok(()) };
    let mut command = Command::new(program);
    command.args(arguments);
    let missing = format!("{program} is missing: install the package ca-certificates");
    match run(command, &missing)? {
        Some(_) => Ok(()),
        None => Err(Failure::new(format!("{program} failed; run it yourself to see why"))),
    }
}

/// macOS asks the user himself before it trusts a root.
fn keychain(step: Step<'_>) -> Result<Done, Failure> {
    let security = |arguments: &[&str]| {
        let mut command = Command::new("security");
        command.args(arguments);
        run(command, "security, which changes the keychain, is missing")
    };
    let (Step::Add(authority) | Step::Remove(authority)) = step;
    let listed = security(&["find-certificate", "-a", "-Z"])?.unwrap_or_default();
    let is_there = listed.to_ascii_lowercase().contains(&authority.fingerprint);
    match step {
        Step::Add(_) if is_there => Ok(Done::AlreadyThere),
        Step::Remove(_) if !is_there => Ok(Done::NotThere),
        Step::Add(authority) => {
            let path = std::env::temp_dir().join(format!("countersign-{}.pem", authority.mark()));
            crate::files::replace(&path, authority.pem.as_bytes())?;
            let added =
                security(&["add-trusted-cert", "-r", "trustRoot", "-p", "ssl", &path.to_string_lossy()]);
            let _ = std::fs::remove_file(&path);
            added?.map(|_| Done::Added).ok_or_else(|| Failure::new("the keychain did not take the authority"))
        }
        Step::Remove(_) => security(&["delete-certificate", "-t", "-Z", &authority.fingerprint])?
            .map(|_| Done::Removed)
            .ok_or_else(|| Failure::new("the keychain did not remove the authority")),
    }
}
