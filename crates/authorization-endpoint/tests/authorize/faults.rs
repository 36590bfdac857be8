//! Our own failures: never a code, never a cookie, and told to the client only once its target is proved.

use countersign_authorization_endpoint::{Answer, Shown};
use countersign_oauth::FaultKind;
use countersign_storage::*;
use countersign_testkit::{CLIENT_ID, EMAIL, NOW, PASSWORD, block_on};

use crate::browser::{Visitor, login_form};
use crate::house::{House, changed, put};

#[test]
fn before_the_target_is_proved_a_fault_is_shown_here() {
    let house = House::new();
    house.storage.break_reads(true);
    let fault = house_fault(&house, &Visitor::default());
    assert_eq!(fault.kind, FaultKind::Internal);
}

fn house_fault(house: &House, visitor: &Visitor) -> countersign_oauth::Fault {
    visitor.try_authorize(house, &[]).unwrap_err()
}

#[test]
fn after_the_target_is_proved_the_client_learns_of_a_fault() {
    let house = House::new();
    let mut visitor = house.signed_in();
    house.storage.break_commits(true);
    let outcome = visitor.authorize(&house, &[]);
    assert!(outcome.cookies.is_empty());
    let Shown::Answer(Answer::Failed { target, fault }) = outcome.shown else {
        panic!("{:?}", outcome.shown)
    };
    assert_eq!(target.state.as_deref(), Some("s1"));
    assert_eq!(fault.kind, FaultKind::Internal);
    house.assert_untouched();
}

#[test]
fn a_protected_client_learns_nothing_of_a_fault() {
    let house = House::with_client(|client| {
        client.settings.redirection_policy = Some(RedirectionPolicy::OpenRedirectProtection);
    });
    let visitor = house.signed_in();
    house.storage.break_commits(true);
    house_fault(&house, &visitor);
}

#[test]
fn a_login_that_cannot_be_written_is_none() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    house.storage.break_commits(true);
    visitor.try_log_in(&house, &form, (EMAIL, PASSWORD)).unwrap_err();
    house.storage.break_commits(false);
    assert!(house.sessions().is_empty());
    // The form is still good: nothing was spent.
    let outcome = visitor.log_in(&house, &form);
    assert!(matches!(outcome.shown, Shown::Answer(Answer::Code { .. })));
}

#[test]
fn a_failed_login_that_cannot_be_logged_is_a_fault() {
    let house = House::new();
    let mut visitor = Visitor::default();
    let form = login_form(visitor.authorize(&house, &[]));
    house.storage.break_commits(true);
    visitor.try_log_in(&house, &form, (EMAIL, "wrong")).unwrap_err();
}

#[test]
fn a_request_that_loses_every_race_is_unavailable() {
    let house = House::new();
    let mut visitor = house.signed_in();
    for _ in 0..8 {
        house.storage.before_commit(|storage| {
            let mut client = block_on(storage.client(&CLIENT_ID.into())).unwrap().unwrap();
            client.settings.name.push('!');
            put(storage, Change::UpsertClient(changed(client.version, client)));
        });
    }
    let outcome = visitor.authorize(&house, &[]);
    let Shown::Answer(Answer::Failed { fault, .. }) = outcome.shown else { panic!("{:?}", outcome.shown) };
    assert_eq!(fault.kind, FaultKind::Unavailable);
    house.assert_untouched();
    assert_eq!(house.storage.take_tries(), 8);
    let outcome = visitor.authorize(&house, &[]);
    assert!(matches!(outcome.shown, Shown::Answer(Answer::Code { .. })), "and the next one wins");
}

#[test]
fn an_answer_that_cannot_be_written_leaves_the_question_open() {
    let callback = "com.example.app://cb";
    let house = House::with_client(|client| client.settings.callbacks = vec![callback.to_owned()]);
    let mut visitor = house.signed_in();
    let form = crate::browser::confirmation_form(visitor.authorize(&house, &[("redirect_uri", callback)]));
    house.storage.break_commits(true);
    for accepted in [true, false] {
        visitor.try_answer(&house, &form.frame.transaction, accepted).unwrap_err();
    }
    house.storage.break_commits(false);
    visitor.later(1);
    assert!(visitor.now > NOW);
    crate::browser::code(visitor.answer(&house, &form.frame.transaction, true));
}
