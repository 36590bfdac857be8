//! What was acknowledged is there after the store was closed.
#![cfg(test)]

use countersign_oauth::{HandleHash, Timestamp};
use countersign_storage::{
    Change, Changes, Commit as _, Keys as _, ReplayGuard as _, Settings as _, TenantSettings, Upsert,
};
use countersign_storage_contract::block_on;
use storage_redb::RedbStorage;

#[test]
fn what_was_acknowledged_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.redb");
    let (now, until) = (Timestamp::from_seconds(1), Timestamp::from_seconds(9));
    let storage = RedbStorage::open(&path).unwrap();
    let record = TenantSettings { friendly_name: "Shop".to_owned(), ..TenantSettings::default() };
    let settings = Upsert { record, expected_version: None, raise_epoch: false };
    block_on(storage.commit(Changes::none().with(Change::SetSettings(settings)))).unwrap();
    assert!(block_on(storage.remember("jti", HandleHash::of("one"), now, until)).unwrap());
    drop(storage);
    let again = RedbStorage::open(&path).unwrap();
    assert_eq!(block_on(again.settings()).unwrap().record.friendly_name, "Shop");
    assert_eq!(block_on(again.configuration_version()).unwrap(), 1);
    assert!(!block_on(again.remember("jti", HandleHash::of("one"), now, until)).unwrap());
    assert!(block_on(again.signing_keys()).unwrap().is_empty());
}

#[test]
fn a_file_that_is_none_of_ours_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    std::fs::write(&path, "not a database, and longer than a page would need to be to be read as one")
        .unwrap();
    assert!(RedbStorage::open(&path).is_err());
    // One process has a file to itself.
    let path = folder.path().join("test.redb");
    let _first = RedbStorage::open(&path).unwrap();
    assert!(RedbStorage::open(&path).is_err());
}
