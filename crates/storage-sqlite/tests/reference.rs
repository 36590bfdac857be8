//! Over random changes the SQLite store answers what the reference store answers.
#![cfg(test)]

use countersign_storage_contract::reference::compare;
use countersign_storage_memory::MemoryStorage;
use countersign_storage_sqlite::SqliteStorage;

#[test]
fn four_runs_of_random_changes_agree_with_the_reference() {
    std::thread::scope(|scope| {
        for seed in 1..=4 {
            scope.spawn(move || {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("reference.sqlite");
                let sqlite = SqliteStorage::open(file.to_str().unwrap()).unwrap();
                compare((&*sqlite, &MemoryStorage::new()), seed, 400, 20);
            });
        }
    });
}
