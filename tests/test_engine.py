"""The engine, one rule after another. Whole conversations are in transcripts/."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.text import plain
from adapters.transcripts import Conversation, saved_and_reloaded
from bot.buttons import BUTTON_DATA_MAX, data_for, event_from_button
from bot.content import edition_of
from bot.engine import advance, new_session, texts
from bot.engine.story import edition_of_run, starting_values
from bot.engine.words import names_a_person, understand
from bot.events import (
    Asked,
    Chose,
    Continued,
    EraseAsked,
    Erased,
    Event,
    Exported,
    Left,
    Looked,
    MissedLetter,
    Opened,
    Picked,
    Restarted,
    Resumed,
    Settled,
    Started,
    Submitted,
    Toggled,
    Typed,
    WentBack,
)
from bot.model import ChoiceStep, Library, Scenario, Session, Variable
from bot.replies import (
    Answer,
    Debrief,
    Feedback,
    Line,
    MyData,
    Prompt,
    Redrawn,
    Reply,
    Toast,
)
from tests.library import LIBRARY, NOW, STORY


def play(*events: Event, session: Session | None = None) -> Session:
    """Apply events to a session, a new one unless given."""
    here = session or new_session("seed")
    for event in events:
        here = advance(LIBRARY, here, event, NOW).session or new_session("seed")
    return here


def prompt_of(replies: tuple[Reply, ...]) -> Prompt:
    """The one step shown among some replies."""
    (shown,) = (reply for reply in replies if isinstance(reply, Prompt))
    return shown


IN_STORY = play(Opened("play", "story"))
RUN, TURN = "1-seed", IN_STORY.turn


# --- choosing --------------------------------------------------------------------------------


def test_an_answer_brings_the_verdict_the_rule_and_the_next_step() -> None:
    turn = advance(LIBRARY, IN_STORY, Chose(RUN, TURN, "ask"), NOW)
    redrawn, feedback, shown = turn.replies
    assert isinstance(feedback, Feedback)
    assert feedback.verdict == "Lawful, and it helps."
    assert [source.cite for source in feedback.sources] == ["34 CFR 99.30(a)"]
    assert isinstance(redrawn, Redrawn)
    assert redrawn.prompt.chosen == ("b",)
    assert redrawn.prompt.buttons == ()
    assert prompt_of((shown,)).text == "You think it over."


def test_the_answered_message_is_the_one_that_was_shown() -> None:
    shown = prompt_of(advance(LIBRARY, play(), Opened("play", "story"), NOW).replies)
    redrawn = advance(LIBRARY, IN_STORY, Chose(RUN, TURN, "ask"), NOW).replies[0]
    assert isinstance(redrawn, Redrawn)
    assert redrawn.prompt.key == shown.key


def test_a_decision_is_kept_with_its_rule_and_its_two_judgements() -> None:
    (result,) = advance(LIBRARY, IN_STORY, Chose(RUN, TURN, "send"), NOW).results
    assert (result.step, result.chose, result.rule) == ("call", ("send",), "law.consent")
    assert (result.lawful, result.helps, result.slip, result.first) == (False, False, "over", True)
    assert result.content == LIBRARY.editions["story"].content
    assert result.at == NOW


def test_numbers_stay_within_their_bounds() -> None:
    low = play(Chose(RUN, TURN, "send"), session=IN_STORY)
    high = play(Chose(RUN, TURN, "ask"), session=IN_STORY)
    assert low.run is not None and high.run is not None
    assert (low.run.variables["trust"], high.run.variables["trust"]) == (0, 2)


def test_consequences_come_back_later() -> None:
    careful = play(Chose(RUN, TURN, "ask"), Continued(RUN, TURN + 1), session=IN_STORY)
    careless = play(Chose(RUN, TURN, "send"), Continued(RUN, TURN + 1), session=IN_STORY)
    answer = Picked(RUN, TURN + 2, ("times", "place"))
    assert any(isinstance(one, Debrief) for one in advance(LIBRARY, careful, answer, NOW).replies)
    assert prompt_of(advance(LIBRARY, careless, answer, NOW).replies).text == "Word got out."


def test_a_choice_whose_condition_fails_is_neither_shown_nor_taken() -> None:
    late = play(
        Chose(RUN, TURN, "send"),
        Continued(RUN, TURN + 1),
        Picked(RUN, TURN + 2, ()),
        session=IN_STORY,
    )
    shown = prompt_of(advance(LIBRARY, late, Resumed(), NOW).replies)
    assert [letter.text for letter in shown.letters] == ["Do own", "Do hide"]
    turn = advance(LIBRARY, late, Chose(RUN, late.turn, "hope"), NOW)
    assert turn.session == late
    assert turn.replies[0] == Line(text=texts.OLD_BUTTON)


@pytest.mark.parametrize(
    ("items", "verdict", "slip"),
    [
        (("times", "place"), texts.PICKED_EXACT, None),
        (("times", "place", "health"), texts.PICKED_OVER, "over"),
        (("times",), texts.PICKED_UNDER, "under"),
        (("times", "health"), texts.PICKED_MIXED, "mixed"),
        ((), texts.PICKED_UNDER, "under"),
    ],
)
def test_a_pick_is_exact_over_under_or_mixed(items: tuple[str, ...], verdict: str, slip: str | None) -> None:
    before = play(Chose(RUN, TURN, "ask"), Continued(RUN, TURN + 1), session=IN_STORY)
    turn = advance(LIBRARY, before, Picked(RUN, before.turn, items), NOW)
    feedback = next(reply for reply in turn.replies if isinstance(reply, Feedback))
    assert feedback.verdict == verdict
    assert turn.results[0].slip == slip


def test_only_items_that_were_got_wrong_are_explained() -> None:
    before = play(Chose(RUN, TURN, "ask"), Continued(RUN, TURN + 1), session=IN_STORY)
    turn = advance(LIBRARY, before, Picked(RUN, before.turn, ("times", "health")), NOW)
    feedback = next(reply for reply in turn.replies if isinstance(reply, Feedback))
    assert feedback.notes == ("The place: They go there.", "The illness: Nobody asked.")


def test_quick_taps_all_count_and_a_repeated_tap_changes_nothing() -> None:
    before = play(Chose(RUN, TURN, "ask"), Continued(RUN, TURN + 1), session=IN_STORY)
    turn_number = before.turn
    tapped = play(
        Toggled(RUN, turn_number, "times", True),
        Toggled(RUN, turn_number, "health", True),
        Toggled(RUN, turn_number, "place", True),
        Toggled(RUN, turn_number, "health", False),
        session=before,
    )
    assert tapped.turn == turn_number
    assert tapped.run is not None
    assert tapped.run.picked == ("times", "place")
    again = advance(LIBRARY, tapped, Toggled(RUN, turn_number, "health", False), NOW)
    assert (again.session, again.replies, again.receipt) == (tapped, (), Toast(texts.TAKEN_OUT))
    done = advance(LIBRARY, tapped, Submitted(RUN, turn_number), NOW)
    assert done.results[0].slip is None


def test_done_with_nothing_ticked_says_so_and_changes_nothing() -> None:
    before = play(Chose(RUN, TURN, "ask"), Continued(RUN, TURN + 1), session=IN_STORY)
    turn = advance(LIBRARY, before, Submitted(RUN, before.turn), NOW)
    assert (turn.session, turn.replies, turn.receipt) == (before, (), Toast(texts.UNTICKED))


# --- back, restart, leave, resume ------------------------------------------------------------


def test_back_restores_the_variables_and_the_first_answer_stays_in_the_results() -> None:
    wrong = advance(LIBRARY, IN_STORY, Chose(RUN, TURN, "send"), NOW)
    assert wrong.session is not None
    back = play(WentBack(RUN, TURN + 1), session=wrong.session)
    assert back.run is not None and IN_STORY.run is not None
    assert back.run.variables == IN_STORY.run.variables
    assert back.run.step == "call"
    right = advance(LIBRARY, back, Chose(RUN, back.turn, "ask"), NOW)
    assert [result.first for result in (*wrong.results, *right.results)] == [True, False]


def test_there_is_nothing_before_the_first_step() -> None:
    turn = advance(LIBRARY, IN_STORY, WentBack(RUN, TURN), NOW)
    assert turn.session == IN_STORY
    assert turn.replies[0] == Line(text=texts.FIRST_STEP)


def test_restart_is_a_new_run() -> None:
    anew = play(Chose(RUN, TURN, "send"), Restarted(RUN, TURN + 1), session=IN_STORY)
    assert anew.run is not None
    assert (anew.run.id, anew.run.step, anew.run.trail) == ("2-seed", "call", ())


def test_leaving_keeps_the_place_and_resuming_goes_back_to_it() -> None:
    inside = play(Chose(RUN, TURN, "ask"), session=IN_STORY)
    left = play(Left(RUN, inside.turn), session=inside)
    assert left.run is None
    assert play(Resumed(), session=left).run == inside.run
    assert play(Resumed(RUN), session=left).run == inside.run
    assert play(Opened("play", "story"), session=left).run == inside.run


def test_another_story_keeps_the_place_in_the_first() -> None:
    both = play(Opened("learn", "piece"), session=IN_STORY)
    assert both.run is not None
    assert (both.run.scenario, [run.scenario for run in both.paused]) == ("piece", ["story"])
    assert play(Opened("play", "story"), session=both).run == IN_STORY.run


def test_an_ended_run_is_sealed() -> None:
    ended = play(Opened("learn", "piece"), Continued("1-seed", 1))
    assert ended.run is None
    assert ended.finished["piece"].times == 1
    late = advance(LIBRARY, ended, Continued("1-seed", 1), NOW)
    assert late.session == ended
    assert late.replies[0] == Line(text=texts.OLD_BUTTON_NO_RUN)


def test_the_debrief_walks_the_learners_own_path() -> None:
    talk = Conversation(LIBRARY)
    said = [talk.say(line) for line in ("play story", "a", "go on", "a c", "a")][-1]
    assert "Lawful: 1 of your 3 decisions. Helpful: 1 of 3." in said[-1]
    assert "1. Do send\n   Not lawful, and it does not help. It shares too much." in said[-1]
    assert "2. You put in 2 of 3.\n   Not lawful as it is: some of this may not go" in said[-1]
    assert "No more than needed (34 CFR 99.30(a))." in said[-1]


# --- old, foreign and repeated presses -------------------------------------------------------


@pytest.mark.parametrize(
    "press",
    [
        Chose(RUN, TURN - 1, "ask"),
        Chose("1-other", TURN, "ask"),
        Chose(RUN, TURN, "no-such-choice"),
        Continued(RUN, TURN),
        Picked(RUN, TURN, ("times",)),
        Toggled(RUN, TURN, "times", True),
        Submitted(RUN, TURN),
        Left(RUN, TURN + 7),
    ],
)
def test_a_press_that_is_not_of_this_step_shows_where_one_is_and_changes_nothing(press: Event) -> None:
    turn = advance(LIBRARY, IN_STORY, press, NOW)
    assert turn.session == IN_STORY
    assert turn.results == ()
    assert turn.replies[0] == Line(text=texts.OLD_BUTTON)
    assert prompt_of(turn.replies).text == "The phone rings."


RUNS = st.sampled_from([RUN, "2-seed", "9-other", ""])
TURNS = st.integers(0, 9)
IDS = st.sampled_from(["send", "ask", "times", "place", "health", "own", "hide", "hope", "nothing"])
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(Started),
    st.builds(
        Opened,
        st.sampled_from(["menu", "help", "play", "learn", "ask", "progress", "settings", "mydata"]),
        st.sampled_from([None, "story", "piece", "none-such"]),
    ),
    st.builds(Chose, RUNS, TURNS, IDS),
    st.builds(Toggled, RUNS, TURNS, IDS, st.booleans()),
    st.builds(Submitted, RUNS, TURNS),
    st.builds(Picked, RUNS, TURNS, st.lists(IDS, max_size=3, unique=True).map(tuple)),
    st.builds(Continued, RUNS, TURNS),
    st.builds(WentBack, RUNS, TURNS),
    st.builds(Restarted, RUNS, TURNS),
    st.builds(Left, RUNS, TURNS),
    st.builds(Resumed, st.one_of(st.none(), RUNS)),
    st.builds(
        Asked,
        st.text(max_size=20),
        st.sampled_from([(), ("law.consent",), ("gone.rule", "law.little")]),
        st.sampled_from([None, "suicide"]),
        st.booleans(),
    ),
    st.builds(Looked, st.sampled_from(["law.consent", "gone.rule"])),
    st.builds(Settled, st.just("role"), st.sampled_from([None, "school", "wizard"])),
    st.builds(Settled, st.just("state"), st.sampled_from([None, "OR", "ZZ"])),
    st.builds(MissedLetter),
    st.builds(Exported),
    st.builds(EraseAsked),
    st.builds(Erased, st.sampled_from(["seed", "old"])),
)
WALKS = st.lists(EVENTS, max_size=25)
ONCE_ONLY = (Chose, Submitted, Picked, Continued, WentBack, Restarted, Left)


def in_front(event: Event, session: Session) -> Event:
    """Point a press at the step in front of a session, so that walks get somewhere."""
    if session.run is None or not isinstance(event, ONCE_ONLY):
        return event
    rest = [getattr(event, name) for name in ("choice", "items") if hasattr(event, name)]
    return type(event)(session.run.id, session.turn, *rest)


@given(WALKS)
@settings(max_examples=300, deadline=None)
def test_the_tutor_always_answers_and_a_repeated_press_changes_nothing(walk: list[Event]) -> None:
    session = new_session("seed")
    for n, event in enumerate(walk):
        pressed = in_front(event, session) if n % 2 else event
        turn = advance(LIBRARY, session, pressed, NOW)
        assert turn.replies or turn.receipt
        assert turn == advance(LIBRARY, session, pressed, NOW)
        session = turn.session or new_session("seed")
        if isinstance(pressed, ONCE_ONLY):
            again = advance(LIBRARY, session, pressed, NOW)
            assert (again.session, again.results) == (session, ())


@given(WALKS)
@settings(max_examples=200, deadline=None)
def test_every_button_ever_shown_fits_and_reads_back_as_an_event(walk: list[Event]) -> None:
    session = new_session("seed")
    for n, event in enumerate(walk):
        turn = advance(LIBRARY, session, in_front(event, session) if n % 2 else event, NOW)
        session = turn.session or new_session("seed")
        for reply in turn.replies:
            shown = reply.prompt if isinstance(reply, Redrawn) else reply
            buttons = list(getattr(shown, "buttons", ()))
            data = [button.data for button in buttons]
            if isinstance(shown, Prompt):
                data += [letter.data for letter in shown.letters]
                data += [shown.done.data] if shown.done else []
            for one in data:
                event_back = event_from_button(one)
                assert event_back is not None
                assert data_for(event_back) == one
                assert len(one.encode()) <= BUTTON_DATA_MAX


@given(WALKS)
@settings(max_examples=200, deadline=None)
def test_a_session_that_was_saved_and_read_back_goes_on_the_same(walk: list[Event]) -> None:
    kept = reloaded = new_session("seed")
    for event in walk:
        kept = advance(LIBRARY, kept, event, NOW).session or new_session("seed")
        reloaded = saved_and_reloaded(advance(LIBRARY, reloaded, event, NOW).session or new_session("seed"))
        assert kept == reloaded


@given(WALKS)
@settings(max_examples=200, deadline=None)
def test_every_reply_can_be_written_as_plain_text_and_saved(walk: list[Event]) -> None:
    session = new_session("seed")
    for event in walk:
        turn = advance(LIBRARY, session, event, NOW)
        session = turn.session or new_session("seed")
        for reply in turn.replies:
            again = msgspec.json.decode(msgspec.json.encode(reply), type=Reply)
            assert again == reply
            if not isinstance(reply, MyData) and type(reply).__name__ != "Export":
                assert plain(reply).strip()


@given(st.text(max_size=80))
def test_no_button_data_from_outside_breaks_the_reader(data: str) -> None:
    event = event_from_button(data)
    if event is not None:
        assert advance(LIBRARY, IN_STORY, event, NOW).replies


def test_the_longest_ids_still_fit_into_a_button() -> None:
    run = "9999999-abcdef"
    assert len(data_for(Toggled(run, 999_999, "i" * 20, True)).encode()) <= BUTTON_DATA_MAX
    assert len(data_for(Looked("l" * 20 + "." + "p" * 20)).encode()) <= BUTTON_DATA_MAX
    with pytest.raises(ValueError, match="64 bytes at most"):
        data_for(Opened("play", "x" * 80))


# --- what typed text means -------------------------------------------------------------------


def heard(text: str, session: Session = IN_STORY) -> Event:
    """What a text amounts to in a session."""
    return understand(LIBRARY, session, Typed(text))


@pytest.mark.parametrize("text", ["b", "B.", " (b) ", "b)", "Do ask", "do ASK!"])
def test_a_letter_or_the_whole_text_of_a_choice_is_an_answer(text: str) -> None:
    assert heard(text) == Chose(RUN, TURN, "ask")


@pytest.mark.parametrize("text", ["a c", "A, C", "a and c", "c,a", "a c c"])
def test_several_letters_answer_a_pick(text: str) -> None:
    before = play(Chose(RUN, TURN, "ask"), Continued(RUN, TURN + 1), session=IN_STORY)
    event = heard(text, before)
    assert isinstance(event, Picked)
    assert set(event.items) == {"times", "health"}
    assert heard("none", before) == Picked(RUN, before.turn, ())
    assert heard("all", before) == Picked(RUN, before.turn, ("times", "place", "health"))


def test_a_letter_that_does_not_fit_shows_the_step_again_and_says_why() -> None:
    assert heard("z") == MissedLetter("none-such")
    assert heard("a b") == MissedLetter("one-only")
    pause = play(Chose(RUN, TURN, "ask"), session=IN_STORY)
    assert heard("b", pause) == MissedLetter("no-letters")
    assert heard("b", play()) == MissedLetter()
    assert heard("9", play()) == MissedLetter("no-number")
    assert advance(LIBRARY, play(), MissedLetter("no-number"), NOW).replies[0] == Line(text=texts.NO_NUMBER)
    for event in (MissedLetter("none-such"), MissedLetter("one-only"), MissedLetter("no-letters")):
        turn = advance(LIBRARY, IN_STORY, event, NOW)
        assert turn.session == IN_STORY
        assert prompt_of(turn.replies).text == "The phone rings."


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("start", Started()),
        ("/start", Started()),
        ("Help", Opened("help")),
        ("play", Opened("play")),
        ("play story", Opened("play", "story")),
        ("PLAY michael-1!", Opened("play", "michael-1")),
        ("learn", Opened("learn")),
        ("back", WentBack(RUN, TURN)),
        ("restart", Restarted(RUN, TURN)),
        ("leave", Left(RUN, TURN)),
        ("stop", Left(RUN, TURN)),
        ("go back", WentBack(RUN, TURN)),
        ("Oregon", Settled("state", "OR")),
        ("my state is oregon", Settled("state", "OR")),
        ("delete my data", EraseAsked()),
        ("erase my data", EraseAsked()),
        ("resume", Resumed()),
        ("progress", Opened("progress")),
        ("settings", Opened("settings")),
        ("settings oregon", Settled("state", "OR")),
        ("settings police", Settled("role", "police")),
        ("settings no role", Settled("role", None)),
        ("settings wizard", Opened("settings", "unknown")),
        ("my data", Opened("mydata")),
        ("/mydata", Opened("mydata")),
        ("my data export", Exported()),
        ("my data erase", EraseAsked()),
        ("erase everything", Erased("seed")),
        ("law law.consent", Looked("law.consent")),
        ("ask", Opened("ask")),
        ("ask Who may see it?", Asked("Who may see it?")),
    ],
)
def test_a_word_of_the_list_is_understood(text: str, event: Event) -> None:
    assert heard(text) == event


@pytest.mark.parametrize(
    "text",
    [
        "Can I go back to the parents with this?",
        "may I help the police",
        "play with matches is what he did, may I tell?",
        "b or c?",
        "Do ask her first, or not?",
        "start of the year notice, is it needed?",
    ],
)
def test_any_other_text_in_the_middle_of_a_step_is_a_question(text: str) -> None:
    assert isinstance(heard(text), Asked)


@given(st.text(max_size=200))
def test_any_text_at_all_is_understood_as_something(text: str) -> None:
    for session in (IN_STORY, play()):
        turn = advance(LIBRARY, session, heard(text, session), NOW)
        assert turn.replies or turn.receipt


@pytest.mark.parametrize(
    "text",
    [
        "his ssn is 123-45-6789",
        "call 503-555-0142 for him",
        "mail me at a.b@example.org about it",
        "DOB 4/5/2010, may I share?",
        "my student John Smith wants his file",
        "Can we tell Ms. Ana Poe about the meeting?",
    ],
)
def test_a_text_that_names_or_numbers_a_person_is_noticed(text: str) -> None:
    assert names_a_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "May a school give a detective a student's phone number?",
        "Does 34 CFR 99.31 let us share with police?",
        "Can the foster parent see the IEP?",
        "a student May Not be named in the paper",
        "my student is in Special Education",
    ],
)
def test_an_ordinary_question_is_not_taken_for_a_name(text: str) -> None:
    assert not names_a_person(text)


# --- questions -------------------------------------------------------------------------------


def test_a_question_in_the_middle_of_a_step_is_answered_and_leads_back() -> None:
    turn = advance(LIBRARY, IN_STORY, Asked("consent?", found=("law.consent",)), NOW)
    assert turn.session == IN_STORY
    (answer,) = turn.replies
    assert isinstance(answer, Answer)
    buttons = answer.buttons
    assert buttons[-1].label == texts.BACK_TO_STORY
    back = event_from_button(buttons[-1].data)
    assert back is not None
    assert prompt_of(advance(LIBRARY, IN_STORY, back, NOW).replies).text == "The phone rings."


def test_harm_that_cannot_wait_comes_first_then_the_emergency_rule() -> None:
    asked = Asked("she says she will kill herself", found=("law.little",), danger="suicide")
    first, answer = advance(LIBRARY, play(), asked, NOW).replies
    assert first == Line(text="Call 988.")
    assert "LAW: Emergency" in plain(answer)


def test_what_is_not_known_is_said_plainly() -> None:
    (reply,) = advance(LIBRARY, play(), Asked("what is the weather?"), NOW).replies
    assert isinstance(reply, Line)
    assert "I have no answer to that, and I do not guess." in reply.text


def test_a_question_with_a_name_in_it_is_answered_with_one_line_more() -> None:
    asked = Asked("may I tell John?", found=("law.consent",), named=True)
    (answer,) = advance(LIBRARY, play(), asked, NOW).replies
    assert texts.NAMES_OUT in plain(answer)
    assert "LAW: Signed consent" in plain(answer)


# --- settings and erasing --------------------------------------------------------------------


def test_settings_are_set_and_forgotten() -> None:
    known = play(Settled("role", "police"), Settled("state", "OR"))
    assert (known.role, known.state) == ("police", "OR")
    assert play(Settled("role", None), Settled("state", None), session=known).role is None


def test_an_unknown_setting_changes_nothing_and_says_so() -> None:
    turn = advance(LIBRARY, play(), Settled("role", "wizard"), NOW)
    assert turn.session == play()
    assert texts.NO_SUCH_SETTING in plain(turn.replies[0])


def test_erasing_is_asked_first_and_an_old_button_erases_no_new_record() -> None:
    asked = advance(LIBRARY, IN_STORY, EraseAsked(), NOW)
    assert asked.session == IN_STORY
    assert advance(LIBRARY, IN_STORY, Erased("seed"), NOW).session is None
    assert advance(LIBRARY, IN_STORY, Erased("older"), NOW).session == IN_STORY


# --- editions --------------------------------------------------------------------------------


def with_story(story: Scenario) -> Library:
    """Give the library with another edition of the story."""
    return msgspec.structs.replace(LIBRARY, editions={**LIBRARY.editions, "story": edition_of(story)})


def turned_round() -> Library:
    """Give the library with the story's first two choices the other way round: no mere correction."""
    call = STORY.steps["call"]
    assert isinstance(call, ChoiceStep)
    turned = msgspec.structs.replace(call, choices=call.choices[::-1])
    return with_story(msgspec.structs.replace(STORY, steps={**STORY.steps, "call": turned}))


