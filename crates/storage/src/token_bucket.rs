use countersign_oauth::{Seconds, Timestamp};

/// Microseconds, the unit in which buckets count: at 10,000 tokens a second one takes 100 of them.
type Micros = i64;

/// How much a token bucket holds, and how fast it fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    burst: u32,
    interval: Micros,
}

impl Rate {
    /// A bucket of `burst` tokens which gains `tokens` every `per`; `None` where one of them is not positive,
    /// or where the bucket would take more than a year to fill.
    #[must_use]
    pub fn new(burst: u32, tokens: u32, per: Seconds) -> Option<Self> {
        const YEAR: Micros = 366 * 86_400 * 1_000_000;
        let span = per.0.checked_mul(1_000_000).filter(|span| *span > 0)?;
        let interval = span.checked_div(i64::from(tokens))?.max(1);
        let fills_in = interval.checked_mul(i64::from(burst))?;
        (burst > 0 && fills_in <= YEAR).then_some(Self { burst, interval })
    }

    /// How many tokens a full bucket holds.
    #[must_use]
    pub fn burst(self) -> u32 {
        self.burst
    }

    /// How long an empty bucket takes to fill.
    fn fills_in(self) -> Micros {
        self.interval.saturating_mul(i64::from(self.burst))
    }
}

/// A token bucket, as the moment at which it will be full again: one number holds both its level and the time
/// of its last change. A bucket that nobody has drawn from is a full one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenBucket {
    full_at: Micros,
}

/// What came of drawing a token, and what a caller may be told of the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn {
    /// Whether there was one.
    pub allowed: bool,
    /// How many tokens a full bucket holds.
    pub limit: u32,
    /// How many are left.
    pub remaining: u32,
    /// When the bucket gains its next token; now, if it is full.
    pub next_at: Timestamp,
}

impl TokenBucket {
    /// The bucket that will be full at that moment, in microseconds since the epoch, as it was stored.
    #[must_use]
    pub fn restore(full_at: i64) -> Self {
        Self { full_at }
    }

    /// What to store.
    #[must_use]
    pub fn full_at(self) -> i64 {
        self.full_at
    }

    /// The moment from which the bucket is full and need not be kept.
    #[must_use]
    pub fn kept_until(self) -> Timestamp {
        Timestamp::from_millis(self.full_at.div_euclid(1000).saturating_add(1))
    }

    /// Draws one token if there is one; answers the bucket as it is then.
    ///
    /// A bucket never lacks more than it holds, so that a clock that was set back, or a rate that was lowered,
    /// holds nobody back for longer than the bucket takes to fill.
    #[must_use]
    pub fn draw(self, rate: Rate, now: Timestamp) -> (Self, Drawn) {
        let now = now.millis().saturating_mul(1000);
        let missing = self.missing(rate, now);
        let after = missing.saturating_add(rate.interval);
        let allowed = after <= rate.fills_in();
        let missing = if allowed { after } else { missing };
        let drawn = Drawn { allowed, ..told(rate, missing, now) };
        (Self { full_at: now.saturating_add(missing) }, drawn)
    }

    /// What drawing would answer, without drawing: `remaining` is what is left before it.
    #[must_use]
    pub fn look(self, rate: Rate, now: Timestamp) -> Drawn {
        let now = now.millis().saturating_mul(1000);
        let missing = self.missing(rate, now);
        let allowed = missing.saturating_add(rate.interval) <= rate.fills_in();
        Drawn { allowed, ..told(rate, missing, now) }
    }

    /// What a caller may be told of a bucket that nobody draws from.
    #[must_use]
    pub fn untouched(rate: Rate, now: Timestamp) -> Drawn {
        told(rate, 0, now.millis().saturating_mul(1000))
    }

    /// How long it takes to fill at `now`.
    fn missing(self, rate: Rate, now: Micros) -> Micros {
        self.full_at.saturating_sub(now).clamp(0, rate.fills_in())
    }
}

fn told(rate: Rate, missing: Micros, now: Micros) -> Drawn {
    let left = rate.fills_in().saturating_sub(missing).checked_div(rate.interval).unwrap_or(0);
    let until_next = match missing {
        0 => 0,
        _ => (missing - 1).rem_euclid(rate.interval.max(1)) + 1,
    };
    // Rounded up: whoever comes at that moment finds the token.
    let next_at = now.saturating_add(until_next).saturating_add(999).div_euclid(1000);
    Drawn {
        allowed: true,
        limit: rate.burst,
        remaining: u32::try_from(left).unwrap_or(0),
        next_at: Timestamp::from_millis(next_at),
    }
}

impl Drawn {
    /// When to come again, in whole seconds since the epoch: `X-RateLimit-Reset`.
    #[must_use]
    pub fn reset(self) -> i64 {
        self.next_at.millis().saturating_add(999).div_euclid(1000)
    }

    /// How long to wait, in whole seconds and at least one: `Retry-After` (RFC 9110 §10.2.3).
    #[must_use]
    pub fn retry_after(self, now: Timestamp) -> u32 {
        let wait = self.next_at.millis().saturating_sub(now.millis()).saturating_add(999).div_euclid(1000);
        u32::try_from(wait.max(1)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;
