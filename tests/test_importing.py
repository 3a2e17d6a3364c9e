"""Twine stories as scenarios: what is carried over is the same story, and what is not is on the list."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.importing import Imported, import_twee
from adapters.twee import TweeError, parse_twee
from adapters.twine.logic import Change, Wanted, condition_from
from adapters.twine.markup import PLAIN, nodes_of
from adapters.twine.nodes import Branch, Jump, Link, Node, split_link
from bot.content import ContentError, load
from bot.content.checks import ID
from bot.content.reading import Reading, parse, read
from bot.engine.story import after, arrive, holds, starting_values
from bot.model import Bounds, Choice, ChoiceStep, EndingStep, SayStep, Scenario, Step, Value

ROOT = Path(__file__).parent.parent
TWEE = Path(__file__).parent / "twee"


def imported(text: str, name: str = "story.twee") -> Imported:
    """Import a text, and hold that its YAML is read as the very same scenario."""
    made = import_twee(text.encode(), name)
    reading = Reading("story.yaml")
    root = parse(made.yaml.encode(), reading)
    assert root is not None, reading.problems
    again = read(Scenario, root, reading)
    assert not reading.problems
    assert again == made.scenario
    return made


def listed(made: Imported) -> list[str]:
    return [f"{note.line}: {note.what}: {note.why}" for note in made.notes]


def step(made: Imported, id: str) -> Step:
    return made.scenario.steps[id]


def choices(made: Imported, id: str) -> tuple[Choice, ...]:
    here = step(made, id)
    assert isinstance(here, ChoiceStep)
    return here.choices


def sugarcube(*passages: str) -> str:
    data = ':: StoryData\n{"ifid": "F2277A49-95C9-4B14-AE66-62526089F861", "format": "SugarCube"}\n'
    return "\n\n".join((data, *passages))


def harlowe(*passages: str) -> str:
    data = ':: StoryData\n{"ifid": "D674C58C-DEFA-4F70-B7A2-27742230C0FC", "format": "Harlowe"}\n'
    return "\n\n".join((data, *passages))


# --- the file --------------------------------------------------------------------------------


def test_a_header_has_a_name_tags_and_metadata() -> None:
    text = ':: An overgrown path [forest spring] {"position":"600,400"}\nThe path.\n\n\n:: Next\nOn.\n'
    first, second = parse_twee(text.encode()).passages
    assert (first.name, first.tags, first.placed, first.text) == (
        "An overgrown path",
        ("forest", "spring"),
        True,
        "The path.",
    )
    assert (second.name, second.line) == ("Next", 5)


@pytest.mark.parametrize(
    ("header", "name", "tags"),
    [
        (r":: Room \[1\]", "Room [1]", ()),
        (r":: A \{b\} [x]", "A {b}", ("x",)),
        (r":: back\\slash", "back\\slash", ()),
        (r":: q\q", "qq", ()),
        (r"::Close[\[x\] y]", "Close", ("[x]", "y")),
        ('::Only {"size":"1,1"}', "Only", ()),
    ],
)
def test_escaped_brackets_belong_to_names_and_tags(header: str, name: str, tags: tuple[str, ...]) -> None:
    (passage,) = parse_twee(f"{header}\nWords.".encode()).passages
    assert (passage.name, passage.tags) == (name, tags)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "1: There is no passage in this file."),
        (b"just words\n", "1: There is no passage in this file."),
        (b":: Start\nOne.\nTw\xff\n", "3: This line is not UTF-8 text.\n    Save the file as UTF-8."),
        (b"<tw-storydata name='x'>", "1: This is a story published as HTML.\n    Open it in Twine"),
        (b":: Look [stylesheet]\np {}\n", "1: No passage here is one of the story"),
    ],
)
def test_a_file_of_which_nothing_can_be_read_is_told_with_line_and_mend(data: bytes, told: str) -> None:
    with pytest.raises(TweeError) as raised:
        import_twee(data, "x.twee")
    assert str(raised.value).startswith(told)


def test_what_is_wrong_with_a_file_is_listed_and_the_rest_is_read() -> None:
    made = imported(
        "A note.\n:: StoryData\n{\n  'ifid': 1}\n:: Start [a b\nx\n:: Start\ny\n::\nz\n:: M {no}\nm\x07\n"
    )
    assert listed(made) == [
        "1: A note.: it stands before the first passage and belongs to none",
        "4: StoryData: it is not JSON (Expecting property name enclosed in double quotes); "
        "the story begins at 'Start'",
        "5: [a b: this part of the header is neither [tags] nor {metadata}",
        "7: passage Start: a passage of this name stands on line 5 already; give it another name",
        "9: ::: this passage has no name; it is called 'Passage without a name'",
        "11: metadata (passages: 1): where and how large Twine's editor shows them",
        "11: {no}: this metadata is not JSON",
        r"12: '\x07': characters like this cannot be shown; taken out",
    ]


# --- steps -----------------------------------------------------------------------------------


def test_a_passage_is_a_step_by_its_links() -> None:
    made = imported(":: Start\nOne.\n\n[[Two]]\n:: Two\nTwo [[A->Three]] or [[Three<-B]].\n:: Three\nEnd.\n")
    assert step(made, "start") == SayStep(id="start", say="One.\n", goto="two")
    assert step(made, "two").say == "Two A or B.\n"
    assert [(one.id, one.text, one.goto) for one in choices(made, "two")] == [
        ("a", "A", "three"),
        ("b", "B", "three"),
    ]
    assert step(made, "three") == EndingStep(id="three", say="End.\n", ending="three", title="Three")
    assert listed(made) == [
        "4: Two: the words of a single way on are not shown: our button says how to go on"
    ]


def test_the_story_begins_where_it_says() -> None:
    assert imported(':: StoryData\n{"start": "B"}\n:: A\n[[B]]\n:: B\nb\n').scenario.start == "b"
    made = imported(':: StoryData\n{"start": "C"}\n:: A\n[[Start]]\n:: Start\nb\n')
    assert made.scenario.start == "start"
    assert "1: C: StoryData begins there, and there is no such passage" in "\n".join(listed(made))


@pytest.mark.parametrize(
    ("content", "text", "target"),
    [
        ("Text", "Text", "Text"),
        ("Text->Target", "Text", "Target"),
        ("Target<-Text", "Text", "Target"),
        ("Text|Target", "Text", "Target"),
        ("a->b->c", "a->b", "c"),
        ("a<-b<-c", "b<-c", "a"),
        ("odd|name", "odd|name", "odd|name"),
    ],
)
def test_every_way_to_write_a_link(content: str, text: str, target: str) -> None:
    assert split_link(content, frozenset({"odd|name"})) == (text, target)


def test_links_that_lead_nowhere_are_listed_and_kept_to_be_written() -> None:
    made = imported(":: Start\n[[Gone]]\n[[Out->https://example.org]]\n[[End]]\n:: End\n.\n")
    assert [one.goto for one in choices(made, "start")] == ["gone", "end"]
    assert listed(made)[:2] == [
        "2: link to Gone: there is no such passage among those carried over; write the step 'gone'",
        "3: link to https://example.org: it leads into the web, and no step does",
    ]


def test_markup_is_taken_out_and_said() -> None:
    made = imported(
        ":: Start\n''Bold'', //slanted//, <b>HTML</b> &amp; https://a.b/c.\n<!-- a secret -->\n"
        "It is 5 < 6, a * b * c, and he said: '''tis.\n"
    )
    assert step(made, "start").say == (
        "Bold, slanted, HTML & https://a.b/c.\n\nIt is 5 < 6, a * b * c, and he said: 'tis.\n"
    )
    assert listed(made) == [
        "2: HTML, bold, italics: marks taken out, words kept: our texts are plain",
        "3: <!-- a secret -->: a comment, script or medium: a step holds words only",
        "4: bold: marks taken out, words kept: our texts are plain",
    ]


@pytest.mark.parametrize(
    ("form", "passage", "said"),
    [
        (
            "SugarCube",
            ":: Start\n'Who?'\n'I.'\n\nSo:\n* one\n* two\nDone.",
            "'Who?'\n\n'I.'\n\nSo:\n- one\n- two\n\nDone.",
        ),
        ("SugarCube", ":: Start\n<<nobr>>One\ntwo\n<</nobr>>\nThree", "One\ntwo\n\nThree"),
        ("SugarCube", ":: Start [nobr]\nOne\ntwo<br>Three", "One\ntwo\n\nThree"),
        ("SugarCube", ":: Start\nOne \\\ntwo\nThree", "One two\n\nThree"),
        (
            "Harlowe",
            ":: Start\n{One\n(b4r: 'x')[two \\\n]{three}\nfour}\nFive",
            "One\ntwo three\nfour\n\nFive",
        ),
        ("Snowman", ":: Start\nOne\ntwo\n\nThree", "One\ntwo\n\nThree"),
    ],
)
def test_a_line_of_its_own_stays_one(form: str, passage: str, said: str) -> None:
    made = imported(f':: StoryData\n{{"format": "{form}"}}\n\n{passage}\n')
    assert step(made, "start").say == f"{said}\n"


def test_html_keeps_words_apart_and_its_addresses_are_told() -> None:
    made = imported(
        ":: Start\n<h4>Plan</h4>Read <a href='https://a.b/c' target=_blank>this</a>.<ol>\n"
        "<li>One</li>\n<li>Two</li>\n</ol>"
        "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>\n"
        "<div class=\"bar\" @style=\"'width: ' + ($n < 3 ? '1' : $n > 4)\">Low</div>\n"
    )
    assert step(made, "start").say == "Plan\n\nRead this.\n\n- One\n- Two\n\na b\n\nc\n\nLow\n"
    assert [line for line in listed(made) if not line.endswith(PLAIN)] == [
        "2: https://a.b/c: its words stay without where they lead; write the address out",
    ]


def test_a_long_text_is_kept_whole() -> None:
    assert len(step(imported(f":: Start\n{'word ' * 900}\n"), "start").say) == 4500


# --- SugarCube -------------------------------------------------------------------------------


def test_what_is_not_read_tells_which_passages_it_names() -> None:
    made = imported(
        sugarcube(
            ":: Start\n<<set _ways = [{text: 'Call', link: \"Phone\"},\n"
            "{text: 'Wait here a while, and then go on', link: 'Bench'}]>>\n"
            "<<pick _ways>>\n<<choice [[On|Phone]] \"Phone\">>\n<<goto $next + 'Bench'>>\n"
            "It is _ways[0] and _not this_ one.",
            ":: Phone\nIt rings.",
            ":: Bench\nIt rains.",
        )
    )
    names = ": where it leads to a passage, write a choice"
    first, *others = listed(made)
    assert first.startswith("6: _ways = [{text: 'Call', link: \"Phone\"},")
    assert first.endswith(f"adding to them can be remembered; it names 'Phone', 'Bench'{names}")
    assert others == [
        "8: <<pick _ways>>: this macro is not read here; what stands inside it is kept",
        '9: <<choice [[On|Phone]] "Phone">>: this macro is not read here; what stands inside it is kept; '
        f"it names 'Phone'{names}",
        f"10: <<goto $next + 'Bench'>>: where it leads is worked out while playing; it names 'Bench'{names}",
        "11: _ways: the text shows a variable; ours cannot: write it out",
    ]


def test_of_too_many_branches_the_first_are_kept() -> None:
    three = "<<if ${0} gte 8>>{0} high<<elseif ${0} gte 3>>{0} middling<<else>>{0} low<</if>>"
    made = imported(
        sugarcube(
            ":: StoryInit\n<<set $trust to 5, $money to 5>>",
            f":: Start\n{three.format('trust')}\n{three.format('money')}",
        )
    )
    assert [(one.when, one.say.split("\n")[0]) for one in made.scenario.steps.values()] == [
        ({"trust": Bounds(min=8)}, "trust high"),
        ({"trust": Bounds(min=3)}, "trust middling"),
        ({}, "trust low"),
    ]
    assert all("money high\n\nmoney middling\n\nmoney low" in one.say for one in made.scenario.steps.values())
    lost = "it makes more than 8 steps of this passage; what stands under it is shown always"
    assert [line for line in listed(made) if "8 steps" in line] == [
        f"10: else: {lost}",
        f"10: if $money gte 3: {lost}",
        f"10: if $money gte 8: {lost}",
    ]


def test_sugarcube_variables_come_over_where_they_are_exactly_ours() -> None:
    made = imported((TWEE / "sugarcube.twee").read_text("utf-8"))
    assert [(one.add, one.goto) for one in choices(made, "start")] == [
        ({"calls": 1}, "sent"),
        ({}, "desk"),
        ({"calls": 1}, "called"),
    ]
    assert [one.set for one in choices(made, "desk")] == [{"key": True}, {"key": True}]
    folder = step(made, "folder")
    assert (folder.when, folder.otherwise) == ({"key": True}, "folder-2")
    assert isinstance(step(made, "folder-2"), SayStep)
    assert choices(made, "called")[1].when == {"calls": Bounds(min=2)}
    assert made.scenario.variables["key"].start is False


def test_what_sugarcube_does_besides_is_listed() -> None:
    lines = "\n".join(listed(imported((TWEE / "sugarcube.twee").read_text("utf-8"))))
    for line in (
        '9: $name to "Lena": only yes or no',
        "11: passage StoryCaption: ",
        "12: [[Home->Start]]: in the passage StoryCaption, which was not carried over",
        "14: passage Widgets: it makes macros",
        '18: <<audio "ring" play>>: this macro is not read here',
        "41: if $calls gte 2 or $key: our conditions cannot say this",
        "47: $name: the text shows a variable",
        "50: jump to Read: Twine jumps at once",
    ):
        assert line in lines


def test_a_change_that_only_a_step_could_make_is_listed() -> None:
    made = imported(sugarcube(":: Start\nA [[B]]", ":: B\n<<set $x to true>>b\n[[C]]", ":: C\nc"))
    assert made.scenario.variables["x"].start is True  # the beginning is the only way in
    made = imported(
        sugarcube(":: Start\n<<if $x>>A<<else>>B<<endif>> [[B]]", ":: B\n<<set $x to true>>b [[Start]]")
    )
    assert "9: $x to true: our steps set nothing, only choices do" in "\n".join(listed(made))


def test_a_variable_of_two_kinds_is_left_out_and_every_use_listed() -> None:
    made = imported(
        sugarcube(":: Start\n[[A|B][$x to 1]] [[C|B][$x to true]]\n<<if $x>>x<<endif>>", ":: B\nb")
    )
    assert made.scenario.variables == {}
    assert [line for line in listed(made) if "$x" in line] == [
        "6: $x: it is used as yes or no and as a number; ours is one of the two, so it is left out",
        "6: $x to 1: $x is left out",
        "6: $x to true: $x is left out",
        "7: if $x: our conditions cannot say this; what stands under it is shown always",
    ]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("$key", {"key": True}),
        ("not $key", {"key": False}),
        ("!$key and $n gte 3", {"key": False, "n": Bounds(min=3)}),
        ("$n gt 1 && $n lt 4", {"n": Bounds(min=2, max=3)}),
        ("$n is 2", {"n": 2}),
        ("$key is not true", {"key": False}),
        ("($key) and ($other eq false)", {"key": True, "other": False}),
        ("$n >= 2 and $n <= 2", {"n": 2}),
        ("$a or $b", None),
        ("$n is not 2", None),
        ('$name is "Lena"', None),
        ("$n > $m", None),
        ("visited() > 1", None),
        ("not ($a and $b)", None),
        ("$n > 3 and < 5", None),
        ("", None),
    ],
)
def test_a_condition_comes_over_only_where_ours_can_say_it(
    source: str, wanted: dict[str, Wanted] | None
) -> None:
    assert condition_from(source) == wanted


# --- Harlowe ---------------------------------------------------------------------------------


def test_harlowe_links_hooks_variables_and_conditions_come_over() -> None:
    made = imported((TWEE / "harlowe.twee").read_text("utf-8"))
    assert made.scenario.start == "desk"
    assert [(one.text, one.set, one.add, one.goto) for one in choices(made, "desk")] == [
        ("Write back what you know", {"read": True, "told": True}, {}, "told"),
        ("Ask him why he asks", {"read": True}, {}, "ask-him-why-he-asks"),
        ("Go to Sam first", {"read": True}, {"trust": 1}, "sam"),
    ]
    assert choices(made, "sam")[2].when == {"trust": Bounds(min=3)}
    assert step(made, "ask-him-why-he-asks").when == {"told": True}
    assert step(made, "tuesday").when == {"told": True, "trust": Bounds(max=2)}
    assert step(made, "home-late").say == "You go home. Trust is $trust.\n"


def test_a_condition_on_a_harlowe_link_with_and_without_a_hook() -> None:
    body = "[[A->X]] [[B->X]]\n(if: $k)[[[C->X]]](unless: $k)[[D->X]]"
    made = imported(harlowe(f":: Start\n(set: $k to true)\n{body}", ":: X\nx"))
    assert [one.text for one in choices(made, "start")] == ["A", "B", "C", "D"]
    assert [one.when for one in choices(made, "start")][2:] == [{"k": True}, {"k": False}]


def test_what_stands_in_a_hook_that_is_not_known_is_kept() -> None:
    made = imported(
        harlowe(":: Start\n(link-reveal: 'More')[He has [[a key->Key]].] |x>[Shown.]", ":: Key\nk")
    )
    assert step(made, "start").say == "MoreHe has a key. Shown.\n"
    assert any("a link that leads to no passage" in line for line in listed(made))


# --- another writer's file -------------------------------------------------------------------


def test_a_public_story_in_a_format_not_read_here_keeps_its_words_and_links() -> None:
    made = imported((TWEE / "snowman-arrays.twee").read_text("utf-8"), "snowman-arrays.twee")
    assert set(made.scenario.steps) == {"header", "start", "hallway", "chest", "dart-trap"}
    assert [one.text for one in choices(made, "hallway")] == ["Open the chest.", "Move on."]
    assert sum("a program" in line for line in listed(made)) == 19


# --- the command -----------------------------------------------------------------------------


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "adapters", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", ["harlowe", "sugarcube", "snowman-arrays"])
def test_the_command_writes_a_scenario_that_the_check_can_read(tmp_path: Path, name: str) -> None:
    shutil.copytree(ROOT / "laws", tmp_path / "laws")
    (tmp_path / "scenarios").mkdir()
    done = run(tmp_path, "import", str(TWEE / f"{name}.twee"), "-o", "scenarios/story.yaml")
    assert done.returncode == 0
    assert done.stdout == ""
    assert f"{TWEE / f'{name}.twee'}:" in done.stderr
    assert "Wrote scenarios/story.yaml." in done.stderr
    assert "to judge: rule, lawful, helps, slip, feedback" in done.stderr
    with pytest.raises(ContentError) as raised:
        load(tmp_path)
    left = {"dangling-goto", "empty-text", "unreachable-step", "no-way-out", "never-reached", "never-true"}
    assert {problem.code for problem in raised.value.problems} <= left


def test_the_command_prints_without_a_name_and_writes_over_nothing(tmp_path: Path) -> None:
    twee = tmp_path / "a.twee"
    twee.write_text(":: Start\nWords.\n")
    assert "id: a\n" in run(tmp_path, "import", "a.twee").stdout
    (tmp_path / "a.yaml").write_text("mine")
    done = run(tmp_path, "import", "a.twee", "-o", "a.yaml")
    assert (done.returncode, (tmp_path / "a.yaml").read_text()) == (1, "mine")
    assert done.stderr == "There is a file a.yaml already. Name another one after -o.\n"


def test_the_command_says_why_nothing_could_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.twee").write_text("words\n")
    done = run(tmp_path, "import", "a.twee")
    assert done.returncode == 1
    assert done.stderr.startswith("a.twee:1: There is no passage in this file.\n    A passage begins with")
    assert (
        run(tmp_path, "import", "b.twee").stderr == "b.twee: No such file or directory. Name another file.\n"
    )


# --- whatever is written ---------------------------------------------------------------------

_OF_THE_FORMAT = {"StoryData", "StoryTitle"}  # what stands there is no passage of the story
_names = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]) | st.sampled_from("[]{}\\ '\"#:-"),
    min_size=1,
    max_size=30,
).map(str.strip)


def escaped(name: str) -> str:
    return "".join(f"\\{mark}" if mark in "[]{}\\" else mark for mark in name)


@given(
    st.lists(
        _names.filter(lambda name: bool(name) and name not in _OF_THE_FORMAT),
        min_size=1,
        max_size=12,
        unique_by=lambda name: " ".join(name.split()),
    )
)
def test_odd_names_never_collide_and_each_is_a_step_or_listed(names: list[str]) -> None:
    made = imported("".join(f":: {escaped(name)}\nWords.\n" for name in names))
    ids = list(made.scenario.steps)
    assert all(ID.match(id) for id in ids)
    told = "\n".join(note.what for note in made.notes)
    titles = [one.title for one in made.scenario.steps.values() if isinstance(one, EndingStep)]
    for name in names:
        assert " ".join(name.split()) in titles or f"passage {name}" in told


_scraps = st.text(max_size=4) | st.sampled_from(
    [
        *"[[ ]] [ ] ( ) << >> <</if>> <<endif>> <<else>> <</link>> (else:) { } '' // <!-- -->".split(),
        *"<% %> <b> </b> \\ | -> <- \n :: $x &#x85;".split(" "),
        *("<<if $x>>", "<<if>>", "<<link 'a'>>", "<<goto 'P0'>>", "<<set $x to true>>", "[[a|P0][$y += 1]]"),
        *("(if:", "(else-if:$x)", "(set:$x to 1)", "(link:'a')", "(if: $y > 1)[", "(link-goto: 'go', 'P0')"),
        *("\n", " words "),
    ]
)


@given(st.sampled_from(["Harlowe", "SugarCube", "Chapbook", "Snowman", ""]), st.lists(_scraps, max_size=40))
def test_nothing_that_can_be_written_makes_it_fail(form: str, scraps: list[str]) -> None:
    imported(f':: StoryData\n{{"format": "{form}"}}\n:: P0\n{"".join(scraps)}')


_ways = st.sampled_from(
    [
        "[[{text}->{to}]]",
        "[[{to}<-{text}]]",
        "[[{text}|{to}]]",
        "Some words, [[{text}|{to}]], and more.",
    ]
)
_of_sugarcube = st.sampled_from(
    [
        "[[{text}|{to}][$n = 1]]",
        "[[{text}|{to}][$s to 'x']]",
        '<<link "{text}" "{to}">><</link>>',
        '<<link "{text}">><<goto "{to}">><</link>>',
        "<<if $a>>[[{text}|{to}]]<<else>>No.<<endif>>",
        "<<if $a or $b>>[[{text}|{to}]]<</if>>",
        "<<silently>>[[{text}|{to}]]<</silently>>",
        '<<odd>>[[{text}|{to}]]<</odd>><<goto "{to}">>',
    ]
)
_of_harlowe = st.sampled_from(
    [
        '(link-goto: "{text}", "{to}")',
        '(link: "{text}")[(set: $n to 2)(go-to: "{to}")]',
        "(if: $a)[[[{text}->{to}]]](else:)[Nothing.]",
        "(if: (random: 1, 2) is 1)[[{text}->{to}]]",
        "(color: red)[[{text}->{to}]]",
        "|hook>[[[{text}->{to}]]]",
    ]
)


@st.composite
def linked(draw: st.DrawFn, form: str) -> tuple[str, list[str], int]:
    """A story of a few passages whose links have words that no other has."""
    count = draw(st.integers(1, 5))
    kind = _ways | (_of_sugarcube if form == "SugarCube" else _of_harlowe)
    passages: list[str] = []
    texts: list[str] = []
    for number in range(count):
        tag = draw(st.sampled_from(["", "", "", " [script]", " [footer]", " [mine]"]))
        lines = []
        for _ in range(draw(st.integers(0, 4))):
            to = f"P{draw(st.integers(0, count))}"
            lines.append(draw(kind).format(text=f"link{len(texts)}q", to=to))
            texts.append(f"link{len(texts)}q" if tag != " [script]" else "")
        passages.append(f":: P{number}{tag}\n" + "\n".join(lines))
    return "\n".join((f':: StoryData\n{{"format": "{form}"}}', ":: P\nThe first.", *passages)), texts, count


@given(st.sampled_from(["SugarCube", "Harlowe"]).flatmap(linked))
def test_every_link_and_passage_is_in_the_scenario_or_on_the_list(
    made_of: tuple[str, list[str], int],
) -> None:
    source, texts, count = made_of
    made = imported(source)
    told = "\n".join(listed(made))
    held = [c.text for s in made.scenario.steps.values() if isinstance(s, ChoiceStep) for c in s.choices]
    words = "\n".join(one.say for one in made.scenario.steps.values())
    for text in filter(None, texts):
        assert text in held or text in told or text in words
    for number in range(count):
        assert f"p{number}" in made.scenario.steps or f"passage P{number}:" in told


# --- the same story --------------------------------------------------------------------------

_PIECES = [
    "<<set $a to true>>",
    "<<set $b to false>>",
    "<<set $n to 2>>",
    "<<set $n += 1>>",
    "<<if $a>>yes<<else>>no<<endif>>",
    "<<if $n gte 2 and $b>>many<<elseif $a>>some<<endif>>",
    "<<if $b>><<set $a to false>>taken<<endif>>",
    "<<if $n gt 2>><<if $a>>both<<endif>><<else>>[[{text}|P1][$b to true]]<<endif>>",
    "<<if not $a>>[[{text}|P0]]<<endif>>",
    "[[{text}|P0]]",
    "[[{text}|P1][$a to true]]",
    "[[{text}|P2][$n += 1, $b to true]]",
    "[[{text}|P3]]",
    "words",
]


_passages = st.builds(
    lambda pieces, ends: [*pieces, *ends],
    st.lists(st.sampled_from(_PIECES), max_size=4),
    st.sampled_from([[], [_PIECES[9]], [_PIECES[10], _PIECES[11]], [_PIECES[11], _PIECES[12]]]),
)


def seen(nodes: tuple[Node, ...], state: dict[str, Value]) -> tuple[list[str], list[Link], str | None]:
    """Play one passage as Twine does: the words and links it shows, and where it jumps."""
    words: list[str] = []
    links: list[Link] = []
    for node in nodes:
        match node:
            case Change():
                change(state, node)
            case Link():
                links.append(node)
            case Branch(arms=arms):
                arm = next((one for one in arms if one.wanted is None or holds(one.wanted, state)), None)
                if arm is not None:
                    inner = seen(arm.nodes, state)
                    words += inner[0]
                    links += inner[1]
            case Jump():
                return words, links, node.target
            case _:
                words += node.text.split()
    return words, links, None


def change(state: dict[str, Value], one: Change) -> None:
    state[one.name] = int(state[one.name]) + int(one.value) if one.way == "add" else one.value


@given(
    st.lists(_passages, min_size=4, max_size=4),
    st.lists(st.integers(0, 9), max_size=12),
)
def test_a_story_of_which_nothing_is_on_the_list_plays_as_in_twine(
    pieces: list[list[str]], picks: list[int]
) -> None:
    init = ":: StoryInit\n<<set $a to false, $b to false, $n to 0>>"
    body = [
        f":: P{number}\n"
        + "\n\n".join(piece.format(text=f"l{number}{place}") for place, piece in enumerate(own))
        for number, own in enumerate(pieces)
    ]
    source = sugarcube(init, *body)
    made = imported(source)
    lost = ("our steps set nothing", "our conditions", "it makes more than", "it was changed under")
    if any(note.why.startswith(lost) for note in made.notes):
        return
    nodes = {
        one.name: nodes_of(one, frozenset(), "sugarcube")[0] for one in parse_twee(source.encode()).passages
    }
    theirs: dict[str, Value] = {"a": False, "b": False, "n": 0}
    ours = starting_values(made.scenario)
    name, here = "P0", arrive(made.scenario, made.scenario.start, ours)
    added: set[tuple[str, str]] = set()
    for pick in picks:
        words, links, _ = seen(nodes[name], theirs)
        assert here.id.startswith(name.lower())
        assert [word for word in here.say.split() if word[0] != "l"] == words
        match here:
            case ChoiceStep():
                shown = [one for one in here.choices if holds(one.when, ours)]
                assert [one.text for one in shown] == [link.text for link in links]
                choice = shown[pick % len(shown)]
                if choice.add:
                    if (here.id, choice.id) in added:
                        return  # the list says that the bounds hold for once
                    added.add((here.id, choice.id))
                ours, goto, link = after(made.scenario, ours, choice), choice.goto, links[pick % len(shown)]
            case SayStep():
                (link,) = links
                goto = here.goto
            case _:
                assert links == []
                return
        for one in link.changes:
            change(theirs, one)
        name, here = link.target, arrive(made.scenario, goto, ours)
