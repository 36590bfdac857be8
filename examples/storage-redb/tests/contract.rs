//! The backend keeps the contract.
#![cfg(test)]

// docs:begin contract
use storage_redb::RedbStorage;

/// An empty store, and the folder that goes with it.
struct Made {
    storage: RedbStorage,
    _folder: tempfile::TempDir,
}

impl std::ops::Deref for Made {
    type Target = RedbStorage;

    fn deref(&self) -> &RedbStorage {
        &self.storage
    }
}

fn make_storage() -> Made {
    let folder = tempfile::tempdir().unwrap();
    Made { storage: RedbStorage::open(&folder.path().join("test.redb")).unwrap(), _folder: folder }
}

countersign_storage_contract::suite!(make_storage);
// docs:end contract
