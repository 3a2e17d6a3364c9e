"""The rounds as a table, and the targets with what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from bench.authors import SCENARIOS
from bench.place import Place
from bench.rows import Round


@dataclass(frozen=True, slots=True)
class Results:
    """All rounds of a run."""

    rounds: Sequence[Round]

    def figure(self, row: str, name: str) -> float:
        """Give the median of a figure."""
        return median(one[row].figures[name] for one in self.rounds)

    def ratios(self, row: str, other: str, name: str) -> list[float]:
        """Give how often one row's figure holds another's, round by round."""
        return sorted(one[row].figures[name] / one[other].figures[name] for one in self.rounds)

    def ratio(self, row: str, other: str, name: str) -> float:
        """Give the median of same-round ratios."""
        return median(self.ratios(row, other, name))


@dataclass(frozen=True, slots=True)
class Target:
    """What was promised, what was measured, and whether that keeps the promise."""

    name: str
    wanted: str
    measured: str
    met: bool


def targets(results: Results) -> list[Target]:
    """Hold the figures against what the project promises."""
    times = results.ratio("durable 32", "plain 32", "per_second")
    alone = results.ratio("durable 1", "plain 1", "p50")
    engine = results.figure("engine", "a_turn")
    memory, disk = results.figure("memory", "bytes"), results.figure("disk", "bytes")
    slack = results.ratio("slack 32", "bolt constant 32", "per_second")
    slack_plain = results.ratio("slack 32", "bolt plain 32", "per_second")
    ack = results.ratio("slack 1", "bolt default ack", "p50")
    slack_ack = results.ratio("slack 1", "bolt plain 1", "p50")
    slack_last = results.ratio("slack 1", "bolt plain 1", "last")
    telegram, telegram_plain, telegram_pickle = (
        results.ratio("telegram 32", f"ptb {other} 32", "per_second")
        for other in ("constant", "plain", "pickle")
    )
    parts = _parts(results)
    past = parts[_PARTS["results"]] + parts[_PARTS["events"]]
    assigned = results.ratio("drills", "durable 32", "per_second")
    look = results.figure("drills", "look_p50") / results.figure("drills", "bare_p50")
    first, again = results.figure("first", "whole"), results.figure("unchanged", "whole")
    help_ = results.figure("help", "whole")
    answer, slow = (results.figure("answers", name) / 1000 for name in ("p50", "p99"))
    return [
        Target("durable turns, 32 in flight", "10 x the plain way or more", f"{times:.1f} x", times >= 10),
        Target("one turn alone, p50", "no slower than the plain way", f"{alone:.2f} x its time", alone <= 1),
        Target(
            "engine with its session from and to bytes", "under 50 µs a turn", f"{engine:.1f} µs", engine < 50
        ),
        Target("Slack turns, 32 in flight", "0.7 x a constant's or more", f"{slack:.2f} x", slack >= 0.7),
        Target(
            "Slack turns, 32 in flight",
            "2.5 x the plain app's or more",
            f"{slack_plain:.2f} x",
            slack_plain >= 2.5,
        ),
        Target(
            "Slack acknowledgement, p50",
            "under a tenth of bolt's default",
            f"{ack:.3f} x its time",
            ack < 0.1,
        ),
        Target(
            "one Slack turn alone, to its ack, p50",
            "no slower than the plain app",
            f"{slack_ack:.2f} x its time",
            slack_ack <= 1,
        ),
        Target(
            "one Slack turn alone, to its last reply",
            "no slower than the plain app",
            f"{slack_last:.2f} x its time",
            slack_last <= 1,
        ),
        Target(
            "Telegram turns, 32 in flight", "0.7 x a constant's or more", f"{telegram:.2f} x", telegram >= 0.7
        ),
        Target(
            "Telegram turns, 32 in flight",
            "2 x the plain app's or more",
            f"{telegram_plain:.2f} x",
            telegram_plain >= 2,
        ),
        Target(
            "Telegram turns, 32 in flight",
            "15 x the pickle's or more",
            f"{telegram_pickle:.1f} x",
            telegram_pickle >= 15,
        ),
        Target("assignments of a drill", "1 x durable turns or more", f"{assigned:.2f} x", assigned >= 1),
        Target(
            "a look at a drill where nothing is to do",
            "10 x reading its rows or less",
            f"{look:.1f} x",
            look <= 10,
        ),
        Target("memory a session", "1.2 KB at most", f"{memory / 1000:.2f} KB", memory <= 1200),
        Target(
            "disk a session, without its history",
            "2 KB at most",
            f"{(disk - past) / 1000:.2f} KB",
            disk - past <= 2000,
        ),
        Target("disk a session, all of it", "2 KB at most", f"{disk / 1000:.2f} KB", disk <= 2000),
        Target(
            f"opening {SCENARIOS} scenarios the first time", "0.5 s at most", f"{first:.2f} s", first <= 0.5
        ),
        Target("opening them when nothing changed", "0.2 s at most", f"{again:.2f} s", again <= 0.2),
        Target("mayshare --help", "under 0.3 s", f"{help_:.2f} s", help_ < 0.3),
        Target("a question to its answer as text, p50", "under 5 ms", f"{answer:.2f} ms", answer < 5),
        Target("a question to its answer as text, p99", "under 20 ms", f"{slow:.2f} ms", slow < 20),
    ]


def report(results: Results, facts: Mapping[str, str], place: Place) -> str:
    """Write everything for a reader."""
    sections = (
        _machine(results, facts, place),
        _turns(results, place),
        _spent(results),
        _slack(results, place),
        _slack_spent(results),
        _telegram(results, place),
        _telegram_spent(results),
        _drills(results, place),
        _sizes(results, place),
        _opening(results),
        _answers(results),
        _finding(results),
        _targets(results, place),
    )
    return "\n\n".join("\n".join(section) for section in sections)


def _machine(results: Results, facts: Mapping[str, str], place: Place) -> Iterator[str]:
    count = len(results.rounds)
    rounds = "one round" if count == 1 else f"{count} rounds"
    yield f"Medians of {rounds}; ratios are of the same round (least to most)."
    if place.quick:
        yield "A small run, to see that it works: its figures say little."
    yield f"{facts['processor']}; {facts['system']}; {facts['python']}; SQLite {facts['sqlite']}."
    flush, hop = results.figure("flush", "p50"), results.figure("hop", "p50")
    yield f"{facts['disk']}: 4 KiB and a flush {flush:.0f} µs; a hop through aiosqlite {hop:.0f} µs (p50)."


_TURNS = (
    ("durable 32", "durable, 32 in flight", "plain 32"),
    ("delivered 32", "durable and delivered, 32 in flight", "plain 32"),
    ("plain 32", "plain aiosqlite, 32 in flight", None),
    ("lean 32", "lean aiosqlite, 32 in flight", "plain 32"),
    ("limit 32", "SQLite alone, the same rows, 32 a commit", "plain 32"),
    ("durable 1", "durable, 1 in flight", "plain 1"),
    ("plain 1", "plain aiosqlite, 1 in flight", None),
    ("lean 1", "lean aiosqlite, 1 in flight", "plain 1"),
    ("engine", "engine, session from and to bytes", None),
)


def _turns(results: Results, place: Place) -> Iterator[str]:
    yield from _table(results, f"Turns of michael-1, {place.learners:,} learners", _TURNS)
    yield "  Durable: every row is flushed before the turn is acknowledged (WAL, synchronous=FULL)."
    yield "  Delivered: until an instant platform has taken each reply and that is marked; p50 is the turn's."
    yield "  Plain: a transaction a turn, reads by cursors as in aiosqlite's README. Lean: by its helper."
    yield "  SQLite alone: p50 of a commit. All but delivered left the same rows, compared one by one."


def _table(results: Results, head: str, rows: Sequence[tuple[str, str, str | None]]) -> Iterator[str]:
    """Write rows of turns, each with its name and the row that it is held against."""
    yield f"{head:<46}{'turns/s':>9}{'p50 µs':>9}{'p99 µs':>9}   x plain"
    for row, name, other in rows:
        figures = (results.figure(row, one) for one in ("per_second", "p50", "p99"))
        line = f"  {name:<44}" + "".join(f"{figure:>9,.0f}" for figure in figures)
        yield line + (_spread(results.ratios(row, other, "per_second")) if other else "")


def _remains(turn: float, parts: Mapping[str, float], rest: str) -> Iterator[str]:
    """Write the parts of a turn, and what they leave of it."""
    for name, took in parts.items():
        yield f"  {name:<44}{took:>9.0f}"
    yield f"  {'the rest: ' + rest:<44}{turn - sum(parts.values()):>9.0f}"


def _against(results: Results, row: str, other: str) -> str:
    """Give what of another row's turns a second a row makes, many in flight and alone."""
    many, alone = (
        _spread(results.ratios(f"{row} {count}", f"{other} {count}", "per_second")).strip()
        for count in (32, 1)
    )
    return f"{many}; alone {alone}"


