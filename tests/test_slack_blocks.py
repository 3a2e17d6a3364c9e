"""Replies as Slack messages and views: whole, in order, within what Slack takes, and read aloud."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs
from slack_sdk.models.blocks import Block as BlockModel
from slack_sdk.models.views import View as ViewModel

from adapters.slack.blocks import (
    MESSAGE_MAX,
    NAME,
    PICK,
    SECTION_MAX,
    SHORT,
    Rendered,
    home_view,
    marked,
    rendered,
    spoken_text,
)
from adapters.slack.forms import errors_of, team_form
from adapters.text import blocks_of, cut, split_text
from bot.buttons import data_for, event_from_button
from bot.content import load
from bot.engine import advance, new_session, texts
from bot.engine.home import HOURS_MAX, LINK_MAX, NAME_MAX, home_page
from bot.events import (
    Asked,
    Event,
    Looked,
    Opened,
    Page,
    Picked,
    PostedForAll,
    Restarted,
    Resumed,
    Submitted,
    Toggled,
)
from bot.model import Library, PickStep, Session, Team
from bot.replies import (
    Answer,
    Button,
    Debrief,
    Decided,
    Document,
    Export,
    Feedback,
    Home,
    HomePage,
    Letter,
    Line,
    MyData,
    Prompt,
    Question,
    Quote,
    Redrawn,
    Refused,
    Reply,
    Shelf,
    Source,
    TeamForm,
    pressable,
)
from tests.library import NOW
from tests.slack.blocks import texts as all_texts
from tests.slack.rules import check_message, check_view

ROOT = Path(__file__).parent.parent
ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"
TEXT_MAX = 40_000  # Slack: characters of a message's text
FEW = settings(max_examples=60)

# --- any reply the engine can give -----------------------------------------------------------

PIECES = st.one_of(
    st.sampled_from(
        [
            *("<", ">", "&", "*", "_", "~", "`", "*bold*", "_it_", "&amp;", "<!channel>", "<@U1>", "<#C1|c>"),
            *(
                "<https://x.org|x>",
                "> so",
                ":x:",
                "\N{CHILD}",
                "e\N{COMBINING ACUTE ACCENT}",
                "[a]",
                "x" * 700,
            ),
            *(" ", "   ", "\n", "\n\n", "\n \n", "\t", "Ask her. ", "the whole file "),
        ]
    ),
    st.text(max_size=5),
)


def words(most: int = 6000, least: int = 0) -> st.SearchStrategy[str]:
    """Texts with every sign that Slack reads; often empty or blank, at times as long as `most`."""
    some = st.lists(PIECES, min_size=min(least, 1), max_size=6).map("".join)
    repeated = st.builds(
        lambda piece, times: (piece * times)[:most], some, st.sampled_from([1, 1, 1, 3, most])
    )
    return repeated.filter(lambda text: len(text) >= least)


def some(of: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[list[Any]]:
    """Up to `most` of something: a few that differ, at times over and over."""
    few = st.lists(of, max_size=4)
    return st.builds(lambda few, times: (few * times)[:most], few, st.sampled_from([1, 1, most]))


LABELS = words(200, least=1)


@st.composite
def buttons(draw: st.DrawFn, kind: str, most: int = 40, least: int = 0) -> tuple[Button, ...]:
    """Buttons, each with data of its own, of one byte up to the 64 that are allowed."""
    labels = draw(some(LABELS, most)) or [draw(LABELS) for _ in range(least)]
    return tuple(Button(label=label, data=f"{kind}{n}".ljust(64, "x")) for n, label in enumerate(labels))


SOURCES = st.lists(
    st.builds(
        Source,
        cite=st.from_regex(
            r"[1-9]{1,2} (CFR|USC) [0-9]{1,4}(\.[0-9]{1,3})?(\([0-9A-Za-z]{1,5}\)){0,3}", fullmatch=True
        ),
        url=st.one_of(
            st.just(""), st.from_regex(r"https://[a-z.]{3,20}/[a-z0-9&?=:*_-]{0,80}", fullmatch=True)
        ),
    ),
    max_size=4,
).flatmap(lambda few: st.sampled_from([tuple(few), tuple(few * 15)]))


@st.composite
def prompts(draw: st.DrawFn, is_open: bool | None = None, several: bool | None = None) -> Prompt:
    """A step: a choice, a pick or one that asks nothing; as it is asked, or as it was answered."""
    is_open = draw(st.booleans()) if is_open is None else is_open
    several = draw(st.booleans()) if several is None else several
    answers = draw(st.lists(words(75, least=1), min_size=1 if several else 0, max_size=10))
    letters = tuple(
        Letter(letter=chr(ord("a") + n), text=text, data=f"l{n}", on=several and draw(st.booleans()))
        for n, text in enumerate(answers)
    )
    chosen = draw(st.sets(st.sampled_from(letters))) if letters and not is_open else ()
    return Prompt(
        key="1.2",
        title=draw(words(200, least=1)),
        place=draw(words(200)),
        text=draw(words()),
        ask=draw(words(least=1)) if several else "",
        letters=letters,
        several=several,
        done=Button(label=texts.DONE, data="done") if several and is_open else None,
        chosen=tuple(sorted(letter.letter for letter in chosen)),
        buttons=draw(buttons("b", least=1)) if is_open else (),
    )


def decided(most: int) -> st.SearchStrategy[Decided]:
    return st.builds(
        Decided,
        chose=st.lists(words(most), max_size=2).map(tuple),
        verdict=words(most),
        rule=words(most),
        sources=SOURCES,
    )


QUOTES = st.builds(
    Quote,
    law=words(),
    title=words(),
    says=words(),
    conditions=some(words(), 8).map(tuple),
    sources=SOURCES,
    checked=st.dates().map(str),
    myth=words(),
)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """The law's answer, at times with three questions of many options."""
    asks = draw(st.lists(words(), max_size=3))
    return Answer(
        quote=draw(QUOTES),
        provision=draw(st.sampled_from(["", "law.consent", "l" * 20 + "." + "p" * 20])),
        lead=tuple(draw(st.lists(words(), max_size=2))),
        questions=tuple(Question(ask, draw(buttons(f"q{n}-", least=1))) for n, ask in enumerate(asks)),
        note=draw(words()),
        buttons=draw(buttons("b")),
    )


