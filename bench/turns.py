"""Turns: the engine alone, and durable ones with all their rows."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterable
from time import perf_counter

import msgspec

from bench.database import copied, no_delivery, prove, running
from bench.learners import Played, begun, play
from bench.place import Measured, Place, Watch, WrongResultError
from bot.content import load
from bot.engine import advance, new_session
from bot.events import (
    Arrival,
    Typed,
)
from bot.model import Library, Session
from bot.store.sqlite import open_store
from bot.tutor import Tutor

CROWD = 32  # turns in flight where many are


def engine(place: Place) -> Measured:
    """Time the engine with its session from bytes and to bytes; no store, no replies written down."""
    library = load(place.content)
    game = play(library, place.learners, lambda _: 0, 3 * place.crowded)
    decode, encode = msgspec.json.Decoder(Session).decode, msgspec.json.Encoder().encode
    sessions = _first_sessions(game, encode)
    watch = Watch()
    settle()
    began = perf_counter()
    for arrival in game.arrivals:
        start = perf_counter()
        who, event = (arrival.tenant, arrival.learner), arrival.event
        assert not isinstance(event, Typed)
        turn = advance(library, decode(sessions[who]), event, arrival.at)
        sessions[who] = encode(turn.session)
        watch.each.append(perf_counter() - start)
    watch.whole = perf_counter() - began
    if {who: decode(body) for who, body in sessions.items()} != game.sessions:
        raise WrongResultError("sessions through bytes are not those without")
    return Measured(
        {**watch.figures(), "a_turn": watch.whole / len(watch.each) * 1e6, **_parts(library, game)}
    )


def _first_sessions(game: Played, encode: Callable[[Session], bytes]) -> dict[tuple[str, str], bytes]:
    return {who: encode(new_session(session.seed)) for who, session in game.sessions.items()}


def _parts(library: Library, game: Played) -> dict[str, float]:
    """Time the engine without bytes, and the writing down of its replies, in microseconds a turn."""
    sessions = {who: new_session(session.seed) for who, session in game.sessions.items()}
    encode = msgspec.json.Encoder().encode
    engine_took = replies_took = size = 0.0
    for arrival in game.arrivals:
        who, event = (arrival.tenant, arrival.learner), arrival.event
        assert not isinstance(event, Typed)
        start = perf_counter()
        turn = advance(library, sessions[who], event, arrival.at)
        between = perf_counter()
        size += sum(len(encode(reply)) for reply in turn.replies)
        replies_took += perf_counter() - between
        engine_took += between - start
        assert turn.session is not None
        sessions[who] = turn.session
    turns = len(game.arrivals)
    return {
        "engine_alone": engine_took / turns * 1e6,
        "replies_to_bytes": replies_took / turns * 1e6,
        "reply_bytes": size / turns,
    }


def settle() -> None:
    """Put what was prepared out of the garbage collector's sight, so that it is not charged to a turn."""
    gc.collect()
    gc.freeze()


async def drive(
    take: Callable[[Arrival], Awaitable[object]], arrivals: Iterable[Arrival], in_flight: int
) -> Watch:
    """Keep some turns in flight until all are done, and time each."""
    watch = Watch()
    waiting = iter(arrivals)

    async def keep_one_going() -> None:
        for arrival in waiting:
            start = perf_counter()
            await take(arrival)
            watch.each.append(perf_counter() - start)

    settle()
    began = perf_counter()
    await asyncio.gather(*(keep_one_going() for _ in range(in_flight)))
    watch.whole = perf_counter() - began
    return watch


def prepared(place: Place, in_flight: int) -> tuple[Library, Played]:
    """Give the library, and the presses that go on from the database which rows start from."""
    library = load(place.content)
    presses = place.alone if in_flight == 1 else place.crowded
    return library, play(library, place.learners, begun, presses)


def durable(place: Place, in_flight: int) -> Measured:
    """Time the real tutor on the real store; what it hands to the sender stays in the outbox."""
    return asyncio.run(_durable(place, in_flight))


async def _durable(place: Place, in_flight: int) -> Measured:
    library, game = prepared(place, in_flight)
    with copied(place) as path:
        store = await open_store(path)
        tutor = Tutor(library, store, no_delivery, lambda: "")
        worker = asyncio.create_task(tutor.run())
        try:
            watch = await drive(tutor.take, game.arrivals, in_flight)
        finally:
            worker.cancel()
            await store.close()
        return Measured(watch.figures(), await prove(path, game.sessions))


def delivered(place: Place, in_flight: int) -> Measured:
    """Time the real tutor and sender, until an instant platform has taken each reply and that is marked."""
    return asyncio.run(_delivered(place, in_flight))


async def _delivered(place: Place, in_flight: int) -> Measured:
    library, game = prepared(place, in_flight)
    with copied(place) as path:
        store = await open_store(path)
        try:
            async with running(library, store) as (tutor, sender):
                began = perf_counter()
                watch = await drive(tutor.take, game.arrivals, in_flight)
                for address in {arrival.address for arrival in game.arrivals}:
                    await sender.idle(address)
                watch.whole = perf_counter() - began
            if await store.unsent():
                raise WrongResultError("replies are left in the outbox")
        finally:
            await store.close()
        await prove(path, game.sessions)
        return Measured(watch.figures())
