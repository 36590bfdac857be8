//! A store in memory that tells what was written, and that a test can break or outrun.

use std::collections::VecDeque;
use std::future::ready;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use countersign_oauth::{
    Audience, AuthorizationId, BoxFuture, ClientId, ConnectionId, FamilyId, Fault, HandleHash, SessionId,
    Timestamp, UserId,
};
use countersign_storage::*;
use countersign_storage_memory::MemoryStorage;

/// What happens between the decision and the commit of a request.
type Interlude = Box<dyn FnOnce(&MemoryStorage) + Send>;

/// [`MemoryStorage`], watched.
#[derive(Default)]
pub(crate) struct SpyStorage {
    inner: MemoryStorage,
    committed: Mutex<Vec<Changes>>,
    interludes: Mutex<VecDeque<Interlude>>,
    tries: AtomicU32,
    counted: AtomicU32,
    broken_reads: AtomicBool,
    broken_commits: AtomicBool,
}

fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn broken() -> Fault {
    Fault::internal("the disk is gone")
}

#[allow(dead_code, reason = "each test binary uses its part")]
impl SpyStorage {
    /// The store below: what a test does there is not watched.
    pub(crate) fn inner(&self) -> &MemoryStorage {
        &self.inner
    }

    /// Everything written since the last call; commits of requirements alone are left out.
    pub(crate) fn take_writes(&self) -> Vec<Change> {
        self.take_commits().into_iter().flat_map(|changes| changes.writes).collect()
    }

    /// Every commit that succeeded since the last call.
    pub(crate) fn take_commits(&self) -> Vec<Changes> {
        std::mem::take(&mut *open(&self.committed))
    }

    /// How many commits were tried since the last call.
    pub(crate) fn take_tries(&self) -> u32 {
        self.tries.swap(0, Ordering::SeqCst)
    }

    /// How many replay marks and failed attempts were recorded since the last call.
    pub(crate) fn take_counted(&self) -> u32 {
        self.counted.swap(0, Ordering::SeqCst)
    }

    /// Lets `interlude` happen just before the next commit that nothing happens before yet.
    pub(crate) fn before_commit(&self, interlude: impl FnOnce(&MemoryStorage) + Send + 'static) {
        open(&self.interludes).push_back(Box::new(interlude));
    }

    /// From now on every read fails, or works again.
    pub(crate) fn break_reads(&self, broken: bool) {
        self.broken_reads.store(broken, Ordering::SeqCst);
    }

    /// From now on every commit fails, or works again.
    pub(crate) fn break_commits(&self, broken: bool) {
        self.broken_commits.store(broken, Ordering::SeqCst);
    }
}

macro_rules! watched {
    ($($trait:ident { $(fn $method:ident($($arg:ident: $ty:ty),*) -> $out:ty;)* })*) => {$(
        impl $trait for SpyStorage {
            $(fn $method<'a>(&'a self, $($arg: $ty),*) -> BoxFuture<'a, StorageResult<$out>> {
                if self.broken_reads.load(Ordering::SeqCst) {
                    return Box::pin(ready(Err(broken())));
                }
                $trait::$method(&self.inner, $($arg),*)
            })*
        }
    )*};
}

