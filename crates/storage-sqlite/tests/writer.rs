//! The one writer: durable, shared fairly, and never in the way of reads.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "how long a caller waits is what is tested")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use countersign_oauth::{BoxFuture, FaultKind, HandleHash, Timestamp};
use countersign_storage::{
    Change, Changes, Commit, CommitError, Conflict, LogEvent, ReplayGuard, Settings, Storage,
};
use countersign_storage_contract::{attempts, block_on, marks, refresh_tokens, single_uses, token_buckets};
use countersign_storage_sqlite::SqliteStorage;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("countersign.sqlite");
    (folder, path)
}

fn open(path: &Path) -> Arc<SqliteStorage> {
    SqliteStorage::open(&format!("sqlite:{}", path.display())).unwrap()
}

/// What another process does to the file.
fn raw(path: &Path) -> SqliteConnection {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap()
}

fn number(connection: &mut SqliteConnection, sql: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Value {
        #[diesel(sql_type = BigInt)]
        value: i64,
    }
    diesel::sql_query(sql).get_result::<Value>(connection).unwrap().value
}

fn log(description: &str) -> Changes {
    Changes::none().with(Change::Log(LogEvent {
        at: Timestamp::from_millis(1_700_000_000_000),
        event: "test".to_owned(),
        rule: None,
        description: description.to_owned(),
        client_id: None,
        user_id: None,
        ip: String::new(),
        client_ip: None,
        request_id: String::new(),
    }))
}

fn failing() -> Changes {
    let (kind, handle) = (countersign_storage::SingleUseKind::DeviceCode, HandleHash::of("nothing"));
    let spend = Change::SpendSingleUse { kind, handle, now: Timestamp::from_millis(0) };
    log("never").with(spend)
}

type Committing<'a> = BoxFuture<'a, Result<(), CommitError>>;

/// Puts a commit into the queue and does not wait.
fn enqueue(storage: &SqliteStorage, changes: Changes) -> Result<Committing<'_>, CommitError> {
    let mut commit = storage.commit(changes);
    match commit.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Pending => Ok(commit),
        Poll::Ready(Ok(())) => panic!("a commit was answered at once"),
        Poll::Ready(Err(error)) => Err(error),
    }
}

fn is_unavailable(error: &CommitError, why: &str) -> bool {
    match error {
        CommitError::Fault(fault) => fault.kind == FaultKind::Unavailable && fault.to_string().contains(why),
        CommitError::Conflict(_) => false,
    }
}

#[test]
fn rp_09_two_stores_on_one_file_race_as_one() {
    let (_folder, path) = folder();
    let (one, other) = (open(&path), open(&path));
    let both: [&dyn Storage; 2] = [&*one, &*other];
    single_uses::redeemers_have_one_winner(&both);
    refresh_tokens::exchangers_have_one_winner(&both);
    marks::rememberers_have_one_winner(&both);
    attempts::attempts_are_all_counted(&both);
    token_buckets::no_more_are_drawn_than_there_are(&both);
}

#[test]
fn what_one_store_commits_another_on_the_same_file_reads() {
    let (_folder, path) = folder();
    let (one, other) = (open(&path), open(&path));
    for number in 0..3 {
        block_on(one.commit(log(&format!("{number}")))).unwrap();
        assert_eq!(read_log(&other).len(), number + 1);
    }
}

#[test]
fn a_batch_survives_the_failure_of_one_of_its_jobs() {
    let (_folder, path) = folder();
    let storage = open(&path);
    let mut other = raw(&path);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let waiting: Vec<_> = [log("first"), failing(), log("second"), failing(), log("third")]
        .into_iter()
        .map(|changes| enqueue(&storage, changes).unwrap_or_else(|_| panic!("refused")))
        .collect();
    other.batch_execute("ROLLBACK").unwrap();
    let outcomes: Vec<_> = waiting.into_iter().map(block_on).collect();
    let conflict =
        |outcome: &Result<(), CommitError>| matches!(outcome, Err(CommitError::Conflict(Conflict::Spent)));
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, false, true]);
    assert_eq!(outcomes.iter().filter(|outcome| conflict(outcome)).count(), 2);
    assert_eq!(read_log(&storage), ["third", "second", "first"]);
}

#[test]
fn rp_19_a_foreign_lock_refuses_writes_in_time_and_leaves_reads_alone() {
    let (_folder, path) = folder();
    let storage = open(&path);
    let mut other = raw(&path);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let started = Instant::now();
    let first = enqueue(&storage, log("first")).unwrap_or_else(|_| panic!("refused"));
    let later = std::thread::scope(|scope| {
        let later = scope.spawn(|| {
            while started.elapsed() < Duration::from_secs(2) {
                let asked = Instant::now();
                block_on(storage.settings()).unwrap();
                assert!(asked.elapsed() < Duration::from_secs(1), "reads go on");
            }
            let asked = Instant::now();
            let refused = block_on(storage.commit(log("later"))).unwrap_err();
            (refused, asked.elapsed())
        });
        later.join().unwrap()
    });
    let refused = block_on(first).unwrap_err();
    assert!(is_unavailable(&refused, "locked") && is_unavailable(&later.0, "locked"));
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    assert!(later.1 < Duration::from_secs(4), "who came later did not wait twice: {:?}", later.1);
    other.batch_execute("ROLLBACK").unwrap();
    block_on(storage.check()).unwrap();
    block_on(storage.commit(log("after"))).unwrap();
    assert_eq!(read_log(&storage), ["after"]);
}