REPLIES: st.SearchStrategy[Reply] = st.one_of(
    st.builds(Line, text=words(), buttons=buttons("b"), personal=st.booleans()),
    prompts(),
    prompts().map(Redrawn),
    st.builds(Feedback, verdict=words(), text=words(), notes=some(words(), 10).map(tuple), sources=SOURCES),
    st.builds(
        Debrief,
        title=words(),
        text=words(),
        summary=words(),
        decisions=st.one_of(st.lists(decided(6000), max_size=3), some(decided(300), 60)).map(tuple),
        buttons=buttons("b"),
    ),
    answers(),
    st.builds(Document, name=st.just("a.json"), body=st.just("{}"), text=words()),
)
READERS = st.sampled_from([None, "U1"])


# --- how messages are read here --------------------------------------------------------------


def squeezed(text: str) -> str:
    """A text without white space, and without the signs the renderer may add: `*` and zero-width spaces."""
    return "".join(text.replace(ZERO_WIDTH_SPACE, "").replace("*", "").split())


def unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def shown(value: Any) -> str:
    """All text in blocks, in reading order, as a person sees it, squeezed."""
    match value:
        case {"type": "mrkdwn", "text": text}:
            return squeezed(unescaped(text))
        case {"type": "plain_text", "text": text}:
            return squeezed(text)
        case {"type": "checkboxes", "options": options}:
            return shown(options)
        case dict():
            return "".join(map(shown, value.values()))
        case list():
            return "".join(map(shown, value))
        case _:
            return ""


def said_in(reply: Reply) -> Iterator[str]:
    """Every text of a reply in the order it should be read, without what stands on buttons."""
    match reply:
        case Line(text=text) | Document(text=text):
            yield text
        case Redrawn(prompt):
            yield from said_in(prompt)
        case Prompt():
            yield from (reply.title, reply.place, reply.text, reply.ask)
            yield from (letter.text for letter in reply.letters)
        case Feedback():
            yield from (reply.verdict, reply.text, *reply.notes)
            yield from (source.cite for source in reply.sources)
        case Debrief():
            yield from (reply.title, reply.text, reply.summary)
            for one in reply.decisions:
                yield from (*one.chose, one.verdict, one.rule, *(source.cite for source in one.sources))
        case Answer(quote=quote):
            yield from (*reply.lead, quote.law, quote.title, quote.says, *quote.conditions, quote.myth)
            yield from (source.cite for source in quote.sources)
            yield from (quote.checked, reply.note)
            yield from (question.ask for question in reply.questions)
        case _:
            raise AssertionError(reply)


def assert_in_order(wanted: Iterator[str], where: str) -> None:
    """Every text stands in another, one after the other."""
    at = 0
    for text in wanted:
        found = where.find(squeezed(text), at)
        assert found >= 0, f"lost: {text[:100]!r}"
        at = found + len(squeezed(text))


def blocks_in(parts: Sequence[Rendered]) -> list[Any]:
    return [block for part in parts for block in part.blocks]


def pressed(blocks: Sequence[Any]) -> list[dict[str, Any]]:
    """All that can be pressed or ticked: buttons and checkboxes, in order."""
    found = []
    for block in blocks:
        match block:
            case {"type": "actions", "elements": elements}:
                found += elements
            case {"type": "input", "element": {"options": options}}:
                found += options
            case {"type": "section", "accessory": button}:
                found.append(button)
    return found


def values(blocks: Sequence[Any]) -> list[str]:
    return sorted(one["value"] for one in pressed(blocks))


