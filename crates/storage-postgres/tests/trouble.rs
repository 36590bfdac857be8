//! A server that is slow, away or killed never makes the store hang, lie or stay broken.
#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests wait for a server and measure how long")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use countersign_oauth::{FaultKind, HandleHash, Secret, Timestamp};
use countersign_postgres_testbed::Database;
use countersign_storage::{
    Change, Changes, Commit, CommitError, ReplayGuard, Settings, SingleUse, SingleUseKind, SingleUses,
};
use countersign_storage_contract::block_on;
use countersign_storage_postgres::{PostgresOptions, PostgresStorage};

const SHORT: Duration = Duration::from_millis(300);

fn code(name: &str) -> SingleUse {
    SingleUse {
        kind: SingleUseKind::AuthorizationCode,
        handle: HandleHash::of(name),
        second_handle: None,
        client_id: "client".into(),
        user_id: None,
        session_id: None,
        authorization_id: None,
        status: "issued".to_owned(),
        attempts: 0,
        created_at: Timestamp::from_millis(0),
        expires_at: Timestamp::from_millis(1),
        redeemed_at: None,
        payload: serde_json::Value::Null,
    }
}

fn is_there(storage: &PostgresStorage, name: &str) -> bool {
    let kind = SingleUseKind::AuthorizationCode;
    block_on(storage.single_use(kind, &HandleHash::of(name))).unwrap().is_some()
}

/// Two inserts, so that they need a transaction.
fn two(name: &str) -> Changes {
    let other = format!("{name} again");
    Changes::none().with(Change::InsertSingleUse(code(name))).with(Change::InsertSingleUse(code(&other)))
}

fn kind_of(error: CommitError) -> FaultKind {
    match error {
        CommitError::Fault(fault) => fault.kind,
        CommitError::Conflict(conflict) => panic!("{conflict:?}"),
    }
}

/// Holds a table from when it answers until [`release`].
fn hold<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    database: &'scope Database,
) -> std::thread::ScopedJoinHandle<'scope, ()> {
    let held = scope.spawn(move || {
        database.execute(
            "BEGIN; LOCK TABLE single_uses IN ACCESS EXCLUSIVE MODE; \
             DO $$ BEGIN FOR i IN 1..1000 LOOP PERFORM pg_sleep(0.03); \
             EXIT WHEN EXISTS (SELECT 1 FROM pg_tables WHERE tablename = 'opened'); END LOOP; END $$; COMMIT",
        );
    });
    let is_held = "SELECT 1 FROM pg_locks WHERE relation = 'single_uses'::regclass AND granted \
                   AND mode = 'AccessExclusiveLock'";
    until(|| !database.execute(is_held).is_empty());
    held
}

fn release(database: &Database) {
    database.execute("CREATE TABLE opened (id INTEGER)");
}

fn until(mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "it did not come to be");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_exhausted_pool_answers_unavailable_in_time() {
    let database = Database::make();
    let options = PostgresOptions { pool_size: 1, acquire_timeout: SHORT, ..database.options() };
    let storage = PostgresStorage::open(&options).unwrap();
    std::thread::scope(|scope| {
        let held = hold(scope, &database);
        let waiting = scope.spawn(|| is_there(&storage, "code"));
        let uses_it = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                       AND wait_event_type = 'Lock'";
        until(|| !database.execute(uses_it).is_empty());
        let start = Instant::now();
        let fault = block_on(storage.configuration_version()).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unavailable, "{fault}");
        assert!(start.elapsed() >= SHORT && start.elapsed() < Duration::from_secs(10));
        release(&database);
        assert!(!waiting.join().unwrap(), "who has the connection gets his answer");
        held.join().unwrap();
    });
    block_on(storage.configuration_version()).unwrap();
}

#[test]
fn a_statement_that_takes_too_long_is_unavailable_and_takes_nothing_along() {
    let database = Database::make();
    let options = PostgresOptions { pool_size: 1, statement_timeout: SHORT, ..database.options() };
    let storage = PostgresStorage::open(&options).unwrap();
    std::thread::scope(|scope| {
        let held = hold(scope, &database);
        let start = Instant::now();
        assert_eq!(kind_of(block_on(storage.commit(two("late"))).unwrap_err()), FaultKind::Unavailable);
        assert!(start.elapsed() < Duration::from_secs(10));
        release(&database);
        held.join().unwrap();
    });
    assert!(!is_there(&storage, "late"));
    block_on(storage.commit(two("later"))).unwrap();
    assert!(is_there(&storage, "later again"));
}

