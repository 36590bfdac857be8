//! The buckets of rate limits, which commit on their own.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_oauth::Seconds;
use countersign_storage::{Bucket, Conflict, Drawn, Rate, Storage};

use crate::race;
use crate::run::{attempt, read};
use crate::samples::{at, failing, hash};

pub fn a_bucket_gives_its_burst_and_then_what_it_gains(storage: &dyn Storage) {
    let drawn = |millis: i64| read(storage.draw(&bucket("rate", "user"), rate(3, 1), at(millis)));
    let told = |drawn: Drawn| (drawn.allowed, drawn.limit, drawn.remaining, drawn.next_at);
    assert_eq!(told(drawn(0)), (true, 3, 2, at(1_000)));
    assert_eq!(told(drawn(0)), (true, 3, 1, at(1_000)));
    assert_eq!(told(drawn(400)), (true, 3, 0, at(1_000)));
    assert_eq!(told(drawn(999)), (false, 3, 0, at(1_000)));
    assert_eq!(told(drawn(1_000)), (true, 3, 0, at(2_000)));
    assert_eq!(told(drawn(1_001)), (false, 3, 0, at(2_000)));
    assert_eq!(told(drawn(60_000)), (true, 3, 2, at(61_000)), "it never holds more than its burst");
}

pub fn of_thirty_two_that_draw_at_once_ten_do(storage: &dyn Storage) {
    no_more_are_drawn_than_there_are(&[storage]);
}

/// Thirty-two draw at once from a bucket of ten, over all stores given.
pub fn no_more_are_drawn_than_there_are(storages: &[&dyn Storage]) {
    let user = bucket("rate", "user");
    let drawn = race(storages, 32, |storage, _| read(storage.draw(&user, rate(10, 1), at(0))));
    let mut left: Vec<_> = drawn.iter().filter(|drawn| drawn.allowed).map(|drawn| drawn.remaining).collect();
    left.sort_unstable();
    assert_eq!(left, (0..10).collect::<Vec<_>>(), "each sees a level of its own");
}

pub fn buckets_of_other_subjects_and_purposes_are_full(storage: &dyn Storage) {
    let names = [("rate", "user"), ("Rate", "user"), ("rate", "User"), ("rate", "other")];
    for (purpose, subject) in names {
        let one = || read(storage.draw(&bucket(purpose, subject), rate(1, 1), at(0))).allowed;
        assert_eq!([one(), one()], [true, false], "{purpose} {subject}");
    }
}

pub fn looking_draws_nothing(storage: &dyn Storage) {
    let user = bucket("rate", "user");
    let looked = |millis: i64| {
        let seen = read(storage.look(&user, rate(2, 1), at(millis)));
        (seen.allowed, seen.remaining)
    };
    assert_eq!([looked(0), looked(0)], [(true, 2), (true, 2)]);
    read(storage.draw(&user, rate(2, 1), at(0)));
    read(storage.draw(&user, rate(2, 1), at(0)));
    assert_eq!([looked(999), looked(1_000), looked(1_000)], [(false, 0), (true, 1), (true, 1)]);
}

pub fn a_clock_set_back_holds_a_bucket_back_no_longer_than_it_takes_to_fill(storage: &dyn Storage) {
    let user = bucket("rate", "user");
    let drawn = |millis: i64| read(storage.draw(&user, rate(2, 1), at(millis))).allowed;
    let later = 3_600_000;
    assert_eq!([drawn(later), drawn(later), drawn(later)], [true, true, false]);
    assert_eq!([drawn(0), drawn(999), drawn(1_000)], [false, false, true]);
}

pub fn a_drawn_token_outlives_a_failed_commit(storage: &dyn Storage) {
    let user = bucket("rate", "user");
    assert!(read(storage.draw(&user, rate(1, 1), at(0))).allowed);
    assert_eq!(attempt(storage, failing()), Err(Conflict::Spent));
    assert!(!read(storage.draw(&user, rate(1, 1), at(0))).allowed);
}

pub fn a_full_bucket_is_swept_and_no_other(storage: &dyn Storage) {
    let (full, filling) = (bucket("rate", "full"), bucket("rate", "filling"));
    read(storage.draw(&full, rate(2, 1), at(0)));
    read(storage.draw(&filling, rate(2, 1), at(0)));
    read(storage.draw(&filling, rate(2, 1), at(0)));
    assert_eq!(read(storage.sweep(at(1_000), 1_000)), 0);
    assert_eq!(read(storage.sweep(at(1_900), 1_000)), 1);
    let drawn = |bucket: &Bucket| read(storage.draw(bucket, rate(2, 1), at(1_000))).remaining;
    assert_eq!([drawn(&full), drawn(&filling)], [1, 0]);
}

fn rate(burst: u32, a_second: u32) -> Rate {
    Rate::new(burst, a_second, Seconds(1)).expect("a rate")
}

fn bucket(purpose: &str, subject: &str) -> Bucket {
    Bucket { purpose: purpose.to_owned(), subject: hash(subject) }
}
