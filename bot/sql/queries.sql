-- name: read_batch
-- One row an arrival: was it applied before, how often did it fail, its learner's session, its team.
SELECT a.key, e.id IS NOT NULL, f.tries, s.format, s.body, t.body
FROM json_each(:arrivals) AS a
LEFT JOIN events AS e
    ON e.tenant = json_extract(a.value, '$[0]') AND e.id = json_extract(a.value, '$[2]')
LEFT JOIN failures AS f
    ON f.tenant = json_extract(a.value, '$[0]') AND f.id = json_extract(a.value, '$[2]')
LEFT JOIN sessions AS s
    ON s.tenant = json_extract(a.value, '$[0]') AND s.learner = json_extract(a.value, '$[1]')
LEFT JOIN teams AS t ON t.tenant = json_extract(a.value, '$[0]');

-- name: read_contents
SELECT c.hash, c.format, c.body FROM contents AS c JOIN json_each(:hashes) AS h ON c.hash = h.value;

-- name: save_event
INSERT INTO events (tenant, id, at) VALUES (?, ?, ?);

-- name: save_failure
INSERT INTO failures (tenant, id, tries, error, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant, id) DO UPDATE SET tries = excluded.tries, error = excluded.error, at = excluded.at;

-- name: save_session
INSERT INTO sessions (tenant, learner, turn, format, body, pins, updated) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, learner) DO UPDATE SET
    turn = excluded.turn, format = excluded.format, body = excluded.body,
    pins = excluded.pins, updated = excluded.updated;

-- name: save_content
INSERT OR IGNORE INTO contents (hash, format, body) VALUES (?, ?, ?);

-- name: save_team
INSERT INTO teams (tenant, body) VALUES (?, ?)
ON CONFLICT (tenant) DO UPDATE SET body = excluded.body;

-- name: team
SELECT body FROM teams WHERE tenant = :tenant;

-- name: save_result
INSERT INTO results
    (tenant, learner, run, turn, scenario, content, step, chose, rule, lawful, helps, slip, first, at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: save_row
INSERT INTO outbox (number, tenant, learner, address, lane, key, edits, expires, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: last_number
SELECT coalesce(max(number), 0) FROM outbox;

-- name: unsent
SELECT number, tenant, learner, address, lane, key, edits, expires, body, tries
FROM outbox WHERE sent IS NULL ORDER BY number;

-- name: still_waiting
SELECT 1 FROM outbox WHERE number = ? AND sent IS NULL;

-- name: mark_trying
UPDATE outbox SET tries = tries + 1 WHERE number = ?;

-- name: mark_sent
-- A message that may be edited later leaves its id; its words go, and the way to answer its event.
UPDATE outbox SET sent = ?, message = ?, body = NULL,
    address = json_remove(address, '$.hook', '$.pressed')
WHERE number = ?;

-- name: drop_row
DELETE FROM outbox WHERE number = ?;

-- name: drop_older_edits
-- Once a newer edit of a message was sent, an older one that had to wait must not come after it.
DELETE FROM outbox WHERE tenant = ? AND learner = ? AND edits = ? AND number < ?;

-- name: drop_message
-- A message in its last form is edited no more.
DELETE FROM outbox WHERE tenant = ? AND learner = ? AND key = ? AND number < ? AND sent IS NOT NULL;

-- name: message_of
-- The newest copy that was there when the edit was made: a step can be shown again.
SELECT message, address FROM outbox
WHERE tenant = ? AND learner = ? AND key = ? AND number < ? AND sent IS NOT NULL
ORDER BY number DESC LIMIT 1;

-- name: erase_sessions
DELETE FROM sessions WHERE tenant = ? AND learner = ?;

-- name: erase_results
DELETE FROM results WHERE tenant = ? AND learner = ?;

-- name: erase_outbox
DELETE FROM outbox WHERE tenant = ? AND learner = ?;

-- name: one_session
SELECT format, body FROM sessions WHERE tenant = :tenant AND learner = :learner;

-- name: results_of
SELECT run, turn, scenario, content, step, chose, rule, lawful, helps, slip, first, at
FROM results WHERE tenant = :tenant AND learner = :learner ORDER BY at, turn;

-- name: waiting_of
SELECT count(*) FROM outbox WHERE tenant = :tenant AND learner = :learner AND sent IS NULL;

-- name: messages_of
-- The platform's ids of messages that may still be edited: they are kept about a learner too.
SELECT key, message, sent FROM outbox
WHERE tenant = :tenant AND learner = :learner AND sent IS NOT NULL ORDER BY number;

-- name: tidy_events
DELETE FROM events WHERE at < ?;

-- name: tidy_failures
DELETE FROM failures WHERE at < ?;

-- name: tidy_messages
DELETE FROM outbox WHERE sent < ?;

-- name: tidy_contents
DELETE FROM contents
WHERE hash NOT IN (SELECT p.value FROM sessions, json_each(sessions.pins) AS p)
AND hash NOT IN (SELECT value FROM json_each(?));
