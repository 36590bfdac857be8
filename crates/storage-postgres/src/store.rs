//! The traits that are not reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use countersign_oauth::{BoxFuture, HandleHash, Timestamp};
use countersign_storage::{
    Attempts, Bucket, Changes, Commit, CommitError, Drawn, Rate, ReplayGuard, StorageResult, Sweep,
};
use countersign_storage_schema::latest;

use crate::engine::Gone;
use crate::failure::{Abort, Failure};
use crate::pool::Pool;
use crate::{PostgresStorage, attempts, broken_off, commit, sweep, token_bucket};

/// How far the clock's high-water mark may lie behind, in milliseconds.
const CLOCK_STEP: i64 = 1000;

/// The high-water mark of the clock as far as this process has written it.
pub(crate) struct Clock(AtomicI64);

impl Clock {
    pub(crate) fn new() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }

    /// What is to be written now, once, if the mark lies behind too far.
    fn due(&self, latest: Option<Timestamp>) -> Option<i64> {
        let latest = latest?.millis();
        let written = self.0.load(Ordering::Relaxed);
        let is_due = latest >= written.saturating_add(CLOCK_STEP);
        let mine =
            is_due && self.0.compare_exchange(written, latest, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        mine.then_some(latest)
    }
}

/// Keeps how far the clock has come, beside the commit that showed it: who committed does not wait.
async fn raise_clock(pool: Arc<Pool>, now: i64) -> Result<(), Failure> {
    let lease = pool.lease().await?;
    let raised = commit::raise_clock(lease.link(), now).await.map_err(Failure::from);
    lease.settle(raised)
}

impl Commit for PostgresStorage {
    fn commit(&self, changes: Changes) -> BoxFuture<'_, Result<(), CommitError>> {
        let (pool, clock) = (Arc::clone(&self.pool), Arc::clone(&self.clock));
        Box::pin(async move {
            let commit = async move {
                commit::apply(&pool, &changes).await?;
                if let Some(now) = clock.due(latest(&changes)) {
                    tokio::spawn(async move {
                        if let Err(failure) = raise_clock(pool, now).await {
                            tracing::warn!("the clock's high-water mark was not written: {failure:?}");
                        }
                    });
                }
                Ok(())
            };
            self.run(commit).await.map_err(|abort: Abort| abort.into())
        })
    }
}

impl ReplayGuard for PostgresStorage {
    fn remember<'a>(
        &'a self,
        space: &'a str,
        mark: HandleHash,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, StorageResult<bool>> {
        let (pool, space) = (Arc::clone(&self.pool), space.to_owned());
        Box::pin(async move {
            let remember = async move {
                let lease = pool.lease().await?;
                let is_new = attempts::remember(lease.link(), &space, mark, (now, until)).await;
                lease.settle(is_new)
            };
            Ok(self.run(remember).await?)
        })
    }
}

impl Attempts for PostgresStorage {
    fn record<'a>(
        &'a self,
        bucket: &'a Bucket,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, StorageResult<u32>> {
        let (pool, bucket) = (Arc::clone(&self.pool), bucket.clone());
        Box::pin(async move {
            let record = async move {
                let lease = pool.lease().await?;
                let count = attempts::record(lease.link(), &bucket, now, until).await;
                lease.settle(count)
            };
            Ok(self.run(record).await?)
        })
    }

    fn count<'a>(&'a self, bucket: &'a Bucket, now: Timestamp) -> BoxFuture<'a, StorageResult<u32>> {
        let (pool, bucket) = (Arc::clone(&self.pool), bucket.clone());
        Box::pin(async move {
            let count = async move {
                let lease = pool.lease().await?;
                let count = attempts::count(lease.link(), &bucket, now).await;
                lease.settle(count)
            };
            Ok(self.run(count).await?)
        })
    }

    fn clear<'a>(&'a self, bucket: &'a Bucket) -> BoxFuture<'a, StorageResult<()>> {
        let (pool, bucket) = (Arc::clone(&self.pool), bucket.clone());
        Box::pin(async move {
            let clear = async move {
                let lease = pool.lease().await?;
                let cleared = attempts::clear(lease.link(), &bucket).await;
                lease.settle(cleared)
            };
            Ok(self.run(clear).await?)
        })
    }

    fn draw<'a>(
        &'a self,
        bucket: &'a Bucket,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'a, StorageResult<Drawn>> {
        let (pool, bucket) = (Arc::clone(&self.pool), bucket.clone());
        Box::pin(async move {
            let draw = async move {
                let lease = pool.lease().await?;
                let drawn = token_bucket::draw(lease.link(), &bucket, rate, now).await;
                lease.settle(drawn)
            };
            Ok(self.run(draw).await?)
        })
    }

    fn look<'a>(
        &'a self,
        bucket: &'a Bucket,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'a, StorageResult<Drawn>> {
        let (pool, bucket) = (Arc::clone(&self.pool), bucket.clone());
        Box::pin(async move {
            let look = async move {
                let lease = pool.lease().await?;
                let held = token_bucket::find(lease.link(), &bucket).await;
                lease.settle(held)
            };
            Ok(self.run(look).await?.unwrap_or_default().look(rate, now))
        })
    }
}

impl Sweep for PostgresStorage {
    fn sweep(&self, before: Timestamp, limit: u32) -> BoxFuture<'_, StorageResult<u64>> {
        let pool = Arc::clone(&self.pool);
        Box::pin(async move {
            // It has many statements; each is limited, but not the whole.
            let swept = self.engine.run(sweep::sweep(pool, before, limit)).await;
            Ok(swept.unwrap_or_else(|Gone| Err(broken_off()))?)
        })
    }
}
