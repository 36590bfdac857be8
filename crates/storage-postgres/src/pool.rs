use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connect::{Link, Target};
use crate::failure::{Failure, Trouble, Troubled};

/// How many calls may wait for a connection.
pub(crate) const QUEUE: usize = 1024;

/// The connections of this process.
pub(crate) struct Pool {
    target: Target,
    idle: Mutex<Vec<Link>>,
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    patience: Duration,
}

/// A connection that one piece of work has for itself. Unless it is given back, it is closed: what was begun
/// on it and not committed is then taken back by the server.
pub(crate) struct Lease {
    link: Link,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    /// A pool of at most `size` connections, of which none is made yet.
    pub(crate) fn new(target: Target, size: usize, patience: Duration) -> Self {
        Self {
            target,
            idle: Mutex::default(),
            free: Arc::new(Semaphore::new(size)),
            waiting: AtomicUsize::new(0),
            patience,
        }
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// A connection that works as far as is known; waits for one if need be, but not longer than allowed.
    pub(crate) async fn lease(self: &Arc<Self>) -> Result<Lease, Failure> {
        let leased = tokio::time::timeout(self.patience, self.find()).await;
        leased.unwrap_or_else(|_| {
            Err(Failure::Away("no connection became free in the time allowed".to_owned()))
        })
    }

    async fn find(self: &Arc<Self>) -> Result<Lease, Failure> {
        let permit = match Arc::clone(&self.free).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait().await?,
        };
        let link = match self.take() {
            Some(link) => link,
            None => self.target.connect().await?,
        };
        Ok(Lease { link, pool: Arc::clone(self), _permit: permit })
    }

    async fn wait(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let _place = Place::take(&self.waiting)?;
        let closed = |_| Failure::Away("the store is closed".to_owned());
        Arc::clone(&self.free).acquire_owned().await.map_err(closed)
    }

    /// The connection that was used last, of those that are alive.
    fn take(&self) -> Option<Link> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(link) = idle.pop() {
            if link.is_alive() {
                return Some(link);
            }
        }
        None
    }
}

impl Lease {
    pub(crate) fn link(&self) -> &diesel_async::AsyncPgConnection {
        &self.link.connection
    }

    /// Gives the connection back after single statements, unless it was lost.
    pub(crate) fn settle<T, E: Troubled>(self, outcome: Result<T, E>) -> Result<T, E> {
        if outcome.as_ref().err().is_none_or(|error| error.trouble() != Trouble::Lost) {
            self.give_back();
        }
        outcome
    }

    /// Gives back a connection on which nothing is open.
    pub(crate) fn give_back(self) {
        let Self { link, pool, _permit } = self;
        if link.is_alive() {
            pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(link);
        }
    }
}

/// A place among those that wait.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self, Failure> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) < QUEUE {
            return Ok(place);
        }
        Err(Failure::Away("too many calls wait for a connection".to_owned()))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
