//! A grant decides again after a lost race, and is prepared once.

use std::sync::{Arc, Barrier};
use std::thread;

use countersign_gate::Subject;
use countersign_oauth::{ErrorCode, FaultKind, HandleHash, UserId};
use countersign_storage::{Change, Changes, LogEvent, SingleUse, SingleUseKind, Users};
use countersign_testkit::{NOW, USER_ID, block_on, code, log_event, user};
use countersign_token_endpoint::{Context, Decision, Refusal};

use crate::fakes::{SCRIPTED, Scripted, issue, issue_plainly, issue_to, no, world_of};
use crate::world::{Call, edit_client, edit_user, fault, put, refusal};

const GRANT: [(&str, &str); 1] = [("grant_type", SCRIPTED)];
const TICKET: &str = "ticket";

fn ticket() -> SingleUse {
    SingleUse { kind: SingleUseKind::DeviceCode, handle: HandleHash::of(TICKET), ..code() }
}

fn spend() -> Change {
    Change::SpendSingleUse { kind: SingleUseKind::DeviceCode, handle: HandleHash::of(TICKET), now: NOW }
}

/// Issues for a ticket that nobody spent yet.
fn by_ticket(cx: &Context<'_>) -> Decision {
    let found = block_on(cx.reads.single_use(SingleUseKind::DeviceCode, &HandleHash::of(TICKET))).unwrap();
    if found.unwrap().redeemed_at.is_some() {
        return Decision::Refuse(no("test.spent").into());
    }
    issue(cx, SCRIPTED, "hello", Changes::none().with(spend()))
}

fn event(description: &str) -> LogEvent {
    LogEvent { description: description.to_owned(), ..log_event() }
}

#[test]
fn after_a_lost_race_the_grant_sees_what_is_now_true() {
    let (world, counts) = world_of(Scripted::new(|_, cx| Ok(by_ticket(cx))));
    world.put(Change::InsertSingleUse(ticket()));
    world.storage.before_commit(|storage| put(storage, spend()));
    world.refuses(&Call::new(&GRANT), "test.spent");
    assert_eq!(counts.both(), (1, 2), "prepared once, decided twice");
}

#[test]
fn rp_09_sp_024_one_of_32_redeemers_wins_and_nobody_sees_a_fault() {
    const REDEEMERS: u32 = 32;
    let all_decided = Barrier::new(REDEEMERS.try_into().unwrap());
    // The first decisions wait for each other: all see an unspent ticket before anyone commits.
    let scripted = Scripted::new(move |nth, cx| {
        let decision = by_ticket(cx);
        if nth <= REDEEMERS {
            all_decided.wait();
        }
        Ok(decision)
    });
    let (world, counts) = world_of(scripted);
    world.put(Change::InsertSingleUse(ticket()));
    let world = Arc::new(world);
    let redeemers: Vec<_> = (0..REDEEMERS)
        .map(|_| {
            let world = world.clone();
            thread::spawn(move || world.post(&Call::new(&GRANT)))
        })
        .collect();
    let answers: Vec<_> = redeemers.into_iter().map(|redeemer| redeemer.join().unwrap()).collect();
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    for answer in lost {
        assert_eq!(refusal(answer).rule, "test.spent");
    }
    assert_eq!(counts.both(), (REDEEMERS, 2 * REDEEMERS - 1));
    assert_eq!(world.take_effects().len(), 1);
}

#[test]
fn a_race_lost_eight_times_is_unavailable_and_writes_nothing() {
    let (world, counts) = world_of(Scripted::new(|_, cx| {
        // Never looks at what is true.
        Ok(issue(cx, SCRIPTED, "hello", Changes::none().with(spend())))
    }));
    world.put(Change::InsertSingleUse(SingleUse { redeemed_at: Some(NOW), ..ticket() }));
    let fault = fault(world.post(&Call::new(&GRANT)));
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert_eq!(counts.both(), (1, 8));
    assert!(world.storage.take_writes().is_empty());
}

#[test]
fn a_client_changed_meanwhile_is_refused_and_not_decided_again() {
    let (world, counts) = world_of(Scripted::new(|_, cx| Ok(issue_plainly(cx))));
    world.storage.before_commit(|storage| edit_client(storage, |client| client.settings.name.push('!')));
    let error = world.refuses(&Call::new(&GRANT), "token.changed_meanwhile");
    assert_eq!(error.code, ErrorCode::InvalidClient);
    assert_eq!(counts.both(), (1, 1));
}

#[test]
fn a_client_deleted_meanwhile_is_refused_though_nothing_is_written() {
    let (world, _) = world_of(Scripted::new(|_, cx| Ok(issue_plainly(cx))));
    world.storage.before_commit(|storage| {
        put(storage, Change::DeleteClient { id: countersign_testkit::CLIENT_ID.into(), at: NOW });
    });
    let error = world.refuses(&Call::new(&GRANT), "token.changed_meanwhile");
    assert_eq!(error.code, ErrorCode::InvalidClient);
}

