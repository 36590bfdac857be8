use countersign_oauth::{BoxFuture, HandleHash, Timestamp};

use crate::StorageResult;

/// What is counted: a purpose and the hash of whom it counts (an account and an address, say).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket {
    /// `login`, `code_verifier`, ….
    pub purpose: String,
    /// Hash of the counted thing, so that no identifier stands in the table.
    pub subject: HandleHash,
}

/// Counters of failed attempts, shared by every process; they commit on their own.
pub trait Attempts: Send + Sync {
    /// Counts one attempt and answers how many there are since the counter last expired.
    ///
    /// The counter starts anew when `now` has reached the moment it was kept until; each record keeps it at
    /// least until `until`.
    fn record<'a>(
        &'a self,
        bucket: &'a Bucket,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, StorageResult<u32>>;

    /// How many attempts stand in a bucket at `now`.
    fn count<'a>(&'a self, bucket: &'a Bucket, now: Timestamp) -> BoxFuture<'a, StorageResult<u32>>;

    /// Forgets a bucket.
    fn clear<'a>(&'a self, bucket: &'a Bucket) -> BoxFuture<'a, StorageResult<()>>;
}
