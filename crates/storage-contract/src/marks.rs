//! Replay marks: `jti` values of proofs and assertions, transactions that were completed (rules G2 and G3).
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_oauth::Timestamp;
use countersign_storage::{Change, Changes, Conflict, Storage};

use crate::race;
use crate::run::{attempt, commit, read, winners, write};
use crate::samples::{HOUR, at, failing, hash};

pub fn sp_071_thirty_two_rememberers_of_one_mark_have_one_winner(storage: &dyn Storage) {
    rememberers_have_one_winner(&[storage]);
}

/// Thirty-two rememberers of one mark have one winner, over all stores given.
pub fn rememberers_have_one_winner(storages: &[&dyn Storage]) {
    for round in 0..8 {
        let name = format!("jti {round}");
        let won = race(storages, 32, |storage, _| remember(storage, "dpop", &name, at(0)));
        assert_eq!(won.into_iter().filter(|won| *won).count(), 1);
    }
}

pub fn thirty_two_commits_that_set_one_mark_have_one_winner(storage: &dyn Storage) {
    let outcomes = race(&[storage], 32, |storage, _| attempt(storage, set("transaction", "id")));
    assert_eq!(winners(&outcomes, &Conflict::Exists), 1);
}

pub fn a_mark_outlives_a_failed_commit(storage: &dyn Storage) {
    assert!(remember(storage, "dpop", "jti", at(0)));
    assert_eq!(attempt(storage, failing()), Err(Conflict::Spent));
    assert!(!remember(storage, "dpop", "jti", at(0)));
}

pub fn a_mark_of_a_failed_commit_is_not_set(storage: &dyn Storage) {
    let changes = Changes::none().with(set("transaction", "id")).with(failing());
    assert_eq!(commit(storage, changes), Err(Conflict::Spent));
    assert_eq!(attempt(storage, set("transaction", "id")), Ok(()));
}

pub fn marks_of_different_spaces_do_not_collide(storage: &dyn Storage) {
    assert!(remember(storage, "dpop", "jti", at(0)));
    assert!(remember(storage, "assertion", "jti", at(0)));
    assert!(remember(storage, "DPOP", "jti", at(0)));
    assert_eq!(attempt(storage, set("transaction", "jti")), Ok(()));
    assert!(!remember(storage, "dpop", "jti", at(0)));
}

pub fn an_expired_mark_may_be_taken_again(storage: &dyn Storage) {
    assert!(remember(storage, "dpop", "jti", at(0)));
    assert!(!remember(storage, "dpop", "jti", at(HOUR - 1)));
    assert!(remember(storage, "dpop", "jti", at(HOUR)), "it was kept until now");
    assert!(!remember(storage, "dpop", "jti", at(HOUR)), "and is kept anew");
}

pub fn a_mark_set_in_a_commit_and_a_remembered_one_are_the_same(storage: &dyn Storage) {
    write(storage, [set("space", "one")]);
    assert!(!remember(storage, "space", "one", at(0)));
    assert!(remember(storage, "space", "other", at(0)));
    assert_eq!(attempt(storage, set("space", "other")), Err(Conflict::Exists));
}

/// Remembers a mark for an hour from `now`.
fn remember(storage: &dyn Storage, space: &str, mark: &str, now: Timestamp) -> bool {
    read(storage.remember(space, hash(mark), now, Timestamp::from_millis(now.millis() + HOUR)))
}

fn set(space: &str, mark: &str) -> Change {
    Change::SetMark { space: space.to_owned(), mark: hash(mark), until: at(HOUR) }
}
