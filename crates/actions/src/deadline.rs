use std::time::{Duration, Instant};

/// When a thread must be done. This is no time of the protocol, so it comes from the monotonic clock itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// In so long.
    pub(crate) fn after(span: Duration) -> Self {
        Self(now() + span)
    }

    /// The same moment, and `span` more.
    pub(crate) fn plus(self, span: Duration) -> Self {
        Self(self.0 + span)
    }

    /// How long it is until then; nothing once it is past.
    pub(crate) fn remaining(self) -> Duration {
        self.0.saturating_duration_since(now())
    }

    /// Whether it is past.
    pub(crate) fn is_past(self) -> bool {
        now() >= self.0
    }
}

#[expect(clippy::disallowed_methods, reason = "it limits how long a thread works, and decides nothing else")]
fn now() -> Instant {
    Instant::now()
}
