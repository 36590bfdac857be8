use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use countersign_oauth::Fault;

use crate::open::Refusal;

/// Which file it is, whatever its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    database: (u64, u64),
    /// The shared index of the write-ahead log: two processes with different ones would destroy the file.
    index: (u64, u64),
}

/// The path with a suffix: SQLite's own files beside the database.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether a database is there; refuses what it must not be.
pub(crate) fn inspect(path: &Path) -> Result<bool, Refusal> {
    for suffix in ["-wal", "-shm"] {
        inspect_one(&beside(path, suffix))?;
    }
    match inspect_one(path)? {
        None if inspect_one(&beside(path, "-wal"))?.is_some() => Err(Refusal::LogWithoutDatabase),
        None => Ok(false),
        Some(0) => Err(Refusal::Empty),
        Some(_) => Ok(true),
    }
}

/// The length of a file, if it is there and as it must be.
fn inspect_one(path: &Path) -> Result<Option<u64>, Refusal> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Refusal::Io(error)),
        Ok(found) => found,
    };
    if found.is_symlink() {
        return Err(Refusal::Symlink);
    }
    if !found.is_file() {
        return Err(Refusal::NotAFile);
    }
    let mode = found.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Refusal::Permissions { mode });
    }
    Ok(Some(found.len()))
}

/// Makes an empty file that its owner alone may read; SQLite gives the files beside it the same mode.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}

/// Gives a finished file its name, unless another process was quicker.
pub(crate) fn publish(finished: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(finished, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        // A file system without hard links.
        Err(_) if !path.try_exists()? => fs::rename(finished, path)?,
        Err(error) => return Err(error),
        Ok(()) => {}
    }
    remove(finished)?;
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Removes a file with those beside it, as far as they are there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    for file in [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Which files the open database is made of.
pub(crate) fn identify(path: &Path) -> io::Result<Identity> {
    let of = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
    Ok(Identity { database: of(path)?, index: of(&beside(path, "-shm"))? })
}

/// Refuses when the files have been replaced or removed behind our back.
pub(crate) fn is_still(path: &Path, opened: &Identity) -> Result<(), Fault> {
    let away = |why| Fault::unavailable(format!("database {}: {why}", path.display()));
    let found = identify(path).map_err(|error| away("its files are gone").caused_by(error))?;
    if found == *opened {
        return Ok(());
    }
    Err(away("its files were replaced while it was open; start the process anew"))
}

/// How long the write-ahead log is, in bytes.
pub(crate) fn log_length(path: &Path) -> u64 {
    fs::metadata(beside(path, "-wal")).map_or(0, |found| found.len())
}
