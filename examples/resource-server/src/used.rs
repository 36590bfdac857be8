use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use countersign_dpop::Proof;
use countersign_oauth::{HandleHash, Timestamp};

/// What became of a proof that was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remembered {
    /// It was never shown here.
    Fresh,
    /// It was shown before (RFC 9449 §11.1).
    Replayed,
    /// There is no room to remember it, so it cannot be accepted.
    Full,
}

/// The proofs that were shown to this process, each for as long as it would be accepted again.
///
/// The room is bounded: a flood makes requests fail for some seconds and never the process.
pub struct UsedProofs {
    room: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    marks: HashSet<HandleHash>,
    by_end: BTreeSet<(Timestamp, HandleHash)>,
}

impl UsedProofs {
    /// Remembers at most `room` proofs at a time; a proof stays for two minutes at most.
    #[must_use]
    pub fn new(room: usize) -> Self {
        Self { room, kept: Mutex::default() }
    }

    /// Remembers a proof, atomically: of several requests that show one proof, one is told `Fresh`.
    pub fn remember(&self, proof: &Proof, now: Timestamp) -> Remembered {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((end, mark)) = kept.by_end.first().copied().filter(|(end, _)| *end <= now) {
            kept.by_end.remove(&(end, mark));
            kept.marks.remove(&mark);
        }
        let mark = proof.replay_mark();
        if kept.marks.contains(&mark) {
            return Remembered::Replayed;
        }
        if kept.marks.len() >= self.room {
            return Remembered::Full;
        }
        kept.marks.insert(mark);
        kept.by_end.insert((proof.remember_until(), mark));
        Remembered::Fresh
    }
}