def open_data(reply: Reply) -> list[str]:
    """The data of all that can be pressed in a reply; an answered prompt has nothing."""
    prompt = reply.prompt if isinstance(reply, Redrawn) else reply
    data = [button.data for button in pressable(prompt)]
    if isinstance(prompt, Prompt) and prompt.buttons:
        data += [letter.data for letter in prompt.letters]
        data += [prompt.done.data] if prompt.done else []
    return sorted(data)


def assert_slack_takes(part: Rendered, reader: str | None = None) -> None:
    """By Slack's published rules as well as by the models of its own SDK, which must lose nothing."""
    mention = frozenset({f"<@{reader}>"}) if reader else frozenset[str]()
    check_message({"text": part.text, "blocks": part.blocks}, mention)
    assert part.text.strip()
    assert len(part.blocks) < 50  # the carrier may put a line of its own before them
    for block in part.blocks:
        model = BlockModel.parse(block)
        assert model is not None
        assert model.to_dict() == block  # it validates itself and all that is in it


def types_of(blocks: Sequence[Any]) -> list[str]:
    return [block["type"] for block in blocks]


# --- whatever is said, Slack takes it --------------------------------------------------------


@given(REPLIES, st.booleans(), READERS)
@settings(max_examples=150)
def test_slack_takes_any_reply(reply: Reply, whisper: bool, reader: str | None) -> None:
    parts = rendered(reply, whisper=whisper, reader=reader)
    assert parts
    for part in parts:
        assert_slack_takes(part, reader)


@given(REPLIES, READERS)
@settings(max_examples=150)
def test_no_word_of_a_reply_is_lost_and_all_stand_in_order(reply: Reply, reader: str | None) -> None:
    where = shown(blocks_in(rendered(reply, reader=reader)))
    assert_in_order(said_in(reply), where)
    for button in pressable(reply.prompt if isinstance(reply, Redrawn) else reply):
        assert squeezed(button.label) in where


@given(REPLIES, st.booleans(), READERS)
@FEW
def test_everything_that_can_be_pressed_stands_there_once(
    reply: Reply, whisper: bool, reader: str | None
) -> None:
    wanted = open_data(reply)
    if whisper and isinstance(reply, Answer) and reply.provision:
        wanted = sorted([*wanted, data_for(PostedForAll(reply.provision))])
    assert values(blocks_in(rendered(reply, whisper=whisper, reader=reader))) == wanted


@given(REPLIES, READERS)
@FEW
def test_nobody_is_called_but_the_reader_once(reply: Reply, reader: str | None) -> None:
    said = "".join(
        text for kind, text, _ in all_texts(blocks_in(rendered(reply, reader=reader)), "") if kind == "mrkdwn"
    )
    assert re.findall("<[@!#][^>]*>", said) == ([f"<@{reader}>"] if reader else [])


LONG_PICK = Prompt(
    key="1.2",
    title="T",
    place="p",
    text="word " * 1963,
    ask="Which?",
    letters=(Letter("a", "One", "l0"),),
    several=True,
    done=Button("Done", "done"),
    buttons=(Button("Leave", "b0"),),
)


@given(prompts(is_open=True, several=True), READERS)
@example(LONG_PICK, None)
@FEW
def test_checkboxes_and_their_done_button_are_never_torn_apart(prompt: Prompt, reader: str | None) -> None:
    """Slack sends the state of the message whose button was pressed, and of no other."""
    (part,) = (part for part in rendered(prompt, reader=reader) if "done" in values(part.blocks))
    assert "input" in types_of(part.blocks)


LONG_DEBRIEF = Debrief(
    title="The end",
    text="So.\n\n" + "& " * 3000,
    summary="",
    decisions=tuple(Decided(("&" * 3000,), "So.", "&" * 3000, ()) for _ in range(12)),
)


def test_the_plain_text_of_a_very_long_reply_stays_within_what_slack_takes() -> None:
    for part in rendered(LONG_DEBRIEF):
        assert_slack_takes(part)


@pytest.mark.parametrize(
    "reply", [MyData(), Export(), Home(), HomePage(hello="", going="", ways=(), stories=())]
)
def test_what_the_sender_must_draw_first_is_no_message(reply: Reply) -> None:
    with pytest.raises(ValueError, match="is no message"):
        rendered(reply)


@given(words(most=300))
def test_escaping_loses_no_sign(text: str) -> None:
    plain = unescaped(marked(text))
    assert plain.replace(ZERO_WIDTH_SPACE, "") == text.replace(ZERO_WIDTH_SPACE, "")


# --- the page and the form -------------------------------------------------------------------


