"""What any store must promise (of drills: `test_store_contract_drills`). A new one joins STORES."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from bot.engine import advance, new_session
from bot.events import (
    Chose,
    Opened,
)
from bot.model import Address, Audience, Drill, Member, Result, Session, Team
from bot.replies import (
    Line,
    Prompt,
    Redrawn,
)
from bot.store import EDIT, WAITING, Code, Done, Failed, Learner, Link, Mark, Row, Store
from bot.store.sqlite import open_store
from tests.library import HOME, LIBRARY, NOW
from tests.memory_store import MemoryStore

STORES = ["sqlite", "memory"]
SECONDS = int(NOW.timestamp())


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else await open_store(tmp_path / "a.db")
    yield made
    await made.close()


def row(
    store: Store, *, tenant: str = "t", learner: str = "l", key: str | None = None, text: str = "hi"
) -> Row:
    """A row with a line of text."""
    return Row(
        number=store.number(),
        tenant=tenant,
        learner=learner,
        address=HOME,
        lane=WAITING,
        key=key,
        edits=None,
        expires=SECONDS + 60,
        reply=Line(text=text),
    )


def in_story(tenant: str = "t", learner: str = "l", event: str = "e1") -> Done:
    """A turn that began the story and answered its first step."""
    opened = advance(LIBRARY, new_session("seed"), Opened("play", "story"), NOW).session
    assert opened is not None
    turn = advance(LIBRARY, opened, Chose("1-seed", 1, "send"), NOW)
    return Done(tenant, learner, event, NOW, session=turn.session, results=turn.results)


async def test_what_was_saved_is_read(store: Store) -> None:
    done = in_story()
    await store.save([done])
    known = await store.read([("t", "l", "e1", ""), ("t", "l", "e2", ""), ("t", "stranger", "e3", "")])
    assert known.seen == {("t", "e1")}
    assert known.sessions == {("t", "l"): done.session}
    assert (await store.kept("t", "l")).results == done.results


async def test_the_newest_session_of_a_batch_is_the_one_kept(store: Store) -> None:
    first, second = Session(seed="s", turn=1), Session(seed="s", turn=2)
    await store.save([Done("t", "l", "e1", NOW, first), Done("t", "l", "e2", NOW, second)])
    assert (await store.read([("t", "l", "e3", "")])).sessions["t", "l"] == second


async def test_a_batch_is_kept_whole_or_not_at_all(store: Store) -> None:
    if isinstance(store, MemoryStore):
        pytest.skip("a dict has no transactions")
    await store.save([Done("t", "l", "e1", NOW, Session(seed="old"))])
    good = Done("t", "other", "e2", NOW, Session(seed="new"))
    repeated = Done("t", "l", "e1", NOW, Session(seed="new"))  # its event is there already
    with pytest.raises(Exception, match="UNIQUE"):
        await store.save([good, repeated])
    known = await store.read([("t", "l", "e1", ""), ("t", "other", "e2", "")])
    assert known.seen == {("t", "e1")}
    assert known.sessions == {("t", "l"): Session(seed="old")}


async def test_failures_are_counted_by_event(store: Store) -> None:
    await store.save([], [Failed("t", "bad", 1, "KeyError", NOW)])
    await store.save([], [Failed("t", "bad", 2, "KeyError", NOW)])
    assert (await store.read([("t", "l", "bad", "")])).tries == {("t", "bad"): 2}


async def test_rows_wait_in_order_until_they_are_marked(store: Store) -> None:
    rows = [row(store, text=str(n)) for n in range(3)]
    await store.save([Done("t", "l", "e1", NOW, rows=tuple(rows))])
    assert list(await store.unsent()) == rows
    await store.mark([Mark(rows[0], "sent", "m1", SECONDS), Mark(rows[1], "dropped")])
    assert [one.number for one in await store.unsent()] == [rows[2].number]
    assert [await store.still_waiting(one) for one in rows] == [False, False, True]


async def test_numbers_go_up(store: Store) -> None:
    assert store.number() < store.number() < store.number()


async def test_a_send_that_was_begun_is_counted(store: Store) -> None:
    one = row(store)
    await store.save([Done("t", "l", "e1", NOW, rows=(one,))])
    await store.mark([Mark(one, "trying")])
    assert [waiting.tries for waiting in await store.unsent()] == [1]


async def test_an_edit_finds_the_newest_message_of_its_key_until_its_last_form(store: Store) -> None:
    shown, again = row(store, key="1-seed.3"), row(store, key="1-seed.3")
    prompt = Prompt(key="1-seed.3", title="A", place="step 1", text="B")
    edit = Row(store.number(), "t", "l", HOME, EDIT, None, "1-seed.3", SECONDS + 60, Redrawn(prompt=prompt))
    await store.save([Done("t", "l", "e1", NOW, rows=(shown, again, edit))])
    assert await store.message_of(edit) is None
    await store.mark([Mark(shown, "sent", "m1", SECONDS), Mark(again, "sent", "m2", SECONDS)])
    assert await store.message_of(edit) == ("m2", HOME)
    await store.mark([Mark(edit, "sent", "m2", SECONDS, last=True)])
    assert await store.message_of(edit) is None
    assert (await store.kept("t", "l")).messages == ()


async def test_pinned_content_stays_as_long_as_a_run_needs_it(store: Store) -> None:
    done = in_story()
    assert done.session is not None and done.session.run is not None
    pinned = done.session.run.content
    await store.save([done], contents={pinned: b"story", "unused": b"x", "today": b"y"})
    await store.tidy(SECONDS, {"today"})
    assert await store.contents({pinned, "unused", "today"}) == {pinned: b"story", "today": b"y"}
    await store.erase("t", "l")
    await store.tidy(SECONDS, set())
    assert await store.contents({pinned, "today"}) == {}


async def test_event_ids_are_kept_72_hours(store: Store) -> None:
    await store.save([in_story()])
    await store.tidy(SECONDS + 72 * 3600 - 1, set())
    assert (await store.read([("t", "l", "e1", "")])).seen
    await store.tidy(SECONDS + 72 * 3600 + 1, set())
    assert not (await store.read([("t", "l", "e1", "")])).seen


async def test_ids_of_messages_that_may_be_edited_are_kept_30_days(store: Store) -> None:
    one = row(store, key="k")
    await store.save([Done("t", "l", "e1", NOW, rows=(one,))])
    await store.mark([Mark(one, "sent", "m", SECONDS)])
    await store.tidy(SECONDS + 30 * 24 * 3600 + 1, set())
    assert (await store.kept("t", "l")).messages == ()


async def test_erasing_leaves_nothing_of_the_learner_and_everything_of_others(store: Store) -> None:
    mine, other = in_story(), in_story(learner="other", event="e2")
    await store.save([mine, other])
    await store.save([Done("t", "l", "e3", NOW, rows=(row(store),))])
    assert await store.erase("t", "l")
    gone = await store.kept("t", "l")
    assert (gone.session, gone.results, gone.waiting, gone.messages) == (None, (), 0, ())
    assert (await store.kept("t", "other")).results == other.results
    assert not await store.erase("t", "l")


async def test_erasing_in_a_turn_keeps_the_word_that_says_so(store: Store) -> None:
    await store.save([in_story()])
    word = row(store, text="Done.")
    await store.save([Done("t", "l", "e2", NOW, rows=(word,), erase=True)])
    kept = await store.kept("t", "l")
    assert (kept.session, kept.results, kept.waiting) == (None, (), 1)
    assert list(await store.unsent()) == [word]


async def test_everything_comes_back_as_it_was(store: Store) -> None:
    address = Address(platform="slack", chat="C1", thread="1.2", private="D1", shared=True)
    one = Row(store.number(), "t", "l", address, EDIT, "k", "old", SECONDS, Line(text="Ä ✓"))
    result = Result(
        run="1-a",
        turn=4,
        scenario="s",
        content="c",
        step="x",
        chose=("a", "b"),
        rule="r.x",
        lawful=True,
        helps=False,
        slip="under",
        first=True,
        at=NOW,
    )
    await store.save([Done("t", "l", "e", NOW, Session(seed="s"), (result,), (one,))])
    assert list(await store.unsent()) == [one]
    assert (await store.kept("t", "l")).results == (result,)


# --- tenants are walls -----------------------------------------------------------------------


async def test_the_same_learner_and_event_in_two_tenants_never_meet(store: Store) -> None:
    """Every call that names a tenant is made for each of two, with all other names the same."""
    a, b = in_story(tenant="a"), Done("b", "l", "e2", NOW, Session(seed="b"))
    row_a, row_b = row(store, tenant="a", key="k"), row(store, tenant="b", key="k")
    await store.save([a, b])
    await store.save(
        [Done("a", "l", "e3", NOW, rows=(row_a,)), Done("b", "l", "e3", NOW, rows=(row_b,))],
        [Failed("a", "bad", 1, "KeyError", NOW)],
    )
    known = await store.read([("b", "l", "e1", ""), ("b", "l", "bad", "")])
    assert known.seen == frozenset()
    assert known.tries == {}
    assert known.sessions == {("b", "l"): Session(seed="b")}

    await store.mark([Mark(row_a, "sent", "message of a", SECONDS)])
    edit_b = Row(store.number(), "b", "l", HOME, EDIT, None, "k", SECONDS, Line(text="x"))
    assert await store.message_of(edit_b) is None
    kept_b = await store.kept("b", "l")
    assert (kept_b.session, kept_b.results, kept_b.waiting) == (Session(seed="b"), (), 1)
    assert kept_b.messages == ()

    await store.mark([Mark(row_b, "sent", "message of b", SECONDS)])
    await store.mark([Mark(edit_b, "sent", "message of b", SECONDS, last=True)])
    assert len((await store.kept("a", "l")).messages) == 1

    await store.erase("b", "l")
    assert (await store.kept("a", "l")).session == a.session
    await store.save([Done("b", "l", "e9", NOW + timedelta(hours=1), erase=True)])
    assert (await store.kept("a", "l")).results == a.results


async def test_a_teams_settings_are_kept_for_its_tenant_alone(store: Store) -> None:
    team = Team(state="OH", role="school", counsel="Dana Reyes, ext. 12", hours="9 to 5")
    await store.save([Done("t", "l", "e1", NOW, team=team)])
    assert await store.team("t") == team
    assert await store.team("another") == Team()
    known = await store.read([("t", "l", "e2", ""), ("another", "l", "e3", "")])
    assert known.teams == {("t", ""): team}


async def test_a_teams_newest_settings_hold(store: Store) -> None:
    await store.save([Done("t", "l", "e1", NOW, team=Team(state="OH"))])
    await store.save([Done("t", "l", "e2", NOW, team=Team(state="OR"))])
    assert await store.team("t") == Team(state="OR")


async def test_erasing_a_learner_leaves_what_their_team_set(store: Store) -> None:
    await store.save([Done("t", "l", "e1", NOW, session=Session(seed="s"), team=Team(state="OH"))])
    assert await store.erase("t", "l")
    assert await store.team("t") == Team(state="OH")


async def test_the_way_to_answer_an_event_is_kept_until_it_is_answered_and_no_longer(store: Store) -> None:
    hooked = Address(platform="test", chat="home", hook="https://hooks.example/secret", pressed="home:1")
    waiting = replace(row(store, key="1-seed.1"), address=hooked)
    await store.save([Done("t", "l", "e1", NOW, rows=(waiting,))])
    assert [one.address for one in await store.unsent()] == [hooked]
    await store.mark([Mark(waiting, "sent", "m1", SECONDS)])
    edit = replace(row(store), edits="1-seed.1")
    assert await store.message_of(edit) == ("m1", Address(platform="test", chat="home"))


async def test_once_a_newer_edit_was_sent_an_older_one_of_its_message_waits_no_more(store: Store) -> None:
    old, other, new = (replace(row(store), edits=key) for key in ("a", "b", "a"))
    await store.save([Done("t", "l", "e1", NOW, rows=(old, other, new))])
    await store.mark([Mark(new, "sent", "m1", SECONDS)])
    assert [one.number for one in await store.unsent()] == [other.number]


# --- teams of one tenant, and accounts that are one learner -----------------------------------


async def test_a_tenants_teams_have_settings_of_their_own(store: Store) -> None:
    group = Team(counsel="Legal office")
    await store.save([Done("t", "l", "e1", NOW, team=Team(state="OH"))])
    await store.save([Done("t", "l", "e2", NOW, team=group, place=("t", "-1"))])
    known = await store.read([("t", "l", "e3", "-1")])
    assert known.teams["t", "-1"] == group
    assert await store.team("t") == Team(state="OH")


async def test_the_team_a_learner_picked_is_read_with_them_and_moves_with_its_place(store: Store) -> None:
    group, picked = Team(counsel="Legal office"), Session(seed="s", team="-1")
    await store.save([Done("t", "l", "e1", NOW, session=picked, team=group, place=("t", "-1"))])
    assert (await store.read([("t", "l", "e2", "")])).teams["t", "-1"] == group
    await store.save([Done("t", "l", "e2", NOW, place=("t", "-100"), moved=("t", "-1"))])
    known = await store.read([("t", "l", "e3", "")])
    assert known.sessions["t", "l"].team == "-100"
    assert known.teams["t", "-100"] == group


def drill(id: str = "d1", tenant: str = "t", place: str = "-1") -> Drill:
    """A drill for a group."""
    audience = Audience(kind="group", ids=(place,), name="The team")
    until = NOW.date()
    return Drill(
        id=id,
        tenant=tenant,
        platform="test",
        by="boss",
        audience=audience,
        place=place,
        weekday=0,
        at=540,
        first=until,
        home=HOME,
    )


async def joined(store: Store, event: str, at: datetime = NOW, drill: str = "d1", learner: str = "l") -> None:
    """Someone joins a drill."""
    member = Member(learner=learner, address=HOME)
    await store.save([Done("t", learner, event, at, joined=(drill, member))])


async def inside(store: Store, drill: str = "d1") -> list[str]:
    """Give who is in a drill's audience."""
    return [place.member.learner for place in await store.members("t", drill) if place.gone is None]


