//! Refresh tokens: spent by a rule that the commit checks.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_oauth::Timestamp;
use countersign_storage::{Change, Changes, Conflict, ExchangeRule, RefreshToken, Storage};

use crate::race;
use crate::run::{attempt, commit, read, winners, write};
use crate::samples::{at, family, hash, refresh_token, successor};

const WHO: (&str, &str, &str) = ("user", "client", "api");

pub fn rp_11_of_eight_that_exchange_an_unspent_token_one_wins(storage: &dyn Storage) {
    exchangers_have_one_winner(&[storage]);
}

/// Of sixteen that exchange one unspent token one wins, over all stores given.
pub fn exchangers_have_one_winner(storages: &[&dyn Storage]) {
    let first = *storages.first().expect("a store");
    for round in 0..8 {
        let (family_id, name) = (format!("family {round}"), format!("token {round}"));
        let token = refresh_token(&name, &family_id);
        let adds = [Change::InsertFamily(family(&family_id, WHO)), Change::InsertRefreshToken(token.clone())];
        write(first, adds);
        let outcomes = race(storages, 16, |storage, racer| {
            let next = successor(&format!("{name} successor {racer}"), &token);
            let exchange = exchange(&name, at(1), ExchangeRule::Unspent);
            commit(storage, Changes::none().with(exchange).with(Change::InsertRefreshToken(next)))
        });
        assert_eq!(winners(&outcomes, &Conflict::Spent), 1);
        for (racer, outcome) in outcomes.iter().enumerate() {
            let next = read(first.refresh_token(&hash(&format!("{name} successor {racer}"))));
            assert_eq!(next.is_some(), outcome.is_ok(), "a loser leaves no successor");
        }
    }
}

pub fn rp_12_eight_within_the_leeway_all_win(storage: &dyn Storage) {
    let token = spent_token(storage, at(1));
    let outcomes = race(&[storage], 8, |storage, racer| {
        let next = successor(&format!("successor {racer}"), &token);
        let again = exchange("token", at(2), within(at(0), 10));
        commit(storage, Changes::none().with(again).with(Change::InsertRefreshToken(next)))
    });
    assert_eq!(winners(&outcomes, &Conflict::Spent), 8);
    let (token, _) = read(storage.refresh_token(&hash("token"))).expect("the token");
    assert_eq!((token.successors, token.spent_at), (9, Some(at(1))));
    for racer in 0..8 {
        let next = format!("successor {racer}");
        assert_eq!(attempt(storage, exchange(&next, at(3), ExchangeRule::Unspent)), Ok(()));
    }
}

pub fn the_cap_on_successors_holds_under_races(storage: &dyn Storage) {
    spent_token(storage, at(1));
    let again = |storage: &dyn Storage, _| attempt(storage, exchange("token", at(2), within(at(0), 10)));
    let outcomes = race(&[storage], 16, again);
    assert_eq!(winners(&outcomes, &Conflict::Spent), 9, "the first exchange made the tenth");
    let (token, _) = read(storage.refresh_token(&hash("token"))).expect("the token");
    assert_eq!(token.successors, 10);
}

pub fn a_spent_successor_ends_the_leeway(storage: &dyn Storage) {
    let token = spent_token(storage, at(1));
    write(storage, [Change::InsertRefreshToken(successor("next", &token))]);
    assert!(!read(storage.has_spent_successor(&hash("token"))));
    assert_eq!(attempt(storage, exchange("token", at(2), within(at(0), 10))), Ok(()));
    write(storage, [exchange("next", at(3), ExchangeRule::Unspent)]);
    assert!(read(storage.has_spent_successor(&hash("token"))));
    assert_eq!(attempt(storage, exchange("token", at(4), within(at(0), 10))), Err(Conflict::Spent));
    let grandchild = successor("last", &successor("next", &token));
    write(storage, [Change::InsertRefreshToken(grandchild)]);
    assert!(!read(storage.has_spent_successor(&hash("next"))));
    assert!(!read(storage.has_spent_successor(&hash("absent"))));
}

pub fn the_leeway_reaches_back_to_its_beginning_and_no_further(storage: &dyn Storage) {
    spent_token(storage, at(10));
    assert_eq!(attempt(storage, exchange("token", at(20), within(at(11), 10))), Err(Conflict::Spent));
    assert_eq!(attempt(storage, exchange("token", at(20), within(at(10), 10))), Ok(()));
    assert_eq!(
        attempt(storage, exchange("token", at(21), within(at(11), 10))),
        Err(Conflict::Spent),
        "using it again does not move its beginning"
    );
}

pub fn an_unspent_token_is_not_within_the_leeway(storage: &dyn Storage) {
    let token = living_token(storage);
    assert_eq!(attempt(storage, exchange("token", at(2), within(at(0), 10))), Err(Conflict::Spent));
    let (kept, _) = read(storage.refresh_token(&hash("token"))).expect("the token");
    assert_eq!(kept, token);
}

pub fn the_first_exchange_alone_sets_when_it_was_spent(storage: &dyn Storage) {
    let token = spent_token(storage, at(1));
    let expected = |successors, last| RefreshToken {
        spent_at: Some(at(1)),
        successors,
        last_used_at: Some(at(last)),
        ..token.clone()
    };
    let kept = || read(storage.refresh_token(&hash("token"))).expect("the token").0;
    assert_eq!(kept(), expected(1, 1));
    write(storage, [exchange("token", at(5), within(at(0), 10))]);
    assert_eq!(kept(), expected(2, 5));
    write(storage, [exchange("token", at(4), within(at(0), 10))]);
    assert_eq!(kept(), expected(3, 5));
    assert_eq!(attempt(storage, exchange("token", at(6), ExchangeRule::Unspent)), Err(Conflict::Spent));
}