watched! {
    Clients { fn client(id: &'a ClientId) -> Option<Client>; }
    ResourceServers { fn resource_server(audience: &'a Audience) -> Option<ResourceServer>; }
    ClientGrants {
        fn client_grant(client: &'a ClientId, audience: &'a Audience, subject: SubjectType) -> Option<ClientGrant>;
    }
    Connections {
        fn connection(id: &'a ConnectionId) -> Option<Connection>;
        fn connections() -> Vec<Connection>;
    }
    Users {
        fn user(id: &'a UserId) -> Option<User>;
        fn user_by_identifier(connection: &'a ConnectionId, identifier: &'a str) -> Option<User>;
        fn user_by_identity(connection: &'a ConnectionId, provider: &'a str, provider_user_id: &'a str)
            -> Option<User>;
    }
    Sessions {
        fn session_by_handle(handle: &'a HandleHash) -> Option<Session>;
        fn session(id: &'a SessionId) -> Option<Session>;
        fn session_clients(id: &'a SessionId) -> Vec<ClientId>;
    }
    Consents {
        fn consent(user: &'a UserId, client: &'a ClientId, audience: &'a Audience) -> Option<Consent>;
    }
    SingleUses {
        fn single_use(kind: SingleUseKind, handle: &'a HandleHash) -> Option<SingleUse>;
    }
    Authorizations { fn authorization(id: &'a AuthorizationId) -> Option<Authorization>; }
    RefreshTokens {
        fn refresh_token(handle: &'a HandleHash) -> Option<(RefreshToken, RefreshFamily)>;
        fn has_spent_successor(handle: &'a HandleHash) -> bool;
        fn refresh_family(id: &'a FamilyId) -> Option<RefreshFamily>;
    }
    AccessTokens { fn access_token(handle: &'a HandleHash) -> Option<AccessToken>; }
    Keys { fn signing_keys() -> Vec<SigningKey>; }
    Scripts { fn scripts() -> Arc<[Script]>; }
    Settings {
        fn settings() -> Keyed<TenantSettings>;
        fn configuration_version() -> i64;
    }
    Listing {
        fn clients() -> Vec<Client>;
        fn resource_servers() -> Vec<ResourceServer>;
        fn client_grants() -> Vec<ClientGrant>;
        fn users(limit: u32) -> Vec<User>;
        fn log_events(limit: u32) -> Vec<LogEvent>;
        fn families_of_user(user: &'a UserId) -> Vec<RefreshFamily>;
        fn sessions_of_user(user: &'a UserId) -> Vec<Session>;
    }
}

impl Commit for SpyStorage {
    fn commit(&self, changes: Changes) -> BoxFuture<'_, Result<(), CommitError>> {
        Box::pin(async move {
            self.tries.fetch_add(1, Ordering::SeqCst);
            let interlude = open(&self.interludes).pop_front();
            if let Some(interlude) = interlude {
                interlude(&self.inner);
            }
            if self.broken_commits.load(Ordering::SeqCst) {
                return Err(CommitError::Fault(broken()));
            }
            self.inner.commit(changes.clone()).await?;
            open(&self.committed).push(changes);
            Ok(())
        })
    }
}

impl ReplayGuard for SpyStorage {
    fn remember<'a>(
        &'a self,
        space: &'a str,
        mark: HandleHash,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, StorageResult<bool>> {
        if self.broken_commits.load(Ordering::SeqCst) {
            return Box::pin(ready(Err(broken())));
        }
        self.counted.fetch_add(1, Ordering::SeqCst);
        self.inner.remember(space, mark, now, until)
    }
}

impl Attempts for SpyStorage {
    fn record<'a>(
        &'a self,
        bucket: &'a Bucket,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, StorageResult<u32>> {
        self.counted.fetch_add(1, Ordering::SeqCst);
        self.inner.record(bucket, now, until)
    }

    fn count<'a>(&'a self, bucket: &'a Bucket, now: Timestamp) -> BoxFuture<'a, StorageResult<u32>> {
        self.inner.count(bucket, now)
    }

    fn clear<'a>(&'a self, bucket: &'a Bucket) -> BoxFuture<'a, StorageResult<()>> {
        self.inner.clear(bucket)
    }

    fn draw<'a>(
        &'a self,
        bucket: &'a Bucket,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'a, StorageResult<Drawn>> {
        self.counted.fetch_add(1, Ordering::SeqCst);
        self.inner.draw(bucket, rate, now)
    }

    fn look<'a>(
        &'a self,
        bucket: &'a Bucket,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'a, StorageResult<Drawn>> {
        self.inner.look(bucket, rate, now)
    }
}

impl Sweep for SpyStorage {
    fn sweep(&self, before: Timestamp, limit: u32) -> BoxFuture<'_, StorageResult<u64>> {
        self.inner.sweep(before, limit)
    }
}