#[test]
fn a_connection_that_the_server_ends_in_a_commit_is_replaced_and_nothing_is_written() {
    let database = Database::make();
    let storage = PostgresStorage::open(&PostgresOptions { pool_size: 1, ..database.options() }).unwrap();
    std::thread::scope(|scope| {
        let held = hold(scope, &database);
        let commit = scope.spawn(|| block_on(storage.commit(two("killed"))));
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                    AND application_name = 'countersign' AND wait_event_type = 'Lock'";
        until(|| !database.execute(kill).is_empty());
        assert_eq!(kind_of(commit.join().unwrap().unwrap_err()), FaultKind::Unavailable);
        release(&database);
        held.join().unwrap();
    });
    assert!(!is_there(&storage, "killed") && !is_there(&storage, "killed again"));
    block_on(storage.commit(two("after"))).unwrap();
    assert!(is_there(&storage, "after"));
}

#[test]
fn what_a_caller_gives_up_is_done_to_its_end() {
    let database = Database::make();
    let storage = PostgresStorage::open(&PostgresOptions { pool_size: 1, ..database.options() }).unwrap();
    for round in 0..10 {
        let mut commit = storage.commit(two(&format!("given up {round}")));
        let polled = commit.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Pending));
        drop(commit);
        until(|| is_there(&storage, &format!("given up {round} again")));
    }
    let open = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    assert!(database.execute(open).is_empty());
}

#[test]
fn a_store_works_in_a_single_threaded_runtime_and_from_threads_without_one() {
    let database = Database::make();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let storage = runtime.block_on(async { PostgresStorage::open(&database.options()) }).unwrap();
    runtime.block_on(storage.commit(two("in a runtime"))).unwrap();
    assert!(is_there(&storage, "in a runtime"));
    runtime.block_on(async move { drop(storage) });
}

#[test]
fn a_replay_record_outlives_a_store_that_is_dropped() {
    let database = Database::make();
    let (now, until) = (Timestamp::from_millis(1), Timestamp::from_millis(2));
    for is_new in [true, false] {
        let storage = PostgresStorage::open(&database.options()).unwrap();
        let remembered = block_on(storage.remember("jti", HandleHash::of("jti"), now, until)).unwrap();
        assert_eq!(remembered, is_new);
    }
}

#[test]
fn texts_that_postgresql_cannot_hold_are_not_found() {
    let database = Database::make();
    let storage = PostgresStorage::open(&database.options()).unwrap();
    use countersign_storage::{Clients, Users};
    assert!(block_on(storage.client(&"cli\0ent".into())).unwrap().is_none());
    assert!(block_on(storage.user_by_identifier(&"con".into(), "a\0b")).unwrap().is_none());
}

/// Stands between the store and the server, and can be shut.
struct Door {
    port: u16,
    is_open: Arc<AtomicBool>,
    through: Arc<Mutex<Vec<TcpStream>>>,
}

impl Door {
    fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (is_open, through) = (Arc::new(AtomicBool::new(true)), Arc::new(Mutex::new(Vec::new())));
        let door = Self { port, is_open: Arc::clone(&is_open), through: Arc::clone(&through) };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                if !is_open.load(Ordering::SeqCst) {
                    continue;
                }
                let server = TcpStream::connect(&server).unwrap();
                through.lock().unwrap().extend([stream.try_clone().unwrap(), server.try_clone().unwrap()]);
                let (back, forth) = (server.try_clone().unwrap(), stream.try_clone().unwrap());
                std::thread::spawn(move || carry(stream, server));
                std::thread::spawn(move || carry(back, forth));
            }
        });
        door
    }

    fn shut(&self) {
        self.is_open.store(false, Ordering::SeqCst);
        for stream in self.through.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

#[test]
fn a_server_that_was_away_is_used_again_when_it_is_back() {
    let database = Database::make();
    let url = database.url();
    let (credentials, rest) = url.split_once('@').unwrap();
    let (server, path) = rest.split_once('/').unwrap();
    let door = Door::before(server.to_owned());
    let url = Secret::new(format!("{credentials}@127.0.0.1:{}/{path}", door.port));
    let options = PostgresOptions { url, acquire_timeout: SHORT * 5, ..database.options() };
    let storage = PostgresStorage::open(&options).unwrap();
    block_on(storage.commit(two("before"))).unwrap();
    door.shut();
    for round in 0..5 {
        let error = block_on(storage.commit(two(&format!("away {round}")))).unwrap_err();
        assert_eq!(kind_of(error), FaultKind::Unavailable);
    }
    assert!(block_on(storage.check()).is_err());
    door.is_open.store(true, Ordering::SeqCst);
    block_on(storage.check()).unwrap();
    block_on(storage.commit(two("back"))).unwrap();
    assert!(is_there(&storage, "before") && is_there(&storage, "back") && !is_there(&storage, "away 0"));
}
