use countersign_jose::{Algorithm, Thumbprint};
use countersign_oauth::{
    Audience, AuthorizationId, ClientGrantId, ClientId, ConnectionId, ConsentId, FamilyId, HandleHash, KeyId,
    ResourceServerId, ScriptId, SessionId, Timestamp, UserId,
};

use crate::{
    AccessToken, Authorization, Client, ClientGrant, Connection, Consent, KeyState, LogEvent, PasswordHash,
    RefreshFamily, RefreshToken, Requirement, ResourceServer, Script, Session, SigningKey, SingleUse,
    SingleUseKind, TenantSettings, UpstreamUpdate, User,
};

/// When a refresh token may be exchanged; checked inside the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeRule {
    /// It has not been spent.
    Unspent,
    /// It was spent at or after `since`, none of its successors has been spent, and it has fewer than
    /// `max_successors`.
    WithinLeeway {
        /// Now less the leeway.
        since: Timestamp,
        /// The cap on successors.
        max_successors: u32,
    },
}

/// Insert, or replace the row that has `expected_version`; without such a row it fails with `Version`.
///
/// A record made anew under the id of a deleted one starts above the version and epoch that it had, so that
/// nothing seen of the old one holds for the new.
#[derive(Debug, Clone)]
pub struct Upsert<T> {
    /// The row as it shall be. Its `version` and `epoch` are set by the store: see [`Change`].
    pub record: T,
    /// `None` inserts and fails with `Exists` when the key is taken.
    pub expected_version: Option<i64>,
    /// Raise the security epoch: something was narrowed, disabled, or its keys changed.
    pub raise_epoch: bool,
}

