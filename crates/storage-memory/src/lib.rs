#![doc = include_str!("../README.md")]

mod apply;
mod attempts;
mod configuration;
mod reads;
mod refresh;
mod session;
mod single_use;
mod state;
mod sweep;
mod user;

use std::future::ready;
use std::sync::{Mutex, MutexGuard, PoisonError};

use countersign_oauth::{BoxFuture, HandleHash, Timestamp};
use countersign_storage::{
    Attempts, Bucket, Changes, Commit, CommitError, Drawn, Rate, ReplayGuard, StorageResult, Sweep,
};

use crate::state::State;

/// A store in memory: one lock around plain collections, and nothing kept when it is dropped.
#[derive(Default)]
pub struct MemoryStorage {
    state: Mutex<State>,
}

impl MemoryStorage {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A commit works on a copy, so the state is whole even after a panic.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Commit for MemoryStorage {
    fn commit(&self, changes: Changes) -> BoxFuture<'_, Result<(), CommitError>> {
        Box::pin(async move {
            let mut state = self.lock();
            let mut next = state.clone();
            next.apply(changes).map_err(CommitError::Conflict)?;
            *state = next;
            Ok(())
        })
    }
}

impl ReplayGuard for MemoryStorage {
    fn remember<'a>(
        &'a self,
        space: &'a str,
        mark: HandleHash,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, StorageResult<bool>> {
        Box::pin(async move { Ok(self.lock().remember(space, mark, now, until)) })
    }
}

impl Attempts for MemoryStorage {
    fn record<'a>(
        &'a self,
        bucket: &'a Bucket,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, StorageResult<u32>> {
        Box::pin(async move { Ok(self.lock().record_attempt(bucket, now, until)) })
    }

    fn count<'a>(&'a self, bucket: &'a Bucket, now: Timestamp) -> BoxFuture<'a, StorageResult<u32>> {
        Box::pin(ready(Ok(self.lock().attempts(bucket, now))))
    }

    fn clear<'a>(&'a self, bucket: &'a Bucket) -> BoxFuture<'a, StorageResult<()>> {
        Box::pin(async move {
            let mut state = self.lock();
            state.attempts.remove(bucket);
            state.token_buckets.remove(bucket);
            Ok(())
        })
    }

    fn draw<'a>(
        &'a self,
        bucket: &'a Bucket,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'a, StorageResult<Drawn>> {
        Box::pin(async move { Ok(self.lock().draw(bucket, rate, now)) })
    }

    fn look<'a>(
        &'a self,
        bucket: &'a Bucket,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'a, StorageResult<Drawn>> {
        Box::pin(async move { Ok(self.lock().look(bucket, rate, now)) })
    }
}

impl Sweep for MemoryStorage {
    fn sweep(&self, before: Timestamp, limit: u32) -> BoxFuture<'_, StorageResult<u64>> {
        Box::pin(async move { Ok(self.lock().sweep(before, limit)) })
    }
}
