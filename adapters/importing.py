"""A Twine story as a scenario of ours, with an exact list of what could not be carried over."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.twee import Note, Passage, Story, TweeError, parse_twee, shortened
from adapters.twine.logic import Change
from adapters.twine.markup import PLAIN, nodes_of
from adapters.twine.naming import Ids, said_of, slug_of
from adapters.twine.nodes import Branch, Jump, Link, Node, Words, format_of
from adapters.twine.variables import Taken, Variables
from adapters.twine.ways import Shown, shown_of
from adapters.twine.writing import scenario_yaml
from bot.model import Choice, ChoiceStep, EndingStep, SayStep, Scenario, Step

WORDS_A_MINUTE = 180
ABOUT = "A story from Twine. Say in one or two sentences what it is about."
_APART = frozenset(  # passages that SugarCube shows around the story, or runs
    "StoryCaption StoryMenu StoryBanner StoryAuthor StorySubtitle StoryInterface StorySettings StoryShare "
    "StoryDisplayTitle PassageHeader PassageFooter PassageReady PassageDone StoryIncludes StoryTitle "
    "StoryData".split()
)
_APART_TAGS: Mapping[str, str] = {
    "script": "a program; a scenario has none",
    "stylesheet": "looks; a scenario has none",
    "header": "words around every passage; a step has only its own",
    "footer": "words around every passage; a step has only its own",
    "debug-header": "for finding mistakes in Twine",
    "debug-footer": "for finding mistakes in Twine",
    "debug-startup": "for finding mistakes in Twine",
    "widget": "it makes macros; a scenario has none",
    "Twine.private": "the writer's own notes",
    "Twine.image": "a picture; a step holds words only",
    "annotation": "the writer's own notes",
}
_FIRST_TAGS = ("startup", "init")  # run before the story begins, like StoryInit


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: the scenario, its YAML, what was not carried over, and how many of what."""

    scenario: Scenario
    yaml: str
    notes: tuple[Note, ...]
    counts: str

    def told(self, written: Path | None) -> str:
        """Give the last lines of the list: the numbers, and what to do next."""
        where = "" if written is None else f"Wrote {written}. "
        return (
            f"\n{self.counts}\n{where}"
            "Put it into scenarios/ of a content folder and run `mayshare check`: "
            "it says what is left to mend."
        )


def import_twee(data: bytes, file: str) -> Imported:
    """
    Carry a Twee 3 file over.

    Args:
        data: the file's bytes.
        file: its name, for the comment and where the story has no title.

    Raises:
        TweeError: nothing in it could be read.
    """
    return _Import(parse_twee(data), file).done()


