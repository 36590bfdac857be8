use std::sync::atomic::{AtomicI64, Ordering};

use countersign_oauth::{Clock, Seconds, Timestamp};

/// The time at which every test begins: 2026-01-02T03:04:05.678Z.
pub const NOW: Timestamp = Timestamp::from_millis(1_767_323_045_678);

/// A clock that stands still until it is told otherwise.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows `at`.
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.millis()))
    }

    /// Moves the clock forward; back with a negative span.
    pub fn advance(&self, span: Seconds) {
        self.0.fetch_add(span.0.saturating_mul(1000), Ordering::SeqCst);
    }

    /// Sets the clock.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.millis(), Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::new(NOW)
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}
