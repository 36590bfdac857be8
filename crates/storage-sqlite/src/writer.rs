use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use countersign_oauth::{Fault, Timestamp};
use countersign_storage::{CommitError, StorageResult};
use countersign_storage_schema::tables::counters;
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use crate::failure::{Abort, Trouble};
use crate::job::{Fallen, Job, Write};
use crate::{file, no_conflict, open};

/// How many writes may wait.
const QUEUE: usize = 1024;
/// How many are committed at once.
const BATCH: usize = 256;
/// How long the write-ahead log may become while a reader keeps it from being emptied, in bytes.
const LOG_LIMIT: u64 = 120 * 1024 * 1024;
/// After how many writes the log is copied into the database: about a thousand pages.
const CHECKPOINT: usize = 256;
/// How far the clock's high-water mark may lie behind, in milliseconds.
const CLOCK_STEP: i64 = 1000;

/// The thread that writes, and the way to it.
pub(crate) struct Writer {
    queue: Option<SyncSender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    health: Arc<Mutex<Health>>,
}

/// How the last batch went.
enum Health {
    Good,
    /// It failed; the next one may not.
    Failed,
    /// A flush failed or the file is damaged: nothing is written any more.
    Stopped(Fallen),
}

impl Writer {
    pub(crate) fn start(path: &Path, connection: SqliteConnection) -> io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE);
        let health = Arc::new(Mutex::new(Health::Good));
        let worker = Worker {
            path: path.to_owned(),
            connection: Some(connection),
            clock: Timestamp::from_millis(i64::MIN),
            since_checkpoint: 0,
            health: Arc::clone(&health),
        };
        let thread = std::thread::Builder::new()
            .name("countersign-sqlite".to_owned())
            .spawn(move || worker.work(&jobs))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), health })
    }

    /// Puts work in the queue and waits until it is durable.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        latest: Option<Timestamp>,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, Abort> + Send + 'static,
    ) -> Result<T, CommitError> {
        let (job, outcome) = Write::new(latest, work);
        let sent = match &self.queue {
            Some(queue) => queue.try_send(Box::new(job) as Box<dyn Job>),
            None => return Err(gone().into()),
        };
        match sent {
            Ok(()) => outcome.await.unwrap_or_else(|_| Err(gone().into())),
            Err(TrySendError::Full(_)) => {
                Err(Fault::unavailable("the queue of the SQLite writer is full").into())
            }
            Err(TrySendError::Disconnected(_)) => Err(gone().into()),
        }
    }

    /// Whether writes go through; tries one when the last has failed.
    pub(crate) async fn check(&self) -> StorageResult<()> {
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            return Err(gone());
        }
        match &*look(&self.health) {
            Health::Good => return Ok(()),
            Health::Stopped(fallen) => return Err(fallen.fault()),
            Health::Failed => {}
        }
        let probe = |connection: &mut SqliteConnection| {
            diesel::update(counters::table).set(counters::value.eq(counters::value)).execute(connection)?;
            Ok(())
        };
        self.run(None, probe).await.map_err(no_conflict)
    }

    pub(crate) fn stopped(&self) -> Option<String> {
        match &*look(&self.health) {
            Health::Stopped(fallen) => Some(fallen.text.clone()),
            Health::Good | Health::Failed => None,
        }
    }
}

impl Drop for Writer {
    /// Lets the thread finish what is in the queue.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn gone() -> Fault {
    Fault::unavailable("the SQLite writer has stopped")
}

fn look(health: &Mutex<Health>) -> MutexGuard<'_, Health> {
    health.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the thread owns.
struct Worker {
    path: PathBuf,
    /// Absent after a failure, until it is opened anew.
    connection: Option<SqliteConnection>,
    /// The high-water mark as far as it is known to be written.
    clock: Timestamp,
    /// Writes since the log was last copied into the database.
    since_checkpoint: usize,
    health: Arc<Mutex<Health>>,
}

impl Worker {
    /// Takes all that waits, commits it at once, and answers. While one batch is flushed the next gathers.
    fn work(mut self, jobs: &Receiver<Box<dyn Job>>) {
        while let Ok(first) = jobs.recv() {
            let mut batch: Vec<_> = std::iter::once(first).chain(jobs.try_iter().take(BATCH - 1)).collect();
            let outcome = catch_unwind(AssertUnwindSafe(|| self.commit(&mut batch))).unwrap_or_else(|_| {
                Err(Fallen { trouble: Trouble::Own, text: "a write panicked".to_owned() })
            });
            if outcome.as_ref().is_err_and(|fallen| fallen.trouble == Trouble::Locked) {
                // Those in the queue have waited as long as these have: none of them waits twice.
                batch.extend(jobs.try_iter().take(QUEUE));
            }
            self.note(&outcome);
            for job in batch {
                job.answer(outcome.as_ref().err());
            }
            if outcome.is_ok() && self.since_checkpoint >= CHECKPOINT {
                let outcome = self.checkpoint();
                self.note(&outcome);
            }
        }
    }