class _Import:
    """Carries one story over; `notes` grow on the way."""

    def __init__(self, story: Story, file: str) -> None:
        self._story, self._file = story, file
        self._notes = list(story.notes)
        self._taken: dict[str, Taken] = {}
        self._first: list[Change] = []  # before the story begins
        self._of_all: set[str] = set()  # what is said once for many passages
        self._names = Ids("step")
        self._gone: dict[str, str] = {}  # targets that are no step, each with the id kept for it
        texts = "\n".join(one.text for one in story.passages if "script" not in one.tags)
        self._format = format_of(story.data.get("format"), texts)

    def done(self) -> Imported:
        self._take_passages()
        start = self._start()
        taken = self._taken.values()
        self._variables = Variables(self._first, list(taken), self._notes)
        for one in taken:
            one.shown = shown_of(one.nodes, self._variables.dropped, self._notes)
            one.ids = [self._names.give(one.passage.name)]
        for one in taken:
            one.ids += [self._names.give(one.passage.name) for _ in one.shown[1:]]
        self._variables.place(self._taken, start)
        steps = {step.id: step for one in taken for step in self._steps(one)}
        title = self._story.title or re.sub(r"\.\w+\Z", "", self._file)
        words = sum(len(step.say.split()) for step in steps.values())
        scenario = Scenario(
            id=slug_of(title, "story"),
            title=" ".join(title.split()) or "A story from Twine",
            about=ABOUT,
            kind="case",
            role="school",
            minutes=max(1, min(120, words // WORDS_A_MINUTE)),
            start=self._taken[start].ids[0],
            steps=steps,
        )
        scenario = self._variables.declared(scenario)
        notes = tuple(sorted(set(self._notes)))
        return Imported(scenario, self._yaml(scenario, notes), notes, self._counts(scenario, notes))

    # --- which passages

    def _take_passages(self) -> None:
        names = frozenset(one.name for one in self._story.passages)
        tagged = Counter[str]()
        for passage in self._story.passages:
            nodes, notes = nodes_of(passage, names, self._format)
            why = self._apart(passage)
            if why is not None:
                what = f"passage {passage.name}"
                self._notes.append(Note(passage.line, what, why))
                if not set(passage.tags) & {"script", "stylesheet"}:
                    self._note_links(nodes, f"in the {what}, which was not carried over")
            elif passage.name == "StoryInit" or set(passage.tags) & set(_FIRST_TAGS):
                self._notes += notes
                self._take_first(passage, nodes)
            else:
                self._notes += notes
                self._taken[passage.name] = Taken(passage, nodes)
                tagged.update(tag for tag in passage.tags)
        if not self._taken:
            raise TweeError(
                self._story.passages[0].line,
                "No passage here is one of the story: all are scripts, styles or settings.",
                "Add a passage with words: a line ':: Start', and the words below it.",
            )
        for tag, times in tagged.items():
            line = next(one.passage.line for one in self._taken.values() if tag in one.passage.tags)
            self._of_all.add(f"tag {tag} (passages: {times})")
            self._notes.append(Note(line, f"tag {tag} (passages: {times})", "our steps have no tags"))
        placed = [one.line for one in self._story.passages if one.placed]
        if placed:
            what = f"metadata (passages: {len(placed)})"
            self._of_all.add(what)
            self._notes.append(Note(placed[0], what, "where and how large Twine's editor shows them"))
        for key in ("tag-colors", "zoom"):
            if key in self._story.data:
                self._notes.append(Note(1, f"StoryData {key}", "how Twine's editor shows the story"))

    def _apart(self, passage: Passage) -> str | None:
        """Say why a passage becomes no step; None for one of the story."""
        why = next((_APART_TAGS[tag] for tag in passage.tags if tag in _APART_TAGS), None)
        if why is not None:
            return why
        if passage.name in _APART and (
            self._format in ("sugarcube", "unknown") or passage.name[5:] in ("Title", "Data")
        ):
            return "it is shown around the story or settles how it runs; a scenario has no such thing"
        if passage.name in self._taken:
            line = self._taken[passage.name].passage.line
            return f"a passage of this name stands on line {line} already; give it another name"
        return None

    def _take_first(self, passage: Passage, nodes: Sequence[Node]) -> None:
        """Take what is set before the story begins; the rest of such a passage is noted."""
        for node in nodes:
            match node:
                case Change():
                    self._first.append(node)
                case Words(text=text) if not text.strip():
                    pass
                case Branch(line=line):
                    self._notes.append(Note(line, "if", f"a condition in {passage.name}"))
                    self._note_links([node], f"in {passage.name}, which becomes no step")
                case Words(text=text):
                    self._notes.append(Note(passage.line, shortened(text), f"words in {passage.name}"))
                case _:
                    self._note_links([node], f"in {passage.name}, which becomes no step")
        self._notes.append(
            Note(
                passage.line, f"passage {passage.name}", "it becomes the variables' first values, and no step"
            )
        )

    def _note_links(self, nodes: Iterable[Node], why: str) -> None:
        for node in nodes:
            match node:
                case Link(text=text, target=target, line=line, changes=changes):
                    self._notes.append(Note(line, f"[[{text}->{target}]]", why))
                    self._note_links(changes, why)
                case Jump(target=target, line=line):
                    self._notes.append(Note(line, f"jump to {target}", why))
                case Change(source=source, line=line):
                    self._notes.append(Note(line, source, why))
                case Branch(arms=arms):
                    for arm in arms:
                        self._note_links(arm.nodes, why)
                case _:
                    pass

    def _start(self) -> str:
        """Give the name of the first passage: StoryData's, else Start, else the first in the file."""
        named = self._story.data.get("start")
        if isinstance(named, str) and named in self._taken:
            return named
        first = "Start" if "Start" in self._taken else next(iter(self._taken))
        if named is not None:
            why = f"StoryData begins there, and there is no such passage; the story begins at {first!r}"
            self._notes.append(Note(1, shortened(str(named)), why))
        return first

    # --- steps

    def _steps(self, one: Taken) -> list[Step]:
        steps: list[Step] = []
        for place, shown in enumerate(one.shown):
            id = one.ids[place]
            said, out = said_of(shown.nodes)
            when = self._variables.condition(shown.when)
            otherwise = one.ids[place + 1] if when else None
            say = f"{said}\n" if said else ""
            choices = self._choices(shown) if shown.decides else ()
            if choices:
                steps.append(ChoiceStep(id=id, say=say, when=when, otherwise=otherwise, choices=choices))
                continue
            way = shown.jump or next((way.link for way in shown.ways if not shown.decides), None)
            goto = self._goto(way.target, way.line) if way else None
            if goto is not None:
                steps.append(SayStep(id=id, say=say, when=when, otherwise=otherwise, goto=goto))
                self._note_say(one, shown, out, said)
            else:
                title = " ".join(one.passage.name.split()) or id
                steps.append(
                    EndingStep(id=id, say=say, when=when, otherwise=otherwise, ending=id, title=title)
                )
        return steps

    def _note_say(self, one: Taken, shown: Shown, out: Sequence[Link], said: str) -> None:
        """Note the words of a single way on, which is a button of ours, and what a jump hides."""
        jump = shown.jump
        if jump is not None:
            why = "Twine jumps at once; here the learner reads the step and goes on"
            self._notes.append(Note(jump.line, f"jump to {jump.target}", why))
            self._note_links((way.link for way in shown.ways), "never seen: the passage jumps elsewhere")
        else:
            for link in out:
                why = "the words of a single way on are not shown: our button says how to go on"
                self._notes.append(Note(link.line, link.text, why))
        if not said:
            line = jump.line if jump is not None else one.passage.line
            self._notes.append(Note(line, f"passage {one.passage.name}", "a step without words: write them"))

    def _choices(self, shown: Shown) -> tuple[Choice, ...]:
        ids = Ids("choice")
        choices = []
        for way in shown.ways:
            goto = self._goto(way.link.target, way.link.line)
            if goto is None:
                continue
            sets, adds = self._variables.changes(way)
            choices.append(
                Choice(
                    id=ids.give(way.link.text),
                    text=way.link.text,
                    goto=goto,
                    set=sets,
                    add=adds,
                    when=self._variables.condition(way.when),
                )
            )
        return tuple(choices)

    def _goto(self, target: str, line: int) -> str | None:
        """Give the id of the step to go to; one that is not there gets an id to be written under."""
        if target in self._taken:
            return self._taken[target].ids[0]
        if re.match(r"(https?:|mailto:|www\.)", target, re.IGNORECASE):
            self._notes.append(Note(line, f"link to {target}", "it leads into the web, and no step does"))
            return None
        if target not in self._gone:
            self._gone[target] = self._names.give(target)
        why = f"there is no such passage among those carried over; write the step {self._gone[target]!r}"
        self._notes.append(Note(line, f"link to {shortened(target)}", why))
        return self._gone[target]

    # --- what is written and told

    def _yaml(self, scenario: Scenario, notes: Sequence[Note]) -> str:
        data = self._story.data
        made = " ".join(str(data[key]) for key in ("format", "format-version", "ifid") if key in data)
        top = [
            f"Carried over from Twine: {shortened(self._file)}{f' ({shortened(made)})' if made else ''}.",
            "What could not be carried over stands beside each step, with its line there.",
        ]
        beside: dict[str, list[str]] = {
            "about": [],
            "role": ["who the learner is in the story: a role of laws/facets.yaml"],
            "minutes": ["guessed from the number of words"],
        }
        ends = [one.line for one in self._story.passages[1:]] + [10**9]
        until = dict(zip((one.line for one in self._story.passages), ends, strict=True))
        for one in self._taken.values():
            line = one.passage.line
            said = [f"passage {shortened(one.passage.name, 200)!r}, line {line}"]
            if len(one.ids) > 1:
                said[0] += f", in {len(one.ids)} steps: the first whose `when` holds is shown"
            own = [
                note
                for note in notes
                if line <= note.line < until[line] and note.why != PLAIN and note.what not in self._of_all
            ]
            for place, id in enumerate(one.ids):
                told = [f"line {note.line}: {note.what}: {note.why}" for note in own] if place == 0 else []
                beside[id] = [
                    *(said if place == 0 else [f"passage {shortened(one.passage.name, 200)!r} too"]),
                    *told,
                ]
        return scenario_yaml(scenario, top, beside)

    def _counts(self, scenario: Scenario, notes: Sequence[Note]) -> str:
        steps = scenario.steps.values()
        choices = [choice for step in steps if isinstance(step, ChoiceStep) for choice in step.choices]
        decisions = sum(isinstance(step, ChoiceStep) for step in steps)
        ends = sum(isinstance(step, EndingStep) for step in steps)
        kinds = f"{_count(decisions, 'decision')}, {_count(ends, 'ending')}"
        return (
            f"{_count(len(self._taken), 'passage')} became {_count(len(steps), 'step')} ({kinds}); "
            f"{_count(len(notes), 'thing')} on the list. "
            f"{_count(len(choices), 'choice')} to judge: rule, lawful, helps, slip, feedback."
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
