"""What administrators set for a team, the learner's page, and what is about a learner alone."""

from __future__ import annotations

import asyncio

import pytest

from adapters.text import plain
from bot.engine import advance, new_session, texts
from bot.engine.home import home_page
from bot.events import (
    Asked,
    ChatOpened,
    Chose,
    HomeOpened,
    Looked,
    Opened,
    PostedForAll,
    TeamAsked,
    TeamSettled,
    Typed,
)
from bot.model import Address, Session, Team
from bot.replies import (
    Answer,
    Home,
    Line,
    Refused,
    Reply,
    Suggested,
    TeamForm,
)
from tests.library import HOME, LIBRARY, NOW
from tests.memory_store import MemoryStore
from tests.service import serving

SET = Team(
    state="OH",
    role="police",
    counsel="Dana Reyes, ext. 12",
    hours="9 to 5",
    policy="https://district.example/policy",
)


def playing() -> Session:
    """A learner in the middle of the story."""
    opened = advance(LIBRARY, new_session("seed"), Opened("play", "story"), NOW).session
    assert opened is not None
    return opened


def said(*replies: Reply) -> str:
    """Replies as one text."""
    return "\n".join(map(plain, replies))


def test_an_answer_names_the_teams_counsel_state_and_policy() -> None:
    turn = advance(LIBRARY, new_session("s"), Asked("?", found=("law.consent",)), NOW, SET)
    assert "Ohio's is not in here yet. Ask your counsel (Dana Reyes, ext. 12; 9 to 5)" in said(*turn.replies)
    assert "https://district.example/policy" in said(*turn.replies)


def test_a_learners_own_state_comes_before_the_teams() -> None:
    own = Session(state="OR")
    turn = advance(LIBRARY, own, Looked("law.consent"), NOW, SET)
    assert "Oregon's" in said(*turn.replies)


def test_where_nothing_is_found_the_teams_counsel_is_named() -> None:
    turn = advance(LIBRARY, new_session("s"), Asked("the weather"), NOW, SET)
    assert "ask your counsel (Dana Reyes" in said(*turn.replies)


def test_settings_say_what_the_team_set_and_what_is_the_learners_own() -> None:
    shown = said(*advance(LIBRARY, Session(role="school"), Opened("settings"), NOW, SET).replies)
    assert "Your role: School. Your state: Ohio (set for your team)." in shown


def test_an_administrator_gets_the_form_with_what_is_set_and_others_are_told_who_may() -> None:
    turn = advance(LIBRARY, new_session("s"), TeamAsked(admin=True), NOW, SET)
    assert turn.receipt == TeamForm(SET, (("school", "School"), ("police", "Police")))
    assert not turn.replies
    for admin, text in ((False, texts.ONLY_ADMINS), (None, texts.NOT_SURE_ADMIN)):
        assert said(*advance(LIBRARY, new_session("s"), TeamAsked(admin), NOW, SET).replies) == text


def test_an_administrators_settings_are_kept_and_a_state_is_read_by_name_or_letters() -> None:
    for typed in ("Ohio", "ohio", "oh", " OH "):
        turn = advance(LIBRARY, new_session("s"), TeamSettled(Team(state=typed), admin=True), NOW)
        assert turn.team == Team(state="OH")
        assert [type(reply) for reply in turn.replies] == [Line, Home]


def test_nobody_else_changes_them() -> None:
    for admin in (False, None):
        turn = advance(LIBRARY, new_session("s"), TeamSettled(SET, admin), NOW)
        assert turn.team is None
        assert turn.session == new_session("s")


@pytest.mark.parametrize(
    ("field", "team"),
    [
        ("state", Team(state="Atlantis")),
        ("role", Team(role="pirate")),
        ("counsel", Team(counsel="x" * 151)),
        ("hours", Team(hours="x" * 81)),
        ("policy", Team(policy="http://district.example")),
        ("policy", Team(policy="https://a b")),
        ("policy", Team(policy="https://a|b>")),
        ("policy", Team(policy="javascript:alert(1)")),
    ],
)
def test_a_field_that_cannot_be_used_is_named_and_nothing_is_lost(field: str, team: Team) -> None:
    turn = advance(LIBRARY, new_session("s"), TeamSettled(team, admin=True), NOW)
    assert isinstance(turn.receipt, Refused)
    assert [name for name, _ in turn.receipt.fields] == [field]
    assert turn.team is None


