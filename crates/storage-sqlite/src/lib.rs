#![doc = include_str!("../README.md")]

mod attempts;
mod commit;
mod failure;
mod file;
mod job;
pub mod migrate;
mod mounts;
mod open;
pub mod raw;
mod read;
mod readers;
mod sweep;
mod token_bucket;
mod writer;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use countersign_oauth::{BoxFuture, Fault, HandleHash, Timestamp};
use countersign_storage::{
    Attempts, Bucket, Changes, Commit, CommitError, Drawn, Rate, ReplayGuard, StorageResult, Sweep,
};
use countersign_storage_schema::latest;
use diesel::SqliteConnection;

pub use open::{OpenError, Refusal};

use crate::failure::Abort;
use crate::file::Identity;
use crate::readers::Readers;
use crate::writer::Writer;

/// A store in one SQLite file.
///
/// Reads run on the calling thread, each on a connection of its own, and see what is committed. Writes of
/// all callers go to one thread, which commits many of them at once and answers when they are durable.
/// Several processes on one host may use the same file.
pub struct SqliteStorage {
    writer: Writer,
    readers: Readers,
    path: PathBuf,
    identity: Identity,
    /// Idle and open as long as the store: SQLite removes the files beside the database with the last one.
    _anchor: Mutex<SqliteConnection>,
}

impl SqliteStorage {
    /// Opens `sqlite:PATH` or a plain path; a file that is not there is made, readable by its owner alone.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with the file, its place or its schema.
    pub fn open(url: &str) -> Result<Arc<Self>, OpenError> {
        let path = open::locate(url)?;
        let (connection, anchor) = open::open(&path)?;
        let identity = file::identify(&path).map_err(|error| OpenError::io(&path, error))?;
        Ok(Arc::new(Self {
            writer: Writer::start(&path, connection).map_err(|error| OpenError::io(&path, error))?,
            readers: Readers::new(path.clone()),
            path,
            identity,
            _anchor: Mutex::new(anchor),
        }))
    }

    /// Whether the store works: a row is read, the file is still the one that was opened, and the last
    /// write went through; if it did not, another is tried.
    ///
    /// # Errors
    /// A fault that says what is wrong.
    pub async fn check(&self) -> StorageResult<()> {
        self.readers.run(read::ping)?;
        file::is_still(&self.path, &self.identity)?;
        self.writer.check().await
    }

    /// Why this store takes no more writes until the process is started anew, if that is so: a flush
    /// failed, or the file is damaged.
    #[must_use]
    pub fn stopped(&self) -> Option<String> {
        self.writer.stopped()
    }
}

impl Commit for SqliteStorage {
    fn commit(&self, changes: Changes) -> BoxFuture<'_, Result<(), CommitError>> {
        Box::pin(async move {
            if changes.writes.is_empty() {
                return self.readers.check(&changes.requires);
            }
            let latest = latest(&changes);
            self.writer.run(latest, move |connection| commit::apply(connection, changes)).await
        })
    }
}

impl ReplayGuard for SqliteStorage {
    fn remember<'a>(
        &'a self,
        space: &'a str,
        mark: HandleHash,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, StorageResult<bool>> {
        let space = space.to_owned();
        Box::pin(async move {
            let work = move |connection: &mut _| attempts::remember(connection, &space, mark, (now, until));
            self.writer.run(Some(now), work).await.map_err(no_conflict)
        })
    }
}

impl Attempts for SqliteStorage {
    fn record<'a>(
        &'a self,
        bucket: &'a Bucket,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, StorageResult<u32>> {
        let bucket = bucket.clone();
        Box::pin(async move {
            let work = move |connection: &mut _| attempts::record(connection, &bucket, now, until);
            self.writer.run(Some(now), work).await.map_err(no_conflict)
        })
    }

    fn count<'a>(&'a self, bucket: &'a Bucket, now: Timestamp) -> BoxFuture<'a, StorageResult<u32>> {
        Box::pin(async move { self.readers.run(|connection| attempts::count(connection, bucket, now)) })
    }

    fn clear<'a>(&'a self, bucket: &'a Bucket) -> BoxFuture<'a, StorageResult<()>> {
        let bucket = bucket.clone();
        Box::pin(async move {
            let work = move |connection: &mut _| attempts::clear(connection, &bucket).map_err(Abort::from);
            self.writer.run(None, work).await.map_err(no_conflict)
        })
    }

    fn draw<'a>(
        &'a self,
        bucket: &'a Bucket,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'a, StorageResult<Drawn>> {
        Box::pin(async move {
            let held = self.readers.run(|connection| Ok(token_bucket::find(connection, bucket)?))?;
            let (left, drawn) = held.draw(rate, now);
            if left == held {
                return Ok(drawn);
            }
            let bucket = bucket.clone();
            let work = move |connection: &mut _| token_bucket::draw(connection, &bucket, rate, now);
            self.writer.run(Some(now), work).await.map_err(no_conflict)
        })
    }

    fn look<'a>(
        &'a self,
        bucket: &'a Bucket,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'a, StorageResult<Drawn>> {
        Box::pin(async move {
            let held = self.readers.run(|connection| Ok(token_bucket::find(connection, bucket)?))?;
            Ok(held.look(rate, now))
        })
    }
}

impl Sweep for SqliteStorage {
    fn sweep(&self, before: Timestamp, limit: u32) -> BoxFuture<'_, StorageResult<u64>> {
        Box::pin(async move {
            let work = move |connection: &mut _| sweep::sweep(connection, before, limit);
            self.writer.run(None, work).await.map_err(no_conflict)
        })
    }
}

/// Work without conditions meets no conflict.
fn no_conflict(error: CommitError) -> Fault {
    match error {
        CommitError::Fault(fault) => fault,
        CommitError::Conflict(conflict) => {
            Fault::internal(format!("a write without conditions met a conflict: {conflict:?}"))
        }
    }
}

#[cfg(test)]
mod tests;
