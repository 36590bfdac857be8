use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::Block;
use countersign_oauth::Fault;

use super::oneshot::oneshot;
use crate::fault::fault;

/// A job runs on one of the threads, with that thread's memory.
type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// A thread that has hashed nothing for so long gives its memory back.
const QUIET: Duration = Duration::from_secs(5);

/// A fixed number of threads, each with its own memory block while it has work, behind a bounded queue:
/// hashing takes no more memory and no more cores than that, however many callers there are.
pub(crate) struct Pool {
    queue: Arc<Queue>,
    waiting: Arc<AtomicUsize>,
}

impl Pool {
    /// Starts `threads` threads with `blocks` KiB each; at most `queue` jobs wait for one.
    pub(crate) fn start(threads: usize, queue: usize, blocks: usize) -> Result<Self, Fault> {
        Self::start_with(threads, queue, blocks, QUIET)
    }

    fn start_with(threads: usize, limit: usize, blocks: usize, quiet: Duration) -> Result<Self, Fault> {
        if threads == 0 {
            return Err(Fault::internal("password hashing needs at least one thread"));
        }
        let queue = Arc::new(Queue { limit, quiet, line: Mutex::default(), changed: Condvar::new() });
        let pool = Self { queue, waiting: Arc::new(AtomicUsize::new(0)) };
        for number in 1..=threads {
            let (queue, waiting) = (Arc::clone(&pool.queue), Arc::clone(&pool.waiting));
            std::thread::Builder::new()
                .name(format!("argon2-{number}"))
                .spawn(move || work(&queue, &waiting, Memory::none(blocks)))
                .map_err(fault("starting a thread for password hashing"))?;
        }
        Ok(pool)
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
        if !self.queue.try_push(job) {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Fault::unavailable("the queue for password hashing is full"));
        }
        receiver.await.ok_or_else(|| Fault::internal("a thread for password hashing has died"))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.lock().is_closed = true;
        self.queue.changed.notify_all();
    }
}

/// Jobs in line for a thread.
struct Queue {
    limit: usize,
    quiet: Duration,
    line: Mutex<Line>,
    changed: Condvar,
}

#[derive(Default)]
struct Line {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

/// What a thread does next.
enum Next {
    Do(Job),
    /// Nobody came for a while.
    Rest,
    End,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job in line, unless the line is full.
    fn try_push(&self, job: Job) -> bool {
        let mut line = self.lock();
        if line.jobs.len() >= self.limit {
            return false;
        }
        line.jobs.push_back(job);
        drop(line);
        self.changed.notify_one();
        true
    }

    /// Waits for a job; no longer than the quiet time where there is something to give back.
    fn next(&self, may_rest: bool) -> Next {
        let mut line = self.lock();
        loop {
            if let Some(job) = line.jobs.pop_front() {
                return Next::Do(job);
            }
            if line.is_closed {
                return Next::End;
            }
            if may_rest {
                let (woken, timeout) =
                    self.changed.wait_timeout(line, self.quiet).unwrap_or_else(PoisonError::into_inner);
                line = woken;
                if timeout.timed_out() && line.jobs.is_empty() {
                    return Next::Rest;
                }
            } else {
                line = self.changed.wait(line).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

fn work(queue: &Queue, waiting: &AtomicUsize, mut memory: Memory) {
    loop {
        let job = match queue.next(memory.is_held()) {
            Next::Do(job) => job,
            Next::Rest => {
                memory.give_back();
                continue;
            }
            Next::End => return,
        };
        waiting.fetch_sub(1, Ordering::Relaxed);
        // A job that panics costs its caller an answer, not the others their thread.
        let job = std::panic::AssertUnwindSafe(|| job(&mut memory));
        if std::panic::catch_unwind(job).is_err() {
            tracing::error!("a password hash panicked");
        }
    }
}

/// Allocations of more than this go straight to the system and back to it, whatever was allocated before
/// (glibc keeps smaller ones once the first of their size was freed). What is reserved and never touched costs
/// no memory.
const RETURNED_TO_THE_SYSTEM: usize = 33 * 1024;

/// One thread's memory, which it holds while it has work.
pub(crate) struct Memory {
    blocks: usize,
    held: Vec<Block>,
}

impl Memory {
    fn none(blocks: usize) -> Self {
        Self { blocks, held: Vec::new() }
    }

    fn is_held(&self) -> bool {
        !self.held.is_empty()
    }

    fn give_back(&mut self) {
        self.held = Vec::new();
    }

    /// Lends `blocks` KiB to `work`: the thread's own, or for a foreign hash that needs more, memory that is
    /// given back at once.
    pub(crate) fn lend<T>(&mut self, blocks: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        if blocks <= self.blocks && !self.is_held() {
            self.held.reserve_exact(self.blocks.max(RETURNED_TO_THE_SYSTEM));
            self.held.resize(self.blocks, Block::new());
        }
        match self.held.get_mut(..blocks) {
            Some(own) => work(own),
            None => work(&mut vec![Block::new(); blocks]),
        }
    }
}

#[cfg(test)]
mod tests;