def test_opening_the_chat_greets_the_first_time_and_always_offers_what_to_write() -> None:
    first = advance(LIBRARY, new_session("s"), ChatOpened(), NOW)
    assert first.session is not None
    assert first.session.met
    assert texts.WELCOME in said(*first.replies)
    again = advance(LIBRARY, first.session, ChatOpened(), NOW)
    assert not again.replies
    assert isinstance(again.receipt, Suggested)
    assert ("Play a story", "play story") in again.receipt.prompts
    within = advance(LIBRARY, playing(), ChatOpened(), NOW)
    assert isinstance(within.receipt, Suggested)
    assert within.receipt.prompts[0] == (texts.PROMPT_RESUME, "resume")
    assert len(within.receipt.prompts) <= 4


def test_the_page_shows_where_one_was_and_how_far_each_story_is() -> None:
    assert advance(LIBRARY, playing(), HomeOpened(admin=True), NOW).replies == (Home(admin=True),)
    page = home_page(LIBRARY, playing(), Team(), NOW, admin=False)
    assert page.going.startswith("You are in the middle of: ")
    assert page.ways[0].label == texts.BACK_TO_STORY
    assert page.change is None
    assert page.team == ""


def test_an_answer_posted_for_all_has_no_buttons_and_no_question() -> None:
    (answer,) = advance(LIBRARY, playing(), PostedForAll("law.consent"), NOW).replies
    assert isinstance(answer, Answer)
    assert not answer.buttons
    assert not answer.questions
    assert answer.lead == (texts.POSTED,)
    (lost,) = advance(LIBRARY, playing(), PostedForAll("law.gone"), NOW).replies
    assert lost == Line(text=texts.NO_SUCH_RULE, personal=True)


CHANNEL = Address(platform="test", chat="channel", thread="1", private="person", shared=True)
ALONE = Address(platform="test", chat="person")


@pytest.mark.parametrize("typed", ["my data", "progress", "settings", "export my data", "erase my data"])
async def test_what_is_about_a_learner_goes_to_them_alone_where_others_read_along(typed: str) -> None:
    async with serving(MemoryStore()) as service:
        await service.tutor.take(service.arrival(Typed(typed), address=CHANNEL))
        for address in (CHANNEL, ALONE):
            await service.sender.idle(address)
        there = [plain(message.reply) for message in service.notebook.got if message.address == CHANNEL]
        alone = [message for message in service.notebook.got if message.address == ALONE]
        assert there == [texts.PRIVATELY]
        assert len(alone) == 1


async def test_a_law_question_and_a_story_are_answered_where_they_were_asked() -> None:
    async with serving(MemoryStore()) as service:
        for typed in ("consent?", "play story", "b"):
            await service.tutor.take(service.arrival(Typed(typed), address=CHANNEL))
        await service.sender.idle(CHANNEL)
        assert {message.address for message in service.notebook.got} == {CHANNEL}


async def test_settings_of_one_turn_hold_for_the_next_of_the_same_batch_and_tenant() -> None:
    async with serving(MemoryStore()) as service:
        settled = service.arrival(TeamSettled(SET, admin=True))
        asked = service.arrival(Looked("law.consent"), learner="other")
        elsewhere = service.arrival(Looked("law.consent"), tenant="another")
        await asyncio.gather(*map(service.tutor.take, (settled, asked, elsewhere)))
        await service.sender.idle(HOME)
        answers = [text for text in service.notebook.texts() if "Where it stands" in text]
        assert ["Dana Reyes" in text for text in answers] == [True, False]


async def test_opening_a_form_commits_nothing_so_the_same_press_can_open_it_again() -> None:
    async with serving(MemoryStore()) as service:
        press = service.arrival(TeamAsked(admin=True), id="press")
        for _ in range(2):
            assert isinstance(await service.tutor.take(press), TeamForm)


def test_a_chosen_answer_still_counts_where_a_team_is_set() -> None:
    turn = advance(LIBRARY, playing(), Chose("1-seed", 1, "send"), NOW, SET)
    assert [result.lawful for result in turn.results] == [False]
