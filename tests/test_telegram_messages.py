"""Replies as Telegram messages: whole, in order, within what Telegram takes, and as they look."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from adapters.telegram.messages import (
    DELETE_LABEL,
    LABEL_MAX,
    NOTHING,
    SHORT,
    TEXT_MAX,
    Key,
    Keyboard,
    Shown,
    plainly,
    shown,
)
from adapters.transcripts import BEGIN, Conversation
from bot.buttons import event_from_button
from bot.content import load
from bot.engine import advance, new_session, texts
from bot.events import (
    Asked,
    Erased,
    Event,
    Exported,
    Looked,
    Opened,
    Page,
    Picked,
    PostedForAll,
    Restarted,
    Resumed,
    Submitted,
    Toggled,
    Typed,
)
from bot.model import Library, PickStep, Session
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
    Reply,
    Source,
)
from tests.telegram.rules import check_markup, check_text

ROOT = Path(__file__).parent.parent
DELETE = "del:5"
EMOJI = "\N{GRINNING FACE}"  # two UTF-16 units

# --- any reply the engine can give -----------------------------------------------------------

PIECES = st.one_of(
    st.sampled_from(
        [
            *(
                "<",
                ">",
                "&",
                '"',
                "'",
                "&amp;",
                "&#60;",
                "<b>",
                "</b>",
                '<a href="https://x.org">',
                "a < b && c",
            ),
            *(EMOJI, EMOJI * 300, "\N{CHILD}\N{ZERO WIDTH JOINER}\N{DOG}", "e\N{COMBINING ACUTE ACCENT}"),
            *(" ", "\n", "\n\n", "\t", "[a]", "x" * 700, "Ask her. ", "the whole file ", "*_~`"),
        ]
    ),
    st.text(max_size=5),
)


def words(most: int = 6000, least: int = 0) -> st.SearchStrategy[str]:
    """Texts with every sign that HTML reads, stripped as authors' are; often empty, at times `most` long."""
    some = st.lists(PIECES, min_size=min(least, 1), max_size=6).map("".join)
    repeated = st.builds(
        lambda piece, times: (piece * times)[:most].strip(), some, st.sampled_from([1, 1, 1, 3, most])
    )
    return repeated.filter(lambda text: len(text) >= least)


