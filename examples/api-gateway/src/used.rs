use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use countersign_oauth::{BoxFuture, Fault, HandleHash, Timestamp};
use countersign_storage::{ReplayGuard, StorageResult};

/// The assertions that were shown to this process, each for as long as it would be accepted again.
///
/// The room is bounded: a flood makes requests fail for some minutes and never the process.
pub struct UsedAssertions {
    room: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    marks: HashSet<(String, HandleHash)>,
    by_end: BTreeSet<(Timestamp, String, HandleHash)>,
}

impl UsedAssertions {
    /// Remembers at most `room` assertions at a time; one stays for six minutes at most.
    #[must_use]
    pub fn new(room: usize) -> Self {
        Self { room, kept: Mutex::default() }
    }

    /// Atomically: of several requests that show one assertion, one is told `true`.
    fn insert(&self, space: &str, mark: HandleHash, now: Timestamp, until: Timestamp) -> StorageResult<bool> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((_, space, mark)) = kept.by_end.first().filter(|(end, ..)| *end <= now).cloned() {
            kept.by_end.pop_first();
            kept.marks.remove(&(space, mark));
        }
        let named = (space.to_owned(), mark);
        if kept.marks.contains(&named) {
            return Ok(false);
        }
        if kept.marks.len() >= self.room {
            return Err(Fault::unavailable("there is no room to remember an assertion"));
        }
        kept.by_end.insert((until, named.0.clone(), mark));
        kept.marks.insert(named);
        Ok(true)
    }
}

impl ReplayGuard for UsedAssertions {
    fn remember<'a>(
        &'a self,
        space: &'a str,
        mark: HandleHash,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, StorageResult<bool>> {
        Box::pin(async move { self.insert(space, mark, now, until) })
    }
}
