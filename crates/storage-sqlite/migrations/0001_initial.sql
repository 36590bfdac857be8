-- Times are milliseconds since 1970 in UTC, handles are SHA-256. Ids compare byte by byte (BINARY).
-- A sealed column has the id of its data key beside it. A body is JSON and holds what no query asks for.
-- There are no foreign keys: what goes with what is said in Change's documentation and held by the
-- contract suite, and an ended row outlives what it points to until the sweep.

-- configuration_version: raised by every change of configuration, compared by caches.
-- epoch_floor: highest version of any deleted record; one made anew starts above.
-- clock_high_water: the latest time that a commit named.
CREATE TABLE counters (
    name TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES ('configuration_version', 0), ('epoch_floor', 0), ('clock_high_water', 0);

CREATE TABLE settings (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    body TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY NOT NULL,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    private_key BLOB NOT NULL,
    private_key_sealed_by TEXT NOT NULL,
    certificate BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    state_since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX signing_keys_by_place ON signing_keys (algorithm, state) WHERE state IN ('current', 'next');

CREATE TABLE clients (
    id TEXT PRIMARY KEY NOT NULL,
    secret BLOB,
    secret_sealed_by TEXT,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    epoch INTEGER NOT NULL
) STRICT;

-- seq keeps the order of making.
CREATE TABLE resource_servers (
    seq INTEGER PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE,
    identifier TEXT NOT NULL UNIQUE,
    signing_secret BLOB,
    signing_secret_sealed_by TEXT,
    body TEXT NOT NULL,
    version INTEGER NOT NULL,
    epoch INTEGER NOT NULL
) STRICT;

CREATE TABLE client_grants (
    seq INTEGER PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE,
    client_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    subject_type TEXT NOT NULL,
    scope TEXT NOT NULL,
    allow_all_scopes INTEGER NOT NULL,
    body TEXT NOT NULL,
    version INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    UNIQUE (client_id, audience, subject_type)
) STRICT;

CREATE TABLE connections (
    seq INTEGER PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    strategy TEXT NOT NULL,
    body TEXT NOT NULL,
    version INTEGER NOT NULL,
    epoch INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    connection_id TEXT NOT NULL,
    email TEXT,
    email_verified INTEGER NOT NULL,
    username TEXT,
    password TEXT,
    body TEXT NOT NULL,
    blocked INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    password_changed_at INTEGER,
    last_login INTEGER,
    last_ip TEXT,
    logins_count INTEGER NOT NULL,
    version INTEGER NOT NULL,
    epoch INTEGER NOT NULL
) STRICT;
CREATE INDEX users_by_age ON users (created_at, id);

-- E-mail addresses and usernames of a connection: one namespace.
CREATE TABLE user_identifiers (
    connection_id TEXT NOT NULL,
    identifier TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (connection_id, identifier)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_identifiers_by_user ON user_identifiers (user_id);

CREATE TABLE identities (
    connection_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    provider_user_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (connection_id, provider, provider_user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_user ON identities (user_id, place);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL,
    handle BLOB NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    organization_id TEXT,
    issuer TEXT NOT NULL,
    auth_time INTEGER NOT NULL,
    amr TEXT NOT NULL,
    acr TEXT,
    created_at INTEGER NOT NULL,
    idle_lifetime INTEGER NOT NULL,
    idle_expires_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    persistent INTEGER NOT NULL,
    user_agent TEXT NOT NULL,
    ip TEXT NOT NULL,
    ended_at INTEGER,
    epoch INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_idle_end ON sessions (idle_expires_at);
CREATE INDEX sessions_by_absolute_end ON sessions (expires_at);
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;

-- Who took part in a session: whom a back-channel logout tells.
CREATE TABLE session_clients (
    session_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (session_id, client_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE consents (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    organization_id TEXT,
    scope TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX consents_by_place
    ON consents (user_id, client_id, audience, COALESCE(organization_id, ''));

-- Codes, pushed requests, device flows: kind is part of the key.
CREATE TABLE single_uses (
    kind TEXT NOT NULL,
    handle BLOB NOT NULL,
    second_handle BLOB,
    client_id TEXT NOT NULL,
    user_id TEXT,
    session_id TEXT,
    authorization_id TEXT,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    redeemed_at INTEGER,
    payload TEXT NOT NULL,
    PRIMARY KEY (kind, handle)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX single_uses_by_second_handle
    ON single_uses (kind, second_handle) WHERE second_handle IS NOT NULL;
CREATE INDEX single_uses_by_authorization
    ON single_uses (authorization_id) WHERE authorization_id IS NOT NULL;
CREATE INDEX single_uses_by_end ON single_uses (expires_at);

-- One per completed authorization request: codes, access tokens and refresh families hang from it.
CREATE TABLE authorizations (
    id TEXT PRIMARY KEY NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT,
    audience TEXT,
    scope TEXT NOT NULL,
    organization_id TEXT,
    issuer TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    epoch INTEGER NOT NULL
) STRICT;
CREATE INDEX authorizations_by_user ON authorizations (user_id);

-- authorization_id is empty for a token without one: it is part of the key.
CREATE TABLE access_tokens (
    handle BLOB NOT NULL,
    authorization_id TEXT NOT NULL,
    claims TEXT,
    expires_at INTEGER NOT NULL,
    denied_at INTEGER,
    PRIMARY KEY (handle, authorization_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_tokens_by_authorization ON access_tokens (authorization_id);
CREATE INDEX access_tokens_by_end ON access_tokens (expires_at);

CREATE TABLE refresh_families (
    id TEXT PRIMARY KEY NOT NULL,
    authorization_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT,
    audience TEXT,
    scope TEXT NOT NULL,
    organization_id TEXT,
    issuer TEXT NOT NULL,
    jkt TEXT,
    rotating INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    ended_at INTEGER
) STRICT;
CREATE INDEX refresh_families_by_user ON refresh_families (user_id, client_id);
CREATE INDEX refresh_families_by_authorization ON refresh_families (authorization_id);
CREATE INDEX refresh_families_by_absolute_end
    ON refresh_families (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX refresh_families_by_end ON refresh_families (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE refresh_tokens (
    handle BLOB PRIMARY KEY NOT NULL,
    family_id TEXT NOT NULL,
    generation INTEGER NOT NULL,
    parent BLOB,
    created_at INTEGER NOT NULL,
    idle_expires_at INTEGER,
    spent_at INTEGER,
    successors INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_by_parent ON refresh_tokens (parent) WHERE parent IS NOT NULL;
CREATE INDEX refresh_tokens_by_idle_end
    ON refresh_tokens (idle_expires_at) WHERE idle_expires_at IS NOT NULL;

-- jti values and other one-time marks; a space never finds another's.
CREATE TABLE marks (
    space TEXT NOT NULL,
    mark BLOB NOT NULL,
    kept_until INTEGER NOT NULL,
    PRIMARY KEY (space, mark)
) STRICT, WITHOUT ROWID;
CREATE INDEX marks_by_end ON marks (kept_until);

CREATE TABLE attempts (
    purpose TEXT NOT NULL,
    subject BLOB NOT NULL,
    count INTEGER NOT NULL,
    kept_until INTEGER NOT NULL,
    PRIMARY KEY (purpose, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_by_end ON attempts (kept_until);

CREATE TABLE log_events (
    seq INTEGER PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    rule TEXT,
    description TEXT NOT NULL,
    client_id TEXT,
    user_id TEXT,
    ip TEXT NOT NULL,
    request_id TEXT NOT NULL
) STRICT;

-- What must happen outside after a commit: mail, back-channel logout, webhooks.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY NOT NULL,
    topic TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_by_due ON outbox (due_at);
