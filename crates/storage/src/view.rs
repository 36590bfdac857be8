use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use countersign_oauth::{
    Audience, AuthorizationId, BoxFuture, ClientId, ConnectionId, FamilyId, HandleHash, SessionId, UserId,
};

use crate::{
    AccessToken, AccessTokens, Authorization, Authorizations, Client, ClientGrant, ClientGrants, Clients,
    Connection, Connections, Consent, Consents, Keyed, Keys, Reads, RefreshFamily, RefreshToken,
    RefreshTokens, ResourceServer, ResourceServers, Script, Scripts, Session, Sessions, Settings, SigningKey,
    SingleUse, SingleUseKind, SingleUses, StorageResult, SubjectType, TenantSettings, User, Users,
};

/// More records of a kind than this are not kept: a shelf that is full is emptied.
const KEPT_OF_A_KIND: usize = 4096;

/// What administration sets, as it was read last: clients, APIs, client grants, connections, scripts, settings.
///
/// Every change of theirs raises the store's configuration version, and each request compares it before it
/// uses anything from here. So nothing is ever older than the request that reads it, whichever process made
/// the change; what changes after that is caught by the requirements of the commit.
#[derive(Default)]
pub struct ConfigurationCache {
    shelf: RwLock<Arc<Shelf>>,
}

impl ConfigurationCache {
    /// Opens the view of one request: one read, of the version.
    ///
    /// # Errors
    /// When the version cannot be read.
    pub async fn view<'a>(&self, store: &'a dyn Reads) -> StorageResult<View<'a>> {
        let version = store.configuration_version().await?;
        Ok(View { store, shelf: self.shelf_of(version) })
    }

    fn shelf_of(&self, version: i64) -> Arc<Shelf> {
        let known = self.shelf.read().unwrap_or_else(PoisonError::into_inner).clone();
        if known.version == Some(version) {
            return known;
        }
        let mut slot = self.shelf.write().unwrap_or_else(PoisonError::into_inner);
        // A request that read an older version comes late; what it needs is not put in the place of the newer.
        if slot.version.is_none_or(|known| known < version) {
            *slot = Arc::new(Shelf { version: Some(version), ..Shelf::default() });
        }
        match slot.version {
            Some(known) if known == version => slot.clone(),
            _ => Arc::new(Shelf { version: Some(version), ..Shelf::default() }),
        }
    }
}

impl std::fmt::Debug for ConfigurationCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConfigurationCache").finish_non_exhaustive()
    }
}

/// The records of one version. A record may be newer than the version, never older: it was read after it.
#[derive(Default)]
struct Shelf {
    version: Option<i64>,
    settings: OnceLock<Keyed<TenantSettings>>,
    connections: OnceLock<Vec<Connection>>,
    scripts: OnceLock<Arc<[Script]>>,
    clients: Kept<ClientId, Client>,
    resource_servers: Kept<Audience, ResourceServer>,
    client_grants: Kept<(ClientId, Audience, SubjectType), ClientGrant>,
}

struct Kept<K, V>(RwLock<HashMap<K, V>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    fn find<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, key: K, value: V) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_OF_A_KIND {
            kept.clear();
        }
        kept.insert(key, value);
    }
}

/// What one request reads: configuration from memory where it is still true, all else from the store.
///
/// What is not there is asked for again each time, so that nobody fills the memory with made-up names.
#[derive(Clone)]
pub struct View<'s> {
    store: &'s dyn Reads,
    shelf: Arc<Shelf>,
}

impl Clients for View<'_> {
    fn client<'a>(&'a self, id: &'a ClientId) -> BoxFuture<'a, StorageResult<Option<Client>>> {
        Box::pin(async move {
            if let Some(known) = self.shelf.clients.find(id) {
                return Ok(Some(known));
            }
            let found = self.store.client(id).await?;
            if let Some(client) = &found {
                self.shelf.clients.keep(id.clone(), client.clone());
            }
            Ok(found)
        })
    }
}

