#![doc = include_str!("../README.md")]

mod attempts;
mod commit;
mod connect;
mod engine;
mod failure;
pub mod migrate;
mod options;
mod pool;
pub mod raw;
mod read;
mod refusal;
mod store;
mod sweep;
mod token_bucket;

use std::sync::Arc;

use countersign_storage::StorageResult;

pub use options::{PostgresOptions, Tls};
pub use refusal::{OpenError, Refusal};

use crate::connect::Target;
use crate::engine::{Engine, Gone};
use crate::failure::Failure;
use crate::pool::Pool;
use crate::store::Clock;

/// A store in a PostgreSQL database, which several processes may share.
///
/// All work on the database runs on a thread of the store's own. A call may come from any thread and any
/// executor, and one that is given up is done to its end.
pub struct PostgresStorage {
    pool: Arc<Pool>,
    clock: Arc<Clock>,
    engine: Engine,
    /// How long a piece of work may take in all.
    limit: std::time::Duration,
}

impl PostgresStorage {
    /// Opens a database whose schema is up to date; [`migrate::apply`] brings it there. Blocks until one
    /// connection is made.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with the options, the way to the database or its schema.
    pub fn open(options: &PostgresOptions) -> Result<Arc<Self>, OpenError> {
        let target = Target::new(options)?;
        let engine = Engine::start().map_err(|error| target.refused(Refusal::Io(error)))?;
        let pool = Arc::new(Pool::new(target, options.pool_size, options.acquire_timeout));
        let opening = Arc::clone(&pool);
        let opened = engine.wait(async move {
            let lease = opening.lease().await?;
            migrate::require_current(lease.link()).await?;
            lease.give_back();
            Ok(())
        });
        opened
            .unwrap_or_else(|Gone| Err(Refusal::from(broken_off())))
            .map_err(|why| pool.target().refused(why))?;
        let limit = options.acquire_timeout + options.statement_timeout * 3;
        Ok(Arc::new(Self { pool, clock: Arc::new(Clock::new()), engine, limit }))
    }

    /// Whether the store works: a connection can be had and a row read.
    ///
    /// # Errors
    /// A fault that says what is wrong.
    pub async fn check(&self) -> StorageResult<()> {
        let pool = Arc::clone(&self.pool);
        let check = async move {
            let lease = pool.lease().await?;
            let found = read::ping(lease.link()).await;
            lease.settle(found)
        };
        Ok(self.run(check).await?)
    }

    /// Has work done by the engine, and waits for what comes of it.
    async fn run<T, E>(&self, work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Failure> + Send + 'static,
    {
        let limit = self.limit;
        // A timer belongs to the thread of the engine.
        match self.engine.run(async move { tokio::time::timeout(limit, work).await }).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Failure::Away("the work took longer than allowed".to_owned()).into()),
            Err(Gone) => Err(broken_off().into()),
        }
    }
}

fn broken_off() -> Failure {
    Failure::Away("the work was broken off".to_owned())
}
