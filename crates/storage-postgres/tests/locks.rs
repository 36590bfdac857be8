//! Commits that meet each other wait for no circle, and nobody sees half of what another does.
#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests wait until a server shows that somebody waits")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use countersign_oauth::{HandleHash, Seconds, Timestamp};
use countersign_postgres_testbed::Database;
use countersign_storage::*;
use countersign_storage_contract::{block_on, race};
use countersign_storage_postgres::PostgresStorage;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn insert<T>(record: T) -> Upsert<T> {
    Upsert { record, expected_version: None, raise_epoch: false }
}

fn narrow<T>(record: T, version: i64) -> Upsert<T> {
    Upsert { record, expected_version: Some(version), raise_epoch: true }
}

fn user(id: &str) -> User {
    User {
        id: id.into(),
        connection_id: "con".into(),
        email: Some(format!("{id}@example.com")),
        email_verified: true,
        username: None,
        password: None,
        profile: Profile::default(),
        blocked: false,
        identities: Vec::new(),
        created_at: at(0),
        updated_at: at(0),
        password_changed_at: None,
        last_login: None,
        last_ip: None,
        logins_count: 0,
        version: 1,
        epoch: 1,
    }
}

fn client() -> Client {
    Client {
        id: "client".into(),
        secret: None,
        settings: ClientSettings::default(),
        created_at: at(0),
        version: 1,
        epoch: 1,
    }
}

fn session(id: &str, user: &str) -> Session {
    Session {
        id: id.into(),
        handle: HandleHash::of(id),
        user_id: user.into(),
        connection_id: "con".into(),
        organization_id: None,
        issuer: countersign_oauth::Issuer::new("https://example.com"),
        authentication: Authentication { authenticated_at: at(0), amr: Vec::new(), acr: None },
        created_at: at(0),
        idle_lifetime: Seconds(1),
        idle_expires_at: at(1_000_000),
        expires_at: at(1_000_000),
        persistent: false,
        user_agent: String::new(),
        ip: String::new(),
        ended_at: None,
        epoch: 1,
    }
}

fn code(name: &str) -> SingleUse {
    SingleUse {
        kind: SingleUseKind::AuthorizationCode,
        handle: HandleHash::of(name),
        second_handle: None,
        client_id: "client".into(),
        user_id: None,
        session_id: None,
        authorization_id: None,
        status: String::new(),
        attempts: 0,
        created_at: at(0),
        expires_at: at(1_000_000),
        redeemed_at: None,
        payload: serde_json::Value::Null,
    }
}

fn family(id: &str, user: &str) -> RefreshFamily {
    RefreshFamily {
        id: id.into(),
        authorization_id: "authorization".into(),
        client_id: "client".into(),
        user_id: user.into(),
        session_id: None,
        audience: None,
        scope: std::iter::empty::<String>().collect(),
        organization_id: None,
        issuer: countersign_oauth::Issuer::new("https://example.com"),
        jkt: None,
        rotating: true,
        created_at: at(0),
        expires_at: None,
        ended_at: None,
    }
}

fn consent(user: &str, scope: &str) -> Consent {
    Consent {
        id: format!("consent of {user}").as_str().into(),
        user_id: user.into(),
        client_id: "client".into(),
        audience: "api".into(),
        organization_id: None,
        scope: std::iter::once(scope.to_owned()).collect(),
        created_at: at(0),
        epoch: 1,
    }
}

fn commit(storage: &dyn Storage, changes: Changes) -> Result<(), Conflict> {
    match block_on(storage.commit(changes)) {
        Ok(()) => Ok(()),
        Err(CommitError::Conflict(conflict)) => Err(conflict),
        Err(CommitError::Fault(fault)) => panic!("{fault}"),
    }
}

fn write(storage: &dyn Storage, writes: Vec<Change>) {
    assert_eq!(commit(storage, Changes { requires: Vec::new(), writes }), Ok(()));
}

fn open(database: &Database) -> Arc<PostgresStorage> {
    PostgresStorage::open(&database.options()).unwrap()
}

fn until(mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "it did not come to be");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn waiting(database: &Database) -> usize {
    let waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
                   AND application_name = 'countersign' AND wait_event_type = 'Lock'";
    database.execute(waiting).len()
}

