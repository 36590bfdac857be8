-- Since when a key is published: those of RSA always were, those of other algorithms from their first use on.
ALTER TABLE signing_keys ADD COLUMN published_at INTEGER;
UPDATE signing_keys SET published_at = created_at WHERE algorithm = 'RS256';