def test_corrected_words_reach_live_runs_at_once() -> None:
    call = msgspec.structs.replace(STORY.steps["call"], say="The phone rings twice.")
    corrected = msgspec.structs.replace(STORY, steps={**STORY.steps, "call": call})
    turn = advance(with_story(corrected), IN_STORY, Resumed(), NOW)
    assert prompt_of(turn.replies).text == "The phone rings twice."


def test_any_other_edit_leaves_a_run_on_the_edition_it_began_with() -> None:
    edited = turned_round()
    old = LIBRARY.editions["story"]
    pinned = msgspec.structs.replace(edited, pinned={old.content: old})
    assert IN_STORY.run is not None
    assert edition_of_run(pinned, IN_STORY.run) == old
    shown = prompt_of(advance(pinned, IN_STORY, Resumed(), NOW).replies)
    assert [letter.text for letter in shown.letters] == ["Do send", "Do ask"]


def test_a_run_whose_edition_is_nowhere_is_closed_with_a_word_and_a_way_to_begin_anew() -> None:
    edited = turned_round()
    turn = advance(edited, IN_STORY, Chose(RUN, TURN, "ask"), NOW)
    assert turn.session is not None
    assert turn.session.run is None
    assert texts.STORY_CHANGED in plain(turn.replies[0])


