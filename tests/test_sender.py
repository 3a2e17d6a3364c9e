"""The sender: every reply arrives, in order, and never twice where that would be worse."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from adapters.text import plain
from bot.events import (
    Typed,
)
from bot.model import Address, Team
from bot.replies import (
    Button,
    Home,
    HomePage,
    Line,
    Prompt,
    Redrawn,
)
from bot.sender import Gone, Later, Message, Outcome, Pace, Sender, Sent, Unknown
from bot.store import EDIT, PUSH, WAITING, Done, Mark, Row
from tests.library import HOME, LIBRARY, NOW
from tests.memory_store import MemoryStore
from tests.service import Notebook, Service, serving

SECONDS = int(NOW.timestamp())
CHANNEL = Address(platform="test", chat="channel", shared=True)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with serving(MemoryStore()) as running:
        yield running


async def committed(store: MemoryStore, *rows: tuple[str, int, Address, int]) -> list[Row]:
    """Rows (text, lane, address, seconds left) as a turn commits them."""
    made = [
        Row(store.number(), "t", "l", address, lane, None, None, SECONDS + left, Line(text=text))
        for text, lane, address, left in rows
    ]
    await store.save([Done("t", "l", f"e{made[0].number}", NOW, rows=tuple(made))])
    return made


def memory(service: Service) -> MemoryStore:
    """The store behind a service, as what it is."""
    assert isinstance(service.store, MemoryStore)
    return service.store


async def sent_by(service: Service, *rows: tuple[str, int, Address, int]) -> list[str]:
    """Commit rows, let them be sent, and give the texts in the order they went out."""
    made = await committed(memory(service), *rows)
    service.sender.take(made)
    for address in {row.address for row in made}:
        await service.sender.idle(address)
    return [plain(message.reply) for message in service.notebook.got]


async def test_replies_arrive_in_order(service: Service) -> None:
    rows = [(str(n), WAITING, HOME, 60) for n in range(9)]
    assert await sent_by(service, *rows) == [str(n) for n in range(9)]
    assert list(await service.store.unsent()) == []


async def test_a_waiting_person_comes_before_a_push(service: Service) -> None:
    got = await sent_by(service, ("push", PUSH, HOME, 60), ("reply", WAITING, HOME, 60))
    assert got == ["reply", "push"]


async def test_what_came_too_late_is_dropped_and_counted(service: Service) -> None:
    assert await sent_by(service, ("old", WAITING, HOME, 0), ("new", WAITING, HOME, 1)) == ["new"]
    assert service.sender.counts["expired"] == 1


async def test_later_means_later_and_others_do_not_wait() -> None:
    async with serving(MemoryStore(), answers=[Later(7.5)]) as service:
        got = await sent_by(service, ("first", WAITING, HOME, 60), ("second", WAITING, HOME, 60))
        assert got == ["first", "first", "second"]
        assert service.pauses == [7.5]


async def test_who_cannot_be_reached_is_let_go() -> None:
    async with serving(MemoryStore(), answers=[Gone("blocked")]) as service:
        assert await sent_by(service, ("lost", WAITING, HOME, 60)) == ["lost"]
        assert list(await service.store.unsent()) == []
        assert service.sender.counts["gone"] == 1


async def test_a_private_reply_whose_fate_is_unknown_is_sent_once_more_and_then_left() -> None:
    async with serving(MemoryStore(), answers=[Unknown(), Unknown()]) as service:
        assert await sent_by(service, ("perhaps", WAITING, HOME, 60)) == ["perhaps", "perhaps"]
        assert list(await service.store.unsent()) == []
        assert (service.sender.counts["again"], service.sender.counts["left"]) == (1, 1)


@pytest.mark.parametrize(("lane", "address"), [(PUSH, HOME), (WAITING, CHANNEL)])
async def test_a_push_or_what_others_see_is_never_sent_twice(lane: int, address: Address) -> None:
    async with serving(MemoryStore(), answers=[Unknown()]) as service:
        assert await sent_by(service, ("once", lane, address, 60)) == ["once"]
        assert service.sender.counts["left"] == 1


async def test_after_a_crash_a_private_reply_goes_out_and_a_push_that_was_begun_does_not() -> None:
    store = MemoryStore()
    private, push = await committed(store, ("private", WAITING, HOME, 60), ("push", PUSH, HOME, 60))
    await store.mark([Mark(push, "trying")])  # the process died while it was sent
    async with serving(store) as service:
        await service.sender.idle(HOME)
        assert service.notebook.texts() == ["private"]
        assert list(await store.unsent()) == []
    assert private.tries == 0


async def test_an_edit_changes_the_message_that_was_shown(service: Service) -> None:
    await service.say("play story", "b")
    shown = next(m for m in service.notebook.got if "The phone rings." in plain(m.reply))
    edit = next(m for m in service.notebook.got if m.edits is not None)
    assert edit.edits == f"m{service.notebook.got.index(shown) + 1}"
    assert "b. Do ask (chosen)" in plain(edit.reply)


async def test_an_edit_of_a_message_that_never_arrived_is_dropped() -> None:
    async with serving(MemoryStore(), answers=[Gone("blocked")]) as service:
        await service.say("play story", "b")
        assert service.sender.counts["orphan"] == 1
        assert list(await service.store.unsent()) == []


async def test_an_edit_lane_row_comes_after_the_replies_of_its_turn(service: Service) -> None:
    await service.say("play story", "b")
    edits = [message.edits is not None for message in service.notebook.got]
    assert edits == [False, False, False, True]
    assert EDIT > WAITING


async def test_what_waits_for_a_platform_that_is_not_configured_is_kept(service: Service) -> None:
    elsewhere = Address(platform="pigeon", chat="roof")
    await sent_by(service, ("coo", WAITING, elsewhere, 60))
    assert [row.reply for row in await service.store.unsent()] == [Line(text="coo")]


async def test_a_row_that_was_erased_while_it_waited_is_not_sent() -> None:
    store = MemoryStore()
    async with serving(store, answers=[Later(1)]) as service:

        async def erase_then_go_on(seconds: float) -> None:
            await store.erase("t", "l")
            service.pauses.append(seconds)

        service.sender._pause = erase_then_go_on
        assert await sent_by(service, ("secret", WAITING, HOME, 60)) == ["secret"]
        assert service.pauses == [1]


async def test_the_platforms_id_of_a_sent_message_is_kept_and_its_words_are_not(service: Service) -> None:
    await service.do(Typed("play story"))
    (message,) = (await service.store.kept("t", "l")).messages
    assert message["message"] == "m1"
    assert Sent("m1").id == "m1"


async def test_a_send_that_breaks_stops_nobody_else_and_is_not_tried_for_ever(service: Service) -> None:
    class Broken:
        async def send(self, message: Message) -> Outcome:
            raise KeyError(message)

    service.sender._carriers = {**service.sender._carriers, "broken": Broken()}
    there = Address(platform="broken", chat="x")
    got = await sent_by(service, ("lost", WAITING, there, 60), ("kept", WAITING, HOME, 60))
    assert got == ["kept"]
    assert list(await service.store.unsent()) == []
    assert service.sender.counts["left"] == 1


async def test_an_edit_goes_to_where_its_message_was_shown(service: Service) -> None:
    other = Address(platform="test", chat="another chat of the same person")
    await service.say("play story")
    await service.tutor.take(service.arrival(Typed("b"), address=other))
    for address in (HOME, other):
        await service.sender.idle(address)
    edit = next(message for message in service.notebook.got if message.edits is not None)
    assert edit.address == HOME


async def test_every_row_of_an_erased_learner_is_dropped_after_a_pause() -> None:
    store = MemoryStore()
    async with serving(store, answers=[Later(1)]) as service:

        async def erase_meanwhile(seconds: float) -> None:
            await store.erase("t", "l")
            service.pauses.append(seconds)

        service.sender._pause = erase_meanwhile
        rows = [(text, WAITING, HOME, 60) for text in ("first", "second", "third")]
        assert await sent_by(service, *rows) == ["first"]


class Running:
    """A clock that goes on by what is waited, and a note of each wait."""

    def __init__(self) -> None:
        self.now = NOW.timestamp()
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@contextlib.asynccontextmanager
async def paced(store: MemoryStore, notebook: Notebook) -> AsyncIterator[tuple[Sender, Running]]:
    """A sender that leaves a second between two messages in a chat."""
    clock = Running()
    sender = Sender(
        store,
        {"test": notebook},
        clock,
        LIBRARY,
        pause=clock.pause,
        pace={"test": Pace(1.0, group=3.0, overall=0.1)},
    )
    running = asyncio.create_task(sender.run())
    yield sender, clock
    running.cancel()


async def test_a_chat_gets_one_message_a_second_without_being_told() -> None:
    store, notebook = MemoryStore(), Notebook()
    async with paced(store, notebook) as (sender, clock):
        sender.take(await committed(store, *((str(n), WAITING, HOME, 60) for n in range(4))))
        await sender.idle(HOME)
        assert notebook.texts() == ["0", "1", "2", "3"]
        assert clock.waits == [1, 1, 1]


async def test_threads_of_a_channel_share_its_pace_and_other_channels_have_their_own() -> None:
    store, notebook = MemoryStore(), Notebook()
    threads = [Address(platform="test", chat="c", thread=str(n)) for n in range(3)]
    elsewhere = [Address(platform="test", chat=str(n)) for n in range(3)]
    async with paced(store, notebook) as (sender, clock):
        began = clock.now
        sender.take(await committed(store, *(("x", WAITING, place, 60) for place in (*threads, *elsewhere))))
        await sender.all_idle()
        assert len(notebook.got) == 6
        assert clock.now - began >= 2
        assert sender.waiting() == 0


def edit_row(store: MemoryStore, key: str, text: str, address: Address = HOME) -> Row:
    """An edit of the message with a key."""
    prompt = Prompt(key=key, title="t", place="p", text=text, buttons=(Button(label="b", data="b"),))
    return Row(store.number(), "t", "l", address, EDIT, None, key, SECONDS + 60, Redrawn(prompt=prompt))


async def shown(store: MemoryStore, key: str) -> None:
    """Let a message with a key have arrived."""
    row = Row(store.number(), "t", "l", HOME, WAITING, key, None, SECONDS + 60, Line(text="first"))
    await store.save([Done("t", "l", f"shown {key}", NOW, rows=(row,))])
    await store.mark([Mark(row, "sent", f"m-{key}", SECONDS)])


async def test_of_several_edits_of_one_message_only_the_last_is_sent(service: Service) -> None:
    store = memory(service)
    await shown(store, "a")
    await shown(store, "b")
    rows = [edit_row(store, key, text) for key, text in (("a", "1"), ("b", "2"), ("a", "3"), ("a", "4"))]
    await store.save([Done("t", "l", "edits", NOW, rows=tuple(rows))])
    service.sender.take(rows)
    await service.sender.idle(HOME)
    sent = [(message.edits, message.reply.prompt.text) for message in service.notebook.got]  # type: ignore[union-attr]
    assert sent == [("m-b", "2"), ("m-a", "4")]
    assert service.sender.counts["merged"] == 2
    assert list(await store.unsent()) == []


async def test_an_edit_that_must_wait_holds_up_no_new_reply() -> None:
    store = MemoryStore()
    await shown(store, "a")
    async with serving(store, answers=[Later(30)]) as service:
        reply = (await committed(store, ("reply", WAITING, HOME, 60)))[0]

        async def reply_comes_meanwhile(seconds: float) -> None:
            service.pauses.append(seconds)
            service.sender.take([reply])
            while reply.number in store.rows:  # noqa: ASYNC110  # it goes out while the edit waits
                await asyncio.sleep(0)

        service.sender._pause = reply_comes_meanwhile
        edit = edit_row(store, "a", "edited")
        await store.save([Done("t", "l", "edit", NOW, rows=(edit,))])
        service.sender.take([edit])
        await service.sender.idle(HOME)
        assert [message.edits for message in service.notebook.got] == ["m-a", None, "m-a"]
        assert service.pauses == [30]


async def test_the_edit_of_a_pressed_message_goes_by_its_press(service: Service) -> None:
    """The press proves that the message is there, also where the platform never told its id."""
    here = Address(platform="test", chat="home", hook="https://hooks.example/1", pressed="home:7")
    store = memory(service)
    row = edit_row(store, "never shown", "edited", here)
    await store.save([Done("t", "l", "edit", NOW, rows=(row,))])
    service.sender.take([row])
    await service.sender.idle(here)
    (message,) = service.notebook.got
    assert (message.edits, message.address) == ("home:7", here)


async def test_a_learners_page_is_drawn_when_it_is_sent(service: Service) -> None:
    await service.do(Typed("play story"))
    row = Row(memory(service).number(), "t", "l", HOME, WAITING, None, None, SECONDS + 60, Home(admin=True))
    await memory(service).save([Done("t", "l", "home", NOW, rows=(row,), team=Team(counsel="Dana"))])
    await service.do(Typed("b"))  # before the page is sent, the learner goes on
    service.sender.take([row])
    await service.sender.idle(HOME)
    page = service.notebook.got[-1].reply
    assert isinstance(page, HomePage)
    assert "step 2" in page.going
    assert "counsel Dana" in page.team


async def test_an_older_edit_that_had_to_wait_comes_never_after_a_newer_one() -> None:
    store = MemoryStore()
    await shown(store, "a")
    async with serving(store, answers=[Later(30)]) as service:
        old, new = edit_row(store, "a", "old"), edit_row(store, "a", "new")
        await store.save([Done("t", "l", "edits", NOW, rows=(old, new))])

        async def newer_comes_meanwhile(seconds: float) -> None:
            service.pauses.append(seconds)
            service.sender.take([new])
            while new.number in store.rows:  # noqa: ASYNC110  # it goes out while the older waits
                await asyncio.sleep(0)

        service.sender._pause = newer_comes_meanwhile
        service.sender.take([old])
        await service.sender.idle(HOME)
        texts = [message.reply.prompt.text for message in service.notebook.got]  # type: ignore[union-attr]
        assert texts == ["old", "new"], "the old one was tried once, and not again"
        assert not service.sender._edits
