use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use countersign_oauth::BoxFuture;
use countersign_storage::{Change, Changes, CommitError, Conflict, Storage, StorageResult};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end on this thread, without any runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::park();
    }
}

/// Starts `racers` threads at once, spread over the stores, and answers what each of them got.
///
/// With one store they race within a process; with several that share their data, as processes do.
pub fn race<T: Send>(
    storages: &[&dyn Storage],
    racers: usize,
    act: impl Fn(&dyn Storage, usize) -> T + Sync,
) -> Vec<T> {
    let (barrier, act) = (&Barrier::new(racers), &act);
    std::thread::scope(|scope| {
        let threads: Vec<_> = storages
            .iter()
            .cycle()
            .take(racers)
            .enumerate()
            .map(|(racer, storage)| {
                scope.spawn(move || {
                    barrier.wait();
                    act(*storage, racer)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a racer panicked")).collect()
    })
}

/// What a read answers.
pub(crate) fn read<T>(read: BoxFuture<'_, StorageResult<T>>) -> T {
    block_on(read).expect("a read failed")
}

/// Commits all changes or tells which condition did not hold.
pub(crate) fn commit(storage: &dyn Storage, changes: Changes) -> Result<(), Conflict> {
    match block_on(storage.commit(changes)) {
        Ok(()) => Ok(()),
        Err(CommitError::Conflict(conflict)) => Err(conflict),
        Err(CommitError::Fault(fault)) => panic!("a commit failed: {fault}"),
    }
}

/// Commits one change or tells which condition did not hold.
pub(crate) fn attempt(storage: &dyn Storage, change: Change) -> Result<(), Conflict> {
    commit(storage, Changes::none().with(change))
}

/// Commits changes that must succeed.
pub(crate) fn write(storage: &dyn Storage, changes: impl IntoIterator<Item = Change>) {
    let writes: Vec<_> = changes.into_iter().collect();
    let done = commit(storage, Changes { requires: Vec::new(), writes });
    assert_eq!(done, Ok(()), "a write was refused");
}

/// How many of the racers won; the others must have failed with `conflict`.
pub(crate) fn winners(outcomes: &[Result<(), Conflict>], conflict: &Conflict) -> usize {
    for outcome in outcomes {
        if let Err(lost) = outcome {
            assert_eq!(lost, conflict);
        }
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}
