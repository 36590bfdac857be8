//! What a database file must be, and what is refused.
#![cfg(test)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use countersign_oauth::Timestamp;
use countersign_storage::{Change, Changes, Commit, Keys, Listing, Settings, TenantSettings, Upsert};
use countersign_storage_contract::block_on;
use countersign_storage_sqlite::{Refusal, SqliteStorage};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("countersign.sqlite");
    (folder, path)
}

fn open(path: &Path) -> Arc<SqliteStorage> {
    SqliteStorage::open(&format!("sqlite:{}", path.display())).unwrap()
}

fn refusal(path: &Path) -> Refusal {
    match SqliteStorage::open(path.to_str().unwrap()) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => {
            assert!(error.to_string().starts_with(&format!("database {}: ", path.display())), "{error}");
            error.refusal
        }
    }
}

fn raw(path: &Path) -> SqliteConnection {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn rename_tenant(storage: &SqliteStorage, name: &str, version: i64) {
    let settings = TenantSettings { friendly_name: name.to_owned(), ..TenantSettings::default() };
    let change = Upsert { record: settings, expected_version: Some(version), raise_epoch: false };
    block_on(storage.commit(Changes::none().with(Change::SetSettings(change)))).unwrap();
}

fn tenant(storage: &SqliteStorage) -> String {
    block_on(storage.settings()).unwrap().record.friendly_name
}

#[test]
fn a_store_opened_again_has_what_was_committed() {
    let (_folder, path) = folder();
    rename_tenant(&open(&path), "first", 0);
    let again = open(&path);
    assert_eq!(tenant(&again), "first");
    rename_tenant(&again, "second", 1);
    drop(again);
    assert_eq!(tenant(&open(&path)), "second");
}

#[test]
fn a_plain_path_a_url_and_a_relative_one_name_the_same_file() {
    let (_folder, path) = folder();
    rename_tenant(&open(&path), "one", 0);
    for url in [format!("sqlite://{}", path.display()), path.display().to_string()] {
        assert_eq!(tenant(&SqliteStorage::open(&url).unwrap()), "one");
    }
}

#[test]
fn characters_that_mean_something_in_a_url_are_part_of_the_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a?mode=memory", "50%20off#1", "file:x", "sp ace ß"] {
        let path = folder.path().join(name);
        rename_tenant(&open(&path), name, 0);
        assert!(path.is_file(), "{name}");
        assert_eq!(tenant(&open(&path)), name);
    }
}

#[test]
fn sp_193_every_file_is_its_owners_alone() {
    let (folder, path) = folder();
    let storage = open(&path);
    rename_tenant(&storage, "name", 0);
    let files: Vec<_> = folder.path().read_dir().unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "the database, its log and its index, and nothing left of the making");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn sp_193_a_file_that_others_may_read_is_refused() {
    let (_folder, path) = folder();
    drop(open(&path));
    for mode in [0o640, 0o604, 0o660, 0o610] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(matches!(refusal(&path), Refusal::Permissions { mode: found } if found == mode));
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    open(&path);
}

#[test]
fn sp_193_a_symbolic_link_is_refused() {
    let (folder, path) = folder();
    drop(open(&path));
    let link = folder.path().join("link.sqlite");
    symlink(&path, &link).unwrap();
    assert!(matches!(refusal(&link), Refusal::Symlink));
    let dangling = folder.path().join("dangling.sqlite");
    symlink(folder.path().join("nothing"), &dangling).unwrap();
    assert!(matches!(refusal(&dangling), Refusal::Symlink));
    symlink(folder.path().join("elsewhere"), folder.path().join("countersign.sqlite-wal")).unwrap();
    assert!(matches!(refusal(&path), Refusal::Symlink));
}

#[test]
fn what_is_no_path_to_a_file_is_refused() {
    let (folder, _) = folder();
    for url in ["", "sqlite:", "sqlite://", ":memory:", "sqlite::memory:", "folder/"] {
        assert!(matches!(SqliteStorage::open(url).err().unwrap().refusal, Refusal::NotAPath), "{url}");
    }
    assert!(matches!(refusal(folder.path()), Refusal::NotAFile));
    assert!(matches!(refusal(&folder.path().join("absent/countersign.sqlite")), Refusal::Io(_)));
}

#[test]
fn rp_43_an_emptied_file_is_never_a_new_beginning() {
    let (_folder, path) = folder();
    rename_tenant(&open(&path), "name", 0);
    fs::File::options().write(true).truncate(true).open(&path).unwrap();
    assert!(matches!(refusal(&path), Refusal::Empty));
}

#[test]
fn rp_43_a_log_without_its_database_is_never_a_new_beginning() {
    let (folder, path) = folder();
    let storage = open(&path);
    rename_tenant(&storage, "name", 0);
    let copy = folder.path().join("copy.sqlite");
    fs::copy(folder.path().join("countersign.sqlite-wal"), folder.path().join("copy.sqlite-wal")).unwrap();
    assert!(matches!(refusal(&copy), Refusal::LogWithoutDatabase));
}