#[test]
fn what_was_prepared_and_changed_meanwhile_is_refused_and_not_decided_again() {
    let mut scripted = Scripted::new(|_, cx| Ok(issue_plainly(cx)));
    scripted.requirements = vec![user().requirement()];
    let (world, counts) = world_of(scripted);
    // The store gives a new user its own epoch; the requirement must be the one that was read.
    assert_eq!(block_on(world.storage.user(&UserId::new(USER_ID))).unwrap().unwrap().epoch, user().epoch);
    world.issues(&Call::new(&GRANT));
    world.storage.before_commit(|storage| edit_user(storage, |user| user.blocked = true));
    let error = world.refuses(&Call::new(&GRANT), "token.changed_meanwhile");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
    assert_eq!(counts.both(), (2, 2));
}

#[test]
fn what_a_decision_read_and_that_changed_meanwhile_is_decided_again() {
    let (world, counts) = world_of(Scripted::new(|_, cx| {
        let user = block_on(cx.reads.user(&UserId::new(USER_ID))).unwrap().unwrap();
        if user.blocked {
            return Ok(Decision::Refuse(no("test.blocked").into()));
        }
        Ok(issue(cx, SCRIPTED, "hello", Changes::none().requiring(user.requirement())))
    }));
    world.storage.before_commit(|storage| edit_user(storage, |user| user.blocked = true));
    world.refuses(&Call::new(&GRANT), "test.blocked");
    assert_eq!(counts.both(), (1, 2));
}

#[test]
fn what_the_gate_saw_is_required_at_the_commit() {
    let (world, counts) = world_of(Scripted::new(|_, cx| {
        let user = block_on(cx.reads.user(&UserId::new(USER_ID))).unwrap();
        Ok(issue_to(Subject::User(user.as_ref()), cx, (SCRIPTED, "hello"), Changes::none()))
    }));
    world.storage.before_commit(|storage| edit_user(storage, |user| user.blocked = true));
    world.refuses(&Call::new(&GRANT), "gate.user_blocked");
    assert_eq!(counts.both(), (1, 2));
}

#[test]
fn a_success_commits_all_that_the_gate_and_the_grant_saw() {
    let (world, _) = world_of(Scripted::new(|_, cx| {
        Ok(issue(cx, SCRIPTED, "hello", Changes::none().with(Change::Log(event("granted")))))
    }));
    world.issues(&Call::new(&GRANT));
    let commits = world.storage.take_commits();
    let [commit] = commits.as_slice() else { panic!("one request, one commit: {commits:?}") };
    assert_eq!(commit.writes.len(), 1);
    let epoch = block_on(countersign_storage::Clients::client(&*world.storage, &"test-client".into()))
        .unwrap()
        .unwrap()
        .requirement();
    assert_eq!(commit.requires, [epoch]);
}

#[test]
fn a_refusal_commits_its_changes_once() {
    let (world, counts) = world_of(Scripted::new(|_, _| {
        let changes = Changes::none().with(Change::Log(event("refused")));
        Ok(Decision::Refuse(Refusal { error: no("test.no"), changes }))
    }));
    world.refuses_and_writes(&Call::new(&GRANT), "test.no");
    let rows: Vec<String> = world.log().into_iter().map(|row| row.description).collect();
    assert_eq!(rows, ["refused"], "the grant's own row stands for the failure");
    assert_eq!(counts.both(), (1, 1));
}

#[test]
fn a_refusal_that_lost_a_race_is_decided_again() {
    let (world, counts) = world_of(Scripted::new(|nth, _| {
        let changes = if nth == 1 { Changes::none().with(spend()) } else { Changes::none() };
        Ok(Decision::Refuse(Refusal { error: no("test.no"), changes }))
    }));
    world.put(Change::InsertSingleUse(ticket()));
    world.storage.before_commit(|storage| put(storage, spend()));
    world.refuses(&Call::new(&GRANT), "test.no");
    assert_eq!(counts.both(), (1, 2));
}

#[test]
fn a_refusal_whose_changes_cannot_be_written_is_a_fault() {
    let (world, _) = world_of(Scripted::new(|_, _| {
        let changes = Changes::none().with(Change::Log(event("refused")));
        Ok(Decision::Refuse(Refusal { error: no("test.no"), changes }))
    }));
    world.storage.break_commits(true);
    fault(world.post(&Call::new(&GRANT)));
}

#[test]
fn a_refusal_of_the_preparation_decides_nothing_and_commits_its_changes() {
    let mut scripted = Scripted::new(|_, cx| Ok(issue_plainly(cx)));
    scripted.prepare = Box::new(|| {
        let changes = Changes::none().with(Change::Log(event("refused")));
        Err(Refusal { error: no("test.unprepared"), changes })
    });
    let (world, counts) = world_of(scripted);
    world.refuses_and_writes(&Call::new(&GRANT), "test.unprepared");
    let rows: Vec<String> = world.log().into_iter().map(|row| row.description).collect();
    assert_eq!(rows, ["refused"], "the grant's own row stands for the failure");
    assert_eq!(counts.both(), (1, 0));
}

#[test]
fn a_refusal_of_the_preparation_that_lost_a_race_is_unavailable() {
    let mut scripted = Scripted::new(|_, cx| Ok(issue_plainly(cx)));
    scripted.prepare =
        Box::new(|| Err(Refusal { error: no("test.unprepared"), changes: Changes::none().with(spend()) }));
    let (world, _) = world_of(scripted);
    let fault = fault(world.post(&Call::new(&GRANT)));
    assert_eq!(fault.kind, FaultKind::Unavailable);
}
