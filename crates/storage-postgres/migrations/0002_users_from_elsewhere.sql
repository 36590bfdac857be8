-- Tokens that a user's provider gave: a JSON object, sealed.
ALTER TABLE identities ADD COLUMN tokens BYTEA;
ALTER TABLE identities ADD COLUMN tokens_sealed_by TEXT COLLATE "C";

-- The address of the connection, where a trusted client named another one to be counted.
ALTER TABLE log_events ADD COLUMN client_ip TEXT COLLATE "C";

-- Code of the tenant's own: Actions and rules.
CREATE TABLE scripts (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    secrets BYTEA,
    secrets_sealed_by TEXT COLLATE "C",
    body TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    UNIQUE (kind, name)
);
