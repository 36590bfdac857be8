use std::sync::atomic::{AtomicU64, Ordering};

use countersign_oauth::SecureRandom;
use sha2::{Digest, Sha256};

/// Bytes that look random and are the same at each run: SHA-256 of a seed and a counter.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    counter: AtomicU64,
}

impl SeededRandom {
    /// A source; another seed gives other bytes.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, counter: AtomicU64::new(0) }
    }
}

impl Default for SeededRandom {
    fn default() -> Self {
        Self::new(0)
    }
}

impl SecureRandom for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let counter = self.counter.fetch_add(1, Ordering::SeqCst);
            let mut hash = Sha256::new();
            hash.update(self.seed.to_be_bytes());
            hash.update(counter.to_be_bytes());
            for (to, from) in chunk.iter_mut().zip(hash.finalize()) {
                *to = from;
            }
        }
    }
}