def _first_and_last(results: Results, row: str) -> str:
    """Give how long a turn alone takes to its first and its last reply."""
    return " and ".join(f"{results.figure(row, name):,.0f}" for name in ("first", "last"))


def _spread(ratios: Sequence[float]) -> str:
    return f"   {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def _spent(results: Results) -> Iterator[str]:
    """Say where a durable turn's time goes, from rows that do its parts alone."""
    turn = 1e6 / results.figure("durable 32", "per_second")
    parts = {
        "engine, session from and to bytes": results.figure("engine", "a_turn"),
        "replies to bytes": results.figure("engine", "replies_to_bytes"),
        "SQLite, with its flush": results.figure("limit 32", "a_turn"),
    }
    yield f"A durable turn takes the process {turn:.0f} µs, 32 in flight. Its parts, each measured alone:"
    yield from _remains(turn, parts, "hops, event loop, values for rows")


_SLACK = (
    ("slack 32", "the adapter, 32 in flight", "bolt plain 32"),
    ("bolt constant 32", "a bare app's constant, 32 in flight", "bolt plain 32"),
    ("bolt plain 32", "a bare app on plain aiosqlite, 32 in flight", None),
    ("slack 1", "the adapter, 1 in flight", "bolt plain 1"),
    ("bolt constant 1", "a bare app's constant, 1 in flight", "bolt plain 1"),
    ("bolt plain 1", "a bare app on plain aiosqlite, 1 in flight", None),
    ("bolt ack", "a bare app that only acknowledges", None),
    ("bolt default ack", "the same in bolt's default mode", None),
)


