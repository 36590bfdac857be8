-- Tokens that a user's provider gave: a JSON object, sealed.
ALTER TABLE identities ADD COLUMN tokens BLOB;
ALTER TABLE identities ADD COLUMN tokens_sealed_by TEXT;

-- The address of the connection, where a trusted client named another one to be counted.
ALTER TABLE log_events ADD COLUMN client_ip TEXT;

-- Code of the tenant's own: Actions and rules.
CREATE TABLE scripts (
    seq INTEGER PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    secrets BLOB,
    secrets_sealed_by TEXT,
    body TEXT NOT NULL,
    version INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    UNIQUE (kind, name)
) STRICT;
