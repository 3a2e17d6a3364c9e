-- Edits that wait are looked up by the message they change; each is gone once it was sent.
CREATE INDEX outbox_by_edits ON outbox (tenant, learner, edits) WHERE edits IS NOT NULL;
