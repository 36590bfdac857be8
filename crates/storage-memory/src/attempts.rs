use countersign_oauth::{HandleHash, Timestamp};
use countersign_storage::{Bucket, Drawn, Rate};

use crate::state::State;

impl State {
    pub(crate) fn record_attempt(&mut self, bucket: &Bucket, now: Timestamp, until: Timestamp) -> u32 {
        let (standing, kept_until) = match self.attempts.get(bucket) {
            Some((count, kept_until)) if now < *kept_until => (*count, until.max(*kept_until)),
            _ => (0, until),
        };
        let count = standing.saturating_add(1);
        self.attempts.insert(bucket.clone(), (count, kept_until));
        count
    }

    pub(crate) fn attempts(&self, bucket: &Bucket, now: Timestamp) -> u32 {
        match self.attempts.get(bucket) {
            Some((count, kept_until)) if now < *kept_until => *count,
            _ => 0,
        }
    }

    pub(crate) fn draw(&mut self, bucket: &Bucket, rate: Rate, now: Timestamp) -> Drawn {
        let held = self.token_buckets.get(bucket).copied().unwrap_or_default();
        let (left, drawn) = held.draw(rate, now);
        self.token_buckets.insert(bucket.clone(), left);
        drawn
    }

    pub(crate) fn look(&self, bucket: &Bucket, rate: Rate, now: Timestamp) -> Drawn {
        self.token_buckets.get(bucket).copied().unwrap_or_default().look(rate, now)
    }

    pub(crate) fn remember(
        &mut self,
        space: &str,
        mark: HandleHash,
        now: Timestamp,
        until: Timestamp,
    ) -> bool {
        let key = (space.to_owned(), mark);
        if self.marks.get(&key).is_some_and(|kept_until| now < *kept_until) {
            return false;
        }
        self.marks.insert(key, until);
        true
    }
}