#[test]
fn rp_43_a_damaged_file_is_a_clear_text_and_not_an_empty_store() {
    let (_folder, path) = folder();
    rename_tenant(&open(&path), "name", 0);
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[4096..].fill(0xa5);
    fs::write(&path, damaged).unwrap();
    assert!(matches!(refusal(&path), Refusal::Database(text) if text.contains("malformed")));
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(refusal(&path), Refusal::Database(text) if text.contains("malformed")));
    fs::write(&path, "hello, this is a text and not a database at all").unwrap();
    assert!(matches!(refusal(&path), Refusal::Database(text) if text.contains("not a database")));
}

#[test]
fn rp_43_a_damaged_page_is_a_fault_and_not_an_empty_answer() {
    let (_folder, path) = folder();
    drop(open(&path));
    let page: i64 = diesel::sql_query("SELECT rootpage AS value FROM sqlite_schema WHERE name = 'clients'")
        .get_result::<Value>(&mut raw(&path))
        .unwrap()
        .value;
    let mut damaged = fs::read(&path).unwrap();
    let start = usize::try_from(page - 1).unwrap() * 4096;
    damaged[start..start + 4096].fill(0xa5);
    fs::write(&path, damaged).unwrap();
    let storage = open(&path);
    let fault = block_on(storage.clients()).unwrap_err();
    assert!(fault.to_string().contains("malformed"), "{fault}");
}

#[test]
fn rp_43_files_replaced_or_removed_while_open_make_the_store_unready() {
    let (folder, path) = folder();
    let storage = open(&path);
    block_on(storage.check()).unwrap();
    let index = folder.path().join("countersign.sqlite-shm");
    let aside = folder.path().join("aside");
    fs::rename(&index, &aside).unwrap();
    let fault = block_on(storage.check()).unwrap_err();
    assert!(fault.to_string().contains("its files are gone"), "{fault}");
    fs::copy(&aside, &index).unwrap();
    let fault = block_on(storage.check()).unwrap_err();
    assert!(fault.to_string().contains("were replaced"), "{fault}");
    fs::rename(&aside, &index).unwrap();
    block_on(storage.check()).unwrap();
    assert_eq!(storage.stopped(), None);
}

#[test]
fn the_database_of_another_program_is_refused() {
    let (_folder, path) = folder();
    raw(&path).batch_execute("CREATE TABLE theirs (id INTEGER PRIMARY KEY)").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(refusal(&path), Refusal::Foreign));
    let tables = "SELECT COUNT(*) AS value FROM sqlite_schema";
    assert_eq!(diesel::sql_query(tables).get_result::<Value>(&mut raw(&path)).unwrap().value, 1);
}

#[test]
fn rp_35_a_newer_or_damaged_schema_is_refused() {
    let (_folder, path) = folder();
    drop(open(&path));
    raw(&path).batch_execute("INSERT INTO schema_migrations VALUES (99, 'of the future')").unwrap();
    assert!(matches!(refusal(&path), Refusal::NewerSchema { found: 99, known: 3 }));
    let damage = "DELETE FROM schema_migrations; INSERT INTO schema_migrations VALUES (1, 'other')";
    raw(&path).batch_execute(damage).unwrap();
    assert!(matches!(refusal(&path), Refusal::DamagedSchema));
}

#[test]
fn rp_35_of_eight_that_open_a_new_database_at_once_one_makes_it() {
    let (folder, path) = folder();
    let opened = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| open(&path))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    for (version, storage) in (0..).zip(&opened) {
        rename_tenant(storage, &format!("name {version}"), version);
    }
    for storage in &opened {
        assert_eq!(tenant(storage), "name 7");
        block_on(storage.check()).unwrap();
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 3);
}

#[test]
fn what_a_making_cut_short_left_behind_is_in_nobodys_way() {
    let (folder, path) = folder();
    fs::write(folder.path().join("countersign.sqlite.new-1-0"), "").unwrap();
    rename_tenant(&open(&path), "name", 0);
}

#[derive(QueryableByName)]
struct Value {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    value: i64,
}

#[test]
fn a_file_of_the_first_schema_is_migrated_and_its_keys_of_rsa_are_published() {
    let (_folder, path) = folder();
    raw(&path)
        .batch_execute(concat!(
            "PRAGMA application_id = 1131697006;",
            "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL) STRICT;",
            include_str!("../migrations/0001_initial.sql"),
            "INSERT INTO schema_migrations VALUES (1, 'initial');",
            "INSERT INTO signing_keys VALUES ('rsa', 'RS256', 'current', x'01', 'key', x'02', 1000, 2000);",
            "INSERT INTO signing_keys VALUES ('ec', 'ES256', 'current', x'01', 'key', x'02', 1001, 1001);",
        ))
        .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let keys = block_on(open(&path).signing_keys()).unwrap();
    let read: Vec<_> = keys.iter().map(|key| (key.kid.as_str(), key.published_at, key.state_since)).collect();
    let at = Timestamp::from_millis;
    assert_eq!(read, [("rsa", Some(at(1000)), at(2000)), ("ec", None, at(1001))]);
}