    /// Commits a batch, each job in a savepoint of its own.
    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Fallen> {
        if let Health::Stopped(fallen) = &*look(&self.health) {
            return Err(fallen.clone());
        }
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => open::connect(&self.path)
                .map_err(|refusal| Fallen { trouble: Trouble::Passing, text: refusal.to_string() })?,
        };
        if let Err(fallen) = shorten_log(&mut connection, &self.path) {
            return Err(after_flush(fallen, connection));
        }
        let latest = batch.iter().filter_map(|job| job.latest()).max();
        let latest =
            latest.filter(|latest| latest.millis() >= self.clock.millis().saturating_add(CLOCK_STEP));
        let mut all_ran = false;
        let outcome = connection.immediate_transaction(|connection| {
            batch.iter_mut().try_for_each(|job| job.run(connection))?;
            latest.map_or(Ok(()), |latest| raise_clock(connection, latest))?;
            all_ran = true;
            Ok(())
        });
        match outcome {
            Ok(()) => {
                self.clock = latest.unwrap_or(self.clock);
                self.since_checkpoint += batch.len() + 1;
                self.connection = Some(connection);
                Ok(())
            }
            Err(fallen) if all_ran => Err(after_flush(fallen, connection)),
            Err(Fallen { trouble: Trouble::Disk, text }) => Err(Fallen { trouble: Trouble::Passing, text }),
            Err(fallen) => Err(fallen),
        }
    }

    /// Copies the log into the database, after the answers and not by SQLite itself, which would keep a
    /// failed flush to itself and try it again.
    fn checkpoint(&mut self) -> Result<(), Fallen> {
        let Some(mut connection) = self.connection.take() else { return Ok(()) };
        match connection.batch_execute("PRAGMA wal_checkpoint(PASSIVE)") {
            Ok(()) => {
                self.since_checkpoint = 0;
                self.connection = Some(connection);
                Ok(())
            }
            Err(error) => Err(after_flush(Fallen::from(error), connection)),
        }
    }

    fn note(&self, outcome: &Result<(), Fallen>) {
        let mut health = look(&self.health);
        if matches!(*health, Health::Stopped(_)) {
            return;
        }
        *health = match outcome {
            Ok(()) => Health::Good,
            Err(fallen) if matches!(fallen.trouble, Trouble::Disk | Trouble::Damaged) => {
                tracing::error!(database = %self.path.display(), "no more writes: {}", fallen.text);
                Health::Stopped(fallen.clone())
            }
            Err(fallen) => {
                tracing::warn!(database = %self.path.display(), "a batch was not written: {}", fallen.text);
                Health::Failed
            }
        };
    }
}

/// A flush that failed may have lost what it was to keep, and the next one would not tell. The connection is
/// never closed then: closing the last one copies the log and removes it.
fn after_flush(fallen: Fallen, connection: SqliteConnection) -> Fallen {
    if fallen.trouble == Trouble::Disk {
        std::mem::forget(connection);
    }
    fallen
}

fn raise_clock(connection: &mut SqliteConnection, latest: Timestamp) -> Result<(), Fallen> {
    let mark = counters::table.filter(counters::name.eq("clock_high_water"));
    diesel::update(mark.filter(counters::value.lt(latest.millis())))
        .set(counters::value.eq(latest.millis()))
        .execute(connection)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Integer)]
    busy: i32,
}

/// Empties a log that has become too long, or refuses when a reader that stays keeps it from that.
fn shorten_log(connection: &mut SqliteConnection, path: &Path) -> Result<(), Fallen> {
    if file::log_length(path) < LOG_LIMIT {
        return Ok(());
    }
    let checkpoint: Checkpoint =
        diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(connection)?;
    if checkpoint.busy == 0 {
        return Ok(());
    }
    let text = "a reader keeps the write-ahead log from being emptied".to_owned();
    Err(Fallen { trouble: Trouble::Locked, text })
}

#[cfg(test)]
mod tests;
