-- Times are milliseconds since 1970 in UTC, handles are SHA-256. Texts compare byte by byte (COLLATE "C"),
-- whatever the collation of the database is.
-- A sealed column has the id of its data key beside it. A body is JSON and holds what no query asks for.
-- There are no foreign keys: what goes with what is said in Change's documentation and held by the
-- contract suite, and an ended row outlives what it points to until the sweep.

-- Changes of configuration lock this table against all other commits; see src/commit/gate.rs.
-- configuration_version: raised by every change of configuration, compared by caches.
-- epoch_floor: highest version of any deleted record; one made anew starts above.
-- clock_high_water: the latest time that a commit named.
CREATE TABLE counters (
    name TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    value BIGINT NOT NULL
);
INSERT INTO counters VALUES ('configuration_version', 0), ('epoch_floor', 0), ('clock_high_water', 0);

CREATE TABLE settings (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    body TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE signing_keys (
    kid TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    algorithm TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    private_key BYTEA NOT NULL,
    private_key_sealed_by TEXT COLLATE "C" NOT NULL,
    certificate BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    state_since BIGINT NOT NULL,
    published_at BIGINT
);
CREATE UNIQUE INDEX signing_keys_by_place ON signing_keys (algorithm, state) WHERE state IN ('current', 'next');

CREATE TABLE clients (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    secret BYTEA,
    secret_sealed_by TEXT COLLATE "C",
    body TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    epoch BIGINT NOT NULL
);

-- seq keeps the order of making.
CREATE TABLE resource_servers (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    identifier TEXT COLLATE "C" NOT NULL UNIQUE,
    signing_secret BYTEA,
    signing_secret_sealed_by TEXT COLLATE "C",
    body TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    epoch BIGINT NOT NULL
);

CREATE TABLE client_grants (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    client_id TEXT COLLATE "C" NOT NULL,
    audience TEXT COLLATE "C" NOT NULL,
    subject_type TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    allow_all_scopes BOOLEAN NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    UNIQUE (client_id, audience, subject_type)
);

CREATE TABLE connections (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    strategy TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    epoch BIGINT NOT NULL
);

CREATE TABLE users (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C",
    email_verified BOOLEAN NOT NULL,
    username TEXT COLLATE "C",
    password TEXT COLLATE "C",
    body TEXT COLLATE "C" NOT NULL,
    blocked BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    password_changed_at BIGINT,
    last_login BIGINT,
    last_ip TEXT COLLATE "C",
    logins_count BIGINT NOT NULL,
    version BIGINT NOT NULL,
    epoch BIGINT NOT NULL
);
CREATE INDEX users_by_age ON users (created_at, id);

-- E-mail addresses and usernames of a connection: one namespace.
CREATE TABLE user_identifiers (
    connection_id TEXT COLLATE "C" NOT NULL,
    identifier TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (connection_id, identifier)
);
CREATE INDEX user_identifiers_by_user ON user_identifiers (user_id);

CREATE TABLE identities (
    connection_id TEXT COLLATE "C" NOT NULL,
    provider TEXT COLLATE "C" NOT NULL,
    provider_user_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    place BIGINT NOT NULL,
    PRIMARY KEY (connection_id, provider, provider_user_id)
);
CREATE INDEX identities_by_user ON identities (user_id, place);

CREATE TABLE sessions (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    handle BYTEA NOT NULL UNIQUE,
    user_id TEXT COLLATE "C" NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C",
    issuer TEXT COLLATE "C" NOT NULL,
    auth_time BIGINT NOT NULL,
    amr TEXT COLLATE "C" NOT NULL,
    acr TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    idle_lifetime BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    persistent BOOLEAN NOT NULL,
    user_agent TEXT COLLATE "C" NOT NULL,
    ip TEXT COLLATE "C" NOT NULL,
    ended_at BIGINT,
    epoch BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_idle_end ON sessions (idle_expires_at);
CREATE INDEX sessions_by_absolute_end ON sessions (expires_at);
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;

-- Who took part in a session: whom a back-channel logout tells.
CREATE TABLE session_clients (
    session_id TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (session_id, client_id)
);

CREATE TABLE consents (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    audience TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C",
    scope TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    epoch BIGINT NOT NULL
);
CREATE UNIQUE INDEX consents_by_place
    ON consents (user_id, client_id, audience, COALESCE(organization_id, ''));

-- Codes, pushed requests, device flows: kind is part of the key.
CREATE TABLE single_uses (
    kind TEXT COLLATE "C" NOT NULL,
    handle BYTEA NOT NULL,
    second_handle BYTEA,
    client_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C",
    session_id TEXT COLLATE "C",
    authorization_id TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT,
    payload TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (kind, handle)
);
CREATE UNIQUE INDEX single_uses_by_second_handle
    ON single_uses (kind, second_handle) WHERE second_handle IS NOT NULL;
CREATE INDEX single_uses_by_authorization
    ON single_uses (authorization_id) WHERE authorization_id IS NOT NULL;
CREATE INDEX single_uses_by_end ON single_uses (expires_at);

-- One per completed authorization request: codes, access tokens and refresh families hang from it.
CREATE TABLE authorizations (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    session_id TEXT COLLATE "C",
    audience TEXT COLLATE "C",
    scope TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C",
    issuer TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    epoch BIGINT NOT NULL
);
CREATE INDEX authorizations_by_user ON authorizations (user_id);

-- authorization_id is empty for a token without one: it is part of the key.
CREATE TABLE access_tokens (
    handle BYTEA NOT NULL,
    authorization_id TEXT COLLATE "C" NOT NULL,
    claims TEXT COLLATE "C",
    expires_at BIGINT NOT NULL,
    denied_at BIGINT,
    PRIMARY KEY (handle, authorization_id)
);
CREATE INDEX access_tokens_by_authorization ON access_tokens (authorization_id);
CREATE INDEX access_tokens_by_end ON access_tokens (expires_at);

CREATE TABLE refresh_families (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    authorization_id TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    session_id TEXT COLLATE "C",
    audience TEXT COLLATE "C",
    scope TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C",
    issuer TEXT COLLATE "C" NOT NULL,
    jkt TEXT COLLATE "C",
    rotating BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    ended_at BIGINT
);
CREATE INDEX refresh_families_by_user ON refresh_families (user_id, client_id);
CREATE INDEX refresh_families_by_authorization ON refresh_families (authorization_id);
CREATE INDEX refresh_families_by_absolute_end
    ON refresh_families (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX refresh_families_by_end ON refresh_families (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE refresh_tokens (
    handle BYTEA PRIMARY KEY NOT NULL,
    family_id TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    parent BYTEA,
    created_at BIGINT NOT NULL,
    idle_expires_at BIGINT,
    spent_at BIGINT,
    successors BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_by_parent ON refresh_tokens (parent) WHERE parent IS NOT NULL;
CREATE INDEX refresh_tokens_by_idle_end
    ON refresh_tokens (idle_expires_at) WHERE idle_expires_at IS NOT NULL;

-- jti values and other one-time marks; a space never finds another's.
CREATE TABLE marks (
    space TEXT COLLATE "C" NOT NULL,
    mark BYTEA NOT NULL,
    kept_until BIGINT NOT NULL,
    PRIMARY KEY (space, mark)
);
CREATE INDEX marks_by_end ON marks (kept_until);

CREATE TABLE attempts (
    purpose TEXT COLLATE "C" NOT NULL,
    subject BYTEA NOT NULL,
    count BIGINT NOT NULL,
    kept_until BIGINT NOT NULL,
    PRIMARY KEY (purpose, subject)
);
CREATE INDEX attempts_by_end ON attempts (kept_until);

CREATE TABLE log_events (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    event TEXT COLLATE "C" NOT NULL,
    rule TEXT COLLATE "C",
    description TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C",
    user_id TEXT COLLATE "C",
    ip TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL
);

-- What must happen outside after a commit: mail, back-channel logout, webhooks.
CREATE TABLE outbox (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL
);
CREATE INDEX outbox_by_due ON outbox (due_at);
