//! The reference store keeps the contract.
#![cfg(test)]

use countersign_storage_memory::MemoryStorage;

fn make_storage() -> Box<MemoryStorage> {
    Box::new(MemoryStorage::new())
}

countersign_storage_contract::suite!(make_storage);