@st.composite
def home_pages(draw: st.DrawFn) -> HomePage:
    """A learner's page with up to 120 stories; an administrator's has the team's settings below."""
    shelf = st.builds(Shelf, words(200, least=1), words(200), st.builds(Button, LABELS, st.just("s")))
    shelves = draw(some(shelf, 120))
    admin = draw(st.booleans())
    return HomePage(
        hello=draw(words()),
        going=draw(words()),
        ways=draw(buttons("w", most=7, least=1)),
        stories=tuple(
            Shelf(one.title, one.about, Button(one.button.label, f"s{n}")) for n, one in enumerate(shelves)
        ),
        team=draw(words(least=1)) if admin else "",
        change=Button(draw(LABELS), "change") if admin else None,
    )


def assert_slack_takes_view(view: dict[str, Any], kind: str) -> None:
    check_view(view, kind)
    assert ViewModel(**view).to_dict() == view


@given(home_pages())
@FEW
def test_slack_takes_any_page_and_what_administrators_set_stays_on_it(page: HomePage) -> None:
    view = home_view(page)
    assert_slack_takes_view(view, "home")
    blocks = view["blocks"]
    told = [block["text"]["text"] for block in blocks if "accessory" in block]
    assert len(told) == len(page.stories) or len(blocks) == 100  # stories yield where there is no room
    kept = page.stories[: len(told)]
    said = (text for shelf in kept for text in (shelf.title, shelf.about))
    assert_in_order(iter((page.hello, page.going, *said, page.team)), shown(blocks))
    wanted = [*page.ways, *(shelf.button for shelf in kept), *([page.change] if page.change else [])]
    assert [one["value"] for one in pressed(blocks)] == [button.data for button in wanted]


def test_a_page_is_a_greeting_the_ways_and_a_line_for_each_story() -> None:
    page = HomePage(
        hello="Hello.",
        going="You are in A & B.",
        ways=(Button("Ask", "open:ask"),),
        stories=(Shelf("A & B: 3 min", "Of *two* people.", Button("Play", "open:play:a")),),
        team="Nothing is set.",
        change=Button("Change", "team"),
    )
    assert home_view(page) == {
        "type": "home",
        "blocks": [
            section("Hello.\n\n*You are in A &amp; B.*"),
            {"type": "actions", "block_id": "ways", "elements": [button("Ask", "open:ask")]},
            {
                **section(f"*A &amp; B: 3 min*\nOf *{ZERO_WIDTH_SPACE}two*{ZERO_WIDTH_SPACE} people."),
                "accessory": {**button("Play", "open:play:a"), "action_id": "story:0"},
            },
            {"type": "divider"},
            section("Nothing is set."),
            {"type": "actions", "block_id": "team", "elements": [button("Change", "team")]},
        ],
    }


FORMS = st.builds(
    TeamForm,
    team=st.builds(
        Team,
        state=st.sampled_from([None, *texts.STATES, "ZZ"]),
        role=st.sampled_from([None, "role0", "gone"]),
        counsel=words(NAME_MAX),
        hours=words(HOURS_MAX),
        policy=words(LINK_MAX),
        supervisors=some(st.from_regex(r"U[A-Z0-9]{10}", fullmatch=True), 100).map(
            lambda ids: tuple(dict.fromkeys(ids))
        ),
    ),
    roles=some(LABELS, 100)
    .filter(bool)
    .map(lambda names: tuple((f"role{n}", x) for n, x in enumerate(names))),
)


@given(FORMS)
@FEW
def test_slack_takes_any_form_and_it_is_filled_with_what_is_set(form: TeamForm) -> None:
    view = team_form(form)
    assert_slack_takes_view(view, "modal")
    fields = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    assert all(element["action_id"] == name for name, element in fields.items())
    filled = {name: element.get("initial_value", "") for name, element in fields.items()}
    team = form.team
    assert filled == {
        "state": texts.STATES.get(team.state or "", ""),
        "role": "",
        "counsel": team.counsel,
        "hours": team.hours,
        "policy": team.policy,
        "supervisors": "",
    }
    assert fields["supervisors"].get("initial_users", []) == list(team.supervisors)
    chosen = fields["role"].get("initial_option", {}).get("value")
    assert chosen == (team.role if team.role == "role0" else None)


def test_what_is_wrong_with_a_form_stands_beside_its_field() -> None:
    assert errors_of(Refused((("state", "No such state."),))) == {"state": "No such state."}


# --- what ships ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(ROOT, tmp_path_factory.mktemp("cache"))


def picks(step: PickStep, run: str, turn: int) -> Iterator[Event]:
    """Ways to answer a pick: right, none, all, and right but for one; and a tick of each."""
    right = {item.id for item in step.pick.items if item.include}
    ids = [item.id for item in step.pick.items]
    for answer in (right, set[str](), set(ids), *(right ^ {id} for id in ids)):
        yield Picked(run, turn, tuple(id for id in ids if id in answer))
    yield from (Toggled(run, turn, id, True) for id in ids)
    yield Submitted(run, turn)


