//! A storage backend over [redb](https://www.redb.org), for one process.

mod apply;
mod configuration;
mod documents;
mod reads;
mod records;
mod refresh;
mod sessions;
mod single_uses;
mod sweep;
mod users;

use std::path::Path;

use countersign_oauth::{BoxFuture, Fault, HandleHash, Timestamp};
use countersign_storage::{
    Attempts, Bucket, Changes, Commit, CommitError, Drawn, Rate, ReplayGuard, StorageResult, Sweep,
    TokenBucket,
};
use redb::{Database, ReadableDatabase};

use crate::documents::{Document as _, Find, Snapshot, Write, failed};
use crate::records::{Attempt, DrawnFrom, Mark, id_of};

/// A store in one redb file. Acknowledged means synced to the disk.
pub struct RedbStorage {
    database: Database,
}

impl RedbStorage {
    /// Opens a store, and makes it when there is no file.
    ///
    /// # Errors
    /// A fault for a file that is no redb database, is broken, or is open in another process.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let database = Database::create(path).map_err(failed)?;
        let storage = Self { database };
        // Reads expect the tables.
        storage.write(|_| Ok(())).map_err(|error| match error {
            CommitError::Fault(fault) => fault,
            CommitError::Conflict(conflict) => Fault::internal(format!("opening: {conflict:?}")),
        })?;
        Ok(storage)
    }

    /// What is stored now.
    fn read<T>(&self, read: impl FnOnce(&Snapshot) -> Result<T, Fault>) -> Result<T, Fault> {
        read(&Snapshot::open(&self.database.begin_read().map_err(failed)?)?)
    }

    // docs:begin commit
    /// One transaction: redb has one writer at a time, so what is checked in it holds when it commits. A
    /// transaction that is dropped changes nothing.
    fn write<T>(
        &self,
        write: impl FnOnce(&mut Write<'_>) -> Result<T, CommitError>,
    ) -> Result<T, CommitError> {
        let transaction = self.database.begin_write().map_err(failed)?;
        let value = write(&mut Write::open(&transaction)?)?;
        transaction.commit().map_err(failed)?;
        Ok(value)
    }
    // docs:end commit

    fn write_alone<T>(
        &self,
        write: impl FnOnce(&mut Write<'_>) -> Result<T, CommitError>,
    ) -> StorageResult<T> {
        self.write(write).map_err(|error| match error {
            CommitError::Fault(fault) => fault,
            CommitError::Conflict(conflict) => {
                Fault::internal(format!("an unconditional write met {conflict:?}"))
            }
        })
    }
}

// docs:begin changes
impl Commit for RedbStorage {
    fn commit(&self, changes: Changes) -> BoxFuture<'_, Result<(), CommitError>> {
        Box::pin(async move {
            if changes.writes.is_empty() {
                let unmet = self.read(|now| now.find_unmet(&changes.requires))?;
                return unmet.map_or(Ok(()), |conflict| Err(CommitError::Conflict(conflict)));
            }
            self.write(|write| write.apply(changes))
        })
    }
}
// docs:end changes

impl ReplayGuard for RedbStorage {
    fn remember<'a>(
        &'a self,
        space: &'a str,
        mark: HandleHash,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, StorageResult<bool>> {
        Box::pin(async move {
            self.write_alone(|write| {
                let new = Mark { space: space.to_owned(), mark, until };
                let standing: Option<Mark> = write.get(&new.id())?;
                if standing.is_some_and(|standing| now < standing.until) {
                    return Ok(false);
                }
                write.put(&new)?;
                Ok(true)
            })
        })
    }
}

impl Attempts for RedbStorage {
    fn record<'a>(
        &'a self,
        bucket: &'a Bucket,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, StorageResult<u32>> {
        Box::pin(async move {
            self.write_alone(|write| {
                let standing: Option<Attempt> = write.get(&id_of(bucket))?;
                let (count, until) = match standing {
                    Some(standing) if now < standing.until => (standing.count, until.max(standing.until)),
                    _ => (0, until),
                };
                let count = count.saturating_add(1);
                write.put(&Attempt {
                    purpose: bucket.purpose.clone(),
                    subject: bucket.subject,
                    count,
                    until,
                })?;
                Ok(count)
            })
        })
    }

    fn count<'a>(&'a self, bucket: &'a Bucket, now: Timestamp) -> BoxFuture<'a, StorageResult<u32>> {
        Box::pin(async move {
            let standing: Option<Attempt> = self.read(|stored| stored.get(&id_of(bucket)))?;
            Ok(standing.filter(|standing| now < standing.until).map_or(0, |standing| standing.count))
        })
    }

    fn clear<'a>(&'a self, bucket: &'a Bucket) -> BoxFuture<'a, StorageResult<()>> {
        Box::pin(async move {
            self.write_alone(|write| {
                if let Some(standing) = write.get::<Attempt>(&id_of(bucket))? {
                    write.remove(&standing)?;
                }
                if let Some(standing) = write.get::<DrawnFrom>(&id_of(bucket))? {
                    write.remove(&standing)?;
                }
                Ok(())
            })
        })
    }

    fn draw<'a>(
        &'a self,
        bucket: &'a Bucket,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'a, StorageResult<Drawn>> {
        Box::pin(async move {
            let held = self.read(|stored| find_bucket(stored, bucket))?;
            let (left, drawn) = held.draw(rate, now);
            if left.full_at() == held.full_at() {
                // A refusal that changes nothing is a read.
                return Ok(drawn);
            }
            self.write_alone(|write| {
                let (left, drawn) = find_bucket(write, bucket)?.draw(rate, now);
                let full_at = left.full_at();
                write.put(&DrawnFrom {
                    purpose: bucket.purpose.clone(),
                    subject: bucket.subject,
                    full_at,
                })?;
                Ok(drawn)
            })
        })
    }

    fn look<'a>(
        &'a self,
        bucket: &'a Bucket,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'a, StorageResult<Drawn>> {
        Box::pin(async move { Ok(self.read(|stored| find_bucket(stored, bucket))?.look(rate, now)) })
    }
}

/// The bucket of a rate limit; one that was never drawn from is full.
fn find_bucket(stored: &impl Find, bucket: &Bucket) -> StorageResult<TokenBucket> {
    let drawn_from: Option<DrawnFrom> = stored.get(&id_of(bucket))?;
    Ok(drawn_from.map_or_else(TokenBucket::default, |drawn_from| drawn_from.token_bucket()))
}

impl Sweep for RedbStorage {
    fn sweep(&self, before: Timestamp, limit: u32) -> BoxFuture<'_, StorageResult<u64>> {
        Box::pin(async move { self.write_alone(|write| write.sweep(before, limit)) })
    }
}