/// Runs `first`, which is held up in the middle by a lock on `table`, and while it waits `second`, which must
/// wait for it; then lets both end.
fn one_after_the_other(
    table: &str,
    prepare: &dyn Fn(&dyn Storage),
    first: impl Fn(&dyn Storage) -> Result<(), Conflict> + Sync,
    second: impl Fn(&dyn Storage) -> Result<(), Conflict> + Sync,
) -> (Result<(), Conflict>, Result<(), Conflict>) {
    let database = Database::make();
    // Two processes.
    let (one, other) = (open(&database), open(&database));
    prepare(&*one);
    database.execute("CREATE TABLE door (id INTEGER)");
    std::thread::scope(|scope| {
        let held = scope.spawn(|| {
            database.execute(&format!(
                "BEGIN; LOCK TABLE {table} IN EXCLUSIVE MODE; \
                 DO $$ BEGIN FOR i IN 1..1000 LOOP PERFORM pg_sleep(0.03); \
                 EXIT WHEN EXISTS (SELECT 1 FROM pg_tables WHERE tablename = 'opened'); END LOOP; END $$; COMMIT"
            ));
        });
        let is_held = format!(
            "SELECT 1 FROM pg_locks WHERE relation = '{table}'::regclass AND granted AND mode = 'ExclusiveLock'"
        );
        until(|| !database.execute(&is_held).is_empty());
        let first = scope.spawn(|| first(&*one));
        until(|| waiting(&database) == 1);
        let second = scope.spawn(|| second(&*other));
        until(|| waiting(&database) == 2);
        database.execute("CREATE TABLE opened (id INTEGER)");
        held.join().unwrap();
        (first.join().unwrap(), second.join().unwrap())
    })
}

fn prepare(storage: &dyn Storage) {
    write(storage, vec![Change::UpsertUser(insert(user("user"))), Change::UpsertClient(insert(client()))]);
}

fn issue(storage: &dyn Storage, seen: Requirement) -> Result<(), Conflict> {
    commit(storage, Changes::none().requiring(seen).with(Change::InsertSingleUse(code("code"))))
}

fn event() -> LogEvent {
    LogEvent {
        at: at(0),
        event: "sapi".to_owned(),
        rule: None,
        description: String::new(),
        client_id: None,
        user_id: None,
        ip: String::new(),
        client_ip: None,
        request_id: String::new(),
    }
}

#[test]
fn rp_14_an_epoch_is_raised_only_after_the_commits_that_require_it_have_ended() {
    let raise_user = |storage: &dyn Storage| {
        commit(storage, Changes::none().with(Change::UpsertUser(narrow(user("user"), 1))))
    };
    let raise_client = |storage: &dyn Storage| {
        commit(storage, Changes::none().with(Change::UpsertClient(narrow(client(), 1))))
    };
    let with_user = |storage: &dyn Storage| issue(storage, user("user").requirement());
    let with_client = |storage: &dyn Storage| issue(storage, client().requirement());
    let of_user = one_after_the_other("single_uses", &prepare, with_user, raise_user);
    assert_eq!(of_user, (Ok(()), Ok(())));
    let of_client = one_after_the_other("single_uses", &prepare, with_client, raise_client);
    assert_eq!(of_client, (Ok(()), Ok(())));
}

#[test]
fn rp_14_a_commit_waits_while_an_epoch_that_it_requires_is_raised_and_is_refused() {
    let raise = |change: Change| {
        move |storage: &dyn Storage| {
            commit(storage, Changes::none().with(change.clone()).with(Change::Log(event())))
        }
    };
    for (change, seen) in [
        (Change::UpsertUser(narrow(user("user"), 1)), user("user").requirement()),
        (Change::UpsertClient(narrow(client(), 1)), client().requirement()),
        (Change::DeleteUser { id: "user".into(), at: at(1) }, user("user").requirement()),
        (Change::DeleteClient { id: "client".into(), at: at(1) }, client().requirement()),
    ] {
        let required = seen.clone();
        let issue = move |storage: &dyn Storage| issue(storage, required.clone());
        let (raised, issued) = one_after_the_other("log_events", &prepare, raise(change), issue);
        assert_eq!((raised, issued), (Ok(()), Err(Conflict::Required(seen))));
    }
}

