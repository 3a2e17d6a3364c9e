-- The first tables. Every row carries its tenant; no query reads across tenants but the sender's
-- and the housekeeping's. What people type has no column here.

-- Ids of events already applied, kept 72 hours. They name no learner.
CREATE TABLE events (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,  -- seconds since 1970, UTC, here and in every `at`, `expires`, `updated`
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;

-- Events that failed: how often, and the class of the error. Never their text.
CREATE TABLE failures (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    tries INTEGER NOT NULL,
    error TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;

CREATE TABLE sessions (
    tenant TEXT NOT NULL,
    learner TEXT NOT NULL,
    turn INTEGER NOT NULL,
    format INTEGER NOT NULL,
    body TEXT NOT NULL,  -- the session as JSON
    pins TEXT NOT NULL,  -- a JSON list: the contents its runs need
    updated INTEGER NOT NULL,
    PRIMARY KEY (tenant, learner)
) WITHOUT ROWID;

-- Content that a run began with, until no run needs it.
CREATE TABLE contents (
    hash TEXT NOT NULL PRIMARY KEY,
    format INTEGER NOT NULL,
    body BLOB NOT NULL
);

-- A decision that a learner made. The turn is the one whose button was pressed, so none is kept twice.
CREATE TABLE results (
    tenant TEXT NOT NULL,
    learner TEXT NOT NULL,
    run TEXT NOT NULL,
    turn INTEGER NOT NULL,
    scenario TEXT NOT NULL,
    content TEXT NOT NULL,
    step TEXT NOT NULL,
    chose TEXT NOT NULL,  -- ids of the choices, with a space between
    rule TEXT NOT NULL,
    lawful INTEGER NOT NULL,
    helps INTEGER NOT NULL,
    slip TEXT,
    first INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant, learner, run, turn)
) WITHOUT ROWID;

-- Replies that wait for their platform, and the platform's ids of messages that may be edited later.
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    learner TEXT NOT NULL,
    address TEXT NOT NULL,  -- JSON
    lane INTEGER NOT NULL,  -- 0 someone waits, 1 an edit, 2 a push
    key TEXT,               -- names this message for later edits
    edits TEXT,             -- the key of the message this row changes
    expires INTEGER NOT NULL,
    body TEXT,              -- the reply as JSON; NULL once it was sent
    tries INTEGER NOT NULL DEFAULT 0,  -- sends begun whose outcome is not known
    sent INTEGER,           -- when the platform took it
    message TEXT            -- the platform's id of the message
);
-- Only messages that may be edited are looked up by learner; all others are soon gone.
CREATE INDEX outbox_by_key ON outbox (tenant, learner, key) WHERE key IS NOT NULL;
