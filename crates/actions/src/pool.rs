use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use countersign_oauth::Fault;

use crate::deadline::Deadline;
use crate::slot::{Slot, slot};

/// Threads that nobody needed for so long end, so that an idle server holds nothing for scripts.
const QUIET: Duration = Duration::from_secs(5);
/// The engine's stack limit and what the calls around it need.
const STACK: usize = 4 * 1024 * 1024;
/// A script that does not end by itself is given up so long after its time: the engine asks whether time is over
/// between its own steps alone, and some of its functions can be made to loop inside one step.
const GRACE: Duration = Duration::from_millis(500);

/// What a job ends with.
type Outcome<T> = Result<T, Fault>;

/// One piece of work, and who waits for it.
struct Job<T> {
    deadline: Deadline,
    work: Box<dyn FnOnce() -> T + Send>,
    /// What is answered when the work is given up.
    given_up: T,
    slot: Slot<Outcome<T>>,
}

/// A bounded number of threads behind a bounded queue. Threads are started when there is work and end when there is
/// none. A job that does not end costs its own thread alone: its caller is answered, and another thread takes over.
pub(crate) struct Pool<T>(Arc<Shared<T>>);

struct Shared<T> {
    threads: usize,
    queue: usize,
    line: Mutex<Line<T>>,
    /// There is a job, or the pool is closed.
    work: Condvar,
    /// A job was begun, or ended.
    running: Condvar,
}

struct Line<T> {
    jobs: VecDeque<Job<T>>,
    running: Vec<Running<T>>,
    /// Threads that serve, and those of them that do nothing.
    serving: usize,
    idle: usize,
    /// Threads whose job was given up and has not ended.
    stuck: usize,
    begun: u64,
    has_watch: bool,
    is_closed: bool,
}

struct Running<T> {
    number: u64,
    deadline: Deadline,
    given_up: T,
    slot: Slot<Outcome<T>>,
}

impl<T: Send + 'static> Pool<T> {
    /// A pool of at most `threads` threads, for which at most `queue` jobs wait.
    pub(crate) fn new(threads: usize, queue: usize) -> Self {
        let line = Line {
            jobs: VecDeque::new(),
            running: Vec::new(),
            serving: 0,
            idle: 0,
            stuck: 0,
            begun: 0,
            has_watch: false,
            is_closed: false,
        };
        let line = Mutex::new(line);
        Self(Arc::new(Shared { threads, queue, line, work: Condvar::new(), running: Condvar::new() }))
    }

    /// Runs `work` on one of the threads, and answers `given_up` when it does not end in time. A full queue, and a
    /// queue in which the time ran out, is [`Fault::unavailable`].
    pub(crate) async fn run(
        &self,
        deadline: Deadline,
        given_up: T,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Outcome<T> {
        let (slot, filled) = slot();
        self.submit(Job { deadline, work: Box::new(work), given_up, slot })?;
        filled.await
    }

    fn submit(&self, job: Job<T>) -> Result<(), Fault> {
        let full = || Fault::unavailable("the queue for scripts is full");
        let mut line = self.0.lock();
        let free = line.idle + (self.0.threads - line.serving.min(self.0.threads));
        if line.jobs.len() >= self.0.queue + free || (line.serving == 0 && !self.0.may_start(&line)) {
            return Err(full());
        }
        if line.jobs.len() >= line.idle && line.serving < self.0.threads && self.0.may_start(&line) {
            start(&self.0, &mut line)?;
        }
        line.jobs.push_back(job);
        drop(line);
        self.0.work.notify_one();
        Ok(())
    }
}

impl<T> Drop for Pool<T> {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.work.notify_all();
        self.0.running.notify_all();
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Line<T>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there may be one more thread: stuck ones are replaced, once for each thread of the pool.
    fn may_start(&self, line: &Line<T>) -> bool {
        line.serving + line.stuck < 2 * self.threads
    }
}

