"""Drills as a learner meets them, from the first word to the summary; and the rule of repetition."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.buttons import event_from_button
from bot.content.editions import edition_of, variants_of
from bot.engine import advance, new_session
from bot.engine import drill_texts as texts
from bot.engine.needs import REST, choose, due_week, learn, questions, week_of
from bot.events import (
    Arrival,
    Assigned,
    Draft,
    DrillAsked,
    DrillSaved,
    DrillsShown,
    DrillSwitched,
    Joined,
    TeamSettled,
    Typed,
)
from bot.model import (
    Audience,
    Choice,
    ChoiceStep,
    Drill,
    DrillState,
    Learned,
    Library,
    Session,
    Take,
    Team,
    Variant,
)
from bot.replies import (
    Line,
    Refused,
)
from bot.store import Store
from bot.store.sqlite import open_store
from tests.library import HOME, LIBRARY, NOW, STORY
from tests.memory_store import MemoryStore
from tests.service import Service, serving

MONDAY = date(2026, 3, 2)
DRILL = Drill(
    id="d1",
    tenant="t",
    platform="test",
    by="boss",
    by_name="Rosa Lind",
    audience=Audience(kind="channel", ids=("C1",), name="#school"),
    weekday=0,
    at=9 * 60,
    first=date(2026, 2, 25),
    home=HOME,
)


def take(id: str, rule: str, *, best: bool = False) -> Take:
    return Take(
        id=id,
        text=f"Do {id}",
        feedback=f"About {id}.",
        rule=rule,
        lawful=best,
        helps=best,
        slip=None if best else "over",
    )


def variant(id: str, rule: str) -> Variant:
    return Variant(id=id, say=f"It is {id}.", choices=(take("no", rule), take("right", rule, best=True)))


def with_variants(*per_rule: tuple[str, int]) -> Library:
    """The small library, its first step with some variants for each of some rules."""
    step = STORY.steps["call"]
    assert isinstance(step, ChoiceStep)
    varied = msgspec.structs.replace(
        step,
        variants=tuple(
            variant(f"{rule.partition('.')[2]}{n}", rule) for rule, many in per_rule for n in range(many)
        ),
    )
    story = msgspec.structs.replace(STORY, steps={**STORY.steps, "call": varied})
    editions = {**LIBRARY.editions, "story": edition_of(story)}
    variants = {one.scenario.id: one for one in variants_of(story)}
    return msgspec.structs.replace(LIBRARY, editions=editions, variants=variants)


DRILLED = with_variants(("law.consent", 3), ("law.little", 2))


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else await open_store(tmp_path / "a.db")
    yield made
    await made.close()


@pytest.fixture
async def service(store: Store) -> AsyncIterator[Service]:
    async with serving(store, DRILLED) as running:
        yield running


def assigned(day: date = MONDAY, drill: Drill = DRILL, **more: bool) -> Assigned:
    due = int(datetime(day.year, day.month, day.day, 9, tzinfo=UTC).timestamp())
    closes = due + 6 * 24 * 3600
    return Assigned(drill, day, "t", "l", due, closes, day + timedelta(days=6), **more)


async def fall_due(service: Service, event: Assigned, id: str = "") -> list[str]:
    before = len(service.notebook.texts())
    arrival = Arrival(id or f"drill:{event.drill.id}:{event.day}", "t", "l", HOME, NOW, event)
    await service.tutor.take(arrival)
    await service.sender.idle(HOME)
    return service.notebook.texts()[before:]


async def state_of(service: Service, day: date = MONDAY) -> str:
    (copy,) = await service.store.copies("t", "d1", day)
    return copy.state


# --- one drill -------------------------------------------------------------------------------


async def test_the_first_drill_says_who_ordered_it_what_they_see_and_how_to_pause(service: Service) -> None:
    (first,) = await fall_due(service, assigned())
    assert "It is training, not legal advice." in first
    assert "Rosa Lind ordered this" in first
    assert "What they never see: your answers" in first
    assert "type pause" in first
    assert "until Sunday, March 8" in first
    (second,) = await fall_due(service, assigned(MONDAY + timedelta(days=7)))
    assert "ordered this" not in second
    assert "legal advice" not in second


async def test_a_drill_is_begun_answered_and_marked_as_finished(service: Service) -> None:
    await fall_due(service, assigned())
    assert await state_of(service) == "sent"
    (question,) = await service.press(texts.BEGIN)
    assert question.startswith("Your three minutes (question 1 of 2)")
    assert await state_of(service) == "begun"
    said = await service.say("a")
    assert "question 2 of 2" in said[-1]
    said = await service.say("b")
    assert "Done for this week" in said[-1]
    assert "1 of 2 right the first time" in said[-1]
    assert "These come again next week" in said[-1]
    assert await state_of(service) == "finished"
    answers = await service.store.answers("t", "d1.20260302")
    assert [answer.right for answer in answers] == [False, True]


async def test_the_same_occurrence_twice_is_one_assignment_and_one_message(service: Service) -> None:
    assert len(await fall_due(service, assigned())) == 1
    assert await fall_due(service, assigned()) == []
    assert len(await service.store.copies("t", "d1", MONDAY)) == 1


async def test_later_today_is_noted_and_not_this_week_closes_it(service: Service) -> None:
    await fall_due(service, assigned())
    assert await service.press(texts.LATER) == [texts.PUT_OFF]
    assert await state_of(service) == "later"
    assert await service.press(texts.NOT_NOW) == [texts.DECLINED]
    assert await state_of(service) == "declined"
    (said,) = await service.press(texts.BEGIN)
    assert texts.OVER in said


async def test_a_week_has_one_drill_even_where_two_are_ordered(service: Service) -> None:
    await fall_due(service, assigned())
    other = msgspec.structs.replace(DRILL, id="d2")
    assert await fall_due(service, assigned(drill=other)) == []
    (copy,) = await service.store.copies("t", "d2", MONDAY)
    assert copy.state == "had-one"


async def test_nothing_comes_while_they_paused_and_they_can_go_on(service: Service) -> None:
    (said,) = await service.say("pause")
    assert "Paused until Monday, March 30" in said
    assert await fall_due(service, assigned()) == []
    assert await state_of(service) == "off"
    await service.say("unpause")
    assert len(await fall_due(service, assigned(MONDAY + timedelta(days=7)))) == 1


async def test_what_was_left_open_does_not_pile_up(service: Service) -> None:
    await fall_due(service, assigned())
    await service.press(texts.BEGIN)
    await service.say("leave")
    await fall_due(service, assigned(MONDAY + timedelta(days=7)))
    kept = await service.store.kept("t", "l")
    assert kept.session is not None
    assert kept.session.paused == ()
    assert kept.session.assignment is not None
    assert kept.session.assignment.day == MONDAY + timedelta(days=7)


async def test_a_story_that_is_open_keeps_its_place_while_a_drill_is_done(service: Service) -> None:
    await service.say("play story")
    await fall_due(service, assigned())
    await service.press(texts.BEGIN)
    await service.say("b", "b")
    (said,) = await service.say("resume")
    assert "The phone rings." in said


async def test_three_minutes_can_be_had_at_any_time_without_an_order(service: Service) -> None:
    (said,) = await service.say("practice")
    assert said.startswith("Your three minutes (question 1 of 2)")
    await service.say("b")
    said = (await service.say("b"))[-1]
    assert said.startswith("Done.\n2 of 2 right the first time.")
    assert "What you knew comes again" in said


async def test_three_minutes_asked_for_again_and_again_leave_no_heap_of_open_questions(
    service: Service,
) -> None:
    (first,) = await service.say("practice")
    assert await service.say("practice") == [first]
    for _ in range(3):
        await service.say("practice", "a", "leave")
    kept = await service.store.kept("t", "l")
    assert kept.session is not None
    assert len(kept.session.paused) == 1


async def test_progress_tells_what_to_revisit_and_since_when(service: Service) -> None:
    await service.say("practice", "a", "b")
    (said,) = await service.say("progress")
    assert "Rules you were asked about: 2; right the first time, when last asked: 1." in said
    assert "(since the week of Monday, March 2)" in said


async def test_erasing_takes_the_assignments_and_the_place_in_the_audience(service: Service) -> None:
    await fall_due(service, assigned())
    await service.store.erase("t", "l")
    assert await service.store.copies("t", "d1", MONDAY) == []


# --- the rule of repetition ------------------------------------------------------------------


def simulated(weeks: int, answers: dict[int, bool] | None = None) -> list[tuple[int, str, bool]]:
    """A learner with a drill a week, who answers well but in the weeks named; what was asked when."""
    session = new_session("seed")
    start, asked = week_of(NOW), []
    for n in range(weeks):
        chosen = choose(DRILLED, session, "law.law", start + n)
        right = (answers or {}).get(n, True)
        learned = session.learned
        for id in chosen:
            (rule,) = [one for one, ids in questions(DRILLED).items() if id in ids]
            if (due := due_week(learned[rule]) if rule in learned else 0) is None or due > start + n:
                continue  # nothing was due: what comes next was asked, and changes nothing
            learned = learn(learned, rule, id, right=right, week=start + n)
            asked.append((n, rule, right))
        session = msgspec.structs.replace(session, learned=learned)
    return asked


def test_a_known_rule_comes_back_after_4_weeks_then_after_12_then_rests() -> None:
    assert [n for n, rule, _ in simulated(104) if rule == "law.consent"] == [0, 4, 16]


def test_a_missed_rule_comes_back_the_next_week_until_it_is_known() -> None:
    asked = [n for n, rule, _ in simulated(30, {0: False, 1: False}) if rule == "law.consent"]
    assert asked == [0, 1, 2, 6, 18]


def test_a_rule_forgotten_after_months_begins_anew() -> None:
    asked = [n for n, rule, _ in simulated(40, {16: False}) if rule == "law.consent"]
    assert asked == [0, 4, 16, 17, 21, 33]


def test_each_time_another_variant_is_asked() -> None:
    session = new_session("seed")
    learned: dict[str, Learned] = {}
    met = []
    for n in range(3):
        session = msgspec.structs.replace(session, learned=learned)
        (id,) = [one for one in choose(DRILLED, session, "law.law", n) if "consent" in one]
        met.append(id)
        learned = learn(learned, "law.consent", id, right=False, week=n)
    assert len(set(met)) == 3


def test_two_plays_in_a_day_are_no_proof_that_it_will_be_known_in_a_month() -> None:
    once = learn({}, "r", "a", right=True, week=10)
    twice = learn(once, "r", "b", right=True, week=10)
    assert twice["r"] == Learned(week=10, level=1, met=("a", "b"))


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=30))
def test_whatever_is_answered_a_rule_is_due_at_one_of_the_intervals_or_rests(
    answers: list[tuple[int, bool]],
) -> None:
    learned: dict[str, Learned] = {}
    week = 0
    for gap, right in answers:
        week += gap
        learned = learn(learned, "r", f"v{week}", right=right, week=week)
        one = learned["r"]
        due = due_week(one)
        assert due is None if one.level == len(REST) else due == one.week + REST[one.level]
        assert right or due == week + 1


def test_a_drill_about_one_law_asks_nothing_of_another() -> None:
    session = Session(seed="s")
    assert choose(DRILLED, session, "law.other", 1) == ()
    assert choose(DRILLED, session, "story.story", 1) == ("story",)
    assert choose(DRILLED, session, "story.gone", 1) == ()


def test_a_choice_of_a_variant_is_a_choice_of_a_story_with_nothing_to_set() -> None:
    decision = DRILLED.variants["story.call.consent0"].scenario.steps["decision"]
    assert isinstance(decision, ChoiceStep)
    assert all(isinstance(choice, Choice) and not choice.set for choice in decision.choices)


async def test_a_word_typed_about_drills_is_understood(service: Service) -> None:
    for word in ("drills", "zone America/Denver", "zone nowhere", "leave drills", "three minutes now"):
        await service.do(Typed(word))
    kept = await service.store.kept("t", "l")
    assert kept.session is not None
    assert kept.session.zone == "America/Denver"


async def test_what_a_wrong_answer_is_about_is_the_rule_that_decides_not_the_one_it_took(
    store: Store,
) -> None:
    """Whoever went by another rule missed the one that decides: that one is asked again."""
    step = DRILLED.variants["story.call.consent0"].scenario.steps["decision"]
    assert isinstance(step, ChoiceStep)
    other = msgspec.structs.replace(step.choices[0], rule="law.little")
    mixed = msgspec.structs.replace(step, choices=(other, *step.choices[1:]))
    edition = DRILLED.variants["story.call.consent0"]
    scenario = msgspec.structs.replace(edition.scenario, steps={**edition.scenario.steps, "decision": mixed})
    variants = {"story.call.consent0": edition_of(scenario)}
    async with serving(store, msgspec.structs.replace(DRILLED, variants=variants)) as service:
        await fall_due(service, assigned())
        await service.press(texts.BEGIN)
        await service.say("a")
        kept = await store.kept("t", "l")
        assert kept.session is not None
        assert {rule: one.level for rule, one in kept.session.learned.items()} == {"law.consent": 0}
        assert [one.rule for one in await store.answers("t", "d1.20260302")] == ["law.consent"]


# --- who orders ------------------------------------------------------------------------------


def ordering(**more: object) -> Drill:
    """A drill as a form hands it in, before it has an id."""
    return msgspec.structs.replace(DRILL, id="", **{"what": "needs", "until": date(2026, 6, 1), **more})


async def test_who_may_not_order_drills_gets_a_clear_no_and_three_minutes_for_themselves(
    service: Service,
) -> None:
    await service.do(DrillSaved(ordering(), allowed=False))
    assert service.notebook.texts()[-1].startswith(texts.NOT_ALLOWED)
    assert await service.store.drills("t") == []
    await service.do(DrillsShown(allowed=None))
    assert service.notebook.texts()[-1].startswith(texts.NOT_SURE)


async def test_an_order_is_kept_and_says_what_happens_next_and_when(service: Service) -> None:
    await service.do(DrillSaved(ordering(), allowed=True))
    said = service.notebook.texts()[-1]
    assert "#school: what each person needs most, each Monday at 9:00 a.m." in said
    assert "The next one goes out on Monday, March 9 at 9:00 a.m., where each person is." in said
    (drill,) = await service.store.drills("t")
    assert drill.first == NOW.date()
    assert drill.id


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"audience": Audience(kind="people", ids=())}, "audience"),
        ({"what": "law.none"}, "what"),
        ({"weekday": 7}, "weekday"),
        ({"at": 6 * 60}, "at"),
        ({"hours": (600, 540)}, "at"),
        ({"until": date(2026, 3, 3)}, "until"),
    ],
)
async def test_an_order_that_cannot_be_is_refused_by_the_field(
    service: Service, wrong: dict[str, object], field: str
) -> None:
    receipt = await service.do(DrillSaved(ordering(**wrong), allowed=True))
    assert isinstance(receipt, Refused)
    assert [name for name, _ in receipt.fields] == [field]
    assert await service.store.drills("t") == []


async def test_a_drill_is_changed_paused_let_go_on_and_ended(service: Service) -> None:
    await service.do(DrillSaved(ordering(), allowed=True))
    (drill,) = await service.store.drills("t")
    moved = msgspec.structs.replace(drill, weekday=2, by="someone else")
    await service.do(DrillSaved(moved, allowed=True))
    assert "Changed." in service.notebook.texts()[-1]
    for state, said in (("paused", texts.PAUSED), ("on", texts.WENT_ON), ("ended", texts.ENDED)):
        await service.do(DrillSwitched(drill.id, state, allowed=True))  # type: ignore[arg-type]
        assert service.notebook.texts()[-1].startswith(said)
    (kept,) = await service.store.drills("t")
    assert (kept.weekday, kept.by, kept.state) == (2, "boss", "ended")


STATES: tuple[DrillState, ...] = ("ended", "on", "paused")


async def test_what_is_ended_stays_so_whatever_an_old_button_says(service: Service) -> None:
    await service.do(DrillSaved(ordering(), allowed=True))
    (drill,) = await service.store.drills("t")
    await service.do(DrillSwitched(drill.id, "ended", allowed=True))
    for event in (DrillSwitched(drill.id, one, allowed=True) for one in STATES):
        await service.do(event)
        assert service.notebook.texts()[-1].startswith(texts.ENDED_FOR_GOOD.format(name="#school"))
        assert [one.state for one in await service.store.drills("t")] == ["ended"]


@pytest.mark.parametrize(
    ("at", "next_one"),
    [
        (datetime(2026, 3, 9, 1, tzinfo=UTC), "on Monday, March 9"),  # Sunday evening in New York
        (datetime(2026, 3, 9, 5, tzinfo=UTC), "today"),
        (datetime(2026, 3, 9, 22, tzinfo=UTC), "on Monday, March 16"),
    ],
)
def test_the_day_of_the_next_one_is_told_as_it_is_where_the_supervisor_is(
    at: datetime, next_one: str
) -> None:
    paused = DrillSwitched("d1", "on", allowed=True, found=msgspec.structs.replace(DRILL, state="paused"))
    (line,) = advance(DRILLED, new_session("seed"), paused, at).replies
    assert isinstance(line, Line)
    assert f"goes out {next_one}" in line.text


@pytest.mark.parametrize(
    ("at", "first"),
    [
        (datetime(2026, 3, 9, 1, tzinfo=UTC), "Monday, March 9"),
        (datetime(2026, 3, 9, 12, 30, tzinfo=UTC), "Monday, March 9"),  # half past eight: it is still to come
        (datetime(2026, 3, 9, 13, 30, tzinfo=UTC), "Monday, March 16"),
    ],
)
def test_who_joins_is_told_the_day_on_which_their_first_one_comes(at: datetime, first: str) -> None:
    session = msgspec.structs.replace(new_session("seed"), met=True, state="OH")
    (line,) = advance(DRILLED, session, Joined("d1", member=True, found=DRILL), at).replies
    assert isinstance(line, Line)
    assert line.text == texts.JOINED.format(day=first)
    paused = msgspec.structs.replace(DRILL, state="paused")
    (line,) = advance(DRILLED, session, Joined("d1", member=True, found=paused), at).replies
    assert isinstance(line, Line)
    assert line.text == texts.JOINED_PAUSED


async def test_a_supervisor_whom_the_administrators_named_may_order(service: Service) -> None:
    named = Team(supervisors=("l",))
    await service.do(TeamSettled(named, admin=True), learner="chief")
    await service.do(DrillsShown(form=True))
    assert texts.NONE_YET in service.notebook.texts()[-1]


async def test_the_list_tells_how_far_the_last_one_is(service: Service) -> None:
    await service.do(DrillSaved(ordering(), allowed=True))
    (drill,) = await service.store.drills("t")
    await fall_due(service, assigned(drill=drill))
    await service.do(DrillsShown(allowed=True, form=True))
    said = "\n".join(service.notebook.texts()[-2:])
    assert "Went out on Monday, March 2: 1. Finished so far: 0." in said


def test_an_order_by_buttons_that_cannot_be_is_refused_in_words() -> None:
    """A story may have gone between its button and the last one."""
    group = Audience(kind="group", ids=("-1",))
    gone = msgspec.structs.replace(DRILL, id="", place="-1", audience=group, what="story.gone")
    turn = advance(DRILLED, new_session("seed"), DrillSaved(gone, allowed=True, fresh="d2"), NOW)
    (line,) = turn.replies
    assert isinstance(line, Line)
    assert line.text == texts.BAD_WHAT
    assert [button.label for button in line.buttons] == [texts.AGAIN]
    assert turn.drill is None


def test_a_draft_by_buttons_asks_one_thing_after_another_and_fits_into_each_button() -> None:
    session, draft, asked = new_session("seed"), Draft("-100123456789012"), []
    while True:
        turn = advance(DRILLED, session, DrillAsked(draft=draft, allowed=True), NOW)
        (line,) = turn.replies
        assert isinstance(line, Line)
        asked.append(line.text.partition("\n")[0])
        if line.text.startswith(texts.ASK_CONFIRM):
            break
        event = event_from_button(line.buttons[0].data)
        assert isinstance(event, DrillAsked)
        assert event.draft is not None
        draft = event.draft
    assert asked == [texts.ASK_WHAT, texts.ASK_DAY, texts.ASK_HOUR, texts.ASK_WEEKS, texts.ASK_CONFIRM]
    assert draft == Draft("-100123456789012", "needs", 0, 540, 4)


async def test_who_joins_a_drill_is_in_its_audience_until_they_leave(service: Service) -> None:
    await service.do(DrillSaved(ordering(), allowed=True), learner="boss")
    (drill,) = await service.store.drills("t")
    await service.do(Joined(drill.id, member=False))
    assert service.notebook.texts()[-1] == texts.NOT_A_MEMBER
    await service.do(Joined(drill.id, member=True, name="Ana"))
    (place,) = await service.store.members("t", drill.id)
    assert (place.member.name, place.gone) == ("Ana", None)
    await service.say("leave drills")
    (place,) = await service.store.members("t", drill.id)
    assert place.gone is not None