/// One write. Every one is conditional or commutative.
#[derive(Debug, Clone)]
pub enum Change {
    /// Adds a one-time artefact; `Exists` when the handle is taken.
    InsertSingleUse(SingleUse),
    /// Spends one: unspent and unexpired at `now`, or `Spent`.
    SpendSingleUse {
        /// Its kind.
        kind: SingleUseKind,
        /// Its handle.
        handle: HandleHash,
        /// The time of the request.
        now: Timestamp,
    },
    /// Counts a failed attempt on an unspent, unexpired one-time artefact, or `Spent`; spends it when the
    /// count reaches `limit`.
    CountSingleUseAttempt {
        /// Its kind.
        kind: SingleUseKind,
        /// Its handle.
        handle: HandleHash,
        /// The time of the request.
        now: Timestamp,
        /// The count that kills it.
        limit: u32,
    },
    /// Sets a one-time mark, or `Exists`.
    SetMark {
        /// What kind of mark.
        space: String,
        /// Which.
        mark: HandleHash,
        /// When the sweep may take it.
        until: Timestamp,
    },
    /// Adds an authorization.
    InsertAuthorization(Authorization),
    /// Ends an authorization, once: its refresh families end; with `deny_access_tokens` its access tokens
    /// are denied at our own endpoints. Its code is left as it is.
    EndAuthorization {
        /// Which.
        id: AuthorizationId,
        /// When.
        at: Timestamp,
        /// Whether its access tokens are denied.
        deny_access_tokens: bool,
    },
    /// Adds an access token's row, once per (token, authorization): two authorizations may mint the same
    /// bytes within one second, and each has a row of its own. A row that is there stays as it is.
    InsertAccessToken(AccessToken),
    /// Denies one access token at our own endpoints, in every row it has; adds one when there is none.
    DenyAccessToken {
        /// Which.
        handle: HandleHash,
        /// Its end, for a row that is added.
        expires_at: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// Adds a family.
    InsertFamily(RefreshFamily),
    /// Adds a refresh token to a family that has not ended, or `FamilyEnded`.
    InsertRefreshToken(RefreshToken),
    /// Spends a refresh token for a successor by `rule`, or `Spent`; `FamilyEnded` when its family has.
    ///
    /// The first exchange sets `spent_at`; every one adds a successor.
    ExchangeRefreshToken {
        /// Which.
        handle: HandleHash,
        /// The time of the request.
        now: Timestamp,
        /// The condition.
        rule: ExchangeRule,
    },
    /// A non-rotating exchange: the family must be alive, or `FamilyEnded`; sets last use, and the idle
    /// end when it is given. Of two touches the one with the later `now` counts.
    TouchRefreshToken {
        /// Which.
        handle: HandleHash,
        /// The time of the request.
        now: Timestamp,
        /// The new idle end.
        idle_expires_at: Option<Timestamp>,
    },
    /// Moves a living family to narrower terms, or `FamilyEnded`: it may begin to rotate, come to an absolute
    /// end earlier than the one it has, and be bound to a key; none of it is ever taken back. `Version` when
    /// it is bound to another key.
    AmendFamily {
        /// Which.
        id: FamilyId,
        /// Whether its tokens rotate from now on; `false` leaves it as it is.
        rotating: bool,
        /// The absolute end, if it shall have one.
        expires_at: Option<Timestamp>,
        /// The key, if it shall be bound to one.
        jkt: Option<Thumbprint>,
    },
    /// Ends one family.
    EndFamily {
        /// Which.
        id: FamilyId,
        /// When.
        at: Timestamp,
    },
    /// Ends all families of (user, client, audience).
    EndFamilies {
        /// Whose.
        user: UserId,
        /// Of which client; `None` for all.
        client: Option<ClientId>,
        /// For which API; `None` for all, an empty one for the families without an API.
        audience: Option<Audience>,
        /// When.
        at: Timestamp,
    },
    /// Ends the families of (user, client, audience) that do not rotate.
    EndNonRotatingFamilies {
        /// Whose.
        user: UserId,
        /// Of which client.
        client: ClientId,
        /// For which API; `None` for the families without an API.
        audience: Option<Audience>,
        /// When.
        at: Timestamp,
    },
    /// Ends the oldest families of (user, client) that are active at `at` beyond `keep`: those that have not
    /// ended or expired and have an unspent token whose idle end is not over. Of several such commits with an
    /// [`Change::InsertFamily`] each, none sees fewer families than the others have made.
    CapFamilies {
        /// Whose.
        user: UserId,
        /// Of which client.
        client: ClientId,
        /// How many stay.
        keep: u32,
        /// When.
        at: Timestamp,
    },
    /// Adds a session.
    InsertSession(Session),
    /// Moves a living session's idle end, if that is later; the absolute end, if that is earlier.
    TouchSession {
        /// Which.
        id: SessionId,
        /// The time of the request.
        now: Timestamp,
        /// The new idle end.
        idle_expires_at: Timestamp,
        /// The new absolute end, never later than the old.
        absolute_expires_at: Timestamp,
    },
    /// Notes that a client took part in a session that is there; the first note stays.
    JoinSession {
        /// Which session.
        id: SessionId,
        /// Which client.
        client: ClientId,
        /// When.
        at: Timestamp,
    },
    /// Ends a session, once, and raises its epoch.
    EndSession {
        /// Which.
        id: SessionId,
        /// When.
        at: Timestamp,
    },
    /// Ends all sessions of a user.
    EndSessionsOfUser {
        /// Whose.
        user: UserId,
        /// When.
        at: Timestamp,
    },
    /// Adds a consent or unites its scopes with the one that stands for (user, client, audience,
    /// organization), which keeps its id and epoch.
    GrantConsent(Consent),
    /// Deletes a consent and ends the authorizations and families of its (user, client, audience), so that
    /// a code that is still out is void too.
    DeleteConsent {
        /// Which.
        id: ConsentId,
        /// When.
        at: Timestamp,
    },
    /// Adds or updates a user; `Exists` when an identifier of the connection or an identity is taken.
    /// E-mail addresses and usernames are one namespace. An update leaves last login, its address and the
    /// count of logins as they are.
    UpsertUser(Upsert<User>),
    /// Deletes a user with identities and consents; ends sessions, families and authorizations, and denies
    /// their access tokens. The ended rows stay until the sweep, so that a refresh can say that the user is
    /// gone.
    DeleteUser {
        /// Which.
        id: UserId,
        /// When.
        at: Timestamp,
    },
    /// Sets a password hash if it is still `old`; else nothing. Raises no epoch.
    Rehash {
        /// Whose.
        user: UserId,
        /// The hash that was verified.
        old: PasswordHash,
        /// The hash to keep.
        new: PasswordHash,
    },
    /// Counts a login: last login, address, count plus one.
    CountLogin {
        /// Whose.
        user: UserId,
        /// When.
        at: Timestamp,
        /// From where.
        ip: String,
    },
    /// Merges members into the two metadata objects of a user who is there; `null` deletes one. Raises no epoch.
    PatchMetadata {
        /// Whose.
        user: UserId,
        /// Members of `user_metadata`.
        user_metadata: serde_json::Map<String, serde_json::Value>,
        /// Members of `app_metadata`.
        app_metadata: serde_json::Map<String, serde_json::Value>,
        /// When.
        at: Timestamp,
    },
    /// Takes over what a provider says of a user who is there. Raises no epoch.
    UpdateFromUpstream(UpstreamUpdate),
    /// Adds or updates a client.
    UpsertClient(Upsert<Client>),
    /// Deletes a client with its client grants and consents; spends its one-time artefacts, ends families and
    /// authorizations, and denies their access tokens.
    DeleteClient {
        /// Which.
        id: ClientId,
        /// When.
        at: Timestamp,
    },
    /// Adds or updates an API.
    UpsertResourceServer(Upsert<ResourceServer>),
    /// Deletes an API with its client grants and consents; ends the families for it.
    DeleteResourceServer {
        /// Which.
        id: ResourceServerId,
        /// When.
        at: Timestamp,
    },
    /// Adds or updates a client grant.
    UpsertClientGrant(Upsert<ClientGrant>),
    /// Deletes a client grant.
    DeleteClientGrant {
        /// Which.
        id: ClientGrantId,
    },
    /// Adds or updates a connection.
    UpsertConnection(Upsert<Connection>),
    /// Deletes a connection with its users.
    DeleteConnection {
        /// Which.
        id: ConnectionId,
        /// When.
        at: Timestamp,
    },
    /// Adds or updates a script; `Exists` when another of its kind has the name.
    UpsertScript(Upsert<Script>),
    /// Deletes a script.
    DeleteScript {
        /// Which.
        id: ScriptId,
    },
    /// Replaces the tenant's settings. Those that nobody has set have version 0.
    SetSettings(Upsert<TenantSettings>),
    /// Adds a signing key; `Exists` when the `kid` is taken, or when the state is `Current` or `Next` and
    /// the algorithm has a key of that state.
    InsertSigningKey(SigningKey),
    /// Moves a signing key to another state: `Exists` when another key of the algorithm is `Current` or
    /// `Next` already, `Version` when it is absent or was revoked, which is for ever.
    SetKeyState {
        /// Which.
        kid: KeyId,
        /// To which.
        state: KeyState,
        /// When.
        at: Timestamp,
    },
    /// Publishes the keys of an algorithm that were not published before.
    PublishSigningKeys {
        /// Which; one RSA key serves several and is stored as RS256.
        algorithm: Algorithm,
        /// When.
        at: Timestamp,
    },
    /// Adds a row to the log.
    Log(LogEvent),
}

/// All writes of a request and what must still be true: one value, applied whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// What must still be true, before any of the writes.
    pub requires: Vec<Requirement>,
    /// The writes, in order.
    pub writes: Vec<Change>,
}

impl Changes {
    /// Nothing to write, nothing required.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a write.
    #[must_use]
    pub fn with(mut self, change: Change) -> Self {
        self.writes.push(change);
        self
    }

    /// Adds a requirement.
    #[must_use]
    pub fn requiring(mut self, requirement: Requirement) -> Self {
        if !self.requires.contains(&requirement) {
            self.requires.push(requirement);
        }
        self
    }

    /// Adds all of `other`.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for requirement in other.requires {
            self = self.requiring(requirement);
        }
        self.writes.extend(other.writes);
        self
    }
}
