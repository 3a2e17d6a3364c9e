-- What authors want to know: which rule was called a wrong answer, on which topic there was none.
-- Numbers alone: no one's words, and no learner.
CREATE TABLE counts (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,   -- wrong, unanswered
    name TEXT NOT NULL,   -- a provision; a law and a heading
    number INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, name)
) WITHOUT ROWID;
