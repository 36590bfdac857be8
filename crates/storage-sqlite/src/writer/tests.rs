use countersign_storage_contract::block_on;
use diesel::result::{DatabaseErrorKind, Error};
use tempfile::TempDir;

use super::*;

fn writer() -> (TempDir, Writer) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("countersign.sqlite");
    let (connection, _) = open::open(&path).unwrap();
    let writer = Writer::start(&path, connection).unwrap();
    (folder, writer)
}

fn raise(connection: &mut SqliteConnection) -> Result<i64, Abort> {
    let counter = counters::table.filter(counters::name.eq("epoch_floor"));
    Ok(diesel::update(counter)
        .set(counters::value.eq(counters::value + 1))
        .returning(counters::value)
        .get_result(connection)?)
}

fn fail(writer: &Writer, text: &'static str) -> String {
    let work = move |connection: &mut SqliteConnection| {
        raise(connection)?;
        Err(Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(text.to_owned())).into())
    };
    match block_on(writer.run::<()>(None, work)) {
        Err(CommitError::Fault(fault)) => fault.to_string(),
        other => panic!("{other:?}"),
    }
}

fn value(writer: &Writer) -> i64 {
    block_on(writer.run(None, raise)).unwrap()
}

#[test]
fn a_write_that_panics_costs_itself_alone() {
    let (_folder, writer) = writer();
    let panics = |connection: &mut SqliteConnection| -> Result<(), Abort> {
        raise(connection)?;
        panic!("on purpose")
    };
    let refused = block_on(writer.run(None, panics)).unwrap_err();
    assert!(matches!(refused, CommitError::Fault(fault) if fault.to_string().contains("panicked")));
    assert_eq!(value(&writer), 1, "and what it wrote is taken back");
    block_on(writer.check()).unwrap();
}

#[test]
fn a_statement_that_fails_costs_its_own_job_alone() {
    let (_folder, writer) = writer();
    assert_eq!(fail(&writer, "string or blob too big"), "SQLite: string or blob too big");
    assert!(matches!(*look(&writer.health), Health::Good));
    assert_eq!(value(&writer), 1);
}

#[test]
fn rp_07_a_passing_trouble_is_over_with_the_next_write() {
    let (_folder, writer) = writer();
    for text in ["database or disk is full", "unable to open database file", "disk I/O error"] {
        assert!(fail(&writer, text).contains(text));
        assert!(matches!(*look(&writer.health), Health::Failed), "{text}");
        block_on(writer.check()).unwrap();
        assert!(matches!(*look(&writer.health), Health::Good), "readiness tries a write of its own");
    }
    assert_eq!(value(&writer), 1);
    assert_eq!(writer.stopped(), None);
}

#[test]
fn rp_43_after_damage_nothing_is_written_any_more() {
    let (_folder, writer) = writer();
    assert_eq!(value(&writer), 1);
    fail(&writer, "database disk image is malformed");
    assert_eq!(writer.stopped().as_deref(), Some("database disk image is malformed"));
    assert!(block_on(writer.run(None, raise)).is_err());
    assert!(block_on(writer.check()).unwrap_err().to_string().contains("malformed"));
}

#[test]
fn rp_06_after_a_failed_flush_the_connection_is_never_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("countersign.sqlite");
    let (connection, _) = open::open(&path).unwrap();
    let fallen = Fallen { trouble: Trouble::Disk, text: "disk I/O error".to_owned() };
    let kept = after_flush(fallen, connection);
    assert_eq!(kept.trouble, Trouble::Disk);
    // Closing the last connection removes the log; it is still there.
    drop(open::connect(&path).unwrap());
    assert!(file::beside(&path, "-wal").exists());
}
