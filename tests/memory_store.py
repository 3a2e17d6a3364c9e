"""A second store, of dicts and lists: it keeps the contract honest, and tests that need no file quick."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec

from bot.codes import GUESSES_KEPT
from bot.model import Address, Drill, Member, Result, Session, Team, Week
from bot.replies import (
    Marked,
)
from bot.store import (
    NUDGES,
    Account,
    Answered,
    Code,
    Copy,
    Done,
    Failed,
    Heard,
    Kept,
    Known,
    Learner,
    Link,
    Mark,
    Offer,
    Place,
    Row,
    TeamKey,
)

DRILLS_KEPT = 400 * 24 * 3600


def _is_older_edit(row: Row, sent: Row) -> bool:
    same = (row.tenant, row.learner, row.edits) == (sent.tenant, sent.learner, sent.edits)
    return same and row.number < sent.number


def _without(drill: Drill, accounts: Collection[Learner]) -> Drill:
    """A drill that names none of some accounts; ended where one of them ordered it."""
    if (drill.tenant, drill.by) in accounts:
        nowhere = Address(platform="", chat="")
        drill = msgspec.structs.replace(drill, state="ended", by="", by_name="", home=nowhere)
    if drill.audience.kind != "people":
        return drill
    ids = tuple(one for one in drill.audience.ids if (drill.tenant, one) not in accounts)
    audience = msgspec.structs.replace(drill.audience, ids=ids)
    return msgspec.structs.replace(drill, audience=audience)


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
        self.ordered: dict[tuple[str, str], Drill] = {}
        self.places: dict[tuple[str, str, str], Place] = {}
        self.assigned: dict[tuple[str, str, date, str], Copy] = {}
        self.closed: dict[tuple[str, str, date], tuple[Week, bool]] = {}
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
            self._of_drills(turn, heard, at)
            if turn.failed:
                self.failures[heard, turn.event] = Failed(heard, turn.event, 3, turn.failed, turn.at)
        for one in failed:
            self.failures[one.tenant, one.event] = one

    def _of_drills(self, turn: Done, heard: str, at: int) -> None:
        if turn.drill is not None:
            self.ordered[heard, turn.drill.id] = turn.drill
        if turn.marked is not None:
            self._mark_copy(turn.marked, at)
        if turn.joined is not None:
            drill, member = turn.joined
            account = turn.account or turn.learner
            if member is not None:
                self._keep_member(heard, drill, member, at)
            else:
                self.places = {
                    key: replace(place, gone=at)
                    if key[0] == heard and drill in {"", key[1]} and key[2] == account and place.gone is None
                    else place
                    for key, place in self.places.items()
                }
        if turn.away is not None:
            self._go_away(heard, turn.account or turn.learner, turn.away, at)
        if turn.told is not None:
            drill, day = turn.told
            week, _ = self.closed[heard, drill, day]
            self.closed[heard, drill, day] = (week, True)

    def _go_away(self, tenant: str, account: str, left: str, at: int) -> None:
        for key, place in self.places.items():
            owner, drill, learner = key
            there = self.ordered.get((owner, drill))
            is_there = not left or (there is not None and there.place == left)
            if (owner, learner) == (tenant, account) and is_there and place.gone is None:
                self.places[key] = replace(place, gone=at)

    def _mark_copy(self, marked: Marked, at: int) -> None:
        key = (marked.tenant, marked.drill, marked.day, marked.account)
        copy = self.assigned.get(key)
        if marked.closes:
            fresh = Copy(marked.account, marked.day, marked.state, marked.due, marked.closes, at)
            self.assigned.setdefault(key, fresh)
        elif copy is not None and marked.state in NUDGES:
            state = "sent" if copy.state == "later" else copy.state
            more, least = NUDGES[marked.state]
            self.assigned[key] = replace(copy, nudges=max(copy.nudges + more, least), state=state, at=at)
        elif copy is not None and copy.state not in {"finished", "declined"}:
            self.assigned[key] = replace(copy, state=marked.state, at=at)

    def _keep_member(self, tenant: str, drill: str, member: Member, at: int) -> None:
        before = self.places.get((tenant, drill, member.learner))
        since = before.since if before is not None and before.gone is None else at
        self.places[tenant, drill, member.learner] = Place(member, since)

    async def drills(self, tenant: str) -> Sequence[Drill]:
        return [drill for (owner, _), drill in sorted(self.ordered.items()) if owner == tenant]

    async def all_drills(self, now: int) -> Sequence[tuple[str, Drill]]:
        recent = {(key[0], key[1]) for key, copy in self.assigned.items() if copy.closes > now - 1209600}
        return [
            (key[0], drill)
            for key, drill in sorted(self.ordered.items())
            if drill.state == "on" or key in recent
        ]

    async def save_members(self, tenant: str, drill: str, members: Sequence[Member], now: int) -> None:
        there = {member.learner for member in members}
        for key, place in self.places.items():
            is_old = place.gone is None and place.since < now
            if key[:2] == (tenant, drill) and key[2] not in there and is_old:
                self.places[key] = replace(place, gone=now)
        for member in members:
            self._keep_member(tenant, drill, member, now)

    async def members(self, tenant: str, drill: str) -> Sequence[Place]:
        return [place for key, place in sorted(self.places.items()) if key[:2] == (tenant, drill)]

    async def copies(self, tenant: str, drill: str, since: date) -> Sequence[Copy]:
        return [
            copy
            for key, copy in sorted(self.assigned.items())
            if key[:2] == (tenant, drill) and copy.day >= since
        ]

    async def answers(self, tenant: str, key: str) -> Sequence[Answered]:
        found = [
            (home, learner, one)
            for home, learner, one in self.results
            if (one.ordered, one.drill) == (tenant, key) and one.first
        ]
        found.sort(key=lambda each: (each[0], each[1], each[2].at, each[2].turn))
        return [
            Answered(
                (home, learner), one.about, f"{one.scenario}.{one.step}", one.lawful and one.helps, one.slip
            )
            for home, learner, one in found
        ]

    async def save_week(self, tenant: str, week: Week) -> None:
        self.closed.setdefault((tenant, week.drill, week.day), (week, False))

    async def weeks(self, tenant: str, drill: str, since: date = date.min) -> Sequence[tuple[Week, bool]]:
        of_drill = (one for key, one in sorted(self.closed.items()) if key[:2] == (tenant, drill))
        return [(week, told) for week, told in of_drill if week.day >= since]

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
        for key, drill in self.ordered.items():
            if (key[0], drill.place, drill.audience.kind) == (*old, "group"):
                audience = msgspec.structs.replace(drill.audience, ids=(new[1],))
                self.ordered[key] = msgspec.structs.replace(drill, place=new[1], audience=audience)

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
        whose = self.rows.get(row.number, row)  # its account may have been linked since it was made
        edited = (whose.tenant, whose.learner, row.edits)
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
            drills=tuple(
                one
                for account in (who, *(link.guest for link in await self.links(who)))
                for one in self._drills_of(account)
            ),
        )

    def _drills_of(self, account: Learner) -> list[Mapping[str, object]]:
        tenant, learner = account
        audiences = sorted(
            (place.since, key[1], place)
            for key, place in self.places.items()
            if (key[0], key[2]) == (tenant, learner)
        )
        copies = sorted(
            (key[2].isoformat(), key[1], copy)
            for key, copy in self.assigned.items()
            if (key[0], key[3]) == (tenant, learner)
        )
        return [
            *(
                {
                    "drill": drill,
                    "name": place.member.name or None,
                    "zone": place.member.zone or None,
                    "since": since,
                    "left": place.gone,
                }
                for since, drill, place in audiences
            ),
            *(
                {"drill": drill, "day": day, "state": copy.state, "at": copy.at}
                for day, drill, copy in copies
            ),
            *(
                {"ordered": drill.id, "name": drill.by_name, "state": drill.state}
                for (owner, _), drill in sorted(self.ordered.items())
                if (owner, drill.by) == account
            ),
        ]

    async def team(self, tenant: str, place: str = "") -> Team:
        return self.teams.get((tenant, place), Team())

    async def counts(self) -> Sequence[tuple[str, str, int]]:
        ranked = sorted(self.counted.items(), key=lambda one: (one[0][0], -one[1], one[0][1]))
        return [(kind, name, number) for (kind, name), number in ranked]

    async def erase(self, tenant: str, learner: str) -> bool:
        who = self.whose((tenant, learner))
        accounts = {who, *(guest for guest, (home, _) in self.linked.items() if home == who)}
        there = any((key[0], key[2]) in accounts for key in self.places)
        there |= any((key[0], key[3]) in accounts for key in self.assigned)
        there |= any(drill != _without(drill, accounts) for drill in self.ordered.values())
        self.places = {key: one for key, one in self.places.items() if (key[0], key[2]) not in accounts}
        self.assigned = {key: one for key, one in self.assigned.items() if (key[0], key[3]) not in accounts}
        self.ordered = {key: _without(drill, accounts) for key, drill in self.ordered.items()}
        for guest in [guest for guest, (home, _) in self.linked.items() if home == who]:
            self.codes.pop(guest, None)
            self.guesses.pop(guest, None)
        self.linked = {guest: kept for guest, kept in self.linked.items() if kept[0] != who}
        for kept in (self.codes, self.guesses, self.updated):
            kept.pop(who, None)
        there = (
            there
            or who in self.sessions
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
        old = now - DRILLS_KEPT
        self.assigned = {key: one for key, one in self.assigned.items() if one.closes >= old}
        over = {key for key, drill in self.ordered.items() if drill.state == "ended"}
        over -= {key[:2] for key in self.assigned}
        self.places = {
            key: one
            for key, one in self.places.items()
            if (one.since >= old or key[:2] not in over) and (one.gone is None or one.gone >= old)
        }

    async def close(self) -> None:
        pass
