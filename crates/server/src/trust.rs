//! `countersign trust`: makes the programs of this machine trust the authority of a development server.

mod nss;
mod system;

use std::io::Write;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use countersign_crypto::certificate_fingerprint;

use crate::apply::one;
use crate::config::Environment;
use crate::dev::{CA_FILE, DataDir};
use crate::{Ended, Failure, files};

pub use system::SystemStore;

/// Every certificate of ours that was put into a store, so that each can be found there again.
const TRUSTED_FILE: &str = "trusted.pem";

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustCommand {
    /// Put the authority into the stores.
    Install,
    /// Take it out, and every one of this folder's that was put there before.
    Uninstall,
}

/// Which stores `countersign trust` works on.
#[derive(Debug, Clone)]
pub struct TrustOptions {
    /// The folder of `countersign dev`.
    pub data: PathBuf,
    /// The store of the system, if it is to be touched.
    pub system: Option<SystemStore>,
    /// Whether the stores of browsers are to be touched.
    pub browsers: bool,
}

/// What a store did with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Added,
    AlreadyThere,
    Removed,
    NotThere,
}

impl Done {
    fn text(self) -> &'static str {
        match self {
            Self::Added => "added to",
            Self::AlreadyThere => "is already in",
            Self::Removed => "removed from",
            Self::NotThere => "is not in",
        }
    }
}

/// One of our authorities' certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Authority {
    pem: String,
    /// SHA-256, hexadecimal: what tells it from every other certificate.
    fingerprint: String,
}

impl Authority {
    fn read(pem: &str) -> Result<Self, Failure> {
        Ok(Self { pem: pem.to_owned(), fingerprint: certificate_fingerprint(pem)? })
    }

    /// The beginning of the fingerprint, for names that people see.
    fn mark(&self) -> &str {
        self.fingerprint.get(..16).unwrap_or(&self.fingerprint)
    }

    fn is(&self, pem: &str) -> bool {
        certificate_fingerprint(pem).is_ok_and(|found| found == self.fingerprint)
    }
}

/// Puts the authority into the stores, or takes out what is ours; says each change in a line. Doing it again
/// changes nothing.
///
/// # Errors
/// Each store that could not be changed, with what to do; the others are done.
pub fn trust(
    command: TrustCommand,
    options: &TrustOptions,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<Ended, Vec<Failure>> {
    let folder = DataDir::new(&options.data);
    let (current, all) = authorities(&folder).map_err(one)?;
    let Some(current) = current.or_else(|| all.last().cloned()) else {
        let text = format!("{} holds no authority yet: `countersign dev` makes it", options.data.display());
        return Err(one(Failure::of("--data", text)));
    };
    let plan = match command {
        TrustCommand::Install => {
            remember(&folder, &current, &all).map_err(one)?;
            Plan { add: Some(&current), remove: all.iter().filter(|known| **known != current).collect() }
        }
        TrustCommand::Uninstall => Plan { add: None, remove: all.iter().chain([&current]).collect() },
    };
    let mut failures = Vec::new();
    let mut say = |result: Result<Vec<String>, Failure>| match result {
        Ok(lines) => lines.iter().for_each(|line| drop(writeln!(out, "{line}"))),
        Err(failure) => failures.push(failure),
    };
    if let Some(system) = &options.system {
        say(plan.run(&system.to_string(), |step| system.perform(step)));
    }
    if options.browsers {
        for database in nss::find(environment, command == TrustCommand::Install).map_err(one)? {
            say(plan.run(&database.to_string(), |step| database.perform(step)));
        }
    }
    if failures.is_empty() { Ok(Ended::Done) } else { Err(failures) }
}

/// One thing to do in a store.
#[derive(Clone, Copy)]
enum Step<'a> {
    Add(&'a Authority),
    Remove(&'a Authority),
}

struct Plan<'a> {
    add: Option<&'a Authority>,
    remove: Vec<&'a Authority>,
}

impl Plan<'_> {
    /// Does it in one store; answers a line for each change.
    fn run(
        &self,
        store: &str,
        perform: impl Fn(Step<'_>) -> Result<Done, Failure>,
    ) -> Result<Vec<String>, Failure> {
        let mut lines = Vec::new();
        for old in &self.remove {
            if perform(Step::Remove(old))? == Done::Removed {
                lines.push(format!("authority {} removed from {store}", old.mark()));
            }
        }
        match self.add {
            Some(new) => {
                let done = perform(Step::Add(new))?;
                lines.push(format!("authority {} {} {store}", new.mark(), done.text()));
            }
            None if lines.is_empty() => lines.push(format!("nothing of ours is in {store}")),
            None => {}
        }
        Ok(lines)
    }
}

/// The authority of the folder, and all that were put into a store before.
fn authorities(folder: &DataDir) -> Result<(Option<Authority>, Vec<Authority>), Failure> {
    let read = |name: &str| -> Result<String, Failure> {
        let bytes = files::read(&folder.file(name))?.unwrap_or_default();
        String::from_utf8(bytes).map_err(|_| Failure::of("--data", format!("{name} is no PEM file")))
    };
    let current = Some(read(CA_FILE)?).filter(|pem| !pem.is_empty());
    let current = current.map(|pem| Authority::read(&pem)).transpose()?;
    let remembered = read(TRUSTED_FILE)?;
    let all = remembered.split_inclusive(END).filter(|pem| pem.contains(END)).map(Authority::read);
    Ok((current, all.collect::<Result<_, _>>()?))
}

const END: &str = "-----END CERTIFICATE-----\n";

/// Written before a store is touched, so that nothing of ours is ever forgotten there.
fn remember(folder: &DataDir, current: &Authority, all: &[Authority]) -> Result<(), Failure> {
    if all.contains(current) {
        return Ok(());
    }
    let text: String = all.iter().chain([current]).map(|authority| authority.pem.as_str()).collect();
    let path = folder.file(TRUSTED_FILE);
    files::replace(&path, text.as_bytes())?;
    // By sudo it is root who writes; the folder's owner has to read it all the same.
    let owner = std::fs::metadata(folder.file(CA_FILE)).map(|of| (of.uid(), of.gid()));
    let given = owner.and_then(|(user, group)| chown(&path, Some(user), Some(group)));
    given.map_err(|error| Failure::of("--data", format!("{} cannot be given: {error}", path.display())))
}

/// Runs a program to its end; answers what it printed. `None` when it said no.
fn run(command: Command, missing: &str) -> Result<Option<String>, Failure> {
    run_with(command, "", missing)
}

/// The same, with something on its standard input.
fn run_with(mut command: Command, input: &str, missing: &str) -> Result<Option<String>, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::new(missing),
        _ => Failure::new(format!("{program} cannot be run: {error}")),
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    // A program that does not read its input ends the pipe; what it says about it comes by its status.
    let _ = child.stdin.take().map(|mut pipe| pipe.write_all(input.as_bytes()));
    let output = child.wait_with_output().map_err(failed)?;
    Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[cfg(test)]
mod tests;
