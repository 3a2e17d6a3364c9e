"""A second store, of dicts and lists: it keeps the contract honest, and tests that need no file quick."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from bot.codes import GUESSES_KEPT
from bot.model import Address, Result, Session, Team
from bot.store import (
    Account,
    Code,
    Done,
    Failed,
    Heard,
    Kept,
    Known,
    Learner,
    Link,
    Mark,
    Offer,
    Row,
    TeamKey,
)


def _is_older_edit(row: Row, sent: Row) -> bool:
    same = (row.tenant, row.learner, row.edits) == (sent.tenant, sent.learner, sent.edits)
    return same and row.number < sent.number


class MemoryStore:
    """A `Store` that forgets everything with its process."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str], int] = {}
        self.failures: dict[tuple[str, str], Failed] = {}
        self.sessions: dict[tuple[str, str], Session] = {}
        self.results: list[tuple[str, str, Result]] = []
        self.rows: dict[int, Row] = {}
        self.messages: dict[int, tuple[Row, str, int]] = {}
        self.pinned: dict[str, bytes] = {}
        self.teams: dict[TeamKey, Team] = {}
        self.linked: dict[Learner, tuple[Learner, Link]] = {}
        self.codes: dict[Learner, Code] = {}
        self.guesses: dict[Learner, tuple[int, int]] = {}
        self.updated: dict[Learner, int] = {}
        self.counted: Counter[tuple[str, str]] = Counter()
        self._number = 0

    def whose(self, who: Learner) -> Learner:
        return self.linked[who][0] if who in self.linked else who

    async def read(self, arrivals: Sequence[Heard]) -> Known:
        keys = [(tenant, event) for tenant, _, event, _ in arrivals]
        accounts = [(tenant, learner) for tenant, learner, *_ in arrivals]
        learners = [self.whose(who) for who in accounts]
        return Known(
            frozenset(key for key in keys if key in self.events),
            {key: self.failures[key].tries for key in keys if key in self.failures},
            {who: self.sessions[who] for who in learners if who in self.sessions},
            dict(self.teams),
            {who: self.whose(who) for who in accounts if who in self.linked},
        )

    async def contents(self, hashes: Collection[str]) -> Mapping[str, bytes]:
        return {one: self.pinned[one] for one in hashes if one in self.pinned}

    async def save(
        self, done: Sequence[Done], failed: Sequence[Failed] = (), contents: Mapping[str, bytes] | None = None
    ) -> None:
        self.pinned |= contents or {}
        for turn in done:
            if turn.erase:
                await self.erase(turn.tenant, turn.learner)
        for turn in done:
            self._join(turn)
            at, heard = int(turn.at.timestamp()), turn.heard or turn.tenant
            self.events[heard, turn.event] = at
            self.counted.update(turn.counts)
            if turn.moved is not None and turn.place is not None:
                self._move(turn.moved, turn.place)
            if turn.team is not None:
                self.teams[turn.place or (turn.tenant, "")] = turn.team
            if turn.session is not None:
                self.sessions[turn.tenant, turn.learner] = turn.session
                self.updated[turn.tenant, turn.learner] = at
            self.results += [(turn.tenant, turn.learner, result) for result in turn.results]
            self.rows |= {row.number: row for row in turn.rows}
            if turn.failed:
                self.failures[heard, turn.event] = Failed(heard, turn.event, 3, turn.failed, turn.at)
        for one in failed:
            self.failures[one.tenant, one.event] = one

    def _join(self, turn: Done) -> None:
        for guest in (*turn.unlink, *((turn.link.guest,) if turn.link else ())):
            if guest in self.linked:
                self._leave(*self.linked.pop(guest))
        if turn.guess is not None:
            at = int(turn.at.timestamp())
            tries, since = self.guesses.get(turn.guess, (0, at))
            self.guesses[turn.guess] = (tries + 1, since) if since > at - GUESSES_KEPT else (1, at)
        if turn.link is None:
            return
        home, guest = (turn.tenant, turn.learner), turn.link.guest
        self.results = [
            (*(home if (tenant, learner) == guest else (tenant, learner)), result)
            for tenant, learner, result in self.results
        ]
        self.rows = {n: self._of(row, guest, home) for n, row in self.rows.items()}
        self.messages = {
            n: (self._of(row, guest, home), message, at) for n, (row, message, at) in self.messages.items()
        }
        for kept in (self.sessions, self.codes, self.guesses):
            kept.pop(guest, None)
        self.codes.pop(home, None)
        self.linked[guest] = (home, turn.link)

    def _leave(self, home: Learner, link: Link) -> None:
        def there(row: Row) -> bool:
            at = (row.address.platform, row.address.private or row.address.chat)
            return (row.tenant, row.learner) == home and at == (link.address.platform, link.address.chat)

        self.rows = {n: row for n, row in self.rows.items() if not there(row)}
        self.messages = {n: one for n, one in self.messages.items() if not there(one[0])}

    @staticmethod
    def _of(row: Row, guest: Learner, home: Learner) -> Row:
        is_theirs = (row.tenant, row.learner) == guest
        return replace(row, tenant=home[0], learner=home[1]) if is_theirs else row

    def _move(self, old: TeamKey, new: TeamKey) -> None:
        if old in self.teams:
            self.teams.setdefault(new, self.teams.pop(old))
        self.sessions = {
            who: msgspec.structs.replace(one, team=new[1]) if who[0] == old[0] and one.team == old[1] else one
            for who, one in self.sessions.items()
        }

    async def save_code(self, code: Code) -> None:
        who = self.whose(code.learner)
        self.codes[who] = replace(code, learner=who)

    async def offer(self, hash: str, now: int) -> Offer | None:
        for code in self.codes.values():
            if code.hash == hash and code.expires > now:
                return Offer(code.learner, code.address, await self.account(code.learner, now))
        return None

    async def account(self, learner: Learner, since: int) -> Account:
        tries, at = self.guesses.get(learner, (0, 0))
        return Account(self.sessions.get(learner), self.updated.get(learner, 0), tries if at > since else 0)

    async def links(self, learner: Learner) -> Sequence[Link]:
        return [link for home, link in self.linked.values() if home == learner]

    def number(self) -> int:
        self._number += 1
        return self._number

    async def unsent(self) -> Sequence[Row]:
        return [self.rows[number] for number in sorted(self.rows)]

    async def still_waiting(self, row: Row) -> bool:
        return row.number in self.rows

    async def mark(self, marks: Sequence[Mark]) -> None:
        for mark in marks:
            row = self.rows.get(mark.row.number)
            if row is not None and mark.what == "trying":
                self.rows[row.number] = replace(row, tries=row.tries + 1)
                continue
            self.rows.pop(mark.row.number, None)
            if mark.what == "sent" and mark.row.edits is not None:
                self.rows = {
                    n: other for n, other in self.rows.items() if not _is_older_edit(other, mark.row)
                }
            if row is not None and mark.what == "sent" and row.key is not None:
                self.messages[row.number] = (row, mark.message, mark.at)
            if mark.last:
                edited = (mark.row.tenant, mark.row.learner, mark.row.edits)
                self.messages = {
                    number: kept
                    for number, kept in self.messages.items()
                    if (kept[0].tenant, kept[0].learner, kept[0].key) != edited or number >= mark.row.number
                }

    async def message_of(self, row: Row) -> tuple[str, Address] | None:
        row = self.rows.get(row.number, row)
        edited = (row.tenant, row.learner, row.edits)
        found = [
            (message, msgspec.structs.replace(kept.address, hook=None, pressed=None))
            for _, (kept, message, _) in sorted(self.messages.items())
            if (kept.tenant, kept.learner, kept.key) == edited and kept.number < row.number
        ]
        return found[-1] if found else None

    async def kept(self, tenant: str, learner: str) -> Kept:
        who = self.whose((tenant, learner))
        return Kept(
            session=self.sessions.get(who),
            results=tuple(result for *owner, result in self.results if tuple(owner) == who),
            waiting=sum((row.tenant, row.learner) == who for row in self.rows.values()),
            messages=tuple(
                {
                    "key": row.key,
                    "message": message,
                    "sent": datetime.fromtimestamp(at, UTC).isoformat(),
                }
                for _, (row, message, at) in sorted(self.messages.items())
                if (row.tenant, row.learner) == who
            ),
            links=tuple(await self.links(who)),
        )

    async def team(self, tenant: str) -> Team:
        return self.teams.get((tenant, ""), Team())

    async def counts(self) -> Sequence[tuple[str, str, int]]:
        ranked = sorted(self.counted.items(), key=lambda one: (one[0][0], -one[1], one[0][1]))
        return [(kind, name, number) for (kind, name), number in ranked]

    async def erase(self, tenant: str, learner: str) -> bool:
        who = self.whose((tenant, learner))
        for guest in [guest for guest, (home, _) in self.linked.items() if home == who]:
            self.codes.pop(guest, None)
            self.guesses.pop(guest, None)
        self.linked = {guest: kept for guest, kept in self.linked.items() if kept[0] != who}
        for kept in (self.codes, self.guesses, self.updated):
            kept.pop(who, None)
        there = (
            who in self.sessions
            or any((row.tenant, row.learner) == who for row in self.rows.values())
            or any(tuple(owner) == who for *owner, _ in self.results)
        )
        self.sessions.pop(who, None)
        self.results = [kept for kept in self.results if kept[:2] != who]
        self.rows = {n: row for n, row in self.rows.items() if (row.tenant, row.learner) != who}
        self.messages = {
            n: kept for n, kept in self.messages.items() if (kept[0].tenant, kept[0].learner) != who
        }
        return there

    async def tidy(self, now: int, today: Collection[str]) -> None:
        kept_for = 72 * 3600
        self.events = {key: at for key, at in self.events.items() if at >= now - kept_for}
        self.failures = {
            key: one for key, one in self.failures.items() if one.at.timestamp() >= now - kept_for
        }
        self.messages = {n: kept for n, kept in self.messages.items() if kept[2] >= now - 30 * 24 * 3600}
        self.codes = {who: code for who, code in self.codes.items() if code.expires >= now}
        self.guesses = {who: one for who, one in self.guesses.items() if one[1] >= now - GUESSES_KEPT}
        needed = {
            run.content
            for session in self.sessions.values()
            for run in (session.run, *session.paused)
            if run is not None
        }
        self.pinned = {one: body for one, body in self.pinned.items() if one in needed or one in today}

    async def close(self) -> None:
        pass