def _slack(results: Results, place: Place) -> Iterator[str]:
    yield from _table(results, "Slack, presses of michael-1 through slack-bolt", _SLACK)
    yield f"  The adapter's turns/s of the constant's: {_against(results, 'slack', 'bolt constant')}."
    ours, theirs = (_first_and_last(results, row) for row in ("slack 1", "bolt plain 1"))
    yield f"  Alone, p50 µs to the first and the last reply: the adapter {ours}; the plain app {theirs}."
    calls = results.figure("slack 32", "calls")
    yield f"  {place.learners // 2:,} learners. Turns/s: until every reply is handed to the client. The"
    yield "  adapter has marked each by then, the plain app marks none. p50 and p99: to the acknowledgement."
    yield f"  The constant app posts one message a turn, the story {calls:.1f}. The adapter and the plain app"
    yield "  left the same rows but for the outbox, and each conversation got the same texts in order."


def _slack_spent(results: Results) -> Iterator[str]:
    """Say where a Slack turn's time goes, from its parts alone on the same presses."""
    turn = 1e6 / results.figure("slack 32", "per_second")
    tutor = results.figure("slack parts", "tutor")
    parts = {
        "slack-bolt: parse, verify, dispatch, ack": 1e6 / results.figure("bolt ack", "per_second"),
        "tutor and store, as many in flight": tutor,
        "sender, and marking what was sent": results.figure("slack parts", "delivered") - tutor,
        "rendering the replies": results.figure("slack parts", "rendering"),
        "slack_sdk: handing them to its client": results.figure("slack parts", "calls"),
    }
    yield f"A Slack turn takes the process {turn:.0f} µs, 32 in flight. Its parts, each measured alone:"
    yield from _remains(turn, parts, "listener, carrier, hops, event loop")


