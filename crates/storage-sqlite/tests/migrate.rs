//! What is planned, applied and found wrong in the schema of a file.
#![cfg(test)]

use std::path::{Path, PathBuf};

use countersign_storage::Users as _;
use countersign_storage_contract::block_on;
use countersign_storage_sqlite::{Refusal, SqliteStorage, migrate};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

fn file(folder: &tempfile::TempDir) -> (PathBuf, String) {
    let path = folder.path().join("countersign.sqlite");
    let url = format!("sqlite:{}", path.display());
    (path, url)
}

fn run(path: &Path, sql: &str) {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap().batch_execute(sql).unwrap();
}

#[test]
fn a_file_that_is_not_there_lacks_every_migration_and_planning_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = file(&folder);
    assert_eq!(migrate::plan(&url).unwrap(), migrate::known());
    let refusal = migrate::check(&url).unwrap_err().refusal;
    assert!(matches!(refusal, Refusal::Unmigrated { pending } if pending == migrate::known().len()));
    assert!(!path.exists());
    assert_eq!(migrate::apply(&url).unwrap(), migrate::known());
    assert_eq!(migrate::apply(&url).unwrap(), []);
    assert_eq!(migrate::plan(&url).unwrap(), []);
    migrate::check(&url).unwrap();
}

#[test]
fn rp_35_a_schema_that_is_newer_altered_or_of_another_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = file(&folder);
    migrate::apply(&url).unwrap();
    for (alter, back) in [
        ("CREATE INDEX more ON users (email)", "DROP INDEX more"),
        ("DROP INDEX outbox_by_due", "CREATE INDEX outbox_by_due ON outbox (due_at)"),
    ] {
        run(&path, alter);
        let refusal = migrate::check(&url).unwrap_err().refusal;
        assert!(matches!(refusal, Refusal::AlteredSchema { .. }), "{alter}: {refusal}");
        run(&path, back);
        migrate::check(&url).unwrap();
    }
    run(&path, "INSERT INTO schema_migrations VALUES (9, 'later')");
    assert!(matches!(migrate::plan(&url).unwrap_err().refusal, Refusal::NewerSchema { found: 9, .. }));
    run(&path, "DELETE FROM schema_migrations WHERE version = 9; PRAGMA application_id = 1");
    assert!(matches!(migrate::plan(&url).unwrap_err().refusal, Refusal::Foreign));
}

#[test]
fn rows_of_the_second_schema_read_the_same_after_the_third() {
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = file(&folder);
    migrate::apply(&url).unwrap();
    // Back to the second schema, with rows of its time.
    run(
        &path,
        "DROP TABLE scripts; ALTER TABLE identities DROP COLUMN tokens; ALTER TABLE identities DROP COLUMN \
         tokens_sealed_by; ALTER TABLE log_events DROP COLUMN client_ip; DELETE FROM schema_migrations WHERE \
         version > 2; INSERT INTO users VALUES ('auth0|1', 'con_1', 'a@example.com', 1, NULL, NULL, \
         '{\"claims\":{\"name\":\"A\"},\"user_metadata\":{},\"app_metadata\":{}}', 0, 1, 2, NULL, NULL, NULL, 0, 1, 1); \
         INSERT INTO identities VALUES ('con_1', 'auth0', '1', 'auth0|1', 0); \
         INSERT INTO log_events (at, event, description, ip, request_id) VALUES (1, 's', 'a', '192.0.2.1', 'r')",
    );
    assert_eq!(migrate::apply(&url).unwrap().len(), 1);
    migrate::check(&url).unwrap();
    let store = SqliteStorage::open(&url).unwrap();
    let user = block_on(store.user(&"auth0|1".into())).unwrap().unwrap();
    assert_eq!((user.identities.len(), user.identities[0].tokens.clone()), (1, None));
    assert!(user.profile.attributes.is_empty());
}
