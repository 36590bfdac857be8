//! Passwords that are their own hashes.

use std::future::ready;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use countersign_oauth::{BoxFuture, Fault, Secret};
use countersign_storage::PasswordHash;
use countersign_users::{PasswordHasher, Verification};

/// Compares in clear and counts what it was asked. A hash that begins with `old:` is one to make anew.
#[derive(Default)]
pub(crate) struct FakeHasher {
    asked: AtomicU32,
    full: AtomicBool,
}

/// The hash of a password.
pub(crate) fn hash(password: &str) -> PasswordHash {
    PasswordHash::new(format!("new:{password}"))
}

/// A hash of the password that is weaker than today's.
pub(crate) fn old_hash(password: &str) -> PasswordHash {
    PasswordHash::new(format!("old:{password}"))
}

impl FakeHasher {
    /// How many verifications there were since the last call.
    pub(crate) fn take_asked(&self) -> u32 {
        self.asked.swap(0, Ordering::SeqCst)
    }

    /// From now on the queue is full.
    pub(crate) fn fill(&self) {
        self.full.store(true, Ordering::SeqCst);
    }
}

impl PasswordHasher for FakeHasher {
    fn hash<'a>(&'a self, password: &'a Secret<String>) -> BoxFuture<'a, Result<PasswordHash, Fault>> {
        Box::pin(ready(Ok(hash(password.expose()))))
    }

    fn verify<'a>(
        &'a self,
        password: &'a Secret<String>,
        stored: Option<&'a PasswordHash>,
    ) -> BoxFuture<'a, Result<Verification, Fault>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.full.load(Ordering::SeqCst) {
            return Box::pin(ready(Err(Fault::unavailable("the queue of passwords is full"))));
        }
        let password = password.expose();
        let found = match stored.map(PasswordHash::as_str) {
            Some(stored) if stored == hash(password).as_str() => Verification::Right { rehash: None },
            Some(stored) if stored == old_hash(password).as_str() => {
                Verification::Right { rehash: Some(hash(password)) }
            }
            _ => Verification::Wrong,
        };
        Box::pin(ready(Ok(found)))
    }
}