def ways_on(library: Library, session: Session, replies: Sequence[Reply]) -> Iterator[Event]:
    """All that a learner can do in a story: what the last messages let them press, and begin again."""
    run, turn = session.run, session.turn
    assert run is not None
    step = library.editions[run.scenario].scenario.steps[run.step]
    if isinstance(step, PickStep):
        yield from picks(step, run.id, turn)
    pressable_here = (event_from_button(data) for reply in replies for data in open_data(reply))
    yield from (event for event in pressable_here if event is not None)
    yield Restarted(run.id, turn)


def place_of(session: Session) -> object:
    """Where a learner is, whatever the way there."""
    run = session.run
    return run and (run.scenario, run.step, sorted(run.variables.items()), bool(run.trail))


def learners(library: Library) -> Iterator[Session]:
    """Someone new, and someone whose other stories of a series left all they can."""
    yield new_session("seed")
    kept: dict[str, dict[str, bool | int]] = {}
    for edition in library.editions.values():
        for name, variable in edition.scenario.variables.items():
            if variable.kept:
                full = True if isinstance(variable.start, bool) else variable.max
                kept.setdefault(edition.scenario.series or "", {})[name] = full
    yield msgspec.structs.replace(new_session("seed"), kept=kept)


def walked(library: Library, first: Event) -> Iterator[Reply]:
    """Every reply on the ways through a story: from each place in it, all that can be done there."""
    waiting, seen = deque([(learner, first) for learner in learners(library)]), set[str]()
    while waiting:
        session, event = waiting.popleft()
        turn = advance(library, session, event, NOW)
        yield from turn.replies
        after = turn.session
        if after is None or after.run is None or (place := repr(place_of(after))) in seen:
            continue
        seen.add(place)
        here = advance(library, after, Resumed(), NOW)
        assert here.session is not None
        waiting.extend((here.session, way) for way in ways_on(library, here.session, here.replies))


def is_drawn_first(reply: Reply) -> bool:
    return isinstance(reply, MyData | Export | Home)


def assert_one_message(reply: Reply) -> Rendered:
    parts = rendered(reply, whisper=True, reader="U1")
    assert len(parts) == 1, reply
    assert_slack_takes(parts[0], "U1")
    assert_in_order(said_in(reply), shown(parts[0].blocks))
    return parts[0]


def test_every_step_and_answer_of_the_shipped_stories_is_one_message(library: Library) -> None:
    for id, edition in library.editions.items():
        page: Page = "learn" if edition.scenario.kind == "learn" else "play"
        replies = set(walked(library, Opened(page, id)))
        assert {type(reply) for reply in replies} >= {Prompt, Redrawn, Debrief}
        said = {reply.text for reply in replies if isinstance(reply, Prompt | Debrief)}
        assert said == {texts.prose(step.say) for step in edition.scenario.steps.values()}
        for reply in replies:
            part = assert_one_message(reply)
            if isinstance(reply, Prompt | Redrawn):
                assert types_of(part.blocks).count("actions") <= 3


def test_every_shipped_provision_is_one_message_whole_and_short(library: Library) -> None:
    for id in library.provisions:
        for event in (Looked(id), Asked("Who may see it?", found=(id,), named=True), PostedForAll(id)):
            (reply,) = advance(library, new_session("seed"), event, NOW).replies
            assert isinstance(reply, Answer)
            assert_one_message(reply)


PAGES: tuple[Page, ...] = ("menu", "help", "play", "learn", "ask", "laws", "progress", "settings")


def test_every_page_of_the_shipped_tutor_is_one_message_and_its_home_a_view(library: Library) -> None:
    waiting: deque[Event] = deque(Opened(page) for page in PAGES)
    seen: set[str] = set()
    while waiting:
        event = waiting.popleft()
        for reply in advance(library, new_session("seed"), event, NOW).replies:
            if is_drawn_first(reply) or isinstance(reply, Prompt):
                continue
            assert_one_message(reply)
            further = [data for data in open_data(reply) if data not in seen]
            seen.update(further)
            waiting.extend(ways for data in further if isinstance(ways := event_from_button(data), Opened))
    assert len(seen) > 50
    for admin in (True, False):
        page = home_page(library, new_session("seed"), Team(), NOW, admin=admin)
        assert_slack_takes_view(home_view(page), "home")


# --- how it looks ----------------------------------------------------------------------------


def plain_text(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text)}


def context(*texts: str) -> dict[str, Any]:
    return {"type": "context", "elements": [mrkdwn(text) for text in texts]}


def button(label: str, data: str, place: int = 0, **more: str) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": f"do:{place}",
        "text": plain_text(label),
        "value": data,
        **more,
    }


def actions(row: int, *buttons: dict[str, Any], reader: str = "") -> dict[str, Any]:
    return {"type": "actions", "block_id": f"{reader}:{row}", "elements": list(buttons)}


def blocks_for(reply: Reply, *, whisper: bool = False, reader: str | None = None) -> list[Any]:
    """The blocks of a reply that is one message, which Slack takes."""
    (part,) = rendered(reply, whisper=whisper, reader=reader)
    assert_slack_takes(part, reader)
    return part.blocks


