//! Codes and other one-time artefacts: spent by one conditional write (rules G2 and G3).
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_storage::{Change, Conflict, SingleUse, SingleUseKind, Storage};

use crate::race;
use crate::run::{attempt, read, winners, write};
use crate::samples::{HOUR, at, code, hash, spend};

const KIND: SingleUseKind = SingleUseKind::AuthorizationCode;

pub fn sp_024_rp_09_thirty_two_redeemers_of_one_code_have_one_winner(storage: &dyn Storage) {
    redeemers_have_one_winner(&[storage]);
}

/// Thirty-two redeemers of one code have one winner, over all stores given.
pub fn redeemers_have_one_winner(storages: &[&dyn Storage]) {
    for round in 0..8 {
        let name = format!("code {round}");
        let first = storages.first().expect("a store");
        write(*first, [Change::InsertSingleUse(code(&name))]);
        let outcomes = race(storages, 32, |storage, racer| {
            let now = at(i64::try_from(racer).expect("a small number"));
            attempt(storage, spend(&name, now))
        });
        assert_eq!(winners(&outcomes, &Conflict::Spent), 1);
    }
}

pub fn a_spent_artefact_stays_readable(storage: &dyn Storage) {
    write(storage, [Change::InsertSingleUse(code("code"))]);
    write(storage, [spend("code", at(5))]);
    let spent = read(storage.single_use(KIND, &hash("code"))).expect("the spent code");
    assert_eq!(spent, SingleUse { redeemed_at: Some(at(5)), ..code("code") });
    assert_eq!(attempt(storage, spend("code", at(6))), Err(Conflict::Spent));
    assert_eq!(read(storage.single_use(KIND, &hash("code"))), Some(spent));
}

pub fn an_artefact_is_spent_before_its_end_alone(storage: &dyn Storage) {
    write(storage, [Change::InsertSingleUse(code("code"))]);
    assert_eq!(attempt(storage, spend("code", at(HOUR))), Err(Conflict::Spent));
    let expired = read(storage.single_use(KIND, &hash("code")));
    assert_eq!(expired, Some(code("code")), "expiry is the caller's business");
    assert_eq!(attempt(storage, spend("code", at(HOUR - 1))), Ok(()));
}

pub fn an_absent_artefact_cannot_be_spent(storage: &dyn Storage) {
    assert_eq!(attempt(storage, spend("code", at(0))), Err(Conflict::Spent));
}

pub fn kinds_never_find_each_other(storage: &dyn Storage) {
    let kinds = [KIND, SingleUseKind::PushedRequest, SingleUseKind::DeviceCode];
    for (place, kind) in kinds.into_iter().enumerate() {
        for other in kinds.into_iter().skip(place) {
            assert_eq!(read(storage.single_use(other, &hash("handle"))), None);
            let spending = Change::SpendSingleUse { kind: other, handle: hash("handle"), now: at(0) };
            assert_eq!(attempt(storage, spending), Err(Conflict::Spent));
            assert_eq!(attempt(storage, count(other, 1)), Err(Conflict::Spent));
        }
        write(storage, [Change::InsertSingleUse(SingleUse { kind, ..code("handle") })]);
    }
    write(storage, [spend("handle", at(1))]);
    for kind in kinds {
        let found = read(storage.single_use(kind, &hash("handle"))).expect("the artefact");
        assert_eq!((found.kind, found.redeemed_at.is_some()), (kind, kind == KIND));
    }
}

pub fn a_handle_is_taken_once(storage: &dyn Storage) {
    write(storage, [Change::InsertSingleUse(code("code"))]);
    let other = SingleUse { status: "other".to_owned(), ..code("code") };
    assert_eq!(attempt(storage, Change::InsertSingleUse(other)), Err(Conflict::Exists));
    assert_eq!(read(storage.single_use(KIND, &hash("code"))), Some(code("code")));
}

pub fn a_second_handle_is_taken_once_and_finds_nothing(storage: &dyn Storage) {
    let flow = |name: &str| SingleUse {
        kind: SingleUseKind::DeviceCode,
        second_handle: Some(hash("user code")),
        ..code(name)
    };
    write(storage, [Change::InsertSingleUse(flow("device code"))]);
    assert_eq!(attempt(storage, Change::InsertSingleUse(flow("another"))), Err(Conflict::Exists));
    assert_eq!(read(storage.single_use(SingleUseKind::DeviceCode, &hash("user code"))), None);
    let kept = read(storage.single_use(SingleUseKind::DeviceCode, &hash("device code")));
    assert_eq!(kept, Some(flow("device code")));
    let another = SingleUse { second_handle: Some(hash("another user code")), ..flow("another") };
    write(storage, [Change::InsertSingleUse(another)]);
    let of_another_kind = SingleUse { kind: SingleUseKind::PushedRequest, ..flow("pushed") };
    assert_eq!(attempt(storage, Change::InsertSingleUse(of_another_kind)), Ok(()));
}

pub fn the_attempt_that_reaches_the_limit_kills(storage: &dyn Storage) {
    write(storage, [Change::InsertSingleUse(code("handle"))]);
    for attempts in 1..=2 {
        write(storage, [count(KIND, 3)]);
        let counted = read(storage.single_use(KIND, &hash("handle")));
        assert_eq!(counted, Some(SingleUse { attempts, ..code("handle") }));
    }
    write(storage, [count(KIND, 3)]);
    let killed = read(storage.single_use(KIND, &hash("handle")));
    assert_eq!(killed, Some(SingleUse { attempts: 3, redeemed_at: Some(at(7)), ..code("handle") }));
    assert_eq!(attempt(storage, spend("handle", at(8))), Err(Conflict::Spent));
}

pub fn concurrent_attempts_are_all_counted_up_to_the_limit(storage: &dyn Storage) {
    write(storage, [Change::InsertSingleUse(code("handle"))]);
    let outcomes = race(&[storage], 16, |storage, _| attempt(storage, count(KIND, 10)));
    assert_eq!(winners(&outcomes, &Conflict::Spent), 10);
    let killed = read(storage.single_use(KIND, &hash("handle"))).expect("the artefact");
    assert_eq!((killed.attempts, killed.redeemed_at), (10, Some(at(7))));
}

pub fn an_attempt_on_what_is_over_is_refused(storage: &dyn Storage) {
    let expired = SingleUse { expires_at: at(7), ..code("handle") };
    write(storage, [Change::InsertSingleUse(expired.clone())]);
    assert_eq!(attempt(storage, count(KIND, 3)), Err(Conflict::Spent));
    assert_eq!(read(storage.single_use(KIND, &hash("handle"))), Some(expired));
}

fn count(kind: SingleUseKind, limit: u32) -> Change {
    Change::CountSingleUseAttempt { kind, handle: hash("handle"), now: at(7), limit }
}