# --- what one story of a series leaves to the next ---------------------------------------------


def of_series(id: str, start: int = 1) -> Scenario:
    """A story of a series, with a variable that is handed on and one that is not."""
    variables = {"trust": Variable(start=start, min=0, max=2, kept=True), "told": Variable(start=False)}
    return msgspec.structs.replace(STORY, id=id, series="us", variables=variables)


SERIES = msgspec.structs.replace(
    LIBRARY, editions={id: edition_of(of_series(id)) for id in ("first", "second")}
)


def played(session: Session, id: str, answers: tuple[str, ...]) -> Session:
    """Play a story by letters, to its end."""
    for text in (f"play {id}", *answers):
        session = say(SERIES, session, text)
    assert session.run is None
    return session


def say(library: Library, session: Session, text: str) -> Session:
    after = advance(library, session, understand(library, session, Typed(text)), NOW).session
    assert after is not None
    return after


def test_what_a_story_did_is_where_the_next_of_its_series_begins() -> None:
    session = played(new_session("s"), "first", ("b", "go on", "a b"))  # trust: 1 and 5 more, 2 at most
    assert session.kept == {"us": {"trust": 2}}
    begun = say(SERIES, session, "play second")
    assert begun.run is not None
    assert begun.run.variables == {"trust": 2, "told": False}


def test_a_story_that_was_left_in_the_middle_hands_nothing_on() -> None:
    session = say(SERIES, say(SERIES, say(SERIES, new_session("s"), "play first"), "b"), "leave")
    assert session.kept == {}


@given(st.integers(-5, 9) | st.booleans())
def test_what_was_handed_on_always_fits_the_next_storys_own_declaration(value: int | bool) -> None:
    values = starting_values(of_series("second"), {"trust": value, "told": True, "gone": 1})
    assert values["told"] is False
    assert not isinstance(values["trust"], bool)
    assert 0 <= values["trust"] <= 2