pub fn a_token_of_an_ended_family_is_refused(storage: &dyn Storage) {
    let token = living_token(storage);
    write(storage, [Change::EndFamily { id: "family".into(), at: at(1) }]);
    let refused = Err(Conflict::FamilyEnded);
    assert_eq!(attempt(storage, exchange("token", at(2), ExchangeRule::Unspent)), refused);
    assert_eq!(attempt(storage, exchange("token", at(2), within(at(0), 10))), refused);
    assert_eq!(attempt(storage, touch("token", 2, None)), refused);
    assert_eq!(attempt(storage, Change::InsertRefreshToken(successor("next", &token))), refused);
    let (kept, family) = read(storage.refresh_token(&hash("token"))).expect("the token");
    assert_eq!((kept, family.ended_at), (token, Some(at(1))));
    assert_eq!(read(storage.refresh_token(&hash("next"))), None);
}

pub fn a_token_that_is_not_there_is_refused(storage: &dyn Storage) {
    let refused = Err(Conflict::FamilyEnded);
    assert_eq!(attempt(storage, exchange("token", at(2), ExchangeRule::Unspent)), refused);
    assert_eq!(attempt(storage, exchange("token", at(2), within(at(0), 10))), refused);
    assert_eq!(attempt(storage, touch("token", 2, None)), refused);
    let orphan = refresh_token("token", "absent family");
    assert_eq!(attempt(storage, Change::InsertRefreshToken(orphan)), refused);
}

pub fn a_token_is_inserted_once(storage: &dyn Storage) {
    let token = living_token(storage);
    write(storage, [Change::InsertFamily(family("other", WHO))]);
    let other = Change::InsertRefreshToken(refresh_token("token", "other"));
    assert_eq!(attempt(storage, other), Err(Conflict::Exists));
    let (kept, _) = read(storage.refresh_token(&hash("token"))).expect("the token");
    assert_eq!(kept, token);
}

pub fn the_later_touch_counts(storage: &dyn Storage) {
    let token = living_token(storage);
    let expected = |last, idle: Option<i64>| RefreshToken {
        last_used_at: Some(at(last)),
        idle_expires_at: idle.map(at),
        ..token.clone()
    };
    let kept = || read(storage.refresh_token(&hash("token"))).expect("the token").0;
    write(storage, [touch("token", 5, None)]);
    assert_eq!(kept(), expected(5, None));
    write(storage, [touch("token", 6, Some(60))]);
    assert_eq!(kept(), expected(6, Some(60)));
    write(storage, [touch("token", 4, Some(40))]);
    assert_eq!(kept(), expected(6, Some(60)), "an earlier touch that comes late changes nothing");
    write(storage, [touch("token", 7, Some(50))]);
    assert_eq!(kept(), expected(7, Some(50)), "a lifetime lowered since counts");
    write(storage, [touch("token", 7, Some(45))]);
    assert_eq!(kept(), expected(7, Some(45)), "at the same moment the later commit counts");
    write(storage, [touch("token", 8, None)]);
    assert_eq!(kept(), expected(8, Some(45)));
    race(&[storage], 8, |storage, racer| {
        let now = 10 + i64::try_from(racer).expect("a small number");
        write(storage, [touch("token", now, Some(now * 10))]);
    });
    assert_eq!(kept(), expected(17, Some(170)));
}

pub fn rp_14_after_the_end_of_a_family_no_exchange_wins(storage: &dyn Storage) {
    for round in 0..10 {
        let (family_id, name) = (format!("family {round}"), format!("token {round}"));
        let adds = [
            Change::InsertFamily(family(&family_id, WHO)),
            Change::InsertRefreshToken(refresh_token(&name, &family_id)),
        ];
        write(storage, adds);
        let outcomes = race(&[storage], 2, |storage, racer| {
            if racer == 0 {
                return attempt(storage, Change::EndFamily { id: family_id.as_str().into(), at: at(1) });
            }
            let next = successor(&format!("{name} next"), &refresh_token(&name, &family_id));
            let exchange = exchange(&name, at(1), ExchangeRule::Unspent);
            commit(storage, Changes::none().with(exchange).with(Change::InsertRefreshToken(next)))
        });
        winners(&outcomes, &Conflict::FamilyEnded);
        for token in [name.clone(), format!("{name} next")] {
            let late = attempt(storage, exchange(&token, at(2), ExchangeRule::Unspent));
            assert_eq!(late, Err(Conflict::FamilyEnded));
        }
    }
}

fn living_token(storage: &dyn Storage) -> RefreshToken {
    let token = refresh_token("token", "family");
    let adds = [Change::InsertFamily(family("family", WHO)), Change::InsertRefreshToken(token.clone())];
    write(storage, adds);
    token
}

/// A token as it was before it was spent at `now`.
fn spent_token(storage: &dyn Storage, now: Timestamp) -> RefreshToken {
    let token = living_token(storage);
    write(storage, [exchange("token", now, ExchangeRule::Unspent)]);
    token
}

fn exchange(name: &str, now: Timestamp, rule: ExchangeRule) -> Change {
    Change::ExchangeRefreshToken { handle: hash(name), now, rule }
}

fn within(since: Timestamp, max_successors: u32) -> ExchangeRule {
    ExchangeRule::WithinLeeway { since, max_successors }
}

fn touch(name: &str, now: i64, idle_expires_at: Option<i64>) -> Change {
    let idle_expires_at = idle_expires_at.map(at);
    Change::TouchRefreshToken { handle: hash(name), now: at(now), idle_expires_at }
}