async def test_a_groups_drills_move_with_its_place_and_no_others_do(store: Store) -> None:
    ordered = (drill(), drill("d2", place="-2"), drill("d1", tenant="other"))
    for number, one in enumerate(ordered):
        await store.save([Done(one.tenant, "boss", f"e{number}", NOW, drill=one)])
    channel = msgspec.structs.replace(drill("d3"), audience=Audience(kind="channel", ids=("C1",)))
    await store.save([Done("t", "boss", "e8", NOW, drill=channel)])
    await store.save([Done("t", "l", "e9", NOW, place=("t", "-100"), moved=("t", "-1"))])
    assert await store.drills("t") == [drill(place="-100"), ordered[1], channel]
    assert await store.drills("other") == [ordered[2]]
    assert dict(await store.all_drills(SECONDS))["other"] == ordered[2]


async def test_who_is_away_from_a_place_is_out_of_its_drills_alone(store: Store) -> None:
    for id, place in (("d1", "-1"), ("d2", "-1"), ("d3", "-2")):
        await store.save([Done("t", "boss", f"o{id}", NOW, drill=drill(id, place=place))])
        await joined(store, f"j{id}", drill=id)
        await joined(store, f"k{id}", drill=id, learner="k")
    await store.save([Done("t", "l", "e1", NOW, away="-1")])
    assert [await inside(store, id) for id in ("d1", "d2", "d3")] == [["k"], ["k"], ["k", "l"]]
    await store.save([Done("t", "l", "e2", NOW, away="")])
    assert await inside(store, "d3") == ["k"]