_TELEGRAM = (
    ("telegram 32", "the adapter, 32 in flight", "ptb plain 32"),
    ("ptb constant 32", "a bare app's constant, 32 in flight", "ptb plain 32"),
    ("ptb plain 32", "a bare app on plain aiosqlite, 32 in flight", None),
    ("ptb shared 32", "the same, committing each other's turns", "ptb plain 32"),
    ("ptb pickle 32", "the library's pickle, 32 in flight", "ptb plain 32"),
    ("telegram 1", "the adapter, 1 in flight", "ptb plain 1"),
    ("ptb constant 1", "a bare app's constant, 1 in flight", "ptb plain 1"),
    ("ptb plain 1", "a bare app on plain aiosqlite, 1 in flight", None),
)


def _telegram(results: Results, place: Place) -> Iterator[str]:
    yield from _table(results, "Telegram, presses of michael-1", _TELEGRAM)
    yield f"  The adapter's turns/s of the constant's: {_against(results, 'telegram', 'ptb constant')}."
    pickle = _spread(results.ratios("telegram 32", "ptb pickle 32", "per_second")).strip()
    yield f"  Of the pickle's: {pickle}. It holds {place.learners:,} users, and is not flushed to the disk."
    ours, theirs = (_first_and_last(results, row) for row in ("telegram 1", "ptb plain 1"))
    yield f"  Alone, p50 µs to the first and the last reply: the adapter {ours}; the plain app {theirs}."
    ours, theirs = (f"{results.figure(row, 'calls'):.1f}" for row in ("telegram 32", "ptb constant 32"))
    yield f"  {place.learners // 2:,} learners. Turns/s: until every reply is handed to the client. The"
    yield f"  adapter has kept and marked each by then, in {ours} calls a turn. The bare apps keep no"
    yield f"  replies, and make {theirs} calls: the press's answer and one message. p50 and p99: to the"
    yield "  commit; in the bare apps until all is said. Each conversation got the right texts in order."


def _telegram_spent(results: Results) -> Iterator[str]:
    """Say where a Telegram turn's time goes, from its parts alone on the same presses."""
    turn = 1e6 / results.figure("telegram 32", "per_second")
    part = {
        name: results.figure("telegram parts", name)
        for name in ("reading", "tutor", "delivered", "rendering", "answers", "carrying")
    }
    parts = {
        "reading the update: JSON, the library, ours": part["reading"],
        "tutor and store, as many in flight": part["tutor"],
        "sender, and marking what was sent": part["delivered"] - part["tutor"],
        "rendering the replies": part["rendering"],
        "answering the press": part["answers"],
        "carrying them: the library's client": part["carrying"] - part["rendering"],
    }
    yield f"A Telegram turn takes the process {turn:.0f} µs, 32 in flight. Its parts, each measured alone:"
    yield from _remains(turn, parts, "tasks, carrier, hops, event loop")


def _drills(results: Results, place: Place) -> Iterator[str]:
    """Say what a drill of many people costs, held against turns and against reading alone."""
    figure, people = partial(results.figure, "drills"), f"{place.drilled:,}"
    made = _spread(results.ratios("drills", "durable 32", "per_second")).strip()
    looks = sorted(
        one["drills"].figures["look_p50"] / one["drills"].figures["bare_p50"] for one in results.rounds
    )
    yield f"A drill of {people} people"
    yield f"  {'making all their assignments, s':<44}{figure('made'):>9.3f}"
    yield f"  {'a look where nothing is to do, p50 µs':<44}{figure('look_p50'):>9,.0f}"
    yield f"  {'the same rows read by sqlite3 alone, p50 µs':<44}{figure('bare_p50'):>9,.0f}{_spread(looks)}"
    yield f"  Assignments a second, of durable turns, 32 in flight: {made}. Each is a turn with its"
    yield "  message in the outbox. All are open when it looks, which it does twice a minute."


_PARTS = {  # how the names of a part's tables and indexes begin
    "sessions": "sessions",
    "results": "results",
    "events": "event ids, kept 72 hours",
    "outbox": "messages that may be edited",
    "free": "free pages",
}
_REST = "pinned content and the rest"


