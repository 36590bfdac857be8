use countersign_oauth::{BoxFuture, HandleHash, Timestamp};

use crate::{Drawn, Rate, StorageResult};

/// What is counted: a purpose and the hash of whom it counts (an account and an address, say).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket {
    /// `login`, `code_verifier`, ….
    pub purpose: String,
    /// Hash of the counted thing, so that no identifier stands in the table.
    pub subject: HandleHash,
}

/// Counters of failed attempts and the buckets of rate limits, shared by every process; they commit on their
/// own.
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

    /// Forgets a bucket: a counter stands at none, a rate limit is full.
    fn clear<'a>(&'a self, bucket: &'a Bucket) -> BoxFuture<'a, StorageResult<()>>;

    /// Draws a token from the bucket of a rate limit, as [`TokenBucket::draw`](crate::TokenBucket::draw) has
    /// it; a bucket that was never drawn from is full.
    ///
    /// Of many at once no more draw than the bucket holds. A refusal that changes nothing is a read, so that
    /// a flood of them costs no writes. A purpose is used for rate limits or for counters, never for both.
    fn draw<'a>(
        &'a self,
        bucket: &'a Bucket,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'a, StorageResult<Drawn>>;

    /// What drawing would answer, without drawing.
    fn look<'a>(
        &'a self,
        bucket: &'a Bucket,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'a, StorageResult<Drawn>>;
}