async def test_who_joined_while_it_was_asked_who_is_there_stays(store: Store) -> None:
    await joined(store, "e1")
    await joined(store, "e2", NOW + timedelta(seconds=9), learner="late")
    await store.save_members("t", "d1", [], SECONDS + 9)
    assert await inside(store) == ["late"]


async def test_another_tenants_team_of_the_same_place_is_never_read(store: Store) -> None:
    await store.save([Done("t", "l", "e1", NOW, team=Team(state="OH"), place=("t", "-1"))])
    known = await store.read([("u", "l", "e2", "-1")])
    assert ("u", "-1") not in known.teams


HOMES, GUEST = ("slack", "U1"), ("telegram", "1")
LINK = Link(GUEST, Address(platform="telegram", chat="1"), HOME, NOW)


def linked(event: str = "e9") -> Done:
    """A turn that makes the guest an address of the learner at home."""
    return Done(*HOMES, event, NOW, session=Session(seed="one"), link=LINK, heard=GUEST[0])


async def test_a_linked_account_brings_all_it_has_and_is_then_the_learners(store: Store) -> None:
    await store.save([in_story(*GUEST), in_story(*HOMES, event="e2")])
    shown = row(store, tenant=GUEST[0], learner=GUEST[1], key="k")
    await store.save([Done(*GUEST, "e3", NOW, rows=(shown,))])
    await store.mark([Mark(shown, "sent", "1:7", SECONDS)])
    mine = (await store.kept(*GUEST)).results
    assert len(mine) == 1
    await store.save([replace(linked(), results=())])
    known = await store.read([(*GUEST, "e10", "")])
    assert known.whose == {GUEST: HOMES}
    assert known.sessions == {HOMES: Session(seed="one")}
    kept = await store.kept(*GUEST)
    assert kept == await store.kept(*HOMES)
    assert [link.guest for link in kept.links] == [GUEST]
    edit = replace(row(store, tenant=HOMES[0], learner=HOMES[1]), edits="k")
    assert await store.message_of(edit) == ("1:7", HOME)