def _parts(results: Results) -> dict[str, float]:
    """Add up what tables and indexes take on disk, by what they hold."""
    parts = dict.fromkeys((*_PARTS.values(), _REST), 0.0)
    for name in results.rounds[0]["disk"].figures.keys() - {"bytes"}:
        part = next((part for begin, part in _PARTS.items() if name.startswith(begin)), _REST)
        parts[part] += results.figure("disk", name)
    return parts


def _sizes(results: Results, place: Place) -> Iterator[str]:
    yield f"{'A session':<46}{'bytes':>9}"
    yield f"  {'memory':<44}{results.figure('memory', 'bytes'):>9,.0f}"
    yield f"  {'disk':<44}{results.figure('disk', 'bytes'):>9,.0f}"
    for name, size in _parts(results).items():
        yield f"    {name:<42}{size:>9,.0f}"
    whole = results.figure("memory", "resident")
    yield f"  Memory: what {place.opened:,} open conversations add to a running tutor, then {whole:.0f} MiB;"
    yield "  the store keeps no sessions in memory. Disk: learners in the middle of the story, all delivered."


def _opening(results: Results) -> Iterator[str]:
    size = results.figure("parse", "bytes") / 1e6
    yield f"{f'Opening {SCENARIOS} scenarios and the laws, {size:.1f} MB':<46}{'s':>9}   x parse"
    parse = results.figure("parse", "load")
    yield f"  {'CSafeLoader alone, nothing checked':<44}{parse:>9.3f}"
    for row, name in (("first", "the first time"), ("unchanged", "when nothing changed")):
        ratios = [one[row].figures["load"] / one["parse"].figures["load"] for one in results.rounds]
        yield f"  {name + ', load':<44}{results.figure(row, 'load'):>9.3f}{_spread(sorted(ratios))}"
        yield f"  {name + ', whole process':<44}{results.figure(row, 'whole'):>9.3f}"
    yield f"  {'mayshare chat on them, in and out, cached':<44}{results.figure('chat', 'whole'):>9.3f}"
    yield f"  {'mayshare --help':<44}{results.figure('help', 'whole'):>9.3f}"
    yield f"  {'Python itself':<44}{results.figure('help', 'bare'):>9.3f}"


_ANSWER_PARTS = {
    "hearing": "hearing: rules, harm, names",
    "engine": "the engine's answer",
    "writing": "writing it as text",
}


def _answers(results: Results) -> Iterator[str]:
    """Say what a question in plain words takes from text to text, one at a time in one thread."""
    figure = partial(results.figure, "answers")
    head = f"Answering {figure('questions'):,.0f} questions in plain words"
    yield from _table(results, head, [("answers", "from text to text, one at a time", None)])
    yield f"  The slowest took {figure('slowest'):,.0f} µs. The parts of one, µs on average:"
    for part, name in _ANSWER_PARTS.items():
        yield f"  {name:<44}{figure(part):>9,.0f}"
    yield "  The questions are those that nothing was learned from, and others to be declined."


def _finding(results: Results) -> Iterator[str]:
    """Say what finding takes before the first question."""
    figure = partial(results.figure, "answers")
    added = figure("resident") - results.figure("without answers", "resident")
    yield f"{'Before the first question':<46}{'s':>9}"
    yield f"  {'building what hears and finds':<44}{figure('build'):>9.3f}"
    yield f"  {'reading what was learned, part of loading':<44}{figure('read'):>9.3f}"
    yield f"  {'mayshare ask, in and out, cached':<44}{results.figure('ask', 'whole'):>9.3f}"
    yield f"  {'mayshare ask, in and out, the first time':<44}{results.figure('ask', 'first'):>9.3f}"
    yield f"  What was learned is a file of {figure('bytes') / 1e6:.2f} MB. It and what hears and finds add"
    yield f"  {added / 2**20:.1f} MiB to the memory of a process that holds the laws and stories."


def _targets(results: Results, place: Place) -> Iterator[str]:
    yield "Targets" + (", which so small a run cannot judge" if place.quick else "")
    for one in targets(results):
        yield f"  {'met' if one.met else 'missed':<8}{one.name:<42}{one.measured:>15}   ({one.wanted})"
