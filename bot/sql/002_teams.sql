-- What a tenant's administrators set for everybody in it. It is theirs, no learner's.
CREATE TABLE teams (
    tenant TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL  -- JSON
) WITHOUT ROWID;