#[test]
fn sp_024_thirty_two_redeemers_in_two_processes_have_one_winner() {
    let database = Database::make();
    let (one, other) = (open(&database), open(&database));
    write(&*one, vec![Change::InsertSingleUse(code("code"))]);
    let spend =
        Change::SpendSingleUse { kind: code("code").kind, handle: HandleHash::of("code"), now: at(1) };
    let outcomes = race(&[&*one, &*other], 32, |storage, racer| {
        let family = format!("family {racer}");
        let changes = Changes::none().with(spend.clone()).with(Change::InsertFamily(family_of(&family)));
        commit(storage, changes)
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err(Conflict::Spent)).count(), 31);
    assert_eq!(block_on(other.families_of_user(&"user".into())).unwrap().len(), 1);
}

fn family_of(id: &str) -> RefreshFamily {
    family(id, "user")
}

#[test]
fn the_cap_on_families_holds_when_two_processes_add_at_once() {
    let database = Database::make();
    let (one, other) = (open(&database), open(&database));
    race(&[&*one, &*other], 16, |storage, racer| {
        let name = format!("family {racer}");
        let token = Change::InsertRefreshToken(RefreshToken {
            handle: HandleHash::of(&name),
            family_id: name.as_str().into(),
            generation: 1,
            parent: None,
            created_at: at(0),
            idle_expires_at: None,
            spent_at: None,
            successors: 0,
            last_used_at: None,
        });
        let cap = Change::CapFamilies { user: "user".into(), client: "client".into(), keep: 3, at: at(1) };
        let changes = Changes::none().with(Change::InsertFamily(family_of(&name))).with(token).with(cap);
        assert_eq!(commit(storage, changes), Ok(()));
    });
    let families = block_on(one.families_of_user(&"user".into())).unwrap();
    assert_eq!(families.iter().filter(|family| family.ended_at.is_none()).count(), 3);
}

const PEOPLE: [&str; 4] = ["a", "b", "c", "d"];

/// One of many things that a server commits, with its requirements in any order.
fn crossing(random: &mut u64) -> Changes {
    let mut below = |limit: usize| {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(*random >> 33).unwrap() % limit
    };
    let mut changes = Changes::none();
    for _ in 0..3 {
        let person = PEOPLE[below(4)];
        changes = changes.requiring(match below(2) {
            0 => user(person).requirement(),
            _ => session(&format!("session of {person}"), person).requirement(),
        });
    }
    for _ in 0..3 {
        let person = PEOPLE[below(4)];
        changes = changes.with(match below(8) {
            0 => Change::CountLogin { user: person.into(), at: at(1), ip: String::new() },
            1 => Change::TouchSession {
                id: format!("session of {person}").as_str().into(),
                now: at(1),
                idle_expires_at: at(2_000_000),
                absolute_expires_at: at(2_000_000),
            },
            2 => Change::GrantConsent(consent(person, PEOPLE[below(4)])),
            3 => Change::CapFamilies { user: person.into(), client: "client".into(), keep: 1, at: at(1) },
            4 => Change::EndFamilies { user: person.into(), client: None, audience: None, at: at(1) },
            5 => Change::EndFamily { id: format!("family of {person}").as_str().into(), at: at(1) },
            6 => Change::EndAuthorization { id: person.into(), at: at(1), deny_access_tokens: true },
            _ => Change::Log(event()),
        });
    }
    changes
}

#[test]
fn commits_that_require_and_write_crosswise_wait_for_no_circle() {
    let database = Database::make();
    let (one, other) = (open(&database), open(&database));
    for person in PEOPLE {
        write(
            &*one,
            vec![
                Change::UpsertUser(insert(user(person))),
                Change::InsertSession(session(&format!("session of {person}"), person)),
                Change::InsertFamily(family(&format!("family of {person}"), person)),
                Change::GrantConsent(consent(person, "x")),
            ],
        );
    }
    let done = AtomicU64::new(0);
    race(&[&*one, &*other], 12, |storage, racer| {
        let mut random = u64::try_from(racer).unwrap() + 1;
        for _ in 0..25 {
            assert_eq!(commit(storage, crossing(&mut random)), Ok(()));
            done.fetch_add(1, Ordering::Relaxed);
        }
    });
    assert_eq!(done.into_inner(), 300);
    drop((one, other));
    // A connection tells of its circles at its end.
    let open = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                AND application_name = 'countersign'";
    until(|| database.execute(open).is_empty());
    let circles = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(database.execute(circles), ["0"]);
}