async def test_an_event_of_a_linked_account_is_known_by_where_it_came_from(store: Store) -> None:
    await store.save([linked("e1")])
    assert (await store.read([(*GUEST, "e1", "")])).seen == {(GUEST[0], "e1")}
    assert not (await store.read([(*HOMES, "e1", "")])).seen


async def test_parted_accounts_are_two_again_and_the_record_stays_at_home(store: Store) -> None:
    await store.save([in_story(*GUEST)])
    await store.save([linked()])
    await store.save([Done(*HOMES, "e10", NOW, unlink=(GUEST,))])
    assert not (await store.read([(*GUEST, "e11", "")])).whose
    assert (await store.kept(*GUEST)).session is None
    assert len((await store.kept(*HOMES)).results) == 1


@pytest.mark.parametrize("who", [HOMES, GUEST])
async def test_erasing_from_either_side_erases_all_and_frees_the_account(store: Store, who: Learner) -> None:
    await store.save([in_story(*GUEST)])
    await store.save([linked()])
    await store.save_code(Code(HOMES, "hash", HOME, SECONDS + 60))
    assert await store.erase(*who)
    assert await store.offer("hash", SECONDS) is None
    known = await store.read([(*GUEST, "e11", ""), (*HOMES, "e12", "")])
    assert (known.whose, known.sessions) == ({}, {})
    assert (await store.kept(*HOMES)).results == ()


