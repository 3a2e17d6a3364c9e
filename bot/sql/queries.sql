-- name: read_batch
-- A row or two an arrival: was it applied before, how often did it fail, whose it is where its account
-- is linked, that learner's session, and the team in whose place it happened, or else the learner's own.
WITH a AS (
    SELECT key,
        json_extract(value, '$[0]') AS tenant, json_extract(value, '$[1]') AS learner,
        json_extract(value, '$[2]') AS event, json_extract(value, '$[3]') AS place
    FROM json_each(:arrivals)
)
SELECT a.key, e.id IS NOT NULL, f.tries, l.tenant, l.learner, s.format, s.body, t.tenant, t.place, t.body
FROM a
LEFT JOIN events AS e ON e.tenant = a.tenant AND e.id = a.event
LEFT JOIN failures AS f ON f.tenant = a.tenant AND f.id = a.event
LEFT JOIN links AS l ON l.guest_tenant = a.tenant AND l.guest = a.learner
LEFT JOIN sessions AS s
    ON s.tenant = coalesce(l.tenant, a.tenant) AND s.learner = coalesce(l.learner, a.learner)
LEFT JOIN teams AS t
    ON t.tenant = iif(a.place = '', coalesce(l.tenant, a.tenant), a.tenant)
    AND t.place IN (a.place, iif(a.place = '', coalesce(s.team, ''), a.place));

-- name: read_contents
SELECT c.hash, c.format, c.body FROM contents AS c JOIN json_each(:hashes) AS h ON c.hash = h.value;

-- name: save_event
INSERT INTO events (tenant, id, at) VALUES (?, ?, ?);

-- name: save_failure
INSERT INTO failures (tenant, id, tries, error, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant, id) DO UPDATE SET tries = excluded.tries, error = excluded.error, at = excluded.at;

-- name: save_session
INSERT INTO sessions (tenant, learner, turn, format, body, pins, updated, team)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, learner) DO UPDATE SET
    turn = excluded.turn, format = excluded.format, body = excluded.body,
    pins = excluded.pins, updated = excluded.updated, team = excluded.team;

-- name: save_content
INSERT OR IGNORE INTO contents (hash, format, body) VALUES (?, ?, ?);

-- name: save_team
INSERT INTO teams (tenant, place, body) VALUES (?, ?, ?)
ON CONFLICT (tenant, place) DO UPDATE SET body = excluded.body;

-- name: team
SELECT body FROM teams WHERE tenant = :tenant AND place = :place;

-- name: move_team
UPDATE OR IGNORE teams SET place = ? WHERE tenant = ? AND place = ?;

-- name: move_team_picked
UPDATE sessions SET team = ?1, body = json_set(body, '$.team', ?1) WHERE tenant = ?2 AND team = ?3;

-- name: move_drills
UPDATE drills SET place = ?1,
    body = json_set(body, '$.place', ?1, '$.audience.ids', json_array(?1))
WHERE tenant = ?2 AND place = ?3 AND json_extract(body, '$.audience.kind') = 'group';

-- name: save_code
-- An account that was linked since it asked is its learner's, and so is its code.
INSERT INTO codes (tenant, learner, hash, address, expires)
SELECT coalesce(l.tenant, ?1), coalesce(l.learner, ?2), ?3, ?4, ?5
FROM (SELECT 1) LEFT JOIN links AS l ON l.guest_tenant = ?1 AND l.guest = ?2 WHERE true
ON CONFLICT (tenant, learner) DO UPDATE SET
    hash = excluded.hash, address = excluded.address, expires = excluded.expires;

-- name: code_of
SELECT c.tenant, c.learner, c.address, s.format, s.body, coalesce(s.updated, 0)
FROM codes AS c LEFT JOIN sessions AS s ON s.tenant = c.tenant AND s.learner = c.learner
WHERE c.hash = :hash AND c.expires > :now;

-- name: account
-- What an account itself has, whoever it is linked to, and how many wrong codes it gave of late.
SELECT s.format, s.body, coalesce(s.updated, 0), coalesce(g.tries, 0)
FROM (SELECT :tenant AS tenant, :learner AS learner) AS a
LEFT JOIN sessions AS s ON s.tenant = a.tenant AND s.learner = a.learner
LEFT JOIN guesses AS g ON g.tenant = a.tenant AND g.learner = a.learner AND g.since > :since;

