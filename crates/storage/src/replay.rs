use countersign_oauth::{BoxFuture, HandleHash, Timestamp};

use crate::StorageResult;

/// Remembers `jti` values and other one-time marks. A mark outlives a later refusal on purpose.
pub trait ReplayGuard: Send + Sync {
    /// Inserts the mark atomically; `false` when it was there already and has not expired at `now`.
    ///
    /// `space` keeps marks of different kinds apart, so that one never finds another (rule G3).
    fn remember<'a>(
        &'a self,
        space: &'a str,
        mark: HandleHash,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, StorageResult<bool>>;
}
