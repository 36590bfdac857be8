//! A schema is made by one process, and every other one than ours is refused.
#![cfg(test)]

use countersign_postgres_testbed::Database;
use countersign_storage_postgres::{PostgresStorage, Refusal, migrate};

#[test]
fn of_four_that_migrate_at_once_one_does() {
    let database = Database::make_empty();
    let options = &database.options();
    let planned = migrate::plan(options).unwrap();
    assert_eq!(planned, migrate::known());
    let refused = PostgresStorage::open(options).err().unwrap().refusal;
    assert!(matches!(refused, Refusal::Unmigrated { pending } if pending == planned.len()));
    assert!(matches!(migrate::check(options).unwrap_err().refusal, Refusal::Unmigrated { .. }));
    let applied = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| migrate::apply(options).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(applied.iter().filter(|applied| **applied == planned).count(), 1);
    assert_eq!(applied.iter().filter(|applied| applied.is_empty()).count(), 3);
    migrate::check(options).unwrap();
    PostgresStorage::open(options).unwrap();
}

#[test]
fn a_failed_migration_leaves_nothing() {
    let database = Database::make_empty();
    // The migration makes an index of this name; a sequence is no table.
    database.execute("CREATE SEQUENCE outbox_by_due");
    assert!(matches!(migrate::apply(&database.options()).unwrap_err().refusal, Refusal::Database(_)));
    assert!(database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").is_empty());
}

#[test]
fn another_schema_than_the_one_known_is_refused() {
    let foreign = Database::make_empty();
    foreign.execute("CREATE TABLE something (id INTEGER)");
    assert!(matches!(migrate::apply(&foreign.options()).unwrap_err().refusal, Refusal::Foreign));
    assert!(matches!(PostgresStorage::open(&foreign.options()).err().unwrap().refusal, Refusal::Foreign));

    let database = Database::make();
    database.execute("INSERT INTO schema_migrations (number, name, checksum) VALUES (99, 'later', '')");
    let refused = migrate::check(&database.options()).unwrap_err().refusal;
    assert!(matches!(refused, Refusal::NewerSchema { found: 99, .. }));
    database.execute("DELETE FROM schema_migrations WHERE number = 99");
    database.execute("UPDATE schema_migrations SET checksum = 'other'");
    for refused in [migrate::check(&database.options()), migrate::plan(&database.options()).map(drop)] {
        assert!(matches!(refused.unwrap_err().refusal, Refusal::AlteredSchema { number: 1 }));
    }
}