STEP = Prompt(
    key="1.2",
    title="The empty chair",
    place="step 1 of about 12",
    text="The phone rings.\n\nIt is his probation officer.",
    letters=(Letter("a", "Yes", "c:1:1:yes"), Letter("b", "No", "c:1:1:no")),
    buttons=(Button("Back", "b:1:1"), Button("Leave", "l:1:1")),
)
HEAD = (
    context("*The empty chair*, step 1 of about 12"),
    section("The phone rings.\n\nIt is his probation officer."),
)
WAYS = (button("Back", "b:1:1"), button("Leave", "l:1:1", 1))
LONG = "Ask what she needs it for, and why"  # more than a phone shows on a button


def test_short_choices_stand_on_their_buttons() -> None:
    assert blocks_for(STEP) == [
        *HEAD,
        actions(0, button("A. Yes", "c:1:1:yes"), button("B. No", "c:1:1:no", 1)),
        actions(1, *WAYS),
    ]


def test_long_choices_stand_in_the_text_and_screen_readers_hear_them_on_their_letters() -> None:
    letters = (Letter("a", LONG, "c:1:1:ask"), Letter("b", "No", "c:1:1:no"))
    assert len(LONG) > SHORT
    assert blocks_for(structs.replace(STEP, letters=letters)) == [
        HEAD[0],
        section(
            "The phone rings.\n\nIt is his probation officer.\n\n"
            "*A.* Ask what she needs it for, and why\n"
            "*B.* No"
        ),
        actions(
            0,
            button("A", "c:1:1:ask", accessibility_label="A. Ask what she needs it for, and why"),
            button("B", "c:1:1:no", 1, accessibility_label="B. No"),
        ),
        actions(1, *WAYS),
    ]


def test_what_a_screen_reader_hears_on_a_letter_is_cut_at_a_word() -> None:
    letters = (Letter("a", "word " * 20, "c:1:1:ask"),)
    (_, _, choices, _) = blocks_for(structs.replace(STEP, letters=letters))
    assert (
        choices["elements"][0]["accessibility_label"] == "A. " + "word " * 13 + "word\N{HORIZONTAL ELLIPSIS}"
    )


def test_an_answered_step_shows_the_answer_and_has_nothing_to_press() -> None:
    answered = Redrawn(structs.replace(STEP, chosen=("b",), buttons=()))
    assert blocks_for(answered) == [
        HEAD[0],
        section("The phone rings.\n\nIt is his probation officer.\n\n*A.* Yes\n*B.* No (your answer)"),
    ]


def test_a_step_that_asks_nothing_has_the_ways_on() -> None:
    said = structs.replace(STEP, letters=(), buttons=(Button("Go on", "g:1:1"),))
    assert blocks_for(said) == [*HEAD, actions(0, button("Go on", "g:1:1"))]


PICK_STEP = structs.replace(
    STEP,
    ask="What goes in?",
    letters=(Letter("a", "The times", "t:1:1:times:1"), Letter("b", "The place", "t:1:1:place:0", on=True)),
    several=True,
    done=Button("Done", "d:1:1"),
)


def option(text: str, value: str) -> dict[str, Any]:
    return {"text": plain_text(text), "value": value}


def test_a_pick_is_checkboxes_that_keep_their_ticks() -> None:
    place = option("B. The place", "t:1:1:place:0")
    assert blocks_for(PICK_STEP) == [
        *HEAD,
        {
            "type": "input",
            "block_id": ":pick",
            "optional": True,
            "label": plain_text("What goes in?"),
            "element": {
                "type": "checkboxes",
                "action_id": PICK,
                "options": [option("A. The times", "t:1:1:times:1"), place],
                "initial_options": [place],
            },
        },
        actions(0, button("Done", "d:1:1")),
        actions(1, *WAYS),
    ]


def test_a_pick_without_ticks_has_no_initial_options_which_slack_would_refuse_empty() -> None:
    unticked = structs.replace(PICK_STEP, letters=(Letter("a", "The times", "t:1:1:times:1"),))
    assert "initial_options" not in blocks_for(unticked)[2]["element"]


def test_where_an_item_leaves_no_room_for_its_letter_all_letters_stand_below() -> None:
    items = (Letter("a", "x" * 75, "t:1:1:x:1"), Letter("b", "The place", "t:1:1:place:1"))
    assert blocks_for(structs.replace(PICK_STEP, letters=items))[2]["element"]["options"] == [
        {**option("x" * 75, "t:1:1:x:1"), "description": plain_text("A")},
        {**option("The place", "t:1:1:place:1"), "description": plain_text("B")},
    ]


