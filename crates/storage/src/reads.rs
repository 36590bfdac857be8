use std::sync::Arc;

use countersign_oauth::{
    Audience, AuthorizationId, BoxFuture, ClientId, ConnectionId, FamilyId, HandleHash, SessionId, UserId,
};

use crate::{
    AccessToken, Authorization, Client, ClientGrant, Connection, Consent, Keyed, RefreshFamily, RefreshToken,
    ResourceServer, Script, Session, SigningKey, SingleUse, SingleUseKind, StorageResult, SubjectType,
    TenantSettings, User,
};

macro_rules! reads {
    ($($(#[$doc:meta])* $trait:ident { $($(#[$mdoc:meta])* fn $method:ident($($arg:ident: $ty:ty),*) -> $out:ty;)* })*) => {$(
        $(#[$doc])*
        pub trait $trait: Send + Sync {
            $($(#[$mdoc])* fn $method<'a>(&'a self, $($arg: $ty),*) -> BoxFuture<'a, StorageResult<$out>>;)*
        }
    )*};
}

reads! {
    /// Applications.
    Clients {
        /// The client of that id; ids are case-sensitive.
        fn client(id: &'a ClientId) -> Option<Client>;
    }
    /// APIs.
    ResourceServers {
        /// The API of that identifier, compared byte by byte.
        fn resource_server(audience: &'a Audience) -> Option<ResourceServer>;
    }
    /// Which client may reach which API.
    ClientGrants {
        /// The grant of (client, API, kind of subject).
        fn client_grant(client: &'a ClientId, audience: &'a Audience, subject: SubjectType) -> Option<ClientGrant>;
    }
    /// Where users come from.
    Connections {
        /// The connection of that id.
        fn connection(id: &'a ConnectionId) -> Option<Connection>;
        /// All connections, the oldest first.
        fn connections() -> Vec<Connection>;
    }
    /// Accounts.
    Users {
        /// The user of that id.
        fn user(id: &'a UserId) -> Option<User>;
        /// The user of a database connection whose normalised e-mail or username is `identifier`.
        fn user_by_identifier(connection: &'a ConnectionId, identifier: &'a str) -> Option<User>;
        /// The user who has that account at that connection.
        fn user_by_identity(connection: &'a ConnectionId, provider: &'a str, provider_user_id: &'a str)
            -> Option<User>;
    }
    /// Browser sessions.
    Sessions {
        /// The session whose cookie has that hash, ended or not; expiry is the caller's business.
        fn session_by_handle(handle: &'a HandleHash) -> Option<Session>;
        /// The session of that `sid`.
        fn session(id: &'a SessionId) -> Option<Session>;
        /// Who took part in a session.
        fn session_clients(id: &'a SessionId) -> Vec<ClientId>;
    }
    /// Consents.
    Consents {
        /// The consent of (user, client, audience) outside any organization; the audience is empty for
        /// OpenID scopes alone.
        fn consent(user: &'a UserId, client: &'a ClientId, audience: &'a Audience) -> Option<Consent>;
    }
    /// Codes and other one-time artefacts.
    SingleUses {
        /// The artefact of that kind and handle, spent or not; another kind never finds it, nor does its
        /// second handle (rule G3).
        fn single_use(kind: SingleUseKind, handle: &'a HandleHash) -> Option<SingleUse>;
    }
    /// Completed authorization requests.
    Authorizations {
        /// The authorization of that id.
        fn authorization(id: &'a AuthorizationId) -> Option<Authorization>;
    }
    /// Refresh tokens and their families.
    RefreshTokens {
        /// The token of that handle with its family, spent or not.
        fn refresh_token(handle: &'a HandleHash) -> Option<(RefreshToken, RefreshFamily)>;
        /// Whether one of a token's successors has been spent.
        fn has_spent_successor(handle: &'a HandleHash) -> bool;
        /// The family of that id.
        fn refresh_family(id: &'a FamilyId) -> Option<RefreshFamily>;
    }
    /// Access tokens that our own endpoints look up.
    AccessTokens {
        /// The access token of that handle: opaque ones with their claims, JWTs for denial alone. Of several
        /// rows a denied one comes first.
        fn access_token(handle: &'a HandleHash) -> Option<AccessToken>;
    }
    /// Signing keys.
    Keys {
        /// All keys that are not revoked, the oldest first.
        fn signing_keys() -> Vec<SigningKey>;
    }
    /// The tenant's own code.
    Scripts {
        /// All scripts, the oldest first.
        fn scripts() -> Arc<[Script]>;
    }
    /// The tenant's settings.
    Settings {
        /// The settings, with the version that an update names.
        fn settings() -> Keyed<TenantSettings>;
        /// A counter that every change of clients, APIs, grants, connections, scripts, settings or keys raises:
        /// what a cache compares.
        fn configuration_version() -> i64;
    }
    /// Lists for administration.
    Listing {
        /// All clients, the oldest first.
        fn clients() -> Vec<Client>;
        /// All APIs, the oldest first.
        fn resource_servers() -> Vec<ResourceServer>;
        /// All client grants, the oldest first.
        fn client_grants() -> Vec<ClientGrant>;
        /// All users, the oldest first, at most `limit`.
        fn users(limit: u32) -> Vec<User>;
        /// The log, the newest first, at most `limit`.
        fn log_events(limit: u32) -> Vec<crate::LogEvent>;
        /// All refresh families of a user, ended or not.
        fn families_of_user(user: &'a UserId) -> Vec<RefreshFamily>;
        /// All sessions of a user, ended or not.
        fn sessions_of_user(user: &'a UserId) -> Vec<Session>;
    }
}

/// All reads of the protocol paths.
pub trait Reads:
    Clients
    + ResourceServers
    + ClientGrants
    + Connections
    + Users
    + Sessions
    + Consents
    + SingleUses
    + Authorizations
    + RefreshTokens
    + AccessTokens
    + Keys
    + Scripts
    + Settings
{
}

impl<T> Reads for T where
    T: Clients
        + ResourceServers
        + ClientGrants
        + Connections
        + Users
        + Sessions
        + Consents
        + SingleUses
        + Authorizations
        + RefreshTokens
        + AccessTokens
        + Keys
        + Scripts
        + Settings
{
}
