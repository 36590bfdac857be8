//! The certificate databases of Chromium and Firefox (NSS).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Authority, Done, Step, run, run_with};
use crate::config::Environment;
use crate::{Failure, files};

/// Trusted for servers, and for nothing else.
const TRUST: &str = "C,,";
const MISSING: &str = "browsers keep their own stores, and certutil, which changes them, is missing: run `apt-get \
                       install libnss3-tools` (Fedora: `dnf install nss-tools`, macOS: `brew install nss`)";

/// Where Chromium and its kin look, below the home folder; the first is the one that is made.
const CHROMIUM: [&str; 3] = [".pki/nssdb", ".local/share/pki/nssdb", "snap/chromium/current/.pki/nssdb"];
/// The programs that look there.
const CHROMIUM_PROGRAMS: [&str; 7] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "brave-browser",
    "microsoft-edge",
    "vivaldi",
];
/// Where Firefox keeps its profiles, below the home folder.
const FIREFOX: [&str; 4] = [
    ".mozilla/firefox",
    "snap/firefox/common/.mozilla/firefox",
    ".var/app/org.mozilla.firefox/.mozilla/firefox",
    "Library/Application Support/Firefox/Profiles",
];

/// A certificate database of a browser.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Database {
    folder: PathBuf,
    browser: &'static str,
}

/// The databases in the home folder. Where Chromium is installed and was never started, `may_make` makes its.
///
/// # Errors
/// When there is no home folder, or the database cannot be made.
pub(super) fn find(environment: &Environment, may_make: bool) -> Result<Vec<Database>, Failure> {
    let home =
        environment.home().ok_or_else(|| Failure::new("HOME is not set, so no browser's store is known"))?;
    let is_database = |folder: &PathBuf| folder.join("cert9.db").is_file();
    let mut chromium: Vec<PathBuf> =
        CHROMIUM.iter().map(|below| home.join(below)).filter(is_database).collect();
    if chromium.is_empty() && may_make && CHROMIUM_PROGRAMS.iter().any(|name| environment.has_program(name)) {
        chromium.push(make(home)?);
    }
    let profiles = FIREFOX.iter().flat_map(|below| folders(&home.join(below))).filter(is_database);
    let of = |browser| move |folder| Database { folder, browser };
    Ok(chromium.into_iter().map(of("Chromium")).chain(profiles.map(of("Firefox"))).collect())
}

fn make(home: &Path) -> Result<PathBuf, Failure> {
    let folder = CHROMIUM.first().map_or_else(|| home.to_owned(), |below| home.join(below));
    files::make_private_folder(&folder)?;
    let mut command = certutil(&folder);
    command.args(["-N", "--empty-password"]);
    match run(command, MISSING)? {
        Some(_) => Ok(folder),
        None => Err(Failure::new(format!("certutil cannot make a database in {}", folder.display()))),
    }
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn certutil(folder: &Path) -> Command {
    let mut database = OsString::from("sql:");
    database.push(folder);
    let mut command = Command::new("certutil");
    command.arg("-d").arg(database);
    command
}

impl Database {
    /// Adds or removes one certificate.
    ///
    /// # Errors
    /// When certutil is missing or refuses.
    pub(super) fn perform(&self, step: Step<'_>) -> Result<Done, Failure> {
        match step {
            Step::Add(authority) if self.holds(authority)? => Ok(Done::AlreadyThere),
            Step::Add(authority) => self.add(authority),
            Step::Remove(authority) if !self.holds(authority)? => Ok(Done::NotThere),
            Step::Remove(authority) => {
                let mut command = certutil(&self.folder);
                command.args(["-D", "-n", &nickname(authority)]);
                self.done(command, "", Done::Removed)
            }
        }
    }

    fn add(&self, authority: &Authority) -> Result<Done, Failure> {
        let mut command = certutil(&self.folder);
        command.args(["-A", "-a", "-t", TRUST, "-n", &nickname(authority)]);
        self.done(command, &authority.pem, Done::Added)
    }

    /// Whether exactly this certificate is there under our name for it.
    fn holds(&self, authority: &Authority) -> Result<bool, Failure> {
        let mut command = certutil(&self.folder);
        command.args(["-L", "-a", "-n", &nickname(authority)]);
        Ok(run(command, MISSING)?.is_some_and(|pem| authority.is(&pem)))
    }

    fn done(&self, command: Command, input: &str, done: Done) -> Result<Done, Failure> {
        match run_with(command, input, MISSING)? {
            Some(_) => Ok(done),
            None => {
                Err(Failure::new(format!("certutil cannot change {self}: is the browser's profile locked?")))
            }
        }
    }
}

impl std::fmt::Display for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.folder.display(), self.browser)
    }
}

fn nickname(authority: &Authority) -> String {
    format!("Countersign development authority {}", authority.mark())
}
