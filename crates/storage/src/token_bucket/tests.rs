use countersign_oauth::{Seconds, Timestamp};
use proptest::prelude::*;

use super::{Drawn, Rate, TokenBucket};

const START: i64 = 1_700_000_000_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START + millis)
}

fn rate(burst: u32, tokens: u32, seconds: i64) -> Rate {
    Rate::new(burst, tokens, Seconds(seconds)).unwrap()
}

/// Draws at each moment; answers whether there was a token.
fn draws(bucket: &mut TokenBucket, rate: Rate, moments: impl IntoIterator<Item = i64>) -> Vec<bool> {
    let draw = |moment| {
        let (after, drawn) = bucket.draw(rate, at(moment));
        *bucket = after;
        drawn.allowed
    };
    moments.into_iter().map(draw).collect()
}

#[test]
fn a_burst_passes_and_the_next_is_refused() {
    let mut bucket = TokenBucket::default();
    let passed = draws(&mut bucket, rate(10, 5, 60), [0; 11]);
    assert_eq!(passed, [vec![true; 10], vec![false]].concat());
}

#[test]
fn after_a_burst_the_sustained_rate_holds() {
    let mut bucket = TokenBucket::default();
    draws(&mut bucket, rate(10, 5, 60), [0; 10]);
    // Five a minute is one every twelve seconds.
    assert_eq!(draws(&mut bucket, rate(10, 5, 60), [11_999, 12_000, 12_000]), [false, true, false]);
    let minute: Vec<i64> = (0..60).map(|second| 12_000 + second * 1000).collect();
    let passed = draws(&mut bucket, rate(10, 5, 60), minute);
    assert_eq!(passed.iter().filter(|passed| **passed).count(), 4, "at 24, 36, 48 and 60 seconds");
}

#[test]
fn a_refused_draw_costs_nothing() {
    let rate = rate(2, 1, 10);
    let mut bucket = TokenBucket::default();
    draws(&mut bucket, rate, [0, 0]);
    let before = bucket;
    draws(&mut bucket, rate, [1, 2, 3]);
    assert_eq!(bucket, before);
}

#[test]
fn what_is_told_is_the_size_what_is_left_and_the_next_gain() {
    let rate = rate(3, 1, 10);
    let told = |drawn: Drawn| (drawn.allowed, drawn.limit, drawn.remaining, drawn.next_at);
    let mut bucket = TokenBucket::default();
    let mut draw = |moment| {
        let (after, drawn) = bucket.draw(rate, at(moment));
        bucket = after;
        told(drawn)
    };
    assert_eq!(draw(0), (true, 3, 2, at(10_000)));
    assert_eq!(draw(0), (true, 3, 1, at(10_000)));
    assert_eq!(draw(4_000), (true, 3, 0, at(10_000)));
    assert_eq!(draw(5_000), (false, 3, 0, at(10_000)));
    assert_eq!(draw(10_000), (true, 3, 0, at(20_000)));
    assert_eq!(told(TokenBucket::untouched(rate, at(7))), (true, 3, 3, at(7)));
}

#[test]
fn looking_tells_whether_a_draw_would_pass_and_draws_nothing() {
    let rate = rate(2, 1, 10);
    let looked = |bucket: TokenBucket, moment| {
        let seen = bucket.look(rate, at(moment));
        assert_eq!(seen.allowed, bucket.draw(rate, at(moment)).1.allowed);
        (seen.allowed, seen.remaining)
    };
    let mut bucket = TokenBucket::default();
    assert_eq!(looked(bucket, 0), (true, 2));
    draws(&mut bucket, rate, [0]);
    assert_eq!(looked(bucket, 0), (true, 1));
    draws(&mut bucket, rate, [0]);
    assert_eq!([looked(bucket, 9_999), looked(bucket, 10_000)], [(false, 0), (true, 1)]);
}

#[test]
fn ext_148_the_reset_is_whole_seconds_and_never_too_early() {
    let rate = rate(1, 1, 10);
    let (bucket, _) = TokenBucket::default().draw(rate, at(1));
    let (_, refused) = bucket.draw(rate, at(2));
    assert_eq!(refused.reset(), START / 1000 + 11, "the token comes 10.001 seconds after the start");
    assert_eq!(refused.retry_after(at(2)), 10);
    assert_eq!(refused.retry_after(at(10_000)), 1);
    assert_eq!(refused.retry_after(at(99_000)), 1, "at least one");
}

#[test]
fn a_clock_set_back_holds_nobody_back_for_longer_than_the_bucket_takes_to_fill() {
    let rate = rate(5, 1, 10);
    let mut bucket = TokenBucket::default();
    draws(&mut bucket, rate, [86_400_000; 5]);
    assert_eq!(draws(&mut bucket, rate, [0, 9_999, 10_000]), [false, false, true]);
}

#[test]
fn a_rate_that_was_lowered_holds_at_once() {
    let mut bucket = TokenBucket::default();
    draws(&mut bucket, rate(100, 1, 60), [0; 100]);
    assert_eq!(draws(&mut bucket, rate(2, 1, 1), [0, 1_000, 1_000]), [false, true, false]);
}

#[test]
fn a_rate_without_tokens_or_time_is_none() {
    for (burst, tokens, seconds) in [(0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, -1), (2, 1, 31_622_400)] {
        assert_eq!(Rate::new(burst, tokens, Seconds(seconds)), None, "{burst} {tokens} {seconds}");
    }
    assert!(Rate::new(1, 1, Seconds(31_622_400)).is_some());
    assert!(Rate::new(u32::MAX, u32::MAX, Seconds(1)).is_some(), "faster than can be counted is the fastest");
}

#[test]
fn a_stored_bucket_is_the_same_and_is_kept_until_it_is_full() {
    let rate = rate(2, 1, 10);
    let (bucket, _) = TokenBucket::default().draw(rate, at(0));
    assert_eq!(TokenBucket::restore(bucket.full_at()), bucket);
    let until = bucket.kept_until();
    assert!(until > at(10_000) && until <= at(10_001), "{until:?}");
    assert_eq!(bucket.draw(rate, until).1, TokenBucket::default().draw(rate, until).1);
}

proptest! {
    /// In any span, no more pass than the burst and what was gained meanwhile; and one that waits as it was
    /// told passes.
    #[test]
    fn no_more_pass_than_burst_and_gain(
        burst in 1u32..50,
        tokens in 1u32..1000,
        seconds in 1i64..100,
        gaps in prop::collection::vec(0i64..2_000, 1..200),
    ) {
        let rate = rate(burst, tokens, seconds);
        let (mut bucket, mut moment, mut passed) = (TokenBucket::default(), 0, 0i64);
        for gap in gaps {
            moment += gap;
            let (after, drawn) = bucket.draw(rate, at(moment));
            bucket = after;
            passed += i64::from(drawn.allowed);
            let gained = (moment * 1000) / rate.interval;
            prop_assert!(passed <= i64::from(burst) + gained);
            prop_assert!(drawn.remaining < burst && drawn.limit == burst);
            prop_assert!(drawn.next_at > at(moment));
            if !drawn.allowed {
                prop_assert_eq!(drawn.remaining, 0);
                prop_assert!(bucket.draw(rate, drawn.next_at).1.allowed);
            }
        }
    }
}