impl ResourceServers for View<'_> {
    fn resource_server<'a>(
        &'a self,
        audience: &'a Audience,
    ) -> BoxFuture<'a, StorageResult<Option<ResourceServer>>> {
        Box::pin(async move {
            if let Some(known) = self.shelf.resource_servers.find(audience) {
                return Ok(Some(known));
            }
            let found = self.store.resource_server(audience).await?;
            if let Some(api) = &found {
                self.shelf.resource_servers.keep(audience.clone(), api.clone());
            }
            Ok(found)
        })
    }
}

impl ClientGrants for View<'_> {
    fn client_grant<'a>(
        &'a self,
        client: &'a ClientId,
        audience: &'a Audience,
        subject: SubjectType,
    ) -> BoxFuture<'a, StorageResult<Option<ClientGrant>>> {
        Box::pin(async move {
            let key = (client.clone(), audience.clone(), subject);
            if let Some(known) = self.shelf.client_grants.find(&key) {
                return Ok(Some(known));
            }
            let found = self.store.client_grant(client, audience, subject).await?;
            if let Some(grant) = &found {
                self.shelf.client_grants.keep(key, grant.clone());
            }
            Ok(found)
        })
    }
}

impl Connections for View<'_> {
    fn connection<'a>(&'a self, id: &'a ConnectionId) -> BoxFuture<'a, StorageResult<Option<Connection>>> {
        Box::pin(async move {
            let all = self.connections().await?;
            Ok(all.into_iter().find(|connection| connection.id == *id))
        })
    }

    fn connections<'a>(&'a self) -> BoxFuture<'a, StorageResult<Vec<Connection>>> {
        Box::pin(async move {
            if let Some(known) = self.shelf.connections.get() {
                return Ok(known.clone());
            }
            let all = self.store.connections().await?;
            Ok(self.shelf.connections.get_or_init(|| all).clone())
        })
    }
}

impl Scripts for View<'_> {
    fn scripts<'a>(&'a self) -> BoxFuture<'a, StorageResult<Arc<[Script]>>> {
        Box::pin(async move {
            if let Some(known) = self.shelf.scripts.get() {
                return Ok(known.clone());
            }
            let all = self.store.scripts().await?;
            Ok(self.shelf.scripts.get_or_init(|| all).clone())
        })
    }
}

impl Settings for View<'_> {
    fn settings<'a>(&'a self) -> BoxFuture<'a, StorageResult<Keyed<TenantSettings>>> {
        Box::pin(async move {
            if let Some(known) = self.shelf.settings.get() {
                return Ok(known.clone());
            }
            let read = self.store.settings().await?;
            Ok(self.shelf.settings.get_or_init(|| read).clone())
        })
    }

    fn configuration_version<'a>(&'a self) -> BoxFuture<'a, StorageResult<i64>> {
        self.store.configuration_version()
    }
}

/// Reads that go to the store as they are.
macro_rules! pass {
    ($($trait:ident { $(fn $method:ident($($arg:ident: $ty:ty),*) -> $out:ty;)* })*) => {$(
        impl $trait for View<'_> {
            $(fn $method<'a>(&'a self, $($arg: $ty),*) -> BoxFuture<'a, StorageResult<$out>> {
                self.store.$method($($arg),*)
            })*
        }
    )*};
}

pass! {
    Users {
        fn user(id: &'a UserId) -> Option<User>;
        fn user_by_identifier(connection: &'a ConnectionId, identifier: &'a str) -> Option<User>;
        fn user_by_identity(connection: &'a ConnectionId, provider: &'a str, provider_user_id: &'a str) -> Option<User>;
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
    Authorizations {
        fn authorization(id: &'a AuthorizationId) -> Option<Authorization>;
    }
    RefreshTokens {
        fn refresh_token(handle: &'a HandleHash) -> Option<(RefreshToken, RefreshFamily)>;
        fn has_spent_successor(handle: &'a HandleHash) -> bool;
        fn refresh_family(id: &'a FamilyId) -> Option<RefreshFamily>;
    }
    AccessTokens {
        fn access_token(handle: &'a HandleHash) -> Option<AccessToken>;
    }
    Keys {
        fn signing_keys() -> Vec<SigningKey>;
    }
}
