use countersign_oauth::Timestamp;
use countersign_storage_contract::block_on;
use diesel::result::{DatabaseErrorKind, Error};

use super::*;

#[test]
fn a_passing_trouble_leaves_the_files_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("countersign.sqlite");
    let storage = SqliteStorage::open(path.to_str().unwrap()).unwrap();
    let fails = |_: &mut SqliteConnection| -> Result<(), Abort> {
        let text = Box::new("database or disk is full".to_owned());
        Err(Error::DatabaseError(DatabaseErrorKind::Unknown, text).into())
    };
    block_on(storage.writer.run(None, fails)).unwrap_err();
    block_on(storage.check()).unwrap();
    block_on(storage.sweep(Timestamp::from_millis(0), 1)).unwrap();
    block_on(storage.check()).unwrap();
}