-- name: save_guess
INSERT INTO guesses (tenant, learner, tries, since) VALUES (?1, ?2, 1, ?3)
ON CONFLICT (tenant, learner) DO UPDATE SET
    tries = iif(since > ?4, tries + 1, 1), since = iif(since > ?4, since, ?3);

-- name: links_of
SELECT guest_tenant, guest, address, home, at FROM links
WHERE tenant = :tenant AND learner = :learner ORDER BY at, guest_tenant, guest;

-- name: learner_of
SELECT tenant, learner FROM links WHERE guest_tenant = :tenant AND guest = :learner;

-- name: save_link
INSERT INTO links (guest_tenant, guest, tenant, learner, address, home, at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (guest_tenant, guest) DO UPDATE SET
    tenant = excluded.tenant, learner = excluded.learner,
    address = excluded.address, home = excluded.home, at = excluded.at;

-- name: drop_rows_at_guest
-- What of the learner's waits for an account that goes, and the messages there that could be edited.
DELETE FROM outbox WHERE EXISTS (
    SELECT 1 FROM links AS l
    WHERE l.guest_tenant = ? AND l.guest = ? AND l.tenant = outbox.tenant AND l.learner = outbox.learner
    AND json_extract(l.address, '$.platform') = json_extract(outbox.address, '$.platform')
    AND json_extract(l.address, '$.chat')
        = coalesce(json_extract(outbox.address, '$.private'), json_extract(outbox.address, '$.chat'))
);

-- name: drop_link
DELETE FROM links WHERE guest_tenant = ? AND guest = ?;

-- name: move_results
-- A run's id is made by chance for each record; should two be the same, the older results stay alone.
UPDATE OR IGNORE results SET tenant = ?, learner = ? WHERE tenant = ? AND learner = ?;

-- name: move_outbox
UPDATE outbox SET tenant = ?, learner = ? WHERE tenant = ? AND learner = ?;

-- name: save_count
INSERT INTO counts (tenant, kind, name, number) VALUES (?, ?, ?, ?)
ON CONFLICT (tenant, kind, name) DO UPDATE SET number = number + excluded.number;

-- name: counts
-- For authors, who write for every tenant: sums over all of them.
SELECT kind, name, sum(number) FROM counts GROUP BY kind, name ORDER BY kind, sum(number) DESC, name;

-- name: save_result
INSERT INTO results
    (tenant, learner, run, turn, scenario, content, step, chose, rule, lawful, helps, slip, first, at,
     about, drill, ordered)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

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
-- Whose it is, the edit's own row says: its account may have been linked since it was made.
DELETE FROM outbox WHERE tenant = coalesce((SELECT e.tenant FROM outbox AS e WHERE e.number = ?4), ?1)
AND learner = coalesce((SELECT e.learner FROM outbox AS e WHERE e.number = ?4), ?2)
AND edits = ?3 AND number < ?4;

-- name: drop_message
-- A message in its last form is edited no more.
DELETE FROM outbox WHERE tenant = coalesce((SELECT e.tenant FROM outbox AS e WHERE e.number = ?4), ?1)
AND learner = coalesce((SELECT e.learner FROM outbox AS e WHERE e.number = ?4), ?2)
AND key = ?3 AND number < ?4 AND sent IS NOT NULL;

-- name: message_of
-- The newest copy that was there when the edit was made: a step can be shown again.
SELECT message, address FROM outbox
WHERE tenant = coalesce((SELECT e.tenant FROM outbox AS e WHERE e.number = ?4), ?1)
AND learner = coalesce((SELECT e.learner FROM outbox AS e WHERE e.number = ?4), ?2)
AND key = ?3 AND number < ?4 AND sent IS NOT NULL
ORDER BY number DESC LIMIT 1;

-- name: erase_sessions
DELETE FROM sessions WHERE tenant = ? AND learner = ?;

-- name: erase_results
DELETE FROM results WHERE tenant = ? AND learner = ?;

-- name: erase_outbox
DELETE FROM outbox WHERE tenant = ? AND learner = ?;

-- name: erase_guests_codes
DELETE FROM codes WHERE (tenant, learner) IN
    (SELECT guest_tenant, guest FROM links WHERE tenant = ? AND learner = ?);

-- name: erase_guests_guesses
DELETE FROM guesses WHERE (tenant, learner) IN
    (SELECT guest_tenant, guest FROM links WHERE tenant = ? AND learner = ?);

-- name: erase_links
DELETE FROM links WHERE tenant = ? AND learner = ?;

-- name: erase_codes
DELETE FROM codes WHERE tenant = ? AND learner = ?;

-- name: erase_guesses
DELETE FROM guesses WHERE tenant = ? AND learner = ?;

-- name: one_session
SELECT format, body FROM sessions WHERE tenant = :tenant AND learner = :learner;

-- name: results_of
SELECT run, turn, scenario, content, step, chose, rule, lawful, helps, slip, first, at, about, drill, ordered
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

-- name: tidy_codes
DELETE FROM codes WHERE expires < ?;

-- name: tidy_guesses
DELETE FROM guesses WHERE since < ?;

-- name: tidy_contents
DELETE FROM contents
WHERE hash NOT IN (SELECT p.value FROM sessions, json_each(sessions.pins) AS p)
AND hash NOT IN (SELECT value FROM json_each(?));

-- name: save_drill
INSERT INTO drills (tenant, id, place, state, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant, id) DO UPDATE SET state = excluded.state, body = excluded.body;

-- name: drills
SELECT body FROM drills WHERE tenant = :tenant ORDER BY id;

-- name: all_drills
-- For the scheduler, which serves every tenant: those that may still do something.
SELECT d.tenant, d.body FROM drills AS d
WHERE d.state = 'on' OR EXISTS (
    SELECT 1 FROM assignments AS a
    WHERE a.tenant = d.tenant AND a.drill = d.id AND a.day > date(:now - 1814400, 'unixepoch')
    AND a.closes > :now - 1209600
) ORDER BY d.tenant, d.id;

-- name: save_member
-- Someone who is in it already keeps since when; who had left begins anew.
INSERT INTO members (tenant, drill, learner, body, since, gone) VALUES (?, ?, ?, ?, ?, NULL)
ON CONFLICT (tenant, drill, learner) DO UPDATE SET
    body = excluded.body, since = iif(gone IS NULL, since, excluded.since), gone = NULL;

-- name: members_gone
-- Who joined since it was asked who is there was not asked about.
UPDATE members SET gone = ?1 WHERE tenant = ?2 AND drill = ?3 AND gone IS NULL AND since < ?1
AND learner NOT IN (SELECT value FROM json_each(?4));

-- name: member_gone
UPDATE members SET gone = ? WHERE tenant = ? AND (drill = ?3 OR ?3 = '') AND learner = ?4 AND gone IS NULL;

-- name: member_away
-- Who is away from a place is out of its drills; with no place, out of all.
UPDATE members SET gone = ?1 WHERE tenant = ?2 AND learner = ?3 AND gone IS NULL AND (?4 = '' OR drill IN
    (SELECT d.id FROM drills AS d WHERE d.tenant = ?2 AND d.place = ?4));

-- name: members
SELECT learner, body, since, gone FROM members WHERE tenant = :tenant AND drill = :drill ORDER BY learner;

-- name: save_assignment
INSERT OR IGNORE INTO assignments (tenant, drill, day, learner, state, due, closes, at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: mark_assignment
-- What is over stays as it ended.
UPDATE assignments SET state = ?, at = ?
WHERE tenant = ? AND drill = ? AND day = ? AND learner = ? AND state NOT IN ('finished', 'declined');

-- name: mark_nudged
-- Once reminded, who said "later today" is no more asked for that. The last reminder counts as the second.
UPDATE assignments SET nudges = max(nudges + ?, ?), state = iif(state = 'later', 'sent', state), at = ?
WHERE tenant = ? AND drill = ? AND day = ? AND learner = ?;

-- name: assignments
SELECT learner, day, state, due, closes, at, nudges FROM assignments
WHERE tenant = :tenant AND drill = :drill AND day >= :since ORDER BY day, learner;

-- name: answers_of
-- First answers alone, by whoever of whatever home gave them for this tenant's drill. That the drill is
-- not empty is said in words too: else the index, which holds only those, is not used.
SELECT tenant, learner, about, scenario, step, lawful AND helps, slip FROM results
WHERE ordered = :tenant AND drill = :key AND drill <> '' AND first ORDER BY tenant, learner, at, turn;

-- name: save_week
INSERT OR IGNORE INTO weeks (tenant, drill, day, body) VALUES (?, ?, ?, ?);

-- name: mark_told
UPDATE weeks SET told = 1 WHERE tenant = ? AND drill = ? AND day = ?;

-- name: weeks
SELECT body, told FROM weeks WHERE tenant = :tenant AND drill = :drill AND day >= :since ORDER BY day;

-- name: erase_members
DELETE FROM members WHERE tenant = ? AND learner = ?;

-- name: erase_assignments
DELETE FROM assignments WHERE tenant = ? AND learner = ?;

-- name: erase_guests_members
DELETE FROM members WHERE (tenant, learner) IN
    (SELECT guest_tenant, guest FROM links WHERE tenant = ? AND learner = ?);

-- name: erase_guests_assignments
DELETE FROM assignments WHERE (tenant, learner) IN
    (SELECT guest_tenant, guest FROM links WHERE tenant = ? AND learner = ?);

-- name: erase_ordered
-- A drill whose supervisor was erased ends: nobody is left who ordered it. Its results stay.
UPDATE drills SET state = 'ended', body = json_set(
    body, '$.state', 'ended', '$.by', '', '$.by_name', '', '$.home', json('{"platform":"","chat":""}')
) WHERE (tenant, json_extract(body, '$.by')) IN (
    SELECT ?1, ?2 UNION SELECT guest_tenant, guest FROM links WHERE tenant = ?1 AND learner = ?2
);

-- name: erase_named
-- Whoever was named in an audience is named no more.
UPDATE drills SET body = json_set(body, '$.audience.ids', (
    SELECT json_group_array(value) FROM json_each(body, '$.audience.ids') AS one
    WHERE (drills.tenant, one.value) NOT IN (
        SELECT ?1, ?2 UNION SELECT guest_tenant, guest FROM links WHERE tenant = ?1 AND learner = ?2
    )
)) WHERE json_extract(body, '$.audience.kind') = 'people' AND EXISTS (
    SELECT 1 FROM json_each(body, '$.audience.ids') AS one WHERE (drills.tenant, one.value) IN (
        SELECT ?1, ?2 UNION SELECT guest_tenant, guest FROM links WHERE tenant = ?1 AND learner = ?2
    )
);

-- name: drills_kept_of
-- Which drills someone is in, and what became of each: for "my data".
SELECT m.drill, json_extract(m.body, '$.name'), json_extract(m.body, '$.zone'), m.since, m.gone
FROM members AS m WHERE m.tenant = :tenant AND m.learner = :learner
ORDER BY m.since;

-- name: orders_of
-- What someone ordered names them too.
SELECT id, json_extract(body, '$.by_name'), state FROM drills
WHERE tenant = :tenant AND json_extract(body, '$.by') = :learner ORDER BY id;

-- name: assignments_of
SELECT drill, day, state, at FROM assignments WHERE tenant = :tenant AND learner = :learner ORDER BY day;

-- name: tidy_members
-- Who left; and of a drill that is ended, and of which nothing is kept but figures, who was in it to the end.
DELETE FROM members WHERE gone < ?1 OR (since < ?1 AND EXISTS (
    SELECT 1 FROM drills AS d
    WHERE d.tenant = members.tenant AND d.id = members.drill AND d.state = 'ended'
) AND NOT EXISTS (
    SELECT 1 FROM assignments AS a WHERE a.tenant = members.tenant AND a.drill = members.drill
));

-- name: tidy_assignments
DELETE FROM assignments WHERE closes < ?;
