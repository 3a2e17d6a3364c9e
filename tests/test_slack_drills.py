"""Drills in Slack, from the supervisor's form to the team's picture, on the fake Slack with the real SDK."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from adapters.pictures import draw
from adapters.slack.app import FORM_LOST, Workspace
from adapters.slack.drill_form import drill_form, refreshed
from adapters.slack.roster import PAGE, PEOPLE_AT_ONCE, SlackRoster
from adapters.slack.starting import client_for, session_for
from bot.engine import drill_texts as texts
from bot.engine import texts as all_texts
from bot.engine.orders import choices
from bot.model import Address, Audience, Drill, Team
from bot.replies import (
    Chart,
    DrillForm,
)
from bot.store import Done, Store
from tests.memory_store import MemoryStore
from tests.slack import Person, Posted, Slack, text_of
from tests.slack.people import Delivery
from tests.slack.rules import check_view
from tests.slack.world import View
from tests.slack_bot import MODES, Bot, Mode, bot_on, fake_slack
from tests.test_drills import DRILLED

NEW_YORK, LOS_ANGELES = ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")
WEDNESDAY = datetime(2026, 11, 25, 12, tzinfo=NEW_YORK)
EASTERN = ("UANN", "UBEN", "UCAT", "UDAN", "UEVE")
PEOPLE = (*EASTERN, "UWES")
PNG = b"\x89PNG\r\n\x1a\n and what follows"


def pictured(chart: Chart) -> bytes:
    """Stands in for the drawing: what is drawn is looked at elsewhere."""
    assert chart.bars
    return PNG


def not_pictured(chart: Chart) -> None:
    """Where no drawing library is installed."""


@dataclass(slots=True)
class Place:
    """A workspace with the bot in it: Rosa, who may order drills, a team in two time zones, and a clock."""

    slack: Slack
    bot: Bot
    store: Store
    rosa: Person
    people: list[Person]
    now: list[datetime]
    _seen: list[Posted]

    async def after(self, *deliveries: Delivery | None) -> list[Posted]:
        """Give the messages that came since the last call, once everything is answered."""
        assert all(one is not None and one.status == 200 for one in deliveries), deliveries
        await self.bot.rest()
        news = self.slack.messages[len(self._seen) :]
        self._seen.extend(news)
        return news

    async def at(self, *when: datetime) -> list[Posted]:
        """Set the clock, let the scheduler look, and give the messages that came of it."""
        for one in when:
            self.now[0] = one
            await self.bot.scheduler.look()
            await self.bot.rest()
        return await self.after()

    async def form(self) -> View:
        """Open the form of a new drill."""
        listed = await self.after(await self.rosa.command("drill", channel="CTEAM"))
        await self.after(await self.rosa.press(listed[-1], texts.NEW))
        return [view for view in self.slack.views.values() if view.open][-1]

    async def order(self, channel: str = "CTEAM") -> list[Posted]:
        """Order a drill for a channel, each Monday at nine."""
        view = await self.form()
        await self.after(await self.rosa.choose(view.id, "channel", channel))
        return await self.after(await self.rosa.submit(view.id))

    def there(self, person: Person) -> str:
        return self.slack.dm_of(person.id).id


@contextlib.asynccontextmanager
async def place(
    mode: Mode = "http", drawn: Callable[[Chart], bytes | None] = pictured, store: Store | None = None
) -> AsyncIterator[Place]:
    """Serve a workspace. At the end Slack must have refused nothing."""
    store = store or MemoryStore()
    now = [WEDNESDAY]
    async with fake_slack() as slack:
        slack.person("UADA", name="ada", admin=True)
        slack.person("UROSA", name="Rosa Lind")
        for id in EASTERN:
            slack.person(id)
        slack.person("UWES", tz="America/Los_Angeles")
        slack.person("UBOT", bot=True)
        slack.person("UGUEST", guest=True)
        slack.person("UGONE", deleted=True)
        slack.person("UFAR", team="T2")
        members = ["UROSA", *PEOPLE, "UBOT", "UGUEST", "UGONE", "UFAR"]
        slack.channel("CTEAM", name="school-team", members=members[1:] + members[:1])
        slack.channel("COUT", members=["UROSA"], bot_in=False)
        slack.channel("CSECRET", members=["UROSA"], bot_in=False, private=True)
        slack.allowed_mentions |= {"<#CTEAM>", "<#COUT>", "<#CSECRET>"}
        async with bot_on(slack, store, DRILLED, mode, lambda: now[0], drawn=drawn) as bot:
            people = [Person(slack, id) for id in PEOPLE]
            here = Place(slack, bot, store, Person(slack, "UROSA"), people, now, [])
            ada = Person(slack, "UADA")
            await here.after(await ada.open_home())
            await here.after(await ada.press_home(all_texts.TEAM_BUTTON))
            (view,) = slack.views.values()
            await here.after(await ada.choose(view.id, "supervisors", "UROSA") or await ada.submit(view.id))
            yield here
            assert slack.refused == []


def on(month: int, day: int, hour: int, minute: int = 0, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=zone)


async def play(here: Place, person: Person, wanted: str) -> str:
    """Begin the drill that is open, give the same answer to each question; give the last message."""
    said = [one for one in here.slack.messages if one.channel == here.there(person)]
    if f"[{texts.BEGIN}]" in text_of(said[-1]):
        said = await here.after(await person.press(said[-1], texts.BEGIN))
    for _ in range(5):
        last = said[-1]
        if wanted not in text_of(last):
            break
        said = await here.after(await person.press(last, wanted))
    return text_of(said[-1])


# --- the whole way ---------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
async def test_from_the_supervisors_form_to_the_teams_picture(mode: Mode) -> None:
    """The whole way, with the picture as it is really drawn."""
    pytest.importorskip("matplotlib")
    async with place(mode, drawn=draw) as here:
        (ordered,) = await here.order()
        assert ordered.channel == here.there(here.rosa)
        assert "Ordered." in text_of(ordered)
        assert "#school-team: what each person needs most, each Monday at 9:00 a.m." in text_of(ordered)
        assert "The next one goes out on Monday, November 30 at 9:00 a.m." in text_of(ordered)
        (told,) = await here.at(on(11, 25, 12, 1))
        assert "#school-team: it is for 7 people as of now" in text_of(told), "Rosa is in the channel too"
        assert await here.at(on(11, 29, 9), on(11, 30, 8, 59)) == []
        first = await here.at(on(11, 30, 9))
        assert {one.channel for one in first} == {here.there(one) for one in (here.rosa, *here.people[:5])}
        assert "Rosa Lind ordered this" in text_of(first[0])
        assert await here.at(on(11, 30, 11, 59)) == []
        (west,) = await here.at(on(11, 30, 9, zone=LOS_ANGELES))
        assert west.channel == here.there(here.people[-1])
        for number, person in enumerate(here.people):
            end = await play(here, person, "B. Do right" if number < 3 else "A. Do no")
            assert texts.DONE_DRILL in end
        await here.at(on(12, 2, 9), on(12, 4, 9), on(12, 6, 18))
        await here.after()
        closing = await here.at(on(12, 7, 3))
        assert {one.channel for one in closing} == {here.there(here.rosa)}
        words, picture, table = closing
        assert "6 of 7 finished." in text_of(words)
        assert "Signed consent: 3 of 6; 3 shared too much" in text_of(words)
        assert "To talk about: 3 of 6" in text_of(words)
        (file,) = [here.slack.files[id] for id in picture.files]
        assert file.data is not None
        assert file.data[:8] == PNG[:8]
        assert len(file.data) > 10_000
        assert file.filename.endswith(".png")
        assert file.alt is not None
        assert "Signed consent: 3 of 6." in file.alt
        (csv,) = [here.slack.files[id] for id in table.files]
        assert csv.data is not None
        assert b"law.consent,Signed consent" in csv.data
        assert await here.at(on(12, 7, 4)) == [], "a week is told of once"


async def test_the_home_tab_has_ones_drill_and_for_supervisors_the_teams_week_with_its_picture() -> None:
    async with place() as here:
        ann = here.people[0]
        await here.after(await here.rosa.open_home())
        assert texts.NONE_YET in text_of(here.slack.homes["UROSA"])
        await here.order()
        assert texts.NO_RESULTS in text_of(here.slack.homes["UROSA"]), "it is drawn again once ordered"
        await here.at(on(11, 29, 9), on(11, 30, 9), on(11, 30, 13))
        await here.after(await ann.open_home())
        home = text_of(here.slack.homes["UANN"])
        assert "Your three minutes are open until Sunday, December 6." in home
        assert all_texts.HOME_WEEK not in home
        await here.after(await ann.press_home(texts.BEGIN))
        assert f"[{texts.GO_ON}]" in text_of(here.slack.homes["UANN"]), "it is drawn again once begun"
        for person in here.people:
            await play(here, person, "B. Do right" if person is ann else "A. Do no")
        home = text_of(here.slack.homes["UANN"])
        assert texts.NONE_OPEN in home, "it is drawn again once done"
        assert "Rules you were asked about: 2; right the first time, when last asked: 2." in home
        await here.at(on(12, 7, 3))
        await here.after(await here.rosa.open_home())
        assert "6 of 7 finished." in text_of(here.slack.homes["UROSA"])
        (image,) = [block for block in here.slack.homes["UROSA"].blocks if block["type"] == "image"]
        file = here.slack.files[image["slack_file"]["id"]]
        assert file.data == PNG
        assert file.channel == here.there(here.rosa), "she can open it: it was sent to her"
        ada = Person(here.slack, "UADA")
        await here.after(await ada.open_home())
        assert "image" not in [block["type"] for block in here.slack.homes["UADA"].blocks]
        shown = await here.after(await ada.press_home(texts.SHOW_PICTURE))
        assert [len(one.files) for one in shown] == [0, 1, 1, 1]


async def test_a_picture_of_an_earlier_week_is_not_shown_beside_a_later_one_s_words() -> None:
    async with place() as here:
        await here.order()
        await here.at(on(11, 29, 9), on(11, 30, 9), on(11, 30, 13))
        for person in here.people:
            await play(here, person, "A. Do no")
        await here.at(on(12, 7, 3))
        ada = Person(here.slack, "UADA")
        await here.after(await ada.open_home())
        await here.after(await ada.press_home(texts.SHOW_PICTURE))
        await here.after(await ada.open_home())
        assert "image" in [block["type"] for block in here.slack.homes["UADA"].blocks]
        await here.at(on(12, 7, 9), on(12, 7, 13))
        for person in here.people:
            await play(here, person, "B. Do right")
        await here.at(on(12, 14, 3))
        for who, shows in (("UADA", False), ("UROSA", True)):
            await here.after(await Person(here.slack, who).open_home())
            assert ("image" in [block["type"] for block in here.slack.homes[who].blocks]) is shows
        assert f"[{texts.SHOW_PICTURE}]" in text_of(here.slack.homes["UADA"])


async def test_where_the_file_is_gone_the_home_tab_is_shown_without_it() -> None:
    async with place() as here:
        await here.order()
        await here.at(on(11, 29, 9), on(11, 30, 9), on(11, 30, 13))
        for person in here.people:
            await play(here, person, "A. Do no")
        await here.at(on(12, 7, 3))
        here.slack.files.clear()
        await here.after(await here.rosa.open_home())
        assert "6 of 7 finished." in text_of(here.slack.homes["UROSA"])
        assert [rule for _, _, rule in here.slack.refused if "slack-file" in rule]
        here.slack.refused.clear()


@pytest.mark.parametrize("trouble", ["nothing draws", "not taken", "too busy"])
async def test_where_there_is_no_picture_its_words_come(trouble: str) -> None:
    async with place(drawn=not_pictured if trouble == "nothing draws" else pictured) as here:
        await here.order()
        await here.at(on(11, 29, 9), on(11, 30, 9), on(11, 30, 13))
        for person in here.people:
            await play(here, person, "A. Do no")
        if trouble == "not taken":
            here.slack.fail("files.getUploadURLExternal", "file_upload_size_restricted")
        elif trouble == "too busy":
            here.slack.limit("files.getUploadURLExternal", 0)
        closing = await here.at(on(12, 7, 3))
        words = [one for one in closing if "right the first time" in one.text.lower() and not one.files]
        assert len(words) == (1 if trouble == "too busy" else 2)
        assert "Signed consent: hardly any of 6" in text_of(words[-1])
        assert [one.files != [] for one in closing].count(True) == (2 if trouble == "too busy" else 1)
        await here.after(await here.rosa.open_home())
        images = [block for block in here.slack.homes["UROSA"].blocks if block["type"] == "image"]
        assert len(images) == (1 if trouble == "too busy" else 0)


# --- the form --------------------------------------------------------------------------------


async def test_the_form_says_in_words_what_is_ordered_and_one_can_try_it() -> None:
    async with place() as here:
        view = await here.form()
        assert texts.FORM_NOBODY in text_of(view)
        await here.after(await here.rosa.choose(view.id, "channel", "CTEAM"))
        await here.after(await here.rosa.choose(view.id, "what", "LAW"))
        await here.after(await here.rosa.choose(view.id, "weekday", "Thursday"))
        await here.after(await here.rosa.choose(view.id, "at", "10:30"))
        await here.after(await here.rosa.choose(view.id, "reminders"))
        said = "<#CTEAM>: LAW, each Thursday at 10:30 a.m. where each person is; no reminders."
        assert said in text_of(view)
        (question,) = await here.after(await here.rosa.press_view(view.id, texts.TRY))
        assert question.channel == here.there(here.rosa)
        assert "It is " in text_of(question)
        assert view.open, "the form stays"


async def test_who_saves_before_the_field_has_changed_is_told_beside_the_one_they_see() -> None:
    async with place() as here:
        view = await here.form()
        held = here.slack.hold("views.update", times=2)
        await here.rosa.choose(view.id, "channel", "CTEAM")
        await here.rosa.choose(view.id, "kind", texts.FORM_GROUP)
        refused = await here.rosa.submit(view.id)
        assert refused.answer["errors"] == {"audience-channel": texts.BAD_AUDIENCE}
        held.set()
        await here.bot.rest()
        await here.rosa.choose(view.id, "weekday", "Friday")
        await here.bot.rest()
        assert [block["block_id"] for block in view.blocks][1] == "audience-usergroup"
        assert f"{texts.FORM_NOBODY}: " in text_of(view)
        assert "each Friday" in text_of(view)


async def test_a_user_group_is_found_by_its_name_and_people_by_theirs() -> None:
    async with place() as here:
        here.slack.group("S1", "youth", ["UANN", "UGUEST", "UWES"])
        here.slack.group("S2", "finance", ["UBEN"])
        view = await here.form()
        await here.after(await here.rosa.choose(view.id, "kind", texts.FORM_GROUP))
        assert [one["value"] for one in await here.rosa.options(view.id, "usergroup", "@you")] == ["S1"]
        await here.after(await here.rosa.choose(view.id, "usergroup", "Youth (@youth)"))
        assert "Youth (@youth): What each needs most, each Monday" in text_of(view)
        (ordered,) = await here.after(await here.rosa.submit(view.id))
        assert "Youth (@youth): what each person needs most" in text_of(ordered)
        (told,) = await here.at(on(11, 25, 12, 1))
        assert "Youth (@youth): it is for 2 people" in text_of(told)
        (drill,) = await here.store.drills("T1")
        assert [one.member.learner for one in await here.store.members("T1", drill.id)] == ["UANN", "UWES"]
        await here.after(await here.rosa.press(ordered, texts.ALL))
        edit = f"Edit {texts.drill_name(drill)}"
        shown = next(one for one in here.slack.messages if edit in text_of(one))
        await here.after(await here.rosa.press(shown, edit))
        form = [one for one in here.slack.views.values() if one.open][-1]
        await here.after(await here.rosa.choose(form.id, "kind", texts.FORM_PEOPLE))
        await here.after(await here.rosa.choose(form.id, "people", "UBEN"))
        (changed,) = await here.after(await here.rosa.submit(form.id))
        assert "Changed." in text_of(changed)
        assert "1 person: what each person needs most" in text_of(changed)
        (told,) = await here.at(on(11, 25, 12, 2))
        assert "1 person: it is for 1 person as of now" in text_of(told)


@pytest.mark.parametrize("channel", ["COUT", "CSECRET"])
async def test_a_channel_that_we_are_not_in_is_told_beside_its_field(channel: str) -> None:
    async with place() as here:
        view = await here.form()
        await here.after(await here.rosa.choose(view.id, "channel", channel))
        refused = await here.rosa.submit(view.id)
        assert refused.answer["errors"] == {"audience-channel": texts.NOT_INVITED}
        assert await here.store.drills("T1") == []
        here.slack.channels[channel].bot_in = True
        (ordered,) = await here.after(await here.rosa.submit(view.id))
        assert "Ordered." in text_of(ordered)
        here.slack.refused.clear()  # what we asked of a private channel that we were not in


async def test_what_cannot_be_is_told_beside_its_field_and_slacks_silence_too() -> None:
    async with place() as here:
        view = await here.form()
        await here.after(await here.rosa.choose(view.id, "channel", "CTEAM"))
        await here.after(await here.rosa.choose(view.id, "at", "20:00"))
        refused = await here.rosa.submit(view.id)
        assert set(refused.answer["errors"]) == {"at"}
        await here.after(await here.rosa.choose(view.id, "at", "09:00"))
        await here.after(await here.rosa.choose(view.id, "until", "2026-11-26"))
        assert (await here.rosa.submit(view.id)).answer["errors"] == {"until": texts.BAD_UNTIL}
        await here.after(await here.rosa.choose(view.id, "until", "2026-12-24"))
        here.slack.fail("conversations.info", "internal_error")
        assert (await here.rosa.submit(view.id)).answer["errors"] == {"audience-channel": texts.NOT_TOLD}
        (ordered,) = await here.after(await here.rosa.submit(view.id))
        assert "until Thursday, December 24, 2026" in text_of(ordered)


async def test_pause_end_and_go_on_say_what_happens_next() -> None:
    async with place() as here:
        (ordered,) = await here.order()
        shown, _ = await here.after(await here.rosa.press(ordered, texts.ALL))
        (paused,) = await here.after(await here.rosa.press(shown, "Pause #school-team"))
        assert texts.PAUSED in text_of(paused)
        assert await here.at(on(11, 29, 9), on(11, 30, 9)) == []
        shown, _ = await here.after(await here.rosa.dm("drills"))
        (going,) = await here.after(await here.rosa.press(shown, "Go on with #school-team"))
        assert texts.WENT_ON in text_of(going)
        shown, _ = await here.after(await here.rosa.dm("Drill!"))
        (ended,) = await here.after(await here.rosa.press(shown, "End #school-team"))
        assert texts.ENDED in text_of(ended)


async def test_a_form_that_is_saved_twice_since_slack_had_no_answer_in_time_is_one_order() -> None:
    async with place() as here:
        view = await here.form()
        await here.after(await here.rosa.choose(view.id, "channel", "CTEAM"))
        saved = await here.rosa.submit(view.id)
        view.open = True  # "We had some trouble connecting. Try again?"
        news = await here.after(saved, await here.slack.again(saved), await here.rosa.submit(view.id))
        assert ["Ordered." in text_of(one) for one in news] == [True]


async def test_every_drill_that_is_not_ended_is_listed_however_many_there_are() -> None:
    async with place() as here:
        view = await here.form()
        await here.after(await here.rosa.choose(view.id, "channel", "CTEAM"))
        await here.after(await here.rosa.submit(view.id))
        (drill,) = await here.store.drills("T1")
        for n in range(10):
            audience = Audience(kind="channel", ids=("CTEAM",), name=f"#team-{n}")
            state = "ended" if n < 2 else "on"
            other = msgspec.structs.replace(drill, id=f"d{n}", audience=audience, state=state)
            await here.store.save([Done("T1", "UROSA", f"order {n}", WEDNESDAY, drill=other)])
        listed = [text_of(one) for one in await here.after(await here.rosa.dm("drills"))]
        assert len(listed) == 1 + 8 + 1, "all but those that are ended, and what one can do"
        assert any("#team-9" in one for one in listed)


@pytest.mark.parametrize(
    ("typed", "said"), [("pause", "Paused until"), ("unpause", texts.ON), ("leave drills", texts.LEFT_ALL)]
)
async def test_what_one_does_about_ones_own_drills_is_told_to_oneself_alone(typed: str, said: str) -> None:
    async with place() as here:
        here.slack.allowed_mentions |= {"<@UANN>"}
        ann = here.people[0]
        news = await here.after(await ann.mention("CTEAM", typed))
        assert [one.channel for one in news if said in text_of(one)] == [here.there(ann)]
        assert [all_texts.PRIVATELY in text_of(one) for one in news if one.channel == "CTEAM"] == [True]


# --- who may ---------------------------------------------------------------------------------


async def test_whoever_may_not_order_drills_gets_a_clear_no_wherever_they_ask() -> None:
    async with place() as here:
        await here.order()
        ann = here.people[0]
        for ask in (ann.dm, ann.command):
            (no,) = await here.after(await ask("drills"))
            assert texts.NOT_ALLOWED in text_of(no)
            assert "Edit" not in text_of(no)
        view = await here.form()
        here.slack.views[view.id].user = "UANN"  # someone who got hold of the form
        await here.after(await ann.choose(view.id, "channel", "CTEAM"))
        (no,) = await here.after(await ann.submit(view.id))
        assert texts.NOT_ALLOWED in text_of(no)
        assert len(await here.store.drills("T1")) == 1


async def test_where_slack_does_not_tell_who_someone_is_a_named_supervisor_still_may() -> None:
    async with place() as here:
        here.slack.fail("users.info", "internal_error", times=2)
        (no,) = await here.after(await here.people[0].dm("drills"))
        assert texts.NOT_SURE in text_of(no)
        (shown,) = await here.after(await here.rosa.dm("drills"))
        assert texts.NONE_YET in text_of(shown)


async def test_administrators_name_supervisors_and_take_that_back() -> None:
    async with place() as here:
        assert (await here.store.team("T1")).supervisors == ("UROSA",)
        ada = Person(here.slack, "UADA")
        await here.after(await ada.press_home(all_texts.TEAM_BUTTON))
        view = [one for one in here.slack.views.values() if one.open][-1]
        await ada.choose(view.id, "supervisors")
        await here.after(await ada.submit(view.id))
        assert await here.store.team("T1") == Team()
        (no,) = await here.after(await here.rosa.dm("drills"))
        assert texts.NOT_ALLOWED in text_of(no)


async def test_a_form_that_opens_too_late_is_told_to_the_supervisor_alone() -> None:
    async with place() as here:
        listed = await here.after(await here.rosa.command("drill", channel="CTEAM"))
        here.slack.fail("views.open", "expired_trigger_id")
        (told,) = await here.after(await here.rosa.press(listed[-1], texts.NEW))
        assert FORM_LOST in text_of(told)
        assert told.channel == here.there(here.rosa)


# --- within Slack's limits -------------------------------------------------------------------


DRILL = Drill(
    id="d1",
    tenant="T1",
    platform="slack",
    by="UROSA",
    audience=Audience(kind="channel", ids=("CTEAM",), name="#school-team"),
    weekday=0,
    at=9 * 60,
    first=WEDNESDAY.date(),
    home=Address(platform="slack", chat="UROSA"),
)
AUDIENCES = (
    DRILL.audience,
    Audience(kind="usergroup", ids=("S1",), name="A group " + "with a long name " * 9),
    Audience(kind="people", ids=tuple(f"U{n}" for n in range(100))),
)


def sent_back(view: dict[str, Any]) -> dict[str, Any]:
    return {**view, "id": "V1", "hash": "h", "state": {"values": {}}}


@pytest.mark.parametrize("audience", AUDIENCES, ids=lambda one: one.kind)
def test_the_form_is_within_slacks_limits_with_all_there_is_to_choose(audience: Audience) -> None:
    many = tuple((f"story.{n}", f"A story with a long title, number {n}, " * 4) for n in range(150))
    drill = msgspec.structs.replace(DRILL, audience=audience)
    form = drill_form(DrillForm(drill, "", (*choices(DRILLED), ("One story", many))))
    for view in (form, refreshed(sent_back(form))):
        check_view(view, "modal", frozenset({"<#CTEAM>"}))
    assert len(form["private_metadata"]) < 3000


def test_a_drill_whose_story_is_gone_can_still_be_edited() -> None:
    form = drill_form(
        DrillForm(msgspec.structs.replace(DRILL, what="story.gone"), "", tuple(choices(DRILLED)))
    )
    what = next(block for block in form["blocks"] if block["block_id"] == "what")
    assert what["element"]["initial_option"]["value"] == "needs"


# --- who is in it ----------------------------------------------------------------------------


@dataclass(slots=True)
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@contextlib.asynccontextmanager
async def roster_on(people: int) -> AsyncIterator[tuple[Slack, SlackRoster, Clock]]:
    """A channel of so many people, and what finds out who they are."""
    async with fake_slack() as slack, session_for() as session:
        for n in range(people):
            slack.person(f"U{n:05}", guest=n == 1, bot=n == 2, deleted=n == 3, team="T2" if n == 4 else None)
        slack.channel("CTEAM", members=list(slack.people))
        clock = Clock()
        client = client_for(slack.bot_token, slack.api_url, session)
        yield slack, SlackRoster(client, Workspace("T1", None, "B1", "UBOT"), clock), clock


def calls(slack: Slack, method: str) -> int:
    return [one for one, _, _ in slack.calls].count(method)


async def test_bots_guests_strangers_and_who_has_left_are_skipped() -> None:
    async with roster_on(8) as (_, roster, _):
        members = await roster.members("T1", DRILL, ())
        assert members is not None
        assert [one.learner for one in members] == ["U00000", "U00005", "U00006", "U00007"]
        assert members[0].address == Address(platform="slack", chat="U00000")
        assert (members[0].name, members[0].zone) == ("u00000", "America/New_York")


async def test_who_ordered_a_drill_and_is_no_administrator_any_more_is_known() -> None:
    async with roster_on(8) as (slack, roster, _):
        slack.person("UBOSS", admin=True)
        by_boss = msgspec.structs.replace(DRILL, by="UBOSS")
        assert await roster.may_order("T1", by_boss) is True
        slack.person("UBOSS", admin=False)
        assert await roster.may_order("T1", by_boss) is False
        assert await roster.may_order("T1", msgspec.structs.replace(DRILL, by="UGONE")) is False
        slack.limit("users.info", 30)
        assert await roster.may_order("T1", by_boss) is None


async def test_a_thousand_people_take_a_few_pages_and_within_the_hour_no_more() -> None:
    async with roster_on(1000) as (slack, roster, clock):
        members = await roster.members("T1", DRILL, ())
        assert members is not None
        assert len(members) == 996
        assert calls(slack, "users.list") == -(-1001 // PAGE)
        assert calls(slack, "users.info") <= 1, "the one of another workspace"
        assert await roster.members("T1", DRILL, ()) == members
        assert calls(slack, "users.list") == -(-1001 // PAGE)
        clock.now += 3601
        assert await roster.members("T1", DRILL, ()) == members
        assert calls(slack, "users.list") == 2 * -(-1001 // PAGE)


async def test_more_than_slack_likes_in_a_minute_is_gone_on_with_the_next_time() -> None:
    async with roster_on(2500) as (slack, roster, _):
        assert await roster.members("T1", DRILL, ()) is None
        assert calls(slack, "users.list") == 8
        members = await roster.members("T1", DRILL, ())
        assert members is not None
        assert len(members) == 2496
        assert calls(slack, "users.list") == 13


async def test_when_slack_says_to_wait_it_is_asked_no_more_until_then_and_nothing_is_lost() -> None:
    async with roster_on(500) as (slack, roster, clock):
        slack.limit("users.list", 30)
        assert await roster.members("T1", DRILL, ()) is None
        asked = len(slack.calls)
        clock.now += 29
        assert await roster.members("T1", DRILL, ()) is None
        assert len(slack.calls) == asked
        clock.now += 2
        members = await roster.members("T1", DRILL, ())
        assert members is not None
        assert len(members) == 496


@pytest.mark.parametrize("error", ["channel_not_found", "internal_error", "missing_scope"])
async def test_what_slack_does_not_tell_is_asked_again_later(error: str) -> None:
    async with roster_on(8) as (slack, roster, _):
        slack.fail("conversations.members", error)
        assert await roster.members("T1", DRILL, ()) is None
        slack.status("users.info", 502)
        assert await roster.members("T1", DRILL, ()) is None
        assert await roster.members("T1", DRILL, ()) is not None
        assert await roster.members("T9", DRILL, ()) is None, "another workspace's drill"


async def test_people_named_whom_slack_does_not_know_any_more_are_skipped() -> None:
    async with roster_on(8) as (_, roster, _):
        named = msgspec.structs.replace(DRILL, audience=Audience(kind="people", ids=("U00000", "U99999")))
        members = await roster.members("T1", named, ())
        assert members is not None
        assert [one.learner for one in members] == ["U00000"]


async def test_on_an_organization_each_is_asked_for_by_name_some_at_a_time() -> None:
    async with roster_on(PEOPLE_AT_ONCE + 10) as (slack, roster, _):
        roster._workspace = Workspace(None, "E1", "B1", "UBOT")
        assert await roster.members("E1", DRILL, ()) is None
        members = await roster.members("E1", DRILL, ())
        assert members is not None
        assert len(members) == PEOPLE_AT_ONCE + 7, "all but the guest, the bot and who has left"
        assert calls(slack, "users.list") == 0


async def test_a_limit_while_the_audience_is_asked_for_delays_it_only() -> None:
    async with place() as here:
        await here.order()
        here.slack.limit("conversations.members", 0)
        assert await here.at(on(11, 25, 12, 1)) == []
        (told,) = await here.at(on(11, 25, 12, 2))
        assert "it is for 7 people" in text_of(told)


def test_a_moment_is_the_same_everywhere() -> None:
    assert on(11, 30, 9).astimezone(UTC) == on(11, 30, 6, zone=LOS_ANGELES).astimezone(UTC)