def test_an_answered_pick_shows_what_was_asked_and_what_was_ticked() -> None:
    answered = structs.replace(PICK_STEP, chosen=("a", "b"), done=None, buttons=())
    assert blocks_for(answered) == [
        HEAD[0],
        section(
            "The phone rings.\n\nIt is his probation officer.\n\nWhat goes in?\n\n"
            "*A.* The times (your answer)\n*B.* The place (your answer)"
        ),
    ]


def test_a_label_that_is_too_long_is_cut_at_a_word_and_stands_whole_in_the_text() -> None:
    label = "What a school may tell the police about a student who has been missing since Monday"
    short = "What a school may tell the police about a student who has been missing\N{HORIZONTAL ELLIPSIS}"
    assert blocks_for(Line("Next:", (Button(label, "law:x.y"), Button("Menu", "open:menu")))) == [
        section(f"Next:\n\n[{label}]"),
        actions(0, button(short, "law:x.y"), button("Menu", "open:menu", 1)),
    ]


def test_more_buttons_than_a_row_takes_go_on_in_the_next() -> None:
    states = tuple(Button(f"State {n}", f"set:state:{n}") for n in range(51))
    rows = [len(block["elements"]) for block in blocks_for(Line("Yours?", states))[1:]]
    assert rows == [25, 25, 1]


def test_a_text_of_seven_thousand_characters_goes_on_in_further_sections() -> None:
    text = "All of it. " * 637
    assert len(text) > 7000
    blocks = blocks_for(Line(text))
    assert types_of(blocks) == ["section"] * len(blocks)
    assert len(blocks) == math.ceil(len(text) / SECTION_MAX)
    assert "".join(block["text"]["text"] for block in blocks).split() == text.split()


def test_a_text_too_long_for_one_message_goes_on_in_the_next_and_the_buttons_come_last() -> None:
    first, last = rendered(Line("All of it. " * 1000, (Button("Menu", "open:menu"),)))
    assert (values(first.blocks), values(last.blocks)) == ([], ["open:menu"])
    assert sum(len(block["text"]["text"]) for block in first.blocks) <= MESSAGE_MAX


def test_more_blocks_than_a_message_takes_go_on_in_the_next() -> None:
    asks = tuple(Question(f"Is it {n}?", (Button("Yes", f"law:x.y{n}"),)) for n in range(30))
    first, last = rendered(structs.replace(ANSWER, questions=asks))
    assert len(first.blocks) == 49  # one is left free
    assert_slack_takes(first)
    assert_slack_takes(last)


def test_signs_in_an_authors_text_format_nothing() -> None:
    z = ZERO_WIDTH_SPACE
    assert blocks_for(Line("*a* _b_ ~c~ `d` & <!channel> <@U1>")) == [
        section(f"*{z}a*{z} _{z}b_{z} ~{z}c~{z} `{z}d`{z} &amp; &lt;!channel&gt; &lt;@U1&gt;")
    ]
    assert blocks_for(Line("https://d.example/a_b_c?d=*&e, x_y")) == [
        section(f"https://d.example/a_b_c?d=*&amp;e, x_{z}y")
    ], "an address stays whole"


def test_a_lone_sign_in_bold_text_ends_the_bold_no_earlier() -> None:
    z = ZERO_WIDTH_SPACE
    assert blocks_for(Feedback(verdict="a *b", text="")) == [section(f"*a *{z}b*")]


def test_feedback_is_the_verdict_in_bold_why_and_where_it_stands() -> None:
    said = Feedback(
        verdict="Lawful, and it helps.",
        text="She may have it.",
        notes=("The place: They go there.",),
        sources=(
            Source("34 CFR 99.30(a)", "https://www.ecfr.gov/x?a=1&b=2"),
            Source("20 USC 1232g"),
        ),
    )
    assert blocks_for(said) == [
        section("*Lawful, and it helps.*\n\nShe may have it.\n\n\N{BULLET} The place: They go there."),
        context("Where it stands: <https://www.ecfr.gov/x?a=1&amp;b=2|34 CFR 99.30(a)>; 20 USC 1232g"),
    ]


def test_a_debrief_lists_each_decision_with_its_rule() -> None:
    source = Source("34 CFR 99.30(a)", "https://www.ecfr.gov/x")
    debrief = Debrief(
        title="A good end",
        text="It went well.",
        summary="Lawful: 1 of 1.",
        decisions=(Decided(("Ask her",), "Lawful.", "Signed consent", (source,)),),
        buttons=(Button("Menu", "open:menu"),),
    )
    assert blocks_for(debrief) == [
        section(
            "*A good end*\n\nIt went well.\n\n*Lawful: 1 of 1.*\n\n"
            "1. Ask her\n*Lawful.*\nSigned consent\n<https://www.ecfr.gov/x|34 CFR 99.30(a)>"
        ),
        actions(0, button("Menu", "open:menu")),
    ]


