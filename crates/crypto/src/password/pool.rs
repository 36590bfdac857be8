use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::Block;
use countersign_oauth::Fault;

use super::oneshot::oneshot;
use crate::fault::fault;

/// A job runs on one of the threads, with that thread's memory.
type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// A fixed number of threads, each with its own memory block, behind a bounded queue: hashing takes no more
/// memory and no more cores than that, however many callers there are.
pub(crate) struct Pool {
    queue: SyncSender<Job>,
    waiting: Arc<AtomicUsize>,
}

impl Pool {
    /// Starts `threads` threads with `blocks` KiB each; at most `queue` jobs wait for one.
    pub(crate) fn start(threads: usize, queue: usize, blocks: usize) -> Result<Self, Fault> {
        if threads == 0 {
            return Err(Fault::internal("password hashing needs at least one thread"));
        }
        let (sender, receiver) = sync_channel::<Job>(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        let waiting = Arc::new(AtomicUsize::new(0));
        for number in 1..=threads {
            let (receiver, waiting) = (Arc::clone(&receiver), Arc::clone(&waiting));
            std::thread::Builder::new()
                .name(format!("argon2-{number}"))
                .spawn(move || work(&receiver, &waiting, Memory::new(blocks)))
                .map_err(fault("starting a thread for password hashing"))?;
        }
        Ok(Self { queue: sender, waiting })
    }

    /// How many jobs wait for a thread.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Runs `job` on one of the threads. A full queue is [`Fault::unavailable`], at once; a job whose caller
    /// has gone away meanwhile is left out.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let (sender, receiver) = oneshot();
        let job: Job = Box::new(move |memory| {
            if !sender.is_abandoned() {
                sender.send(job(memory));
            }
        });
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.queue.try_send(job).map_err(|error| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => Fault::unavailable("the queue for password hashing is full"),
                TrySendError::Disconnected(_) => Fault::internal("password hashing has ended"),
            }
        })?;
        receiver.await.ok_or_else(|| Fault::internal("a thread for password hashing has died"))
    }
}

fn work(queue: &Mutex<Receiver<Job>>, waiting: &AtomicUsize, mut memory: Memory) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        waiting.fetch_sub(1, Ordering::Relaxed);
        // A job that panics costs its caller an answer, not the others their thread.
        let job = std::panic::AssertUnwindSafe(|| job(&mut memory));
        if std::panic::catch_unwind(job).is_err() {
            tracing::error!("a password hash panicked");
        }
    }
}

/// One thread's memory.
pub(crate) struct Memory(Vec<Block>);

impl Memory {
    fn new(blocks: usize) -> Self {
        Self(vec![Block::new(); blocks])
    }

    /// Lends `blocks` KiB to `work`: the thread's own, or for a foreign hash that needs more, memory that is
    /// given back at once.
    pub(crate) fn lend<T>(&mut self, blocks: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        match self.0.get_mut(..blocks) {
            Some(own) => work(own),
            None => work(&mut vec![Block::new(); blocks]),
        }
    }
}

#[cfg(test)]
mod tests;
