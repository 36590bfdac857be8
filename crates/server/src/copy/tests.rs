use std::path::Path;

use countersign_storage_sqlite::migrate;
use countersign_storage_sqlite::raw::{RawRows as _, SqliteRows, table};
use serde_json::{Value, json};

use super::{CopyOptions, copy, refuse_unfinished};
use crate::config::{Database, Environment, Overrides};

/// More than two chunks.
const MARKS: usize = 1_100;

fn url(folder: &Path, name: &str) -> String {
    format!("sqlite:{}", folder.join(name).display())
}

fn rows(url: &str) -> SqliteRows {
    SqliteRows::open(url).unwrap()
}

fn mark(number: usize) -> Vec<Value> {
    vec![json!("space"), json!(format!("{number:08x}")), json!(number)]
}

/// A source with rows of several kinds, and an empty target.
fn two(folder: &Path) -> (String, String) {
    let (from, to) = (url(folder, "from"), url(folder, "to"));
    migrate::apply(&from).unwrap();
    migrate::apply(&to).unwrap();
    let mut source = rows(&from);
    for start in (0..MARKS).step_by(100) {
        let marks: Vec<_> = (start..start + 100).map(mark).collect();
        source.write(table("marks").unwrap(), &marks).unwrap();
    }
    let client = json!(["id", "00ff", "key", "{\"name\":\"Ä \\\" \u{1f600}\"}", i64::MAX, 1, -1]);
    source.write(table("clients").unwrap(), &[client.as_array().unwrap().clone()]).unwrap();
    let grant = json!([7, "cgr", "id", "api", "user", "", true, "{}", 1, 1]);
    source.write(table("client_grants").unwrap(), &[grant.as_array().unwrap().clone()]).unwrap();
    source.set_counter("epoch_floor", Some(42)).unwrap();
    (from, to)
}

fn run(from: &str, to: &str, restart: bool) -> Result<String, String> {
    let options = CopyOptions { from: from.to_owned(), to: to.to_owned(), restart, ..CopyOptions::default() };
    let mut out = Vec::new();
    let copied = copy(&options, &Overrides::new(), &Environment::default(), &mut out);
    copied.map(|_| String::from_utf8(out).unwrap()).map_err(|failures| failures[0].to_string())
}

fn is_unfinished(to: &str) -> bool {
    refuse_unfinished(&Database::Sqlite(to.trim_start_matches("sqlite:").into())).is_err()
}

fn counted(url: &str) -> usize {
    rows(url).read(table("marks").unwrap(), None, 10_000).unwrap().len()
}

#[test]
fn a_copy_holds_the_same_and_a_second_one_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = two(folder.path());
    let said = run(&from, &to, false).unwrap();
    assert!(said.contains("marks: 1100 rows copied\n"), "{said}");
    assert!(said.contains("client_grants: 1 rows, SHA-256 "), "{said}");
    assert!(said.ends_with("both databases hold the same\n"), "{said}");
    assert!(!is_unfinished(&to));
    for name in ["clients", "client_grants", "counters"] {
        let table = table(name).unwrap();
        let (one, other) = (rows(&from).read(table, None, 10), rows(&to).read(table, None, 10));
        assert_eq!(one.unwrap(), other.unwrap(), "{name}");
    }
    assert_eq!(run(&from, &to, false).unwrap(), "everything was copied before\n");
}

#[test]
fn a_copy_that_was_cut_short_goes_on_and_is_served_by_nobody_before_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = two(folder.path());
    let mut target = rows(&to);
    target.set_counter(super::UNFINISHED, Some(1)).unwrap();
    let marks: Vec<_> = (0..600).map(mark).collect();
    target.write(table("marks").unwrap(), &marks).unwrap();
    drop(target);
    assert!(is_unfinished(&to));
    assert_eq!(run(&to, &from, false).unwrap_err(), format!("--from: {to}: a copy into it is not finished"));
    let said = run(&from, &to, false).unwrap();
    assert!(said.contains("marks: 500 rows copied\n"), "{said}");
    assert!(!is_unfinished(&to) && counted(&to) == MARKS);
}

#[test]
fn a_target_that_holds_something_else_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = two(folder.path());
    rows(&to).write(table("marks").unwrap(), &[mark(1_000_000)]).unwrap();
    let refused = run(&from, &to, false).unwrap_err();
    assert!(refused.ends_with("it holds a tenant; name an empty database"), "{refused}");
    let refused = run(&from, &to, true).unwrap_err();
    assert!(refused.ends_with("--restart removes unfinished copies alone, and this is none"), "{refused}");
    assert_eq!(counted(&to), 1);
    // What is there might be the beginning of the source, and is not marked as a copy.
    rows(&to).clear(table("marks").unwrap()).unwrap();
    rows(&to).write(table("marks").unwrap(), &[mark(0)]).unwrap();
    assert!(run(&from, &to, false).is_err());
    let refused = run(&from, &from, false).unwrap_err();
    assert!(refused.ends_with("is the database that is copied from"), "{refused}");
}

#[test]
fn a_source_that_changed_meanwhile_is_found_and_the_copy_starts_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = two(folder.path());
    let mut target = rows(&to);
    target.set_counter(super::UNFINISHED, Some(1)).unwrap();
    target.write(table("marks").unwrap(), &[mark(0), mark(1)]).unwrap();
    rows(&from).clear(table("marks").unwrap()).unwrap();
    rows(&from).write(table("marks").unwrap(), &[mark(1)]).unwrap();
    let refused = run(&from, &to, false).unwrap_err();
    assert!(refused.ends_with("does not fit to the source: say --restart to remove it"), "{refused}");
    assert!(is_unfinished(&to) && counted(&to) == 2);
    run(&from, &to, true).unwrap();
    assert!(!is_unfinished(&to) && counted(&to) == 1);
}

#[test]
fn a_database_without_the_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (from, _) = two(folder.path());
    let refused = run(&from, &url(folder.path(), "nothing"), false).unwrap_err();
    assert!(refused.starts_with("--to: ") && refused.contains("countersign migrate apply"), "{refused}");
    assert!(!folder.path().join("nothing").exists());
}