ANSWER = Answer(
    lead=("Leave names out.",),
    quote=Quote(
        law="FERPA",
        title="Signed consent",
        says="A school needs consent.",
        conditions=("It is written.",),
        sources=(Source("34 CFR 99.30(a)", "https://www.ecfr.gov/x"),),
        checked="2026-01-05",
        myth="A nod is not enough.",
    ),
    provision="ferpa.consent",
    questions=(Question("Is it an emergency?", (Button("Yes", "law:ferpa.emergency"),)),),
    note="State law can be stricter.",
    buttons=(Button("Menu", "open:menu"),),
)


def answer_blocks(*last: dict[str, Any], reader: str = "") -> list[Any]:
    return [
        section(
            "Leave names out.\n\n*FERPA: Signed consent*\n\nA school needs consent.\n\n"
            "\N{BULLET} It is written.\n\nA nod is not enough."
        ),
        context("Where it stands: <https://www.ecfr.gov/x|34 CFR 99.30(a)>"),
        context("Checked 2026-01-05."),
        context("State law can be stricter."),
        section("*What it depends on:*\nIs it an emergency?"),
        actions(0, button("Yes", "law:ferpa.emergency"), reader=reader),
        actions(1, button("Menu", "open:menu"), *last, reader=reader),
    ]


def test_an_answer_quotes_the_law_and_asks_what_it_depends_on() -> None:
    assert blocks_for(ANSWER) == answer_blocks()


def test_a_whispered_answer_can_be_posted_for_all() -> None:
    post = button("Post this answer for all", "post:ferpa.consent", 1)
    assert blocks_for(ANSWER, whisper=True) == answer_blocks(post)


def test_where_others_read_along_the_reader_is_named_and_the_buttons_are_theirs() -> None:
    assert blocks_for(ANSWER, reader="U1") == [context("<@U1>"), *answer_blocks(reader="U1")]


# --- cutting ---------------------------------------------------------------------------------


@given(words(400), st.integers(1, 60))
def test_a_text_in_pieces_is_still_the_text(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert "".join(pieces) == text
    assert all(1 <= len(piece) <= limit for piece in pieces)


@given(words(400), st.integers(1, 60))
def test_a_text_is_cut_after_the_last_blank_line_else_line_else_space_that_fits(
    text: str, limit: int
) -> None:
    for piece in split_text(text, limit)[:-1]:
        window, text = text[:limit], text[len(piece) :]
        mark = next((mark for mark in ("\n\n", "\n", " ") if mark in window[1:]), None)
        if mark is None:
            assert piece == window
        else:
            assert piece.endswith(mark)
            assert mark not in window[len(piece) - len(mark) + 1 :]


@given(words(400), st.integers(1, 90))
@example("  abcdefghij", 6)
def test_a_cut_text_is_never_longer_than_asked_and_ends_at_a_word(text: str, most: int) -> None:
    short = cut(text, most)
    assert len(short) <= most
    if len(text) <= most:
        assert short == text
        return
    kept = short.removesuffix("\N{HORIZONTAL ELLIPSIS}")
    assert short != kept
    assert text.startswith(kept)
    assert kept == kept.rstrip()
    start = text[: most - 1]
    assert text[len(kept)].isspace() or " " not in start.strip()
    assert kept or not start.strip()


# --- read aloud ------------------------------------------------------------------------------


def test_spoken_text_names_each_button_in_brackets() -> None:
    assert spoken_text(
        Line("What next?", (Button("Play a story", "open:play"), Button("Menu", "open:menu")))
    ) == ("What next?\n\n[Play a story]\n[Menu]")


def test_spoken_text_of_a_step_reads_its_answers_by_letter() -> None:
    assert spoken_text(STEP) == (
        "The empty chair (step 1 of about 12)\n\nThe phone rings.\n\nIt is his probation officer.\n\n"
        "a. Yes\nb. No\n\nType: a letter, back, leave, or a question."
    )


@given(REPLIES)
@FEW
def test_spoken_text_holds_every_plain_word_of_a_reply(reply: Reply) -> None:
    said = spoken_text(reply)
    assert_in_order((block.text for block in blocks_of(reply)), squeezed(said))
    for one in pressable(reply.prompt if isinstance(reply, Redrawn) else reply):
        if not isinstance(reply, Prompt | Redrawn):
            assert f"[{one.label}]" in said


@given(REPLIES, READERS)
@FEW
def test_the_plain_texts_of_the_messages_are_the_spoken_text_signs_escaped(
    reply: Reply, reader: str | None
) -> None:
    said = [part.text for part in rendered(reply, reader=reader)]
    heard = "".join(said)
    assert not set(heard) & {"<", ">"}
    is_whole = NAME not in said and all(len(text) < TEXT_MAX // 5 for text in said)
    if is_whole:  # none is blank, none so long that Slack would refuse it
        assert unescaped(heard) == spoken_text(reply)


def test_a_reply_of_white_space_alone_is_heard_as_the_tutors_name() -> None:
    assert rendered(Line(" \n ")) == (Rendered(NAME, []),)
