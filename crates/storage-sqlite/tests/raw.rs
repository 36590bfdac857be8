//! Rows as they are stored: every table with every column, and nothing lost on the way.
#![cfg(test)]

use countersign_storage_sqlite::raw::{Column, Kind, RawRows, SqliteRows, TABLES};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::json;

#[derive(QueryableByName, Debug)]
struct Found {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    key: i64,
}

#[test]
fn every_column_of_every_table_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    countersign_storage_sqlite::migrate::apply(path.to_str().unwrap()).unwrap();
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let query = "SELECT t.name AS 'table', c.name AS name, c.type AS kind, c.pk AS key FROM sqlite_schema t, \
                 pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name <> 'schema_migrations' \
                 AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid";
    let found: Vec<Found> = diesel::sql_query(query).load(&mut connection).unwrap();
    let mut known: Vec<_> = TABLES.iter().collect();
    known.sort_by_key(|table| table.name);
    let known: Vec<(&str, &Column, i64)> = known
        .into_iter()
        .flat_map(|table| {
            let key = |at: usize| if at < table.key { i64::try_from(at).unwrap() + 1 } else { 0 };
            table.columns.iter().enumerate().map(move |(at, column)| (table.name, column, key(at)))
        })
        .collect();
    let names: Vec<_> = known.iter().map(|(table, column, key)| (*table, column.name, *key)).collect();
    let there: Vec<_> = found.iter().map(|one| (one.table.as_str(), one.name.as_str(), one.key)).collect();
    assert_eq!(names, there);
    for ((_, column, _), found) in known.iter().zip(&found) {
        let kind = match column.kind {
            Kind::Text => "TEXT",
            Kind::Number | Kind::Flag => "INTEGER",
            Kind::Bytes => "BLOB",
        };
        assert_eq!(kind, found.kind, "{found:?}");
    }
}

#[test]
fn rows_come_back_as_they_were_in_the_order_of_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("a.db").display().to_string();
    countersign_storage_sqlite::migrate::apply(&url).unwrap();
    let mut rows = SqliteRows::open(&url).unwrap();
    let table = |name: &str| TABLES.iter().find(|table| table.name == name).unwrap();
    let identities = table("identities");
    let row = |provider: &str, id: &str| {
        json!(["con", provider, id, "user", 0, null, null]).as_array().unwrap().clone()
    };
    let (upper, lower, last) = (row("Z", "b"), row("a", "A"), row("a", "\u{e4}"));
    rows.write(identities, &[last.clone(), lower.clone(), upper.clone()]).unwrap();
    assert_eq!(rows.read(identities, None, 2).unwrap(), [upper, lower.clone()]);
    assert_eq!(rows.read(identities, Some(&lower), 2).unwrap(), std::slice::from_ref(&last));
    assert!(rows.write(identities, &[row("new", "x"), last]).is_err());
    assert_eq!(rows.read(identities, None, 9).unwrap().len(), 3, "all or none");
    let clients = table("clients");
    let none = json!(["a", null, null, "{}", 0, i64::MIN, i64::MAX]).as_array().unwrap().clone();
    let sealed = json!(["b", "00ff7f", "key", "\"\u{1f600}\\", 0, 0, 0]).as_array().unwrap().clone();
    rows.write(clients, &[sealed.clone(), none.clone()]).unwrap();
    assert_eq!(rows.read(clients, None, 9).unwrap(), [none, sealed]);
}