#[test]
fn a_full_queue_refuses_one_more_and_loses_nothing() {
    let (_folder, path) = folder();
    let storage = open(&path);
    let mut other = raw(&path);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let mut waiting = Vec::new();
    let refused = loop {
        match enqueue(&storage, log("queued")) {
            Ok(commit) => waiting.push(commit),
            Err(error) => break error,
        }
        assert!(waiting.len() <= 1024 + 256, "the queue is bounded, beside the batch that is being written");
    };
    assert!(waiting.len() >= 1024);
    assert!(is_unavailable(&refused, "queue"));
    other.batch_execute("ROLLBACK").unwrap();
    let accepted = waiting.len();
    for commit in waiting {
        block_on(commit).unwrap();
    }
    assert_eq!(read_log(&storage).len(), accepted);
}

#[test]
fn a_store_that_goes_finishes_what_is_queued() {
    let (_folder, path) = folder();
    let storage = open(&path);
    for number in 0..100 {
        let queued = enqueue(&storage, log(&format!("{number}")));
        drop(queued.unwrap_or_else(|_| panic!("refused")));
    }
    drop(storage);
    assert_eq!(read_log(&open(&path)).len(), 100);
}

#[test]
fn the_high_water_mark_of_the_clock_never_falls() {
    let (_folder, path) = folder();
    let storage = open(&path);
    let mark = || number(&mut raw(&path), "SELECT value FROM counters WHERE name = 'clock_high_water'");
    let remember = |name: &str, millis| {
        let now = Timestamp::from_millis(millis);
        block_on(storage.remember("test", HandleHash::of(name), now, now)).unwrap();
    };
    remember("one", 50_000);
    assert_eq!(mark(), 50_000);
    remember("two", 40_000);
    assert_eq!(mark(), 50_000);
    remember("three", 50_999);
    assert_eq!(mark(), 50_000, "to the second is near enough");
    remember("four", 51_000);
    assert_eq!(mark(), 51_000);
    let other = open(&path);
    let (earlier, handle) = (Timestamp::from_millis(10), HandleHash::of("five"));
    block_on(other.remember("test", handle, earlier, earlier)).unwrap();
    assert_eq!(mark(), 51_000);
}

#[test]
fn the_log_is_copied_into_the_database_while_it_runs() {
    let (folder, path) = folder();
    let storage = open(&path);
    let length = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().len();
    let before = length("countersign.sqlite");
    let text = "x".repeat(2000);
    for _ in 0..1000 {
        block_on(storage.commit(log(&text))).unwrap();
    }
    assert!(length("countersign.sqlite") > before + 1_000_000);
    assert!(length("countersign.sqlite-wal") < 8_000_000);
}

#[test]
fn rp_19_a_reader_that_stays_bounds_the_log_and_it_shrinks_afterwards() {
    let (folder, path) = folder();
    let storage = open(&path);
    let length = || std::fs::metadata(folder.path().join("countersign.sqlite-wal")).unwrap().len();
    let mut reader = raw(&path);
    reader.batch_execute("BEGIN; SELECT COUNT(*) FROM log_events").unwrap();
    let text = "x".repeat(4_000_000);
    let refused = (0..40).find_map(|_| block_on(storage.commit(log(&text))).err()).unwrap();
    assert!(is_unavailable(&refused, "reader"));
    assert!(length() <= 128 * 1024 * 1024, "{}", length());
    block_on(storage.settings()).unwrap();
    reader.batch_execute("COMMIT").unwrap();
    block_on(storage.commit(log("after"))).unwrap();
    assert!(length() < 1024 * 1024, "{}", length());
}

#[test]
fn many_callers_share_their_flushes() {
    let (_folder, path) = folder();
    let storage = open(&path);
    let waiting: Vec<_> = (0..1000).filter_map(|n| enqueue(&storage, log(&format!("{n}"))).ok()).collect();
    let expected = waiting.len();
    for commit in waiting {
        block_on(commit).unwrap();
    }
    let descriptions = read_log(&storage);
    assert_eq!(descriptions.len(), expected);
    assert!(descriptions.iter().rev().enumerate().all(|(n, said)| *said == n.to_string()), "in their order");
}

fn read_log(storage: &SqliteStorage) -> Vec<String> {
    use countersign_storage::Listing;
    let events = block_on(storage.log_events(u32::MAX)).unwrap();
    events.into_iter().map(|event| event.description).collect()
}
