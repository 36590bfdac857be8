//! Over random changes the PostgreSQL store answers what the reference store answers.
#![cfg(test)]

use countersign_postgres_testbed::Database;
use countersign_storage_contract::reference::compare;
use countersign_storage_memory::MemoryStorage;
use countersign_storage_postgres::PostgresStorage;

#[test]
fn three_runs_of_random_changes_agree_with_the_reference() {
    std::thread::scope(|scope| {
        for seed in 1..=3 {
            scope.spawn(move || {
                let database = Database::make();
                let postgres = PostgresStorage::open(&database.options()).unwrap();
                compare((&*postgres, &MemoryStorage::new()), seed, 400, 50);
            });
        }
    });
}
