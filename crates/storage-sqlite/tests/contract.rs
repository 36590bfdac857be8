//! The SQLite store keeps the contract.
#![cfg(test)]

use std::ops::Deref;
use std::sync::Arc;

use countersign_storage_sqlite::SqliteStorage;

/// A store in a folder that goes with it.
struct Made {
    storage: Arc<SqliteStorage>,
    _folder: tempfile::TempDir,
}

impl Deref for Made {
    type Target = SqliteStorage;

    fn deref(&self) -> &SqliteStorage {
        &self.storage
    }
}

fn make_storage() -> Made {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("countersign.sqlite").display());
    Made { storage: SqliteStorage::open(&url).unwrap(), _folder: folder }
}

countersign_storage_contract::suite!(make_storage);
