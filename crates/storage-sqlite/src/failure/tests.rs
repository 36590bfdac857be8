use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::*;

fn connection() -> SqliteConnection {
    let mut connection = SqliteConnection::establish(":memory:").unwrap();
    connection.batch_execute("CREATE TABLE texts (text TEXT UNIQUE)").unwrap();
    connection
}

fn fails(connection: &mut SqliteConnection, sql: &str) -> Error {
    diesel::sql_query(sql).execute(connection).unwrap_err()
}

#[test]
fn a_full_disk_may_pass() {
    let mut connection = connection();
    connection.batch_execute("PRAGMA max_page_count = 4").unwrap();
    let error = fails(&mut connection, "INSERT INTO texts VALUES (hex(zeroblob(100000)))");
    assert_eq!(Trouble::of(&error), Trouble::Passing, "{error}");
}

#[test]
fn a_file_that_may_not_be_written_may_pass() {
    let mut connection = connection();
    connection.batch_execute("PRAGMA query_only = ON").unwrap();
    let error = fails(&mut connection, "INSERT INTO texts VALUES ('one')");
    assert_eq!(Trouble::of(&error), Trouble::Passing, "{error}");
}

#[test]
fn a_statement_that_is_wrong_is_its_own_trouble() {
    let error = fails(&mut connection(), "SELECT nothing FROM nowhere");
    assert_eq!(Trouble::of(&error), Trouble::Own, "{error}");
}

#[test]
fn uniqueness_is_a_conflict_and_no_failure() {
    let mut connection = connection();
    diesel::sql_query("INSERT INTO texts VALUES ('one')").execute(&mut connection).unwrap();
    let error = fails(&mut connection, "INSERT INTO texts VALUES ('one')");
    assert!(matches!(Abort::from(error), Abort::Conflict(Conflict::Exists)));
}

#[test]
fn what_may_pass_is_unavailable_and_the_rest_is_internal() {
    use countersign_oauth::FaultKind::{Internal, Unavailable};
    let kinds = [
        (Trouble::Locked, Unavailable),
        (Trouble::Passing, Unavailable),
        (Trouble::Disk, Unavailable),
        (Trouble::Damaged, Internal),
        (Trouble::Own, Internal),
    ];
    for (trouble, kind) in kinds {
        assert_eq!(trouble.fault("text").kind, kind, "{trouble:?}");
    }
}