def some(of: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[list[Any]]:
    """Up to `most` of something: a few that differ, at times over and over."""
    few = st.lists(of, max_size=4)
    return st.builds(lambda few, times: (few * times)[:most], few, st.sampled_from([1, 1, most]))


LABELS = words(200, least=1)


@st.composite
def buttons(draw: st.DrawFn, kind: str, most: int = 40, least: int = 0) -> tuple[Button, ...]:
    """Buttons, each with data of its own, of all the 64 bytes that are allowed or a few."""
    labels = draw(some(LABELS, most)) or [draw(LABELS) for _ in range(least)]
    width = draw(st.sampled_from([1, 64]))
    return tuple(Button(label=label, data=f"{kind}{n}".ljust(width, "x")) for n, label in enumerate(labels))


SOURCES = st.lists(
    st.builds(
        Source,
        cite=st.from_regex(r"[1-9]{1,2} (CFR|USC) [0-9]{1,4}(\([0-9A-Za-z]{1,5}\)){0,3}", fullmatch=True),
        url=st.one_of(
            st.just(""), st.from_regex(r"https://[a-z]{1,9}\.org/[a-z0-9&?=:*_'\"<>-]{0,80}", fullmatch=True)
        ),
    ),
    max_size=4,
).flatmap(lambda few: st.sampled_from([tuple(few), tuple(few * 15)]))


@st.composite
def prompts(draw: st.DrawFn) -> Prompt:
    """A step: a choice, a pick or one that asks nothing; as it is asked, or as it was answered."""
    is_open, several = draw(st.booleans()), draw(st.booleans())
    length = draw(st.sampled_from([SHORT, 75]))
    found = draw(st.lists(words(length, least=1), min_size=1 if several else 0, max_size=10))
    letters = tuple(
        Letter(letter=chr(ord("a") + n), text=text, data=f"l{n}", on=several and draw(st.booleans()))
        for n, text in enumerate(found)
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
    """The law's answer, at times with three questions of several options."""
    asks = draw(st.lists(words(), max_size=3))
    return Answer(
        quote=draw(QUOTES),
        provision="law.consent",
        named=draw(st.booleans()),
        lead=tuple(draw(st.lists(words(), max_size=2))),
        questions=tuple(Question(ask, draw(buttons(f"q{n}-", 15, 1))) for n, ask in enumerate(asks)),
        note=draw(words()),
        buttons=draw(buttons("b")),
    )


REPLIES: st.SearchStrategy[Reply] = st.one_of(
    st.builds(Line, text=words(), buttons=buttons("b", 60), named=st.booleans()),
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
    st.builds(HomePage, hello=words(), going=words(), ways=buttons("w"), stories=st.just(())),
)


# --- how messages are read here --------------------------------------------------------------


def link(data: str) -> str:
    return f"https://t.me/tutor_bot?start={data}"


def squeezed(text: str) -> str:
    return "".join(text.split())


def seen(part: Shown, *, is_html: bool = True) -> str:
    """What one sees of a message that Telegram takes, by its published rules."""
    mode = {"parse_mode": "HTML"} if is_html else {}
    text, _ = check_text({"text": part.html, **mode})
    check_markup({"inline_keyboard": [[as_sent(key) for key in row] for row in part.keyboard]})
    return text


def as_sent(key: Key) -> dict[str, str]:
    pairs = {"text": key.label, "callback_data": key.data, "url": key.url}
    return {name: value for name, value in pairs.items() if value is not None}


def keys(rows: Keyboard) -> list[Key]:
    return [key for row in rows for key in row]


def stands_on_buttons(prompt: Prompt) -> bool:
    return bool(prompt.buttons) and all(len(letter.text) <= SHORT for letter in prompt.letters)


def said_in(reply: Reply) -> Iterator[str]:
    """Every text of a reply in the order it should be read, and each label that its button does not hold."""
    match reply:
        case Line(text=text) | Document(text=text):
            yield text
        case Prompt():
            yield from (reply.title, reply.place, reply.text, reply.ask)
            if not stands_on_buttons(reply):
                yield from (text for each in reply.letters for text in (f"{each.letter.upper()}.", each.text))
        case Feedback():
            yield from (reply.verdict, reply.text, *reply.notes, *cites(reply.sources))
        case Debrief():
            yield from (reply.title, reply.text, reply.summary)
            for one in reply.decisions:
                yield from (*one.chose, one.verdict, one.rule, *cites(one.sources))
        case Answer(quote=quote):
            yield from (*reply.lead, quote.law, quote.title, quote.says, *quote.conditions, quote.myth)
            if quote.sources:
                yield from (*cites(quote.sources), quote.checked)
            yield reply.note
            for question in reply.questions:
                yield from (question.ask, *too_long(question.options))
        case HomePage():
            yield from (reply.hello, reply.going)
        case _:
            raise AssertionError(reply)
    yield from too_long(own_buttons(reply))


def cites(sources: Sequence[Source]) -> Iterator[str]:
    return (source.cite for source in sources)


def too_long(pressed: Iterable[Button]) -> Iterator[str]:
    return (f"[{button.label}]" for button in pressed if len(button.label) > LABEL_MAX)


def own_buttons(reply: Reply) -> tuple[Button, ...]:
    match reply:
        case Line(buttons=buttons) | Prompt(buttons=buttons) | Debrief(buttons=buttons):
            return buttons
        case Answer(buttons=buttons) | HomePage(ways=buttons):
            return buttons
        case _:
            return ()


def pressed_in(reply: Reply) -> list[tuple[str, str]]:
    """All that can be pressed in a reply, in order: what its label holds at least, and its data."""
    found = []
    match reply:
        case Prompt(letters=letters, done=done) if reply.buttons:
            whole = stands_on_buttons(reply)
            found += [(each.text if whole else each.letter.upper(), each.data) for each in letters]
            found += [(done.label, done.data)] if done else []
        case Answer(questions=questions):
            found += [(start_of(each), each.data) for question in questions for each in question.options]
    return [*found, *((start_of(each), each.data) for each in own_buttons(reply))]


def start_of(button: Button) -> str:
    """What a label shows at least: all of it, or its first word where it is too long."""
    return button.label if len(button.label) <= LABEL_MAX else button.label[: LABEL_MAX - 1].split()[0]


def assert_in_order(wanted: Iterable[str], where: str) -> None:
    """Every text stands in another, one after the other."""
    at = 0
    for text in wanted:
        found = where.find(squeezed(text), at)
        assert found >= 0, f"lost: {text[:100]!r}"
        at = found + len(squeezed(text))


# --- whatever is said, Telegram takes it -----------------------------------------------------


@given(REPLIES, st.booleans(), st.sampled_from([None, DELETE]), st.booleans())
@example(Line(""), False, None, True)
@example(Line(EMOJI * TEXT_MAX), False, None, True)
@example(Line(f"{'&' * TEXT_MAX}\n\n{'<' * TEXT_MAX}"), False, None, True)
@settings(max_examples=300)
def test_telegram_takes_any_reply_with_every_word_in_order_and_every_button_once_on_the_last_message(
    reply: Reply, is_linked: bool, delete: str | None, is_html: bool
) -> None:
    render = shown if is_html else plainly
    parts = render(reply, link=link if is_linked else None, delete=delete)
    assert parts
    where = "".join(squeezed(seen(part, is_html=is_html)) for part in parts)
    drawn = reply.prompt if isinstance(reply, Redrawn) else reply
    assert_in_order(said_in(drawn), where)
    assert not any(part.keyboard for part in parts[:-1])

    wanted = pressed_in(drawn)
    if delete is not None and not is_linked and isinstance(reply, Answer | Line) and reply.named:
        wanted.insert(0, (DELETE_LABEL, delete))
    there = keys(parts[-1].keyboard)
    if is_linked:
        assert [(key.data, key.url) for key in there] == [(None, link(data)) for _, data in wanted]
    else:
        assert [(key.data, key.url) for key in there] == [(data, None) for _, data in wanted]
    assert all(label in key.label for key, (label, _) in zip(there, wanted, strict=True))


@pytest.mark.parametrize("render", [shown, plainly])
def test_a_long_text_goes_on_in_the_next_message_and_the_buttons_come_last(render: Any) -> None:
    parts = render(Line("All of it. " * 1000, (Button("Menu", "open:menu"),)))
    assert len(parts) > 1
    assert [keys(part.keyboard) for part in parts[:-1]] == [[]] * (len(parts) - 1)
    assert keys(parts[-1].keyboard) == [Key("Menu", "open:menu")]


def test_a_text_that_fits_when_its_html_is_read_is_one_message_however_long_its_html() -> None:
    (part,) = shown(Line("&" * TEXT_MAX))
    assert part.html == "&amp;" * TEXT_MAX
    assert [len(one.html) for one in shown(Line(EMOJI * (TEXT_MAX // 2)))] == [TEXT_MAX // 2]


def test_more_pieces_of_bold_than_telegram_shows_in_a_message_go_on_in_the_next() -> None:
    decisions = tuple(Decided((f"Way {n}",), "Lawful.", "", ()) for n in range(101))
    first, last = shown(Debrief(title="The end", text="", summary="So.", decisions=decisions))
    assert (first.html.count("<b>"), last.html.count("<b>")) == (100, 3)


@pytest.mark.parametrize("render", [shown, plainly])
def test_a_reply_that_says_nothing_is_the_tutors_name_for_telegram_takes_no_empty_message(
    render: Any,
) -> None:
    assert render(Line(" \n ", (Button("Menu", "m"),))) == (Shown(NOTHING, ((Key("Menu", "m"),),)),)


@pytest.mark.parametrize("reply", [MyData(), Export(), Home()], ids=lambda reply: type(reply).__name__)
@pytest.mark.parametrize("render", [shown, plainly])
def test_what_the_sender_must_draw_first_is_no_message(render: Any, reply: Reply) -> None:
    with pytest.raises(ValueError, match="is shown only after the sender has drawn it"):
        render(reply)


# --- what ships ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(ROOT, tmp_path_factory.mktemp("cache"))


class Walker(Conversation):
    """A learner talking to the engine alone, who can be put anywhere; notes what is replied."""

    replies: tuple[Reply, ...] = ()

    def _shown(self, replies: Sequence[Reply]) -> list[str]:
        self.replies = tuple(self._drawn(reply) for reply in replies)
        return super()._shown(replies)

    def replies_to(self, event: Event | Typed, session: Session | None = None) -> tuple[Reply, ...]:
        """Do something in a session, a new one where none is given."""
        self.session = session or new_session("seed")
        self.do(event)
        return self.replies


@pytest.fixture(scope="module")
def walker(library: Library) -> Walker:
    return Walker(library)


def assert_one_message(reply: Reply) -> None:
    drawn = reply.prompt if isinstance(reply, Redrawn) else reply
    for render, is_html in ((shown, True), (plainly, False)):
        parts = render(reply, delete=DELETE)
        assert len(parts) == 1, reply
        assert_in_order(said_in(drawn), squeezed(seen(parts[0], is_html=is_html)))


def picks(step: PickStep, run: str, turn: int) -> Iterator[Event]:
    """Ways to answer a pick: right, none, all, and right but for one; a tick of each, and the button."""
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
    for reply in replies:
        yield from filter(None, (event_from_button(data) for _, data in pressed_in(reply)))
    yield Restarted(run.id, turn)


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


def walked(walker: Walker, library: Library, first: Event) -> Iterator[Reply]:
    """Every reply on the ways through a story: from each place in it, all that can be done there."""
    waiting, been = deque([(learner, first) for learner in learners(library)]), set[str]()
    while waiting:
        session, event = waiting.popleft()
        yield from walker.replies_to(event, session)
        run = walker.session.run
        place = repr(run and (run.step, sorted(run.variables.items()), bool(run.trail)))
        if run is None or place in been:
            continue
        been.add(place)
        here = walker.replies_to(Resumed(), walker.session)
        waiting.extend((walker.session, way) for way in ways_on(library, walker.session, here))


def test_every_step_and_answer_of_the_shipped_stories_is_one_message(
    library: Library, walker: Walker
) -> None:
    for id, edition in library.editions.items():
        page: Page = "learn" if edition.scenario.kind == "learn" else "play"
        replies = set(walked(walker, library, Opened(page, id)))
        assert {type(reply) for reply in replies} >= {Prompt, Redrawn, Debrief}
        told = {reply.text for reply in replies if isinstance(reply, Prompt | Debrief)}
        assert told == {texts.prose(step.say) for step in edition.scenario.steps.values()}
        for reply in replies:
            if not isinstance(reply, Debrief):  # the path of a long story can go on in a second message
                assert_one_message(reply)


def test_every_shipped_provision_is_one_message_short_and_whole(library: Library) -> None:
    for id in library.provisions:
        for event in (Asked("Who may see it?", found=(id,), named=True), Looked(id), PostedForAll(id)):
            (reply,) = advance(library, new_session("seed"), event, BEGIN).replies
            assert isinstance(reply, Answer)
            assert_one_message(reply)


PAGES: tuple[Page, ...] = ("menu", "help", "play", "learn", "ask", "laws", "progress", "settings", "mydata")


def test_every_page_of_the_shipped_tutor_is_one_message(walker: Walker) -> None:
    waiting: deque[Event | Typed] = deque(
        [*(Opened(page) for page in PAGES), Exported(), Erased("seed"), Typed("May I tell Ms. Hall?")]
    )
    met = set[str]()
    while waiting:
        for reply in walker.replies_to(waiting.popleft()):
            if isinstance(reply, Prompt):
                continue
            assert_one_message(reply)
            further = [data for _, data in pressed_in(reply) if data not in met]
            met.update(further)
            waiting.extend(event for data in further if isinstance(event := event_from_button(data), Opened))
    assert len(met) > 50


# --- how it looks ----------------------------------------------------------------------------


STEP = Prompt(
    key="1.2",
    title="The empty chair",
    place="step 1 of about 12",
    text="The phone rings.\n\nIt is his probation officer.",
    letters=(Letter("a", "Yes", "c:1:1:yes"), Letter("b", "No", "c:1:1:no")),
    buttons=(Button("Back", "b:1:1"), Button("Leave", "l:1:1")),
)
HEAD = "<b>The empty chair, step 1 of about 12</b>\n\nThe phone rings.\n\nIt is his probation officer."
WAYS = ((Key("Back", "b:1:1"),), (Key("Leave", "l:1:1"),))
LONG = "Ask what she needs it for & why"


def only(reply: Reply, **more: Any) -> Shown:
    """The one message of a reply, which Telegram takes."""
    (part,) = shown(reply, **more)
    seen(part)
    return part


def test_short_answers_stand_on_their_buttons_one_below_the_other() -> None:
    rows = ((Key("A. Yes", "c:1:1:yes"),), (Key("B. No", "c:1:1:no"),), *WAYS)
    assert only(STEP) == Shown(HEAD, rows)


def test_an_answer_as_long_as_a_phone_shows_still_stands_on_its_button() -> None:
    letters = (Letter("a", "x" * SHORT, "c:1:1:x"),)
    assert only(structs.replace(STEP, letters=letters)) == Shown(
        HEAD, ((Key(f"A. {'x' * SHORT}", "c:1:1:x"),), *WAYS)
    )


def test_where_one_answer_is_long_all_stand_in_the_text_and_their_letters_side_by_side() -> None:
    assert len(LONG) > SHORT
    letters = (Letter("a", LONG, "c:1:1:ask"), Letter("b", "No", "c:1:1:no"))
    assert only(structs.replace(STEP, letters=letters)) == Shown(
        f"{HEAD}\n\n<b>A.</b> Ask what she needs it for &amp; why\n<b>B.</b> No",
        ((Key("A", "c:1:1:ask"), Key("B", "c:1:1:no")), *WAYS),
    )


def test_a_sixth_letter_begins_a_second_row() -> None:
    letters = tuple(Letter(letter, LONG, f"c:1:1:{letter}") for letter in "abcdef")
    rows = only(structs.replace(STEP, letters=letters)).keyboard
    assert [[key.label for key in row] for row in rows] == [[*"ABCDE"], ["F"], ["Back"], ["Leave"]]


PICK = structs.replace(
    STEP,
    ask="What goes in?",
    letters=(Letter("a", "The times", "t:1:1:times:1"), Letter("b", "The place", "t:1:1:place:0", on=True)),
    several=True,
    done=Button("Done", "d:1:1"),
)
DONE = (Key("Done", "d:1:1"),)


def test_what_is_ticked_has_a_tick_on_its_button_and_done_comes_after_the_answers() -> None:
    rows = ((Key("A. The times", "t:1:1:times:1"),), (Key("✓ B. The place", "t:1:1:place:0"),), DONE, *WAYS)
    assert only(PICK) == Shown(f"{HEAD}\n\nWhat goes in?", rows)


def test_of_long_answers_what_is_ticked_is_told_in_the_text_too() -> None:
    letters = (Letter("a", LONG, "t:1:1:ask:0", on=True), Letter("b", "No", "t:1:1:no:1"))
    assert only(structs.replace(PICK, letters=letters)) == Shown(
        f"{HEAD}\n\nWhat goes in?\n\n<b>A.</b> Ask what she needs it for &amp; why (ticked)\n<b>B.</b> No",
        ((Key("✓ A", "t:1:1:ask:0"), Key("B", "t:1:1:no:1")), DONE, *WAYS),
    )


def test_an_answered_step_shows_the_answer_and_has_nothing_to_press() -> None:
    answered = Redrawn(structs.replace(STEP, chosen=("b",), buttons=()))
    assert only(answered) == Shown(f"{HEAD}\n\n<b>A.</b> Yes\n<b>B.</b> No (your answer)")


def test_an_answered_pick_shows_what_was_asked_and_what_was_ticked() -> None:
    answered = Redrawn(structs.replace(PICK, chosen=("a", "b"), done=None, buttons=()))
    assert only(answered) == Shown(
        f"{HEAD}\n\nWhat goes in?\n\n<b>A.</b> The times (your answer)\n<b>B.</b> The place (your answer)"
    )


def test_a_step_that_asks_nothing_has_the_ways_on() -> None:
    told = structs.replace(STEP, letters=(), buttons=(Button("Go on", "g:1:1"),))
    assert only(told) == Shown(HEAD, ((Key("Go on", "g:1:1"),),))


def test_a_label_that_is_too_long_is_cut_at_a_word_and_stands_whole_in_the_text() -> None:
    label = "What a school may tell the police about a student who has been missing"
    short = "What a school may tell the police about a student who has…"
    assert only(Line("Next:", (Button(label, "law:x.y"), Button("Menu", "open:menu")))) == Shown(
        f"Next:\n\n[{label}]", ((Key(short, "law:x.y"),), (Key("Menu", "open:menu"),))
    )


def test_signs_in_an_authors_text_format_nothing() -> None:
    text = """<b>a</b> & "b" 'c' &amp; <a href="https://x.org">"""
    part = only(Line(text))
    assert part.html == ("""&lt;b&gt;a&lt;/b&gt; &amp; "b" 'c' &amp;amp; &lt;a href="https://x.org"&gt;""")
    assert seen(part) == text
    assert plainly(Line(text)) == (Shown(text),)


def test_feedback_is_the_verdict_in_bold_why_and_where_it_stands() -> None:
    told = Feedback(
        verdict="Lawful, and it helps.",
        text="She may have it.",
        notes=("The place: They go there.", "The times: She asked."),
        sources=(Source("34 CFR 99.30(a)", "https://www.ecfr.gov/x?a=1&b=2"), Source("20 USC 1232g")),
    )
    assert only(told) == Shown(
        "<b>Lawful, and it helps.</b>\n\nShe may have it.\n\n"
        "• The place: They go there.\n• The times: She asked.\n\n"
        'Where it stands: <a href="https://www.ecfr.gov/x?a=1&amp;b=2">34 CFR 99.30(a)</a>; 20 USC 1232g'
    )


def test_a_debrief_lists_each_decision_with_its_rule() -> None:
    source = Source("34 CFR 99.30(a)", "https://www.ecfr.gov/x")
    debrief = Debrief(
        title="A good end",
        text="It went well.",
        summary="Lawful: 1 of 1.",
        decisions=(Decided(("Ask her", "Wait"), "Lawful.", "Signed consent", (source,)),),
        buttons=(Button("Menu", "open:menu"),),
    )
    assert only(debrief) == Shown(
        "<b>A good end</b>\n\nIt went well.\n\n<b>Lawful: 1 of 1.</b>\n\n"
        "1. Ask her; Wait\n<b>Lawful.</b>\nSigned consent (34 CFR 99.30(a))",
        ((Key("Menu", "open:menu"),),),
    )


ANSWER = Answer(
    lead=("Leave names out.",),
    quote=Quote(
        law="FERPA",
        title="Signed consent",
        says="A school needs consent.",
        conditions=("It is written.", "It is dated."),
        sources=(
            Source("34 CFR 99.30(a)", 'https://www.ecfr.gov/x?a=1&b="2"'),
            Source("20 USC 1232g", "https://uscode.house.gov/y"),
            Source("A & B"),
        ),
        checked="2026-01-05",
        myth="A nod is not enough.",
    ),
    provision="ferpa.consent",
    questions=(Question("Is it an emergency?", (Button("Yes", "law:ferpa.emergency"),)),),
    note="State law can be stricter.",
    buttons=(Button("Menu", "open:menu"),),
)
ANSWER_KEYS = ((Key("Yes", "law:ferpa.emergency"),), (Key("Menu", "open:menu"),))


def test_an_answer_quotes_the_law_with_links_and_asks_what_it_depends_on() -> None:
    assert only(ANSWER) == Shown(
        "Leave names out.\n\n<b>FERPA: Signed consent</b>\n\nA school needs consent.\n\n"
        "• It is written.\n• It is dated.\n\nA nod is not enough.\n\n"
        'Where it stands: <a href="https://www.ecfr.gov/x?a=1&amp;b=&quot;2&quot;">34 CFR 99.30(a)</a>; '
        '<a href="https://uscode.house.gov/y">20 USC 1232g</a>; A &amp; B (checked 2026-01-05)\n\n'
        "State law can be stricter.\n\n<b>What it depends on:</b>\nIs it an emergency?",
        ANSWER_KEYS,
    )


def test_plainly_an_answer_has_the_same_words_and_keys_and_no_html() -> None:
    (part,) = plainly(ANSWER)
    assert part == Shown(seen(only(ANSWER)), ANSWER_KEYS)


@pytest.mark.parametrize("render", [shown, plainly])
@pytest.mark.parametrize("reply", [ANSWER, Line("Leave names out.", (Button("Menu", "open:menu"),))])
def test_the_button_that_deletes_a_question_comes_first_and_only_where_someone_seems_named(
    render: Any, reply: Answer | Line
) -> None:
    (part,) = render(reply, delete=DELETE)
    named = structs.replace(reply, named=True)
    delete = (Key(DELETE_LABEL, DELETE),)
    assert delete not in part.keyboard
    assert render(named, delete=DELETE) == (Shown(part.html, (delete, *part.keyboard)),)
    assert render(named) == (part,), "nothing is there to delete"


@pytest.mark.parametrize("render", [shown, plainly])
def test_where_others_read_along_every_button_opens_the_private_chat_and_none_deletes(render: Any) -> None:
    (part,) = render(structs.replace(ANSWER, named=True), link=link, delete=DELETE)
    assert part.keyboard == (
        (Key("Yes", url="https://t.me/tutor_bot?start=law:ferpa.emergency"),),
        (Key("Menu", url="https://t.me/tutor_bot?start=open:menu"),),
    )


def test_a_page_is_a_greeting_where_one_is_and_the_ways() -> None:
    ways = (Button("Ask", "open:ask"), Button("Play", "open:play"))
    page = HomePage(hello="Hello.", going="You are in A & B.", ways=ways, stories=())
    assert only(page) == Shown(
        "Hello.\n\n<b>You are in A &amp; B.</b>", ((Key("Ask", "open:ask"),), (Key("Play", "open:play"),))
    )
