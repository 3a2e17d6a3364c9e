"""Values of the database's rows, from what the tutor keeps and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.model import SESSION_FORMAT, Address, Drill, Member, Result, Session, Week, runs_of
from bot.replies import (
    Marked,
    Reply,
)
from bot.store import TRIES, Code, Done, Failed, Link, Row

_encoder = msgspec.json.Encoder()
_reply_decoder = msgspec.json.Decoder(Reply)
_address_decoder = msgspec.json.Decoder(Address)


def seconds(at: datetime) -> int:
    """Give a moment as the database keeps it: seconds since 1970."""
    return int(at.timestamp())


def moment(seconds: int) -> datetime:
    """Read a moment back."""
    return datetime.fromtimestamp(seconds, UTC)


def session_values(done: Sequence[Done]) -> list[tuple[Any, ...]]:
    """Give each learner's newest session in a batch: the ones before it never reach the disk."""
    newest = {(turn.tenant, turn.learner): turn for turn in done if turn.session is not None}
    return [
        (
            tenant,
            learner,
            turn.session.turn,
            SESSION_FORMAT,
            _encoder.encode(turn.session).decode(),
            pins(turn.session),
            seconds(turn.at),
            turn.session.team or "",
        )
        for (tenant, learner), turn in newest.items()
        if turn.session is not None
    ]


def pins(session: Session) -> str:
    """Give the contents that a session's runs need, as a JSON list."""
    return json.dumps([run.content for run in runs_of(session)])


def set_aside(done: Sequence[Done]) -> Iterator[Failed]:
    """Give the failures of events that are set aside."""
    for turn in done:
        if turn.failed is not None:
            yield Failed(turn.heard or turn.tenant, turn.event, TRIES, turn.failed, turn.at)


def failure_values(one: Failed) -> tuple[Any, ...]:
    """Give the values of save_failure."""
    return one.tenant, one.event, one.tries, one.error, seconds(one.at)


def result_values(turn: Done, one: Result) -> tuple[Any, ...]:
    """Give the values of save_result."""
    return (
        turn.tenant,
        turn.learner,
        one.run,
        one.turn,
        one.scenario,
        one.content,
        one.step,
        " ".join(one.chose),
        one.rule,
        one.lawful,
        one.helps,
        one.slip,
        one.first,
        seconds(one.at),
        one.about,
        one.drill,
        one.ordered,
    )


def result_from(values: Sequence[Any]) -> Result:
    """Read a result back."""
    run, turn, scenario, content, step, chose, rule, lawful, helps, slip, first, at, about, drill, ordered = (
        values
    )
    return Result(
        run=run,
        turn=turn,
        scenario=scenario,
        content=content,
        step=step,
        chose=tuple(chose.split()),
        rule=rule,
        lawful=bool(lawful),
        helps=bool(helps),
        slip=slip,
        first=bool(first),
        at=moment(at),
        about=about,
        drill=drill,
        ordered=ordered,
    )


def row_values(row: Row) -> tuple[Any, ...]:
    """Give the values of save_row."""
    return (
        row.number,
        row.tenant,
        row.learner,
        _encoder.encode(row.address).decode(),
        row.lane,
        row.key,
        row.edits,
        row.expires,
        _encoder.encode(row.reply).decode(),
    )


def team_values(turn: Done) -> tuple[Any, ...]:
    """Give the values of save_team."""
    return *(turn.place or (turn.tenant, "")), _encoder.encode(turn.team).decode()


def code_values(code: Code) -> tuple[Any, ...]:
    """Give the values of save_code."""
    return *code.learner, code.hash, _encoder.encode(code.address).decode(), code.expires


def link_values(turn: Done, link: Link) -> tuple[Any, ...]:
    """Give the values of save_link."""
    address, home = (_encoder.encode(one).decode() for one in (link.address, link.home))
    return *link.guest, turn.tenant, turn.learner, address, home, seconds(link.at)


def link_from(values: Sequence[Any]) -> Link:
    """Read a link back."""
    tenant, guest, address, home, at = values
    return Link((tenant, guest), address_from(address), address_from(home), moment(at))


def address_from(text: str) -> Address:
    """Read an address back."""
    return _address_decoder.decode(text)


def row_from(values: Sequence[Any]) -> Row:
    """Read a row of the outbox back."""
    number, tenant, learner, address, lane, key, edits, expires, body, tries = values
    return Row(
        number=number,
        tenant=tenant,
        learner=learner,
        address=_address_decoder.decode(address),
        lane=lane,
        key=key,
        edits=edits,
        expires=expires,
        reply=_reply_decoder.decode(body),
        tries=tries,
    )


# --- drills ----------------------------------------------------------------------------------


def drill_values(turn: Done, drill: Drill) -> tuple[Any, ...]:
    """Give the values of save_drill."""
    return turn.heard or turn.tenant, drill.id, drill.place, drill.state, _encoder.encode(drill).decode()


def member_values(tenant: str, drill: str, member: Member, now: int) -> tuple[Any, ...]:
    """Give the values of save_member."""
    return tenant, drill, member.learner, _encoder.encode(member).decode(), now


def assignment_values(marked: Marked, at: int) -> tuple[Any, ...]:
    """Give the values of save_assignment."""
    day = marked.day.isoformat()
    return marked.tenant, marked.drill, day, marked.account, marked.state, marked.due, marked.closes, at


def mark_values(marked: Marked, at: int) -> tuple[Any, ...]:
    """Give the values of mark_assignment."""
    return marked.state, at, marked.tenant, marked.drill, marked.day.isoformat(), marked.account


def week_values(tenant: str, week: Week) -> tuple[Any, ...]:
    """Give the values of save_week."""
    return tenant, week.drill, week.day.isoformat(), _encoder.encode(week).decode()