async def test_a_code_is_found_until_it_is_too_old_used_or_replaced(store: Store) -> None:
    await store.save([in_story(*HOMES)])
    await store.save_code(Code(HOMES, "first", HOME, SECONDS + 60))
    offer = await store.offer("first", SECONDS)
    assert offer is not None
    assert (offer.learner, offer.address, offer.account.updated) == (HOMES, HOME, SECONDS)
    assert offer.account.session is not None
    assert await store.offer("first", SECONDS + 60) is None
    await store.save_code(Code(HOMES, "second", HOME, SECONDS + 60))
    assert await store.offer("first", SECONDS) is None
    await store.save([linked()])
    assert await store.offer("second", SECONDS) is None


async def test_wrong_codes_are_counted_for_an_hour_and_forgotten_once_one_fits(store: Store) -> None:
    for number in range(3):
        await store.save([Done(*GUEST, f"e{number}", NOW, guess=GUEST)])
    assert (await store.account(GUEST, SECONDS - 3600)).tries == 3
    assert (await store.account(GUEST, SECONDS + 1)).tries == 0
    late = NOW + timedelta(hours=2)
    await store.save([Done(*GUEST, "e5", late, guess=GUEST)])
    assert (await store.account(GUEST, SECONDS)).tries == 1
    await store.save([linked()])
    assert (await store.account(GUEST, SECONDS)).tries == 0


async def test_what_was_for_linking_is_tidied_once_it_is_old(store: Store) -> None:
    await store.save([Done(*GUEST, "e1", NOW, guess=GUEST)])
    await store.save_code(Code(HOMES, "hash", HOME, SECONDS + 60))
    await store.tidy(SECONDS + 3 * 3600, ())
    assert await store.offer("hash", SECONDS) is None
    assert (await store.account(GUEST, 0)).tries == 0
