//! Counters of failed attempts, which commit on their own.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_storage::{Bucket, Conflict, Storage};

use crate::race;
use crate::run::{attempt, read};
use crate::samples::{at, failing, hash};

pub fn attempts_are_counted_until_they_expire(storage: &dyn Storage) {
    let login = bucket("login", "account");
    assert_eq!(read(storage.count(&login, at(0))), 0);
    assert_eq!(read(storage.record(&login, at(0), at(10))), 1);
    assert_eq!(read(storage.record(&login, at(1), at(20))), 2);
    assert_eq!(read(storage.record(&login, at(2), at(15))), 3, "and kept until the latest moment");
    assert_eq!(read(storage.count(&login, at(19))), 3);
    assert_eq!(read(storage.count(&login, at(20))), 0);
    assert_eq!(read(storage.record(&login, at(20), at(30))), 1);
    assert_eq!(read(storage.count(&login, at(29))), 1);
    assert_eq!(read(storage.count(&login, at(30))), 0);
}

pub fn concurrent_attempts_are_all_counted(storage: &dyn Storage) {
    attempts_are_all_counted(&[storage]);
}

/// Thirty-two attempts at once count up to thirty-two, over all stores given.
pub fn attempts_are_all_counted(storages: &[&dyn Storage]) {
    let login = bucket("login", "account");
    let mut counts = race(storages, 32, |storage, _| read(storage.record(&login, at(0), at(10))));
    counts.sort_unstable();
    assert_eq!(counts, (1..=32).collect::<Vec<_>>(), "each one sees a count of its own");
    for storage in storages {
        assert_eq!(read(storage.count(&login, at(0))), 32);
    }
}

pub fn a_cleared_bucket_starts_anew(storage: &dyn Storage) {
    let (login, other) = (bucket("login", "account"), bucket("login", "other"));
    for bucket in [&login, &login, &other] {
        read(storage.record(bucket, at(0), at(10)));
    }
    read(storage.clear(&login));
    assert_eq!(read(storage.count(&login, at(0))), 0);
    assert_eq!(read(storage.count(&other, at(0))), 1);
    assert_eq!(read(storage.record(&login, at(0), at(10))), 1);
    read(storage.clear(&bucket("login", "nobody")));
}

pub fn buckets_do_not_share_a_count(storage: &dyn Storage) {
    for other in [bucket("login", "account"), bucket("Login", "account"), bucket("login", "Account")] {
        assert_eq!(read(storage.record(&other, at(0), at(10))), 1);
    }
}

pub fn attempts_outlive_a_failed_commit(storage: &dyn Storage) {
    let login = bucket("login", "account");
    read(storage.record(&login, at(0), at(10)));
    assert_eq!(attempt(storage, failing()), Err(Conflict::Spent));
    assert_eq!(read(storage.count(&login, at(0))), 1);
}

fn bucket(purpose: &str, subject: &str) -> Bucket {
    Bucket { purpose: purpose.to_owned(), subject: hash(subject) }
}
