//! The read traits: each method is an expression over a snapshot.

use std::sync::Arc;

use countersign_oauth::{
    Audience, AuthorizationId, BoxFuture, ClientId, ConnectionId, FamilyId, HandleHash, SessionId, Timestamp,
    UserId,
};
use countersign_storage::{
    AccessToken, AccessTokens, Authorization, Authorizations, Client, ClientGrant, ClientGrants, Clients,
    Connection, Connections, Consent, Consents, KeyState, Keyed, Keys, Listing, LogEvent, RefreshFamily,
    RefreshToken, RefreshTokens, ResourceServer, ResourceServers, Script, Scripts, Session, Sessions,
    Settings, SigningKey, SingleUse, SingleUseKind, SingleUses, StorageResult, SubjectType, TenantSettings,
    User, Users,
};

use crate::RedbStorage;
use crate::documents::{Find as _, Number, Snapshot, join};
use crate::records::{Logged, Participation, StoredSettings, single_use_id, triple};
use crate::refresh::has_spent_successor;

macro_rules! reads {
    ($($trait:ident { $(fn $method:ident($($arg:ident: $ty:ty),*) -> $out:ty = $read:expr;)* })*) => {$(
        impl $trait for RedbStorage {
            $(fn $method<'a>(&'a self, $($arg: $ty),*) -> BoxFuture<'a, StorageResult<$out>> {
                let read: fn(&Snapshot, $($ty),*) -> StorageResult<$out> = $read;
                Box::pin(async move { self.read(|stored| read(stored, $($arg),*)) })
            })*
        }
    )*};
}

// docs:begin reads
reads! {
    Clients {
        fn client(id: &'a ClientId) -> Option<Client> = |stored, id| stored.get(id.as_str().as_bytes());
    }
    ResourceServers {
        fn resource_server(audience: &'a Audience) -> Option<ResourceServer> =
            |stored, audience| stored.find_one("identifier", &join(&[audience.as_str()]));
    }
    // docs:end reads
    ClientGrants {
        fn client_grant(client: &'a ClientId, audience: &'a Audience, subject: SubjectType)
            -> Option<ClientGrant> = |stored, client, audience, subject| {
            stored.find_one("triple", &triple(client, audience, subject))
        };
    }
    Connections {
        fn connection(id: &'a ConnectionId) -> Option<Connection> =
            |stored, id| stored.get(id.as_str().as_bytes());
        fn connections() -> Vec<Connection> = |stored| stored.all();
    }
    Users {
        fn user(id: &'a UserId) -> Option<User> = |stored, id| stored.get(id.as_str().as_bytes());
        fn user_by_identifier(connection: &'a ConnectionId, identifier: &'a str) -> Option<User> =
            |stored, connection, identifier| {
                stored.find_one("identifier", &join(&[connection.as_str(), identifier]))
            };
        fn user_by_identity(connection: &'a ConnectionId, provider: &'a str, provider_user_id: &'a str)
            -> Option<User> = |stored, connection, provider, provider_user_id| {
            stored.find_one("identity", &join(&[connection.as_str(), provider, provider_user_id]))
        };
    }
    Scripts {
        fn scripts() -> Arc<[Script]> = |stored| Ok(stored.all()?.into());
    }
    Sessions {
        fn session_by_handle(handle: &'a HandleHash) -> Option<Session> =
            |stored, handle| stored.find_one("handle", handle.as_bytes());
        fn session(id: &'a SessionId) -> Option<Session> = |stored, id| stored.get(id.as_str().as_bytes());
        fn session_clients(id: &'a SessionId) -> Vec<ClientId> = |stored, id| {
            let mut joined: Vec<Participation> = stored.find("session", &join(&[id.as_str()]))?;
            joined.sort_by(|one, other| (one.at, &one.client).cmp(&(other.at, &other.client)));
            Ok(joined.into_iter().map(|participation| participation.client).collect())
        };
    }
    Consents {
        fn consent(user: &'a UserId, client: &'a ClientId, audience: &'a Audience) -> Option<Consent> =
            |stored, user, client, audience| {
                stored.find_one("whole", &join(&[user.as_str(), client.as_str(), audience.as_str()]))
            };
    }
    SingleUses {
        fn single_use(kind: SingleUseKind, handle: &'a HandleHash) -> Option<SingleUse> =
            |stored, kind, handle| stored.get(&single_use_id(kind, handle));
    }
    Authorizations {
        fn authorization(id: &'a AuthorizationId) -> Option<Authorization> =
            |stored, id| stored.get(id.as_str().as_bytes());
    }
    RefreshTokens {
        fn refresh_token(handle: &'a HandleHash) -> Option<(RefreshToken, RefreshFamily)> =
            |stored, handle| {
                let Some(token) = stored.get::<RefreshToken>(handle.as_bytes())? else { return Ok(None) };
                let family = stored.get(token.family_id.as_str().as_bytes())?;
                Ok(family.map(|family| (token, family)))
            };
        fn has_spent_successor(handle: &'a HandleHash) -> bool = has_spent_successor;
        fn refresh_family(id: &'a FamilyId) -> Option<RefreshFamily> =
            |stored, id| stored.get(id.as_str().as_bytes());
    }
    AccessTokens {
        fn access_token(handle: &'a HandleHash) -> Option<AccessToken> = |stored, handle| {
            // A denied one first, where several authorizations minted the same bytes.
            let mut rows: Vec<AccessToken> = stored.find("handle", handle.as_bytes())?;
            rows.sort_by_key(|row| row.denied_at.is_none());
            Ok(rows.into_iter().next())
        };
    }
    Keys {
        fn signing_keys() -> Vec<SigningKey> = |stored| {
            let mut keys: Vec<SigningKey> = stored.all()?;
            keys.retain(|key| key.state != KeyState::Revoked);
            keys.sort_by(|one, other| (one.created_at, &one.kid).cmp(&(other.created_at, &other.kid)));
            Ok(keys)
        };
    }
    Settings {
        fn settings() -> Keyed<TenantSettings> = |stored| {
            let unset = || Keyed { record: TenantSettings::default(), version: 0 };
            Ok(stored.get::<StoredSettings>(&[])?.map_or_else(unset, Keyed::from))
        };
        fn configuration_version() -> i64 = |stored| stored.number(Number::Configuration);
    }
    Listing {
        fn clients() -> Vec<Client> = |stored| {
            let mut clients: Vec<Client> = stored.all()?;
            clients.sort_by_key(|client| client.created_at);
            Ok(clients)
        };
        fn resource_servers() -> Vec<ResourceServer> = |stored| stored.all();
        fn client_grants() -> Vec<ClientGrant> = |stored| stored.all();
        fn users(limit: u32) -> Vec<User> =
            |stored, limit| stored.earliest("created", Timestamp::from_millis(i64::MAX), rows(limit));
        fn log_events(limit: u32) -> Vec<LogEvent> = |stored, limit| {
            let logged: Vec<Logged> = stored.last(rows(limit))?;
            Ok(logged.into_iter().map(|logged| logged.event).collect())
        };
        fn families_of_user(user: &'a UserId) -> Vec<RefreshFamily> = |stored, user| {
            let mut families: Vec<RefreshFamily> = stored.find("user", &join(&[user.as_str()]))?;
            families.sort_by_key(|family| family.created_at);
            Ok(families)
        };
        fn sessions_of_user(user: &'a UserId) -> Vec<Session> = |stored, user| {
            let mut sessions: Vec<Session> = stored.find("user", &join(&[user.as_str()]))?;
            sessions.sort_by_key(|session| session.created_at);
            Ok(sessions)
        };
    }
}

fn rows(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
