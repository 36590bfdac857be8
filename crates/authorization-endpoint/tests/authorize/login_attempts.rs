//! Guessing one account is counted and held back (SP-114, SP-115).

use countersign_authorization_endpoint::LoginProblem;
use countersign_testkit::{EMAIL, PASSWORD};
use countersign_users::LoginLimits;

use crate::browser::{Visitor, code, login_form, problem, sent_back};
use crate::house::House;

fn limited(per_account_and_ip: Option<u32>, per_account: Option<u32>) -> House {
    let mut house = House::new();
    house.endpoint.limits = LoginLimits { per_account_and_ip, per_account, ..LoginLimits::default() };
    house
}

/// The problem of one attempt from an address, or none.
#[track_caller]
fn attempt(house: &House, ip: &'static str, who: (&str, &str)) -> Option<LoginProblem> {
    let mut visitor = Visitor { ip, ..Visitor::default() };
    let form = login_form(visitor.authorize(house, &[]));
    let outcome = visitor.log_in_as(house, &form, who);
    match outcome.shown {
        countersign_authorization_endpoint::Shown::Interaction(_) => Some(problem(outcome)),
        _ => {
            code(outcome);
            None
        }
    }
}

const HERE: &str = "192.0.2.1";
const THERE: &str = "192.0.2.2";
const WRONG: (&str, &str) = (EMAIL, "wrong");
const RIGHT: (&str, &str) = (EMAIL, PASSWORD);

#[test]
fn sp_114_sp_115_after_the_limit_an_account_is_held_back_from_here_even_with_the_right_password() {
    let house = limited(Some(3), Some(100));
    for _ in 0..3 {
        assert_eq!(attempt(&house, HERE, WRONG), Some(LoginProblem::WrongCredentials));
    }
    house.hasher.take_asked();
    for who in [WRONG, RIGHT] {
        assert_eq!(attempt(&house, HERE, who), Some(LoginProblem::TooManyAttempts));
    }
    assert_eq!(house.hasher.take_asked(), 0, "no hashing for who is held back");
    assert_eq!(attempt(&house, THERE, RIGHT), None, "the owner comes in from elsewhere");
}

#[test]
fn sp_114_an_identifier_that_nobody_has_is_held_back_alike() {
    let house = limited(Some(3), Some(100));
    let nobody = ("nobody@example.com", "wrong");
    for _ in 0..3 {
        assert_eq!(attempt(&house, HERE, nobody), Some(LoginProblem::WrongCredentials));
    }
    assert_eq!(attempt(&house, HERE, nobody), Some(LoginProblem::TooManyAttempts));
    assert_eq!(attempt(&house, HERE, WRONG), Some(LoginProblem::WrongCredentials), "another account");
}

#[test]
fn sp_114_an_account_has_one_counter_whatever_name_is_typed() {
    let house = limited(Some(3), Some(100));
    house.edit_user(|user| user.username = Some("jane".to_owned()));
    for name in ["jane@example.com", "JANE", " Jane@Example.com "] {
        assert_eq!(attempt(&house, HERE, (name, "wrong")), Some(LoginProblem::WrongCredentials));
    }
    assert_eq!(attempt(&house, HERE, ("jane", "wrong")), Some(LoginProblem::TooManyAttempts));
}

#[test]
fn sp_114_an_account_has_a_limit_over_all_addresses() {
    let house = limited(Some(3), Some(4));
    for ip in ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"] {
        assert_eq!(attempt(&house, ip, WRONG), Some(LoginProblem::WrongCredentials));
    }
    assert_eq!(attempt(&house, "192.0.2.5", RIGHT), Some(LoginProblem::TooManyAttempts));
}

#[test]
fn a_right_password_begins_anew() {
    let house = limited(Some(3), Some(100));
    for _ in 0..3 {
        for _ in 0..2 {
            attempt(&house, HERE, WRONG);
        }
        assert_eq!(attempt(&house, HERE, RIGHT), None);
    }
}

#[test]
fn the_right_password_of_a_blocked_user_forgets_nothing() {
    let house = limited(Some(3), Some(100));
    house.edit_user(|user| user.blocked = true);
    attempt(&house, HERE, WRONG);
    let mut visitor = Visitor { ip: HERE, ..Visitor::default() };
    let form = login_form(visitor.authorize(&house, &[]));
    assert_eq!(sent_back(visitor.log_in(&house, &form)).rule, "gate.user_blocked");
    attempt(&house, HERE, WRONG);
    assert_eq!(attempt(&house, HERE, WRONG), Some(LoginProblem::TooManyAttempts));
}

#[test]
fn attempts_are_forgotten_a_day_after_the_last() {
    let house = limited(Some(1), Some(100));
    attempt(&house, HERE, WRONG);
    let mut visitor = Visitor { ip: HERE, ..Visitor::default() };
    visitor.later(24 * 3600 - 1);
    let form = login_form(visitor.authorize(&house, &[]));
    assert_eq!(problem(visitor.log_in(&house, &form)), LoginProblem::TooManyAttempts);
    visitor.later(1);
    code(visitor.log_in(&house, &form));
}

#[test]
fn switched_off_limits_hold_nobody_back() {
    for off in [None, Some(0)] {
        let house = limited(off, off);
        for _ in 0..20 {
            assert_eq!(attempt(&house, HERE, WRONG), Some(LoginProblem::WrongCredentials));
        }
        assert_eq!(attempt(&house, HERE, RIGHT), None);
    }
}

#[test]
fn who_is_held_back_is_in_the_log() {
    let house = limited(Some(1), Some(100));
    attempt(&house, HERE, WRONG);
    attempt(&house, HERE, WRONG);
    let expected = ("limit_wc".to_owned(), "login.too_many_attempts".to_owned());
    assert_eq!(house.log()[0], expected);
}