/// Starts a thread that serves.
fn start<T: Send + 'static>(shared: &Arc<Shared<T>>, line: &mut Line<T>) -> Result<(), Fault> {
    let own = Arc::clone(shared);
    let fault = |error| Fault::unavailable("starting a thread for scripts").caused_by(error);
    thread("scripts", move || serve(&own)).map_err(fault)?;
    line.serving += 1;
    line.idle += 1;
    if !line.has_watch {
        let own = Arc::clone(shared);
        thread("scripts-watch", move || watch(&own)).map_err(fault)?;
        line.has_watch = true;
    }
    Ok(())
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(run).map(drop)
}

/// A thread's life: job after job, until nobody needs it.
fn serve<T: Send + 'static>(shared: &Shared<T>) {
    let mut line = shared.lock();
    loop {
        let Some(job) = line.jobs.pop_front() else {
            let mut is_over = line.is_closed;
            if !is_over {
                let (woken, timeout) =
                    shared.work.wait_timeout(line, QUIET).unwrap_or_else(PoisonError::into_inner);
                line = woken;
                is_over = timeout.timed_out() && line.jobs.is_empty();
            }
            if is_over {
                line.serving -= 1;
                line.idle -= 1;
                shared.running.notify_all();
                return;
            }
            continue;
        };
        if job.slot.is_done() {
            continue;
        }
        if job.deadline.is_past() {
            job.slot.fill(Err(Fault::unavailable("no thread was free for a script in time")));
            continue;
        }
        match work(shared, line, job) {
            Some(still) => line = still,
            None => return,
        }
    }
}

/// Does one job. `None` when it was given up meanwhile: another thread serves in this one's place then.
fn work<'a, T: Send + 'static>(
    shared: &'a Shared<T>,
    mut line: MutexGuard<'a, Line<T>>,
    job: Job<T>,
) -> Option<MutexGuard<'a, Line<T>>> {
    let Job { deadline, work, given_up, slot } = job;
    let number = line.begun;
    line.begun += 1;
    line.idle -= 1;
    line.running.push(Running { number, deadline, given_up, slot: slot.clone() });
    drop(line);
    shared.running.notify_all();
    // What panics costs its caller an answer, not the others their thread.
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    let mut line = shared.lock();
    let Some(at) = line.running.iter().position(|running| running.number == number) else {
        line.stuck -= 1;
        return None;
    };
    line.running.swap_remove(at);
    // Free before its caller hears of it, who may have the next job at once.
    line.idle += 1;
    drop(line);
    slot.fill(done.map_err(|_| Fault::internal("a script's run panicked")));
    Some(shared.lock())
}

/// Gives up what is over its time by more than the grace.
fn watch<T: Send + 'static>(shared: &Arc<Shared<T>>) {
    let mut line = shared.lock();
    loop {
        let (over, running): (Vec<_>, Vec<_>) =
            line.running.drain(..).partition(|running| running.deadline.plus(GRACE).is_past());
        line.running = running;
        for given_up in over {
            tracing::error!("a script does not end: its thread is given up");
            given_up.slot.fill(Ok(given_up.given_up));
            line.serving -= 1;
            line.stuck += 1;
            let has_waiting = line.serving == 0 && !line.jobs.is_empty();
            if has_waiting
                && shared.may_start(&line)
                && let Err(fault) = start(shared, &mut line)
            {
                tracing::error!("{fault}");
            }
        }
        if line.serving == 0 {
            for job in line.jobs.drain(..) {
                job.slot.fill(Err(Fault::unavailable("every thread for scripts is stuck")));
            }
            line.has_watch = false;
            return;
        }
        let next = line.running.iter().map(|running| running.deadline.plus(GRACE)).min();
        line = match next {
            Some(next) => {
                let remaining = next.remaining();
                shared.running.wait_timeout(line, remaining).unwrap_or_else(PoisonError::into_inner).0
            }
            None => shared.running.wait(line).unwrap_or_else(PoisonError::into_inner),
        };
    }
}

#[cfg(test)]
mod tests;
