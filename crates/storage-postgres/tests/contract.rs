//! The PostgreSQL store keeps the contract.
#![cfg(test)]

use std::ops::Deref;
use std::sync::Arc;

use countersign_postgres_testbed::Database;
use countersign_storage_postgres::PostgresStorage;

/// A store in a database that goes with it.
struct Made {
    storage: Arc<PostgresStorage>,
    _database: Database,
}

impl Deref for Made {
    type Target = PostgresStorage;

    fn deref(&self) -> &PostgresStorage {
        &self.storage
    }
}

fn make_storage() -> Made {
    let database = Database::lend();
    Made { storage: PostgresStorage::open(&database.options()).unwrap(), _database: database }
}

countersign_storage_contract::suite!(make_storage);
