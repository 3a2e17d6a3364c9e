"""What authors are told: which rule was no answer, on which topic there was none; and nobody's words."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.telegram.messages import Key, shown
from bot.buttons import data_for, event_from_button
from bot.content import load
from bot.engine import advance, new_session, texts
from bot.engine.quotes import NEXT_MAX, UNANSWERED, WRONG
from bot.events import (
    Asked,
    Looked,
    Misled,
    Opened,
    Typed,
)
from bot.model import HEADINGS, Library
from bot.replies import (
    Answer,
    Line,
    pressable,
)
from bot.report import NEAR_NOTHING, content_report
from bot.store import Done, Failed, Store
from bot.store.sqlite import open_store
from tests.library import LIBRARY, NOW
from tests.memory_store import MemoryStore
from tests.service import Service, serving
from tests.test_privacy import everything_on_disk
from tests.test_telegram import GROUP, QUESTION, buttons, place

ROOT = Path(__file__).parent.parent
NEAR = "what is the weather?"  # no question for the law, but nearest to law.little
TOPIC = "law.exceptions"


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else await open_store(tmp_path / "a.db")
    yield made
    await made.close()


@pytest.fixture
async def service(store: Store) -> AsyncIterator[Service]:
    async with serving(store) as running:
        yield running


# --- what any store must promise -------------------------------------------------------------


def counting(event: str, *counts: tuple[str, str], tenant: str = "t", learner: str = "l") -> Done:
    """A turn that counted something."""
    return Done(tenant, learner, event, NOW, counts=counts)


async def test_where_nothing_was_counted_there_are_no_counts(store: Store) -> None:
    await store.save([Done("t", "l", "e1", NOW)])
    assert list(await store.counts()) == []


async def test_counts_add_up_in_a_turn_in_a_batch_and_from_batch_to_batch(store: Store) -> None:
    a, b = (WRONG, "law.a"), (WRONG, "law.b")
    await store.save([counting("e1", a, a, b), counting("e2", a)])
    await store.save([counting("e3", b), counting("e4", a, learner="other")])
    assert list(await store.counts()) == [(*a, 4), (*b, 2)]


async def test_counts_are_summed_over_all_tenants_and_the_most_come_first_in_their_kind(store: Store) -> None:
    await store.save([counting("e1", (WRONG, "law.z"), (UNANSWERED, "law.b"), (UNANSWERED, "law.a"))])
    await store.save([counting("e1", (WRONG, "law.z"), (WRONG, "law.a"), tenant="u")])
    assert list(await store.counts()) == [
        (UNANSWERED, "law.a", 1),
        (UNANSWERED, "law.b", 1),
        (WRONG, "law.z", 2),
        (WRONG, "law.a", 1),
    ]


async def test_the_same_name_of_two_kinds_is_counted_twice(store: Store) -> None:
    await store.save([counting("e1", (WRONG, "law.a"), (UNANSWERED, "law.a"))])
    assert list(await store.counts()) == [(UNANSWERED, "law.a", 1), (WRONG, "law.a", 1)]


async def test_counts_are_nobodys_so_that_they_outlast_a_learner_and_time(store: Store) -> None:
    await store.save([counting("e1", (WRONG, "law.a"))])
    await store.erase("t", "l")
    await store.save([Done("t", "l", "e2", NOW, erase=True)])
    await store.tidy(int(NOW.timestamp()) + 365 * 24 * 3600, ())
    assert list(await store.counts()) == [(WRONG, "law.a", 1)]


async def test_an_event_that_failed_counts_nothing(store: Store) -> None:
    await store.save([], [Failed("t", "bad", 1, "KeyError", NOW)])
    assert list(await store.counts()) == []


async def test_counts_of_a_batch_that_was_not_kept_do_not_count(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "a.db")
    await store.save([counting("e1", (WRONG, "law.a"))])
    with pytest.raises(Exception, match="UNIQUE"):
        await store.save([counting("e2", (WRONG, "law.a")), counting("e1", (WRONG, "law.a"))])
    assert list(await store.counts()) == [(WRONG, "law.a", 1)]
    await store.close()


async def test_counts_are_there_after_a_restart(tmp_path: Path) -> None:
    for expected in (1, 2):
        store = await open_store(tmp_path / "a.db")
        await store.save([counting(f"e{expected}", (WRONG, "law.a"))])
        assert list(await store.counts()) == [(WRONG, "law.a", expected)]
        await store.close()


# --- a wrong answer --------------------------------------------------------------------------


async def test_a_wrong_answer_is_counted_by_its_rule_when_its_button_is_pressed(service: Service) -> None:
    await service.say(QUESTION)
    answer = service.notebook.got[-1].reply
    assert isinstance(answer, Answer)
    (button,) = [one for one in pressable(answer) if one.label == texts.WRONG_ANSWER]
    event = event_from_button(button.data)
    assert event == Misled("law.consent")
    await service.do(event)
    assert service.notebook.texts()[-1].startswith(texts.MISLED)
    assert list(await service.store.counts()) == [(WRONG, "law.consent", 1)]


async def test_the_same_press_delivered_twice_counts_once_and_another_counts_again(service: Service) -> None:
    for id in ("once", "once", "again"):
        await service.do(Misled("law.consent"), id=id)
    assert list(await service.store.counts()) == [(WRONG, "law.consent", 2)]


async def test_counts_add_up_over_the_learners_of_one_batch(service: Service) -> None:
    arrivals = [
        service.arrival(Misled(id), learner=f"l{n}", tenant=f"t{n % 3}")
        for n in range(10)
        for id in ("law.little", "law.consent")
    ]
    arrivals += [service.arrival(Typed(NEAR), learner=f"l{n}") for n in range(5)]
    await asyncio.gather(*map(service.tutor.take, arrivals))
    assert list(await service.store.counts()) == [
        (UNANSWERED, TOPIC, 5),
        (WRONG, "law.consent", 10),
        (WRONG, "law.little", 10),
    ]


async def test_a_rule_that_is_no_longer_there_is_not_counted(service: Service) -> None:
    await service.do(Misled("law.gone"))
    assert texts.NO_SUCH_RULE in service.notebook.texts()[-1]
    assert list(await service.store.counts()) == []


def test_the_reply_to_a_wrong_answer_offers_the_rules_neighbours_and_its_heading() -> None:
    turn = advance(LIBRARY, new_session("seed"), Misled("law.consent"), NOW)
    (said,) = turn.replies
    assert isinstance(said, Line)
    assert said.text == texts.MISLED
    leads = [event_from_button(button.data) for button in said.buttons]
    assert leads == [Looked("law.little"), Opened("laws", "law.exceptions"), Opened("menu")]
    assert turn.counts == ((WRONG, "law.consent"),)


async def test_in_a_story_a_wrong_answer_leads_back_to_it(service: Service) -> None:
    await service.say("play story")
    await service.do(Misled("law.consent"))
    assert texts.BACK_TO_STORY in service.notebook.texts()[-1]
    assert (await service.store.kept("t", "l")).results == ()


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(ROOT, tmp_path_factory.mktemp("cache"))


def test_every_rule_can_be_called_a_wrong_answer_and_every_way_on_leads_somewhere(shipped: Library) -> None:
    for id, provision in shipped.provisions.items():
        assert event_from_button(data_for(Misled(id))) == Misled(id)
        turn = advance(shipped, new_session("seed"), Misled(id), NOW)
        (said,) = turn.replies
        assert turn.counts == ((WRONG, id),)
        leads = [event_from_button(button.data) for button in pressable(said)]
        assert [one.provision for one in leads if isinstance(one, Looked)] == [
            *dict.fromkeys(see for see in provision.see if see != id)
        ][:NEXT_MAX]
        assert Opened("laws", f"{id.partition('.')[0]}.{provision.heading}") in leads


# --- a question without an answer ------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "counted"),
    [
        (NEAR, [(UNANSWERED, TOPIC, 1)]),
        ("zeppelin quartz", [(UNANSWERED, "none", 1)]),
        ("\N{CJK UNIFIED IDEOGRAPH-4E00}?", [(UNANSWERED, "none", 1)]),
        (QUESTION, []),
        ("she wants to kill herself", []),  # what to do, and the rule: it was answered
        ("  ", []),
    ],
)
async def test_an_unanswered_question_is_counted_by_the_topic_it_came_nearest_to(
    service: Service, question: str, counted: list[tuple[str, str, int]]
) -> None:
    await service.do(Asked(question))
    assert list(await service.store.counts()) == counted


async def test_what_is_looked_up_or_pressed_counts_nothing(service: Service) -> None:
    await service.say("laws", "laws law", "law law.consent", "menu", "settings", "play story", "a")
    assert list(await service.store.counts()) == []


TOPICS = {"none", *(f"{one.id.partition('.')[0]}.{one.heading}" for one in LIBRARY.provisions.values())}
# Words that stand in no reply, no table and no name, so that one of them can only have been typed.
STRANGE = st.text(alphabet="qxzj", min_size=5, max_size=12)
KNOWN = st.sampled_from(["school", "records", "files", "staff", "may", "need", "emergency", "recrods"])
QUESTIONS = st.lists(st.one_of(STRANGE, STRANGE, KNOWN), min_size=1, max_size=12)


@settings(max_examples=25)
@given(QUESTIONS)
@example(["qxzjqxzj"])
@example(["what", "do", "they", "file", "for", "qxzjqxzj", "qqqqq"])
def test_no_word_of_a_question_stands_in_any_stored_row(words: list[str]) -> None:
    strange = {word.encode() for word in words if set(word) <= set("qxzj")}

    async def ask(folder: Path) -> None:
        store = await open_store(folder / "a.db")
        async with serving(store) as service:
            await service.do(Asked(" ".join(words)))
            await service.say(f"ask {' '.join(words)}?")
            assert not {word for word in strange if word in everything_on_disk(folder)}
        await store.close()

    with tempfile.TemporaryDirectory() as name:
        asyncio.run(ask(Path(name)))
        assert not {word for word in strange if word in everything_on_disk(Path(name))}
        with closing(sqlite3.connect(Path(name) / "a.db")) as db:
            rows = db.execute("SELECT tenant, kind, name FROM counts").fetchall()
    assert set(rows) <= {("t", UNANSWERED, topic) for topic in TOPICS}


@given(
    st.one_of(st.text(), QUESTIONS.map(" ".join)), st.sampled_from([None, *LIBRARY.provisions, "law.gone"])
)
def test_whatever_is_asked_only_topics_that_authors_named_are_counted(
    question: str, near: str | None
) -> None:
    turn = advance(LIBRARY, new_session("seed"), Asked(question, nearest=near), NOW)
    assert {kind for kind, _ in turn.counts} <= {UNANSWERED}
    assert {name for _, name in turn.counts} <= TOPICS
    assert len(turn.counts) == bool(question.strip())


# --- the report ------------------------------------------------------------------------------

COUNTED = [
    (UNANSWERED, "law.exceptions", 12),
    (UNANSWERED, "none", 3),
    (WRONG, "law.consent", 1200),
    (WRONG, "law.gone", 2),
]


def test_the_report_names_rules_and_topics_with_the_most_first() -> None:
    assert content_report(LIBRARY, COUNTED).splitlines() == [
        "Called a wrong answer, by rule:",
        "  1200  law.consent  Signed consent",
        "     2  law.gone  (no longer here)",
        "",
        "Unanswered, by what they came nearest to:",
        f"    12  LAW: {texts.heading(HEADINGS['exceptions'])}",
        f"     3  {NEAR_NOTHING}",
    ]


def test_the_report_of_nothing_says_none() -> None:
    assert content_report(LIBRARY, []).splitlines() == [
        "Called a wrong answer, by rule:",
        "        none",
        "",
        "Unanswered, by what they came nearest to:",
        "        none",
    ]


def test_the_report_as_json_keeps_its_form() -> None:
    assert json.loads(content_report(LIBRARY, COUNTED, as_json=True)) == {
        "wrong": [{"provision": "law.consent", "times": 1200}, {"provision": "law.gone", "times": 2}],
        "unanswered": [{"topic": "law.exceptions", "times": 12}, {"topic": "none", "times": 3}],
    }
    assert json.loads(content_report(LIBRARY, [], as_json=True)) == {"wrong": [], "unanswered": []}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([WRONG, UNANSWERED, "of another version"]),
            st.sampled_from(
                [*LIBRARY.provisions, "law.exceptions", "law", "law.noheading", "gone.x", "none", ""]
            ),
            st.integers(1, 10**9),
        )
    )
)
def test_any_counts_make_a_report_a_line_for_each(counted: list[tuple[str, str, int]]) -> None:
    ours = [one for one in counted if one[0] in {WRONG, UNANSWERED}]
    lines = content_report(LIBRARY, counted).splitlines()
    empty = len({WRONG, UNANSWERED} - {kind for kind, *_ in ours})
    assert len(lines) == 3 + len(ours) + empty
    told = json.loads(content_report(LIBRARY, counted, as_json=True))
    assert len(told["wrong"]) + len(told["unanswered"]) == len(ours)


# --- the command -----------------------------------------------------------------------------


def report(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAYSHARE_")}
    return subprocess.run(
        [sys.executable, "-m", "adapters", "report", "--content", *more],
        env={
            **clean,
            "MAYSHARE_DATABASE": str(folder / "a.db"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PYTHONPATH": str(ROOT),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_the_command_reports_beside_a_running_tutor_and_disturbs_nothing(
    tmp_path: Path, shipped: Library
) -> None:
    id = next(iter(shipped.provisions))
    store = await open_store(tmp_path / "a.db")
    async with serving(store, shipped) as service:
        await service.do(Misled(id))
        await service.say("zeppelin quartz")
        as_text = await asyncio.to_thread(report, tmp_path)
        as_json = await asyncio.to_thread(report, tmp_path, "--json")
        await service.do(Misled(id))
    counted = list(await store.counts())
    await store.close()
    assert (as_text.returncode, as_text.stderr) == (0, "")
    assert f"     1  {id}  {shipped.provisions[id].title}\n" in as_text.stdout
    told = json.loads(as_json.stdout)
    assert told["wrong"] == [{"provision": id, "times": 1}]
    assert [one["times"] for one in told["unanswered"]] == [1]
    assert (WRONG, id, 2) in counted


def test_a_report_without_a_database_says_so_and_makes_none(tmp_path: Path) -> None:
    done = report(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("There is no database at ")
    assert not (tmp_path / "a.db").exists()


# --- on Telegram -----------------------------------------------------------------------------


async def test_a_group_shows_no_button_for_a_wrong_answer_and_a_private_chat_does() -> None:
    """In a group every button opens the private chat, and this one has nothing to open there."""
    async with place() as here:
        (answer,) = await here.after(await here.ann.say(f"/ask {QUESTION}", chat=GROUP))
        assert "Signed consent" in answer.text
        assert buttons(answer)
        assert texts.WRONG_ANSWER not in buttons(answer)
        (answer,) = await here.after(await here.ann.say(f"/ask {QUESTION}"))
        (noted,) = await here.after(await here.ann.press(answer, texts.WRONG_ANSWER))
        assert texts.MISLED.split(".")[0] in noted.text
        assert "No more than needed" in buttons(noted)
        assert list(await here.store.counts()) == [(WRONG, "law.consent", 1)]


def link(data: str) -> str:
    return f"https://t.me/bot?start={data}"


def test_in_a_group_no_rule_shows_the_button_no_row_is_left_empty_and_all_others_stay(
    shipped: Library,
) -> None:
    for id in shipped.provisions:
        (answer,) = advance(shipped, new_session("seed"), Looked(id), NOW).replies
        (*_, private), (*_, group) = shown(answer), shown(answer, link=link)
        kept = [key for row in private.keyboard for key in row if key.label != texts.WRONG_ANSWER]
        assert all(group.keyboard)
        assert [key for row in group.keyboard for key in row] == [
            Key(key.label, url=link(key.data or "")) for key in kept
        ]


def test_an_answer_of_that_button_alone_has_no_keyboard_in_a_group() -> None:
    (answer,) = advance(LIBRARY, new_session("seed"), Looked("law.consent"), NOW).replies
    assert isinstance(answer, Answer)
    wrong = tuple(one for one in answer.buttons if one.label == texts.WRONG_ANSWER)
    (message,) = shown(msgspec.structs.replace(answer, buttons=wrong), link=link)
    assert message.keyboard == ()
