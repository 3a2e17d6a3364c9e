-- What supervisors ordered. It is theirs: it goes when they are erased from it, not with its learners.
CREATE TABLE drills (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    place TEXT NOT NULL,  -- the team within the tenant; '' for the tenant's own
    state TEXT NOT NULL,  -- on, paused, ended
    body TEXT NOT NULL,   -- JSON
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;

-- Who is in a drill's audience, as the platform told last. `gone` is when they left it.
CREATE TABLE members (
    tenant TEXT NOT NULL,
    drill TEXT NOT NULL,
    learner TEXT NOT NULL,
    body TEXT NOT NULL,  -- JSON: where they are reached, name, time zone
    since INTEGER NOT NULL,
    gone INTEGER,
    PRIMARY KEY (tenant, drill, learner)
) WITHOUT ROWID;
CREATE INDEX members_by_learner ON members (tenant, learner);

-- One learner's copy of one occurrence. The key makes each exactly once.
CREATE TABLE assignments (
    tenant TEXT NOT NULL,
    drill TEXT NOT NULL,
    day TEXT NOT NULL,      -- the date where they are, like 2026-11-30
    learner TEXT NOT NULL,  -- the account in the drill's audience
    state TEXT NOT NULL,    -- sent, begun, later, declined, finished; missed, off, had-one: never sent
    due INTEGER NOT NULL,
    closes INTEGER NOT NULL,
    at INTEGER NOT NULL,    -- when the state last changed
    nudges INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, drill, day, learner)
) WITHOUT ROWID;
CREATE INDEX assignments_by_learner ON assignments (tenant, learner);

-- A team's week, frozen when it closed: figures over five people or more, and no name.
CREATE TABLE weeks (
    tenant TEXT NOT NULL,
    drill TEXT NOT NULL,
    day TEXT NOT NULL,
    body TEXT NOT NULL,     -- JSON
    told INTEGER NOT NULL DEFAULT 0,  -- 1: its supervisor was told
    PRIMARY KEY (tenant, drill, day)
) WITHOUT ROWID;

-- Which rule decides where the answer was given, which assignment that was, and whose drill; '' for none.
ALTER TABLE results ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE results ADD COLUMN drill TEXT NOT NULL DEFAULT '';
ALTER TABLE results ADD COLUMN ordered TEXT NOT NULL DEFAULT '';
CREATE INDEX results_by_drill ON results (ordered, drill) WHERE drill <> '';
