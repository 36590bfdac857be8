use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use countersign_oauth::Fault;
use countersign_storage::{CommitError, Requirement, StorageResult};
use diesel::SqliteConnection;
use diesel::prelude::*;

use crate::commit;
use crate::failure::{Abort, Failure};
use crate::open;

/// How many idle connections are kept.
const KEPT: usize = 16;

/// Connections that read, one for each call at a time; idle ones wait for the next.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default() }
    }

    /// Runs a read of one statement, which is a transaction by itself.
    pub(crate) fn run<T>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure>,
    ) -> StorageResult<T> {
        self.with_connection(read).map_err(Fault::from)
    }

    /// Runs a read in a transaction, so that all of its statements see the same.
    pub(crate) fn together<T>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure>,
    ) -> StorageResult<T> {
        self.transaction(read).map_err(Fault::from)
    }

    /// Checks requirements as one read.
    pub(crate) fn check(&self, requires: &[Requirement]) -> Result<(), CommitError> {
        self.transaction(|connection| commit::check(connection, requires)).map_err(CommitError::from)
    }

    fn transaction<T, E: From<Failure> + From<diesel::result::Error>>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.with_connection(|connection| connection.transaction(read))
    }

    fn with_connection<T, E: From<Failure>>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.take()?;
        let answer = work(&mut connection);
        // A connection that has just failed may be broken; a conflict comes from a healthy one, and is rare.
        if answer.is_ok() {
            self.put_back(connection);
        }
        answer
    }

    fn take(&self) -> Result<SqliteConnection, Failure> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => open::connect_reader(&self.path).map_err(|refusal| {
                let why = format!("database {}: {refusal}", self.path.display());
                Failure::Fault(Fault::unavailable(why))
            }),
        }
    }

    fn put_back(&self, connection: SqliteConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(connection);
        }
    }
}

impl From<Abort> for Fault {
    fn from(abort: Abort) -> Self {
        crate::no_conflict(abort.into())
    }
}
