"""Drills on Telegram: ordered in a group by buttons, joined by a link, done and told in private."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.arrivals import payload_for
from adapters.telegram.setup import FOR_ADMINS, PRIVATE
from bot.buttons import BUTTON_DATA_MAX, data_for, event_from_button
from bot.content import load
from bot.engine import drill_texts as texts
from bot.engine import texts as words
from bot.engine.orders import choices
from bot.events import (
    Draft,
    DrillAsked,
    Practised,
)
from bot.model import Drill, Member
from bot.replies import (
    Chart,
)
from bot.scheduler import Scheduler
from bot.store import Place, Store
from bot.store.sqlite import open_store
from tests.memory_store import MemoryStore
from tests.telegram import Delivery, Person, Posted, Telegram
from tests.telegram.examples import png
from tests.telegram_bot import TelegramBot, bot_on, fake_telegram
from tests.test_drills import DRILLED
from tests.test_store_contract import linked

ROOT = Path(__file__).parent.parent
GROUP = -1001
ROSA, ANN, BEN = 1, 2, 3  # Rosa is an administrator of the group
TENANT = "telegram:7000000001"
WEDNESDAY = datetime(2026, 3, 4, 15, tzinfo=UTC)
NEW_YORK_9 = datetime(2026, 3, 9, 13, tzinfo=UTC)  # Monday at nine there: summer time began the day before
DENVER_9 = datetime(2026, 3, 9, 15, tzinfo=UTC)
CLOSED = datetime(2026, 3, 15, 23, 30, tzinfo=UTC)  # Sunday, after five in Denver
USUAL = (texts.NEEDS_BUTTON, "Monday", "9:00 a.m.", texts.NO_END)


@dataclass(slots=True)
class Clock:
    """The time, which only a test moves."""

    now: datetime = WEDNESDAY

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Town:
    """A bot in a group, the scheduler, and people: Rosa who leads the group, Ann, Ben, and more."""

    telegram: Telegram
    bot: TelegramBot
    store: Store
    clock: Clock
    scheduler: Scheduler
    people: dict[int, Person]
    seen: int = 0
    refusals: list[str] = field(default_factory=list)  # what Telegram refuses here, as it should

    @property
    def rosa(self) -> Person:
        return self.people[ROSA]

    @property
    def ann(self) -> Person:
        return self.people[ANN]

    @property
    def ben(self) -> Person:
        return self.people[BEN]

    async def after(self, *deliveries: Delivery) -> list[Posted]:
        """Give what came since the last call, once everything is answered: each person's, then a group's."""
        await self.bot.rest(*(deliveries or self.telegram.deliveries))
        news = self.telegram.messages[self.seen :]
        self.seen += len(news)
        return sorted(news, key=lambda one: (one.chat < 0, one.chat))

    async def at(self, moment: datetime) -> list[Posted]:
        """Let it be some time; give what the tutor then says by itself."""
        self.clock.now = moment
        await self.scheduler.look()
        return await self.after()

    async def in_group(self, who: Person, text: str, reply_to: Posted | None = None) -> list[Posted]:
        return await self.after(await who.say(text, chat=GROUP, reply_to=reply_to))

    async def press(self, who: Person, posted: Posted, label: str) -> list[Posted]:
        return await self.after(await who.press(posted, label))

    async def follow(self, who: Person, posted: Posted, label: str) -> list[Posted]:
        """Open the private chat by the link on a button."""
        (url,) = [value for row in posted.keyboard for name, value in row if name == label]
        return await self.after(await who.start(url.partition("start=")[2]))

    async def drill(self) -> Drill:
        (drill,) = await self.store.drills(TENANT)
        return drill

    async def inside(self) -> set[int]:
        """Give who is in the audience of the one drill."""
        places = await self.store.members(TENANT, (await self.drill()).id)
        return {int(place.member.learner) for place in places if place.gone is None}

    async def order(self, *labels: str) -> list[Posted]:
        """Order a drill from the group; give what was said when it was saved."""
        shown, _ = await self.in_group(self.rosa, "/drill")
        for label in (texts.NEW, *(labels or USUAL), texts.SAVE):
            shown, *rest = await self.press(self.rosa, shown, label)
        return [shown, *rest]

    async def join(self, *people: Person) -> None:
        for person in people:
            await self.after(await person.start(f"join-{(await self.drill()).id}"))


@contextlib.asynccontextmanager
async def town(
    store: Store | None = None, *, bot_admin: bool = False, people: int = 3
) -> AsyncIterator[Town]:
    """Serve a bot. At the end Telegram must have refused nothing but what a test expects."""
    store, clock = store or MemoryStore(), Clock()
    async with fake_telegram() as telegram:
        for person in range(1, people + 1):
            telegram.person(person, {ROSA: "Rosa", ANN: "Ann", BEN: "Ben"}.get(person, "Kim"), started=True)
        telegram.group(GROUP, "North team", range(1, people + 1), [ROSA], bot_admin)
        async with bot_on(telegram, store, DRILLED, clock=clock, drawn=drawn) as bot:
            rosters = {"telegram": bot.roster}
            scheduler = Scheduler(store, bot.tutor.take, rosters, lambda: clock().timestamp())
            all_ = {person: Person(telegram, person) for person in range(1, people + 1)}
            here = Town(telegram, bot, store, clock, scheduler, all_)
            yield here
            assert [said for _, said, _ in telegram.refused if said not in here.refusals] == []


def drawn(_: Chart) -> bytes | None:
    """A picture as far as Telegram looks at it."""
    return png(900, 600)


def chats(posted: Sequence[Posted]) -> list[int]:
    return [one.chat for one in posted]


def labels(posted: Posted) -> list[str]:
    return [label for row in posted.keyboard for label, _ in row]


# --- the whole way ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_from_the_order_in_the_group_to_the_supervisor_s_picture(kind: str, tmp_path: Path) -> None:
    store: Store = MemoryStore() if kind == "memory" else await open_store(tmp_path / "a.db")
    async with town(store, people=8) as here:
        saved, invitation = await here.order()
        assert saved.chat == ROSA
        assert "North team: what each person needs most, each Monday at 9:00 a.m." in saved.text
        assert "The next one goes out on Monday, March 9" in saved.text
        assert invitation.chat == GROUP
        assert "Rosa ordered three minutes of practice each week for this group" in invitation.text

        joined, zone = await here.follow(here.ann, invitation, texts.JOIN)
        assert "You are in. The next one comes on Monday, March 9" in joined.text
        assert zone.text == texts.ZONE_ASK
        (said,) = await here.press(here.ann, zone, "Mountain")
        assert said.text == texts.ZONE_SET.format(zone="America/Denver")
        await here.after(await here.ben.say("settings New York"))
        (joined,) = await here.follow(here.ben, invitation, texts.JOIN)
        assert "You are in." in joined.text
        others = [here.people[person] for person in range(4, 9)]
        await here.join(*others)

        early = await here.at(NEW_YORK_9)
        assert chats(early) == [BEN, *range(4, 9)]
        assert "Rosa ordered this" in early[0].text
        assert await here.at(NEW_YORK_9 + timedelta(hours=1)) == []
        (late,) = await here.at(DENVER_9)
        assert late.chat == ANN
        for person, posted in zip((here.ben, *others, here.ann), (*early, late), strict=True):
            await here.press(person, posted, texts.BEGIN)
            await here.after(await person.say("a" if person.id == BEN else "b"))
            *_, end = await here.after(await person.say("b"))
            assert "Done for this week" in end.text

        week, picture, table = await here.at(CLOSED)
        assert chats([week, picture, table]) == [ROSA] * 3
        assert "7 of 7 finished." in week.text
        assert "Signed consent" in week.text
        assert picture.photo == (900, 600)
        assert picture.text.startswith("Signed consent: ")
        assert table.document == "team-figures.csv" or (table.document or "").endswith(".csv")
        assert table.data is not None
        assert "Ben" not in table.data.decode()
        assert await here.at(CLOSED + timedelta(hours=1)) == []
    await store.close()


async def test_what_was_asked_by_buttons_is_what_is_ordered_and_can_be_changed() -> None:
    async with town() as here:
        await here.order(texts.LAWS, "LAW", "Tuesday", "2:00 p.m.", "8 weeks", texts.NO_REMINDERS)
        first = await here.drill()
        assert (first.what, first.weekday, first.at, first.reminders) == ("law.law", 1, 840, False)
        assert first.until == WEDNESDAY.date() + timedelta(weeks=8)
        assert (first.by, first.by_name, first.place) == ("1", "Rosa", str(GROUP))
        assert (first.audience.ids, first.audience.name) == ((str(GROUP),), "North team")
        shown, _ = await here.after(await here.rosa.say("/drills"))
        for label in ("Edit North team", *USUAL, texts.SAVE):
            (shown,) = await here.press(here.rosa, shown, label)
        assert shown.text.startswith(texts.CHANGED)
        changed = await here.drill()
        assert (changed.id, changed.what, changed.weekday) == (first.id, "needs", 0)
        assert (changed.audience, changed.until, changed.reminders) == (first.audience, None, True)


async def test_an_administrator_pauses_it_lets_it_go_on_and_ends_it() -> None:
    async with town() as here:
        await here.order()
        await here.join(here.ann)
        shown, _ = await here.after(await here.rosa.say("/drill"))
        await here.press(here.rosa, shown, "Pause North team")
        assert await here.at(DENVER_9) == []
        shown, _ = await here.after(await here.rosa.say("/drill"))
        (said,) = await here.press(here.rosa, shown, "Go on with North team")
        assert texts.WENT_ON in said.text
        assert chats(await here.at(DENVER_9)) == [ANN]
        shown, _ = await here.after(await here.rosa.say("/drill"))
        await here.press(here.rosa, shown, "End North team")
        (said,) = await here.after(await here.ben.start(f"join-{(await here.drill()).id}"))
        assert said.text == texts.NO_SUCH_DRILL


async def test_two_quick_taps_are_one_order_and_one_invitation() -> None:
    async with town() as here:
        shown, _ = await here.in_group(here.rosa, "/drill")
        for label in (texts.NEW, *USUAL):
            (shown,) = await here.press(here.rosa, shown, label)
        first = await here.press(here.rosa, shown, texts.SAVE)
        assert chats(first) == [ROSA, GROUP]
        drill = await here.drill()
        for _ in range(2):
            listed, _ = await here.press(here.rosa, shown, texts.SAVE)
            assert listed.chat == ROSA
            assert listed.text.startswith("North team: ")
        assert await here.drill() == drill
        for label in (texts.AGAIN, *USUAL, texts.SAVE):
            shown, *_ = await here.press(here.rosa, shown, label)
        assert len(await here.store.drills(TENANT)) == 2, "another order is another drill"


@pytest.mark.parametrize("label", ["Pause North team", "End North team", "Edit North team"])
async def test_an_old_button_brings_no_drill_back_that_was_ended(label: str) -> None:
    async with town() as here:
        await here.order()
        await here.join(here.ann)
        shown, _ = await here.after(await here.rosa.say("/drill"))
        await here.press(here.rosa, shown, "End North team")
        ended = await here.drill()
        (said,) = await here.press(here.rosa, shown, label)
        assert said.text == texts.ENDED_FOR_GOOD.format(name="North team")
        assert await here.drill() == ended


# --- who may order ---------------------------------------------------------------------------


async def test_who_leads_nothing_gets_a_clear_no_in_private_and_by_every_link() -> None:
    async with town() as here:
        await here.order()
        said, pointer = await here.in_group(here.ben, "/drill")
        assert (pointer.text, said.chat, said.text) == (words.PRIVATELY, BEN, texts.NOT_ALLOWED)
        for payload in (f"drills_{GROUP}", f"week_{(await here.drill()).id}"):
            (said,) = await here.after(await here.ben.start(payload))
            assert said.text == texts.NOT_ALLOWED


async def test_someone_who_never_wrote_to_the_bot_is_led_into_the_private_chat() -> None:
    async with town() as here:
        here.refusals.append("Forbidden: bot can't initiate conversation with a user")
        here.telegram.people[ROSA].started = False
        (pointer,) = await here.in_group(here.rosa, "/drill")
        (shown,) = await here.follow(here.rosa, pointer, words.OPEN_PRIVATE)
        assert labels(shown) == [texts.NEW, texts.TRY]


async def test_where_telegram_does_not_say_who_someone_is_nothing_can_be_ordered() -> None:
    async with town() as here:
        here.refusals.append("Internal Server Error")
        here.telegram.fail("getChatMember", 500, "Internal Server Error")
        said, _ = await here.in_group(here.rosa, "/drill")
        assert said.text == texts.NOT_SURE


async def test_in_private_one_s_own_drills_are_listed_and_it_says_where_to_order() -> None:
    async with town() as here:
        for text in ("/drill", "Drills"):
            (said,) = await here.after(await here.rosa.say(text))
            assert "type /drill there" in said.text
        await here.order()
        drill, said = await here.after(await here.rosa.say("/drills"))
        assert drill.text.startswith("North team: what each person needs most")
        assert "type /drill there" in said.text
        (said,) = await here.after(await here.ben.say("/drill"))
        assert said.text.startswith(texts.NONE_YET)


async def test_a_supervisor_is_named_by_an_answer_to_their_message_and_orders() -> None:
    async with town() as here:
        bens = (await here.ben.say("good morning", chat=GROUP)).posted
        assert bens is not None
        for who in (here.ann, here.ben):
            (said,) = await here.in_group(who, "/supervisor", reply_to=bens)
            assert said.text == words.ONLY_GROUP_ADMINS
        (said,) = await here.in_group(here.rosa, "/supervisor", reply_to=bens)
        assert said.text == words.SUPERVISOR_ADDED
        (said,) = await here.in_group(here.rosa, "/team")
        assert "supervisors, beside the administrators: 1" in said.text
        shown, _ = await here.in_group(here.ben, "/drill")
        for label in (texts.NEW, *USUAL, texts.SAVE):
            shown, *_ = await here.press(here.ben, shown, label)
        assert (await here.drill()).by_name == "Ben"
        (said,) = await here.in_group(here.rosa, "/supervisor remove", reply_to=bens)
        assert said.text == words.SUPERVISOR_REMOVED
        (said,) = await here.press(here.ben, shown, texts.ALL)
        assert said.text == texts.NOT_ALLOWED


async def test_who_may_order_none_any_more_is_shown_none_in_private_either() -> None:
    async with town() as here:
        await here.order()
        await here.join(here.ann)
        await here.at(DENVER_9)
        here.telegram.groups[GROUP].admins.discard(ROSA)
        (said,) = await here.after(await here.rosa.say("/drill"))
        assert said.text.startswith(texts.NONE_YET)
        here.telegram.groups[GROUP].admins.add(BEN)
        rosas = (await here.rosa.say("good morning", chat=GROUP)).posted
        await here.in_group(here.ben, "/supervisor", reply_to=rosas)
        shown, _ = await here.after(await here.rosa.say("/drill"))
        assert "Finished so far: 0." in shown.text


async def test_a_supervisor_who_leaves_the_group_is_none_any_more() -> None:
    async with town() as here:
        bens = (await here.ben.say("good morning", chat=GROUP)).posted
        await here.in_group(here.rosa, "/supervisor", reply_to=bens)
        await here.after(await here.ben.leave(GROUP))
        assert (await here.store.team(TENANT, str(GROUP))).supervisors == ()


async def test_a_supervisor_is_a_person_whose_message_is_answered() -> None:
    async with town() as here:
        (said,) = await here.in_group(here.rosa, "/supervisor")
        assert said.text == words.SUPERVISOR_HOW
        (again,) = await here.in_group(here.rosa, "/supervisor", reply_to=said)
        assert again.text == words.SUPERVISOR_NOBODY
        assert (await here.store.team(TENANT, str(GROUP))).supervisors == ()


async def test_an_anonymous_administrator_is_shown_the_way_to_the_drills() -> None:
    async with town(bot_admin=True) as here:
        anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
        group = {"id": GROUP, "type": "supergroup", "title": "North team"}
        said = {"text": "/drill", "from": anonymous, "sender_chat": group}
        (shown,) = await here.after(await here.rosa.send(said, chat=GROUP))
        (listed,) = await here.follow(here.rosa, shown, texts.DRILLS)
        assert texts.NEW in labels(listed)


# --- who is in it ----------------------------------------------------------------------------


async def test_who_is_not_in_the_group_cannot_join_and_an_old_link_leads_nowhere() -> None:
    async with town() as here:
        await here.order()
        cora = Person(here.telegram, 9)
        (said,) = await here.after(await cora.start(f"join-{(await here.drill()).id}"))
        assert said.text == texts.NOT_A_MEMBER
        (said,) = await here.after(await here.ann.start("join-dgone"))
        assert said.text == texts.NO_SUCH_DRILL
        assert await here.inside() == set()


async def test_where_telegram_does_not_tell_who_is_in_a_group_it_says_so() -> None:
    async with town() as here:
        await here.order()
        words_ = "Bad Request: member list is inaccessible"
        here.refusals.append(words_)
        here.telegram.fail("getChatMember", 400, words_)
        (said,) = await here.after(await here.ann.start(f"join-{(await here.drill()).id}"))
        assert said.text == texts.NOT_SURE_MEMBER


async def test_one_leaves_by_a_button_or_a_word() -> None:
    async with town() as here:
        await here.order()
        joined, _ = await here.after(await here.ann.start(f"join-{(await here.drill()).id}"))
        (said,) = await here.press(here.ann, joined, texts.LEAVE)
        assert said.text == texts.LEFT
        await here.join(here.ann, here.ben)
        assert await here.inside() == {ANN, BEN}
        (said,) = await here.after(await here.ben.say("leave drills"))
        assert said.text == texts.LEFT_ALL
        assert chats(await here.at(DENVER_9)) == [ANN]


@pytest.mark.parametrize("bot_admin", [False, True])
async def test_who_leaves_the_group_is_out_of_its_drill(bot_admin: bool) -> None:
    async with town(bot_admin=bot_admin) as here:
        await here.order()
        await here.join(here.ann, here.ben)
        await here.after(await here.ann.leave(GROUP))
        assert await here.inside() == {BEN}
        assert chats(await here.at(DENVER_9)) == [BEN]


async def test_who_is_removed_from_the_group_is_out_of_its_drill() -> None:
    async with town(bot_admin=True) as here:
        await here.order()
        await here.join(here.ann, here.ben)
        await here.rosa.remove(here.ann, GROUP)
        await here.after()
        assert await here.inside() == {BEN}


async def test_who_blocks_the_bot_is_out_and_can_join_again() -> None:
    async with town() as here:
        await here.order()
        await here.join(here.ann, here.ben)
        await here.after(await here.ann.block())
        assert await here.inside() == {BEN}
        await here.after(await here.ann.unblock())
        await here.join(here.ann)
        assert await here.inside() == {ANN, BEN}
        assert sorted(chats(await here.at(DENVER_9))) == [ANN, BEN]


async def test_who_cannot_be_written_to_is_out_at_the_next_look() -> None:
    async with town() as here:
        here.refusals.append("Forbidden: bot was blocked by the user")
        await here.order()
        await here.join(here.ann, here.ben)
        here.telegram.block(ANN)  # and the bot is not told
        assert chats(await here.at(NEW_YORK_9)) == [BEN]
        await here.at(NEW_YORK_9 + timedelta(hours=2))
        assert await here.inside() == {BEN}


async def test_the_roster_asks_who_is_still_there_where_the_bot_is_an_administrator() -> None:
    async with town() as here:
        await here.order()
        await here.join(here.ann, here.ben)
        drill, group = await here.drill(), here.telegram.groups[GROUP]
        known = await here.store.members(TENANT, drill.id)
        group.members.discard(ANN)  # while the bot was not running
        kept = await here.bot.roster.members(TENANT, drill, known)
        assert [member.learner for member in kept or ()] == ["2", "3"]
        group.bot_admin = True
        here.telegram.people[BEN].first_name = "Benno"
        (ben,) = await here.bot.roster.members(TENANT, drill, known) or ()
        assert (ben.learner, ben.name) == ("3", "Benno")
        here.refusals.append("Too Many Requests: retry after 5")
        here.telegram.limit("getChatMember", 5, times=9)
        kept = await here.bot.roster.members(TENANT, drill, known)
        assert [member.learner for member in kept or ()] == ["2", "3"]


async def test_the_invitation_is_posted_once_more_where_it_is_asked_for() -> None:
    """The first may have been deleted, or stand far up."""
    async with town() as here:
        await here.order()
        listed = await here.after(await here.rosa.say("/drill"))
        invite = texts.INVITE.format(name="North team")
        drill = next(one for one in listed if invite in labels(one))
        said, again = await here.press(here.rosa, drill, invite)
        assert (said.chat, said.text) == (ROSA, texts.JOIN_POSTED)
        assert again.chat == GROUP
        (joined, _) = await here.follow(here.ann, again, texts.JOIN)
        assert "You are in." in joined.text
        here.telegram.groups[GROUP].admins.discard(ROSA)
        (refused,) = await here.press(here.rosa, drill, invite)
        assert refused.text.startswith(texts.NOT_ALLOWED)


async def test_who_ordered_a_drill_and_is_no_administrator_any_more_is_known() -> None:
    async with town() as here:
        await here.order()
        drill, group = await here.drill(), here.telegram.groups[GROUP]
        assert await here.bot.roster.may_order(TENANT, drill) is True
        group.admins.discard(int(drill.by))
        assert await here.bot.roster.may_order(TENANT, drill) is False
        here.refusals.append("Too Many Requests: retry after 5")
        here.telegram.limit("getChatMember", 5, times=9)
        assert await here.bot.roster.may_order(TENANT, drill) is None


@pytest.mark.parametrize("what", ["joins", "leaves"])
async def test_what_someone_does_while_telegram_is_asked_who_is_there_counts(what: str) -> None:
    async with town() as here:
        await here.order()
        await here.join(here.ann, *(() if what == "joins" else (here.ben,)))

        class Slow:
            async def may_order(self, *_: object) -> bool | None:
                return None

            async def members(
                self, tenant: str, drill: Drill, known: Sequence[Place]
            ) -> Sequence[Member] | None:
                there = await here.bot.roster.members(tenant, drill, known)
                here.clock.now += timedelta(seconds=20)
                if what == "joins":
                    await here.join(here.ben)
                else:
                    await here.after(await here.ben.say("leave drills"))
                return there

        here.scheduler.rosters = {"telegram": Slow()}
        await here.at(NEW_YORK_9 - timedelta(hours=1))
        assert await here.inside() == ({ANN, BEN} if what == "joins" else {ANN})


async def test_a_time_zone_that_is_typed_later_is_the_one_that_counts() -> None:
    async with town() as here:
        await here.order()
        await here.after(await here.ann.say("zone America/New_York"))
        await here.join(here.ann)
        await here.after(await here.ann.say("zone America/Denver"))
        assert await here.at(NEW_YORK_9) == []
        assert chats(await here.at(DENVER_9)) == [ANN]


async def test_another_zone_than_those_offered_is_asked_for() -> None:
    async with town() as here:
        await here.order()
        _, zone = await here.after(await here.ann.start(f"join-{(await here.drill()).id}"))
        (said,) = await here.press(here.ann, zone, texts.ZONE_OTHER)
        assert said.text == texts.ZONE_TYPE


# --- groups come and go ----------------------------------------------------------------------


async def test_a_group_that_removes_the_bot_pauses_its_drill_and_who_ordered_it_is_told() -> None:
    async with town() as here:
        await here.order()
        await here.join(here.ann)
        here.refusals.append("Forbidden: bot was kicked from the supergroup chat")  # asked, to be certain
        await here.ben.remove_bot(GROUP)
        (said,) = await here.after()
        assert (said.chat, said.text) == (ROSA, texts.PLACE_LOST.format(name="North team"))
        assert (await here.drill()).state == "paused"
        assert await here.at(DENVER_9) == []
        await here.after(await here.rosa.add_bot(GROUP))
        await here.press(here.rosa, said, "Go on with North team")
        assert chats(await here.at(DENVER_9)) == [ANN]


async def test_a_bot_that_was_brought_back_meanwhile_goes_on() -> None:
    async with town() as here:
        await here.order()
        change = {
            "chat": {"id": GROUP, "type": "supergroup", "title": "North team"},
            "from": {"id": BEN, "is_bot": False, "first_name": "Ben"},
            "date": 1,
        }
        us = {"id": here.telegram.bot_id, "is_bot": True, "first_name": "Mayshare"}
        gone = {"old_chat_member": {"user": us, "status": "member"}} | {
            "new_chat_member": {"user": us, "status": "left"}
        }
        assert await here.after(await here.telegram.deliver({"my_chat_member": change | gone})) == []
        assert (await here.drill()).state == "on"


async def test_a_group_that_becomes_a_supergroup_keeps_its_drill_and_who_joined() -> None:
    async with town() as here:
        old = -7
        here.telegram.group(old, "South team", [ROSA, ANN], [ROSA], supergroup=False)
        shown, _ = await here.after(await here.rosa.say("/drill", chat=old))
        for label in (texts.NEW, *USUAL, texts.SAVE):
            shown, *_ = await here.press(here.rosa, shown, label)
        await here.join(here.ann)
        new = await here.rosa.upgrade(old)
        await here.after()
        drill = await here.drill()
        assert (drill.place, drill.audience.ids) == (str(new), (str(new),))
        assert await here.inside() == {ANN}
        listed, *_ = await here.after(await here.rosa.say("/drill", chat=new))
        await here.press(here.rosa, listed, "Pause South team")
        assert (await here.drill()).state == "paused"


# --- results ---------------------------------------------------------------------------------


async def test_results_are_a_button_under_team_for_those_who_may_see_them() -> None:
    async with town() as here:
        await here.order()
        (shown,) = await here.in_group(here.ben, "/team")
        (said,) = await here.follow(here.ben, shown, texts.LAST_WEEK)
        assert said.text == texts.NOT_ALLOWED
        said, *_ = await here.follow(here.rosa, shown, texts.LAST_WEEK)
        assert (said.chat, said.text) == (ROSA, texts.NO_RESULTS)


async def test_results_go_to_the_private_chat_here_of_a_supervisor_who_is_linked_with_slack() -> None:
    async with town() as here:
        done = linked()
        assert done.link is not None
        await here.store.save(
            [replace(done, heard=TENANT, link=replace(done.link, guest=(TENANT, str(ROSA))))]
        )
        await here.order()
        await here.join(here.ann)
        await here.at(DENVER_9)
        week, *_ = await here.at(CLOSED)
        assert week.chat == ROSA
        assert "0 of 1 finished." in week.text


# --- buttons and commands --------------------------------------------------------------------

LONGEST_GROUP = "-10012345678901"  # fourteen digits
LIBRARY = load(ROOT)
WHATS = [id for _, group in choices(LIBRARY) for id, _ in group]

drafts = st.builds(
    Draft,
    st.sampled_from([LONGEST_GROUP, "-5", "d123456abcdef"]),
    st.one_of(
        st.sampled_from(["", "law", "topic", "story", *WHATS]),
        st.from_regex(r"(?:story|law)\.[a-z][a-z0-9-]{19}", fullmatch=True),
    ),
    st.none() | st.integers(0, 6),
    st.none() | st.integers(0, 24 * 60 - 1),
    st.none() | st.sampled_from(texts.WEEKS),
    st.integers(1, 9),
    st.booleans(),
)


@given(drafts)
def test_whatever_was_said_of_a_drill_travels_in_64_bytes_and_comes_back(draft: Draft) -> None:
    data = data_for(DrillAsked(draft=draft))
    assert len(data.encode()) <= BUTTON_DATA_MAX
    assert event_from_button(data) == DrillAsked(draft=draft)


def test_the_longest_draft_there_is_fits() -> None:
    longest = Draft(LONGEST_GROUP, f"story.{'x' * 20}", 6, 23 * 60 + 59, 26, 2, reminders=False)
    assert len(data_for(DrillAsked(draft=longest))) <= BUTTON_DATA_MAX
    assert len(data_for(Practised(longest.what))) <= BUTTON_DATA_MAX


@pytest.mark.parametrize("data", ["join:d123456abcdef", f"drills:{LONGEST_GROUP}", "week:d123456abcdef"])
def test_a_link_to_a_drill_is_a_payload_that_telegram_takes(data: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload_for(data))


def test_the_commands_are_listed() -> None:
    assert {"drill", "practice", "pause", "progress"} <= {name for name, _ in PRIVATE}
    assert {"drill", "supervisor"} <= {name for name, _ in FOR_ADMINS}


@pytest.mark.parametrize("text", ["/practice", "/pause"])
async def test_words_about_oneself_lead_from_the_group_into_the_private_chat(text: str) -> None:
    async with town() as here:
        (said,) = await here.in_group(here.ann, text)
        assert said.text == words.IN_PRIVATE
