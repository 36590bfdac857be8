use std::future::ready;
use std::sync::Arc;

use countersign_oauth::{
    Audience, AuthorizationId, BoxFuture, ClientId, ConnectionId, FamilyId, HandleHash, SessionId, UserId,
};
use countersign_storage::{
    AccessToken, AccessTokens, Authorization, Authorizations, Client, ClientGrant, ClientGrants, Clients,
    Connection, Connections, Consent, Consents, Identity, KeyState, Keyed, Keys, Listing, LogEvent,
    RefreshFamily, RefreshToken, RefreshTokens, ResourceServer, ResourceServers, Script, Scripts, Session,
    Sessions, Settings, SigningKey, SingleUse, SingleUseKind, SingleUses, StorageResult, SubjectType,
    TenantSettings, User, Users,
};

use crate::MemoryStorage;
use crate::state::State;

/// Implements reads: each method is an expression over the locked state.
macro_rules! reads {
    ($($trait:ident { $(fn $method:ident($($arg:ident: $ty:ty),*) -> $out:ty = $read:expr;)* })*) => {$(
        impl $trait for MemoryStorage {
            $(fn $method<'a>(&'a self, $($arg: $ty),*) -> BoxFuture<'a, StorageResult<$out>> {
                let read: fn(&State, $($ty),*) -> $out = $read;
                Box::pin(ready(Ok(read(&self.lock(), $($arg),*))))
            })*
        }
    )*};
}

reads! {
    Clients {
        fn client(id: &'a ClientId) -> Option<Client> = |state, id| state.clients.get(id).cloned();
    }
    ResourceServers {
        fn resource_server(audience: &'a Audience) -> Option<ResourceServer> = |state, audience| {
            state.resource_servers.iter().find(|api| api.identifier == *audience).cloned()
        };
    }
    ClientGrants {
        fn client_grant(client: &'a ClientId, audience: &'a Audience, subject: SubjectType)
            -> Option<ClientGrant> = |state, client, audience, subject| {
            let matches = |grant: &&ClientGrant| {
                grant.client_id == *client && grant.audience == *audience && grant.subject_type == subject
            };
            state.client_grants.iter().find(matches).cloned()
        };
    }
    Connections {
        fn connection(id: &'a ConnectionId) -> Option<Connection> = |state, id| {
            state.connections.iter().find(|connection| connection.id == *id).cloned()
        };
        fn connections() -> Vec<Connection> = |state| state.connections.clone();
    }
    Users {
        fn user(id: &'a UserId) -> Option<User> = |state, id| state.users.get(id).cloned();
        fn user_by_identifier(connection: &'a ConnectionId, identifier: &'a str) -> Option<User> =
            |state, connection, identifier| {
                let matches = |user: &&User| {
                    user.connection_id == *connection && user.identifiers().any(|own| own == identifier)
                };
                state.users.values().find(matches).cloned()
            };
        fn user_by_identity(connection: &'a ConnectionId, provider: &'a str, provider_user_id: &'a str)
            -> Option<User> = |state, connection, provider, provider_user_id| {
            let matches = |identity: &Identity| {
                identity.connection_id == *connection
                    && identity.provider == provider
                    && identity.provider_user_id == provider_user_id
            };
            state.users.values().find(|user| user.identities.iter().any(matches)).cloned()
        };
    }
    Scripts {
        fn scripts() -> Arc<[Script]> = |state| state.scripts.as_slice().into();
    }
    Sessions {
        fn session_by_handle(handle: &'a HandleHash) -> Option<Session> = |state, handle| {
            state.sessions.values().find(|session| session.handle == *handle).cloned()
        };
        fn session(id: &'a SessionId) -> Option<Session> = |state, id| state.sessions.get(id).cloned();
        fn session_clients(id: &'a SessionId) -> Vec<ClientId> = |state, id| {
            let joined = state.session_clients.iter().filter(|((session, _), _)| session == id);
            let mut joined: Vec<_> = joined.map(|((_, client), at)| (*at, client.clone())).collect();
            joined.sort();
            joined.into_iter().map(|(_, client)| client).collect()
        };
    }
    Consents {
        fn consent(user: &'a UserId, client: &'a ClientId, audience: &'a Audience) -> Option<Consent> =
            |state, user, client, audience| {
                let matches = |consent: &&Consent| {
                    consent.user_id == *user
                        && consent.client_id == *client
                        && consent.audience == *audience
                        && consent.organization_id.is_none()
                };
                state.consents.values().find(matches).cloned()
            };
    }
    SingleUses {
        fn single_use(kind: SingleUseKind, handle: &'a HandleHash) -> Option<SingleUse> =
            |state, kind, handle| state.single_uses.get(&(kind, *handle)).cloned();
    }
    Authorizations {
        fn authorization(id: &'a AuthorizationId) -> Option<Authorization> =
            |state, id| state.authorizations.get(id).cloned();
    }
    RefreshTokens {
        fn refresh_token(handle: &'a HandleHash) -> Option<(RefreshToken, RefreshFamily)> = |state, handle| {
            let token = state.refresh_tokens.get(handle)?;
            Some((token.clone(), state.families.get(&token.family_id)?.clone()))
        };
        fn has_spent_successor(handle: &'a HandleHash) -> bool = State::has_spent_successor;
        fn refresh_family(id: &'a FamilyId) -> Option<RefreshFamily> =
            |state, id| state.families.get(id).cloned();
    }
    AccessTokens {
        fn access_token(handle: &'a HandleHash) -> Option<AccessToken> =
            |state, handle| state.access_token(handle);
    }
    Keys {
        fn signing_keys() -> Vec<SigningKey> = |state| {
            let published = state.signing_keys.iter().filter(|key| key.state != KeyState::Revoked);
            let mut keys: Vec<_> = published.cloned().collect();
            keys.sort_by(|one, other| (one.created_at, &one.kid).cmp(&(other.created_at, &other.kid)));
            keys
        };
    }
    Settings {
        fn settings() -> Keyed<TenantSettings> = |state| {
            let unset = || Keyed { record: TenantSettings::default(), version: 0 };
            state.settings.clone().unwrap_or_else(unset)
        };
        fn configuration_version() -> i64 = |state| state.configuration_version;
    }
    Listing {
        fn clients() -> Vec<Client> = |state| {
            let mut clients: Vec<_> = state.clients.values().cloned().collect();
            clients.sort_by_key(|client| client.created_at);
            clients
        };
        fn resource_servers() -> Vec<ResourceServer> = |state| state.resource_servers.clone();
        fn client_grants() -> Vec<ClientGrant> = |state| state.client_grants.clone();
        fn users(limit: u32) -> Vec<User> = |state, limit| {
            let mut users: Vec<_> = state.users.values().cloned().collect();
            users.sort_by_key(|user| user.created_at);
            users.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            users
        };
        fn log_events(limit: u32) -> Vec<LogEvent> = |state, limit| {
            state.log.iter().rev().take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect()
        };
        fn families_of_user(user: &'a UserId) -> Vec<RefreshFamily> = |state, user| {
            let own = state.families.values().filter(|family| family.user_id == *user);
            let mut families: Vec<_> = own.cloned().collect();
            families.sort_by_key(|family| family.created_at);
            families
        };
        fn sessions_of_user(user: &'a UserId) -> Vec<Session> = |state, user| {
            let own = state.sessions.values().filter(|session| session.user_id == *user);
            let mut sessions: Vec<_> = own.cloned().collect();
            sessions.sort_by_key(|session| session.created_at);
            sessions
        };
    }
}
