//! A store in memory and what an administrator needs beside it.
#![allow(dead_code, reason = "each test file uses a part")]

use countersign_management::{Admin, ApplyError, ParseOptions, Problem, Report, TenantFile, apply};
use countersign_oauth::{BoxFuture, Fault, Secret, Timestamp};
use countersign_storage::{Client, Listing, PasswordHash, Settings, User, Users};
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::{NOW, SeededRandom, TestSealer, block_on};
use countersign_users::{PasswordHasher, Verification};

/// A store and an administrator's tools.
pub(crate) struct Desk {
    pub(crate) storage: MemoryStorage,
    pub(crate) random: SeededRandom,
    pub(crate) sealer: TestSealer,
    pub(crate) now: Timestamp,
}

impl Desk {
    /// An empty store.
    pub(crate) fn new() -> Self {
        Self {
            storage: MemoryStorage::new(),
            random: SeededRandom::default(),
            sealer: TestSealer::default(),
            now: NOW,
        }
    }

    /// A store with a tenant.
    pub(crate) fn with(yaml: &str) -> Self {
        let desk = Self::new();
        desk.apply(yaml);
        desk
    }

    /// What a use case needs.
    pub(crate) fn admin(&self) -> Admin<'_> {
        Admin { storage: &self.storage, random: &self.random, now: self.now }
    }

    /// Applies a file that fits.
    pub(crate) fn apply(&self, yaml: &str) -> Report {
        self.try_apply(yaml).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Applies a file.
    pub(crate) fn try_apply(&self, yaml: &str) -> Result<Report, ApplyError> {
        let (file, _) = TenantFile::parse(yaml, ParseOptions::default())
            .unwrap_or_else(|problems| panic!("{problems:#?}"));
        block_on(apply(&file, &self.sealer, &self.admin()))
    }

    /// The problems of a file that does not fit.
    pub(crate) fn refused(&self, yaml: &str) -> Vec<String> {
        match self.try_apply(yaml) {
            Err(ApplyError::Refused(problems)) => problems.iter().map(Problem::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    /// The client of that name.
    pub(crate) fn client(&self, name: &str) -> Client {
        let clients = block_on(self.storage.clients()).unwrap();
        clients.into_iter().find(|client| client.settings.name == name).unwrap()
    }

    /// A client's secret.
    pub(crate) fn secret_of(&self, name: &str) -> Option<String> {
        use countersign_oauth::Sealer as _;
        let sealed = self.client(name).secret?;
        let opened = self.sealer.open(countersign_management::CLIENT_SECRET_PURPOSE, &sealed).unwrap();
        Some(String::from_utf8(opened).unwrap())
    }

    /// The user of that id.
    pub(crate) fn user(&self, id: &str) -> Option<User> {
        block_on(self.storage.user(&id.into())).unwrap()
    }

    /// The counter that caches compare.
    pub(crate) fn configuration_version(&self) -> i64 {
        block_on(self.storage.configuration_version()).unwrap()
    }

    /// Event codes and descriptions of the log, the oldest first.
    pub(crate) fn log(&self) -> Vec<(String, String)> {
        let events = block_on(self.storage.log_events(1_000)).unwrap();
        events.into_iter().rev().map(|event| (event.event, event.description)).collect()
    }
}

/// A hasher whose hash is the password itself; no production code may hold it.
pub(crate) struct PlainHasher;

impl PasswordHasher for PlainHasher {
    fn hash<'a>(&'a self, password: &'a Secret<String>) -> BoxFuture<'a, Result<PasswordHash, Fault>> {
        Box::pin(async move { Ok(PasswordHash::new(format!("plain:{}", password.expose()))) })
    }

    fn verify<'a>(
        &'a self,
        password: &'a Secret<String>,
        hash: Option<&'a PasswordHash>,
    ) -> BoxFuture<'a, Result<Verification, Fault>> {
        let right = hash.is_some_and(|hash| hash.as_str() == format!("plain:{}", password.expose()));
        Box::pin(
            async move { Ok(if right { Verification::Right { rehash: None } } else { Verification::Wrong }) },
        )
    }
}
