-- A tenant can have several teams (the groups of a bot); '' is the tenant's own.
ALTER TABLE teams RENAME TO teams_of_tenants;
CREATE TABLE teams (
    tenant TEXT NOT NULL,
    place TEXT NOT NULL,
    body TEXT NOT NULL,  -- JSON
    PRIMARY KEY (tenant, place)
) WITHOUT ROWID;
INSERT INTO teams (tenant, place, body) SELECT tenant, '', body FROM teams_of_tenants;
DROP TABLE teams_of_tenants;

-- The team a learner picked, beside the session that says so too: batches are read by it.
ALTER TABLE sessions ADD COLUMN team TEXT NOT NULL DEFAULT '';

-- An account that is an address of a learner elsewhere.
CREATE TABLE links (
    guest_tenant TEXT NOT NULL,
    guest TEXT NOT NULL,
    tenant TEXT NOT NULL,
    learner TEXT NOT NULL,
    address TEXT NOT NULL,  -- JSON: where the account is reached
    home TEXT NOT NULL,     -- JSON: where the learner was reached when they were linked
    at INTEGER NOT NULL,
    PRIMARY KEY (guest_tenant, guest)
) WITHOUT ROWID;
CREATE INDEX links_by_learner ON links (tenant, learner);

-- Codes that were shown, as hashes; one a learner.
CREATE TABLE codes (
    tenant TEXT NOT NULL,
    learner TEXT NOT NULL,
    hash TEXT NOT NULL,
    address TEXT NOT NULL,  -- JSON: where it was shown
    expires INTEGER NOT NULL,
    PRIMARY KEY (tenant, learner)
) WITHOUT ROWID;
CREATE UNIQUE INDEX codes_by_hash ON codes (hash);

-- How many wrong codes an account gave of late.
CREATE TABLE guesses (
    tenant TEXT NOT NULL,
    learner TEXT NOT NULL,
    tries INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (tenant, learner)
) WITHOUT ROWID;
