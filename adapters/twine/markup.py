"""The text of a Twine passage as nodes.

It reads what Harlowe and SugarCube write alike or apart. What it does not know it takes out of
the text and notes with its line; the words and links around and inside stay.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.twee import Note, Passage, clean, shortened
from adapters.twine.logic import Change, changes_from, condition_from
from adapters.twine.nodes import SOFT, Arm, Branch, Format, Jump, Link, Node, Words, split_link

PLAIN = "marks taken out, words kept: our texts are plain"
DEPTH_MAX = 20  # conditions within conditions; past that they are noted


def nodes_of(
    passage: Passage, names: frozenset[str], form: Format
) -> tuple[tuple[Node, ...], tuple[Note, ...]]:
    """Read a passage; `names` are those of all passages. Gives its nodes, and notes on what was not kept."""
    reader = _Reader(passage, names, form)
    return reader.read(), tuple(sorted(reader.notes))


# --- tokens ----------------------------------------------------------------------------------

_LINK = (
    r"\[\[(?!\[)(?P<link>(?:[^\[\]\n]|\[(?!\[)|\](?![\]\[]))++)\]"
    r"(?:\[(?P<setter>(?:[^\]\n]|\](?!\]))*+)\])?\]"
)
# What is never closed is looked for over so many characters, not to the end of a long passage each time.
_QUOTED = r"\"(?:\\.|[^\"\\]){0,2000}+\"|'(?:\\.|[^'\\]){0,2000}+'"
_MACRO = rf"<<\s*(?P<macro>/?[A-Za-z][\w-]*|[=-])(?P<args>(?:{_QUOTED}|[^>\"']|>(?!>)){{0,4000}}+)>>"
_LOOSE = r"<<\s*(?P<macro2>/?[\w=-]+)(?P<args2>.{0,4000}?)>>"  # an apostrophe that opens nothing
_DROPPED = (
    r"(?P<dropped><!--.{0,20000}?-->|/%.{0,20000}?%/|/\*.{0,20000}?\*/|<%.{0,20000}?%>|\[img\[.{0,2000}?\]\]"
    r"|<(?P<block>script|style|svg|iframe|audio|video)\b.{0,200000}?</(?P=block)\s*>"
    r"|<(?:img|input|source)\b[^>]{0,2000}>)"
)
_VALUES = r"(?:\"[^\"\n]{0,2000}+\"|'[^'\n]{0,2000}+'|[^<>\"']){0,2000}+"  # within quotes stand < and > too
_HTML = rf"(?P<html></?[A-Za-z][\w:-]*(?:(?:\s{_VALUES})?>|(?:\s[^<>]*)?/?>))"
_VERBATIM = r"\{\{\{(?P<code>.*?)\}\}\}|\"\"\"(?P<nowiki>.*?)\"\"\""
_HARLOWE = (
    r"(?P<call>\((?P<name>[A-Za-z][\w-]*)\s*:)|(?P<name_before>\|\w+[>)](?=\[))"
    r"|(?P<open>\[)|(?P<close>\](?:<\w+\|)?)"
)
_INSERT = r"(?P<insert>\{[^{}\n]*\})|(?P<modifier>^\[[^\[\]\n]+\]$)|(?P<divider>\A(?:[\w.]+\s*:.*\n)*--+$)"


def _tokens(form: Format) -> re.Pattern[str]:
    parts = [_DROPPED, _LINK]
    if form != "harlowe":
        parts += [_MACRO, _LOOSE, _VERBATIM]
    if form == "harlowe":
        parts.append(_HARLOWE)
    if form == "chapbook":
        parts.append(_INSERT)
    return re.compile("|".join([*parts, _HTML]), re.DOTALL | re.MULTILINE | re.IGNORECASE)


_TOKENS: Mapping[Format, re.Pattern[str]] = {
    form: _tokens(form) for form in ("harlowe", "sugarcube", "chapbook", "snowman", "unknown")
}

# Marks that are taken out while the words between them stay: what they are, the pattern, what is left.
_MARKS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("bold", re.compile(r"''"), ""),
    ("italics", re.compile(r"(?<![:/])//(?!/)"), ""),
    ("strong", re.compile(r"(?<!\*)\*\*(?!\*)"), ""),
    ("emphasis", re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)\*(?![\w*])"), r"\1"),
    ("underline", re.compile(r"(?<!_)__(?=[^\s_])([^\n]+?)__(?!_)"), r"\1"),
    ("struck out", re.compile(r"(?<!=)==(?=[^\s=])([^\n]+?)==(?!=)"), r"\1"),
    ("small or struck out", re.compile(r"~~"), ""),
    ("raised", re.compile(r"\^\^"), ""),
    ("style", re.compile(r"@@(?:[.#][\w.#-]+;|(?:[\w-]+:[^;@\n]*;)+)?"), ""),
)
_LINE_MARKS = (
    ("heading", re.compile(r"^[ \t]*(?:!{1,6}|#{1,6})[ \t]*(?=\w)", re.MULTILINE), ""),
    ("rule", re.compile(r"^[ \t]*-{4,}[ \t]*$", re.MULTILINE), ""),
    ("alignment", re.compile(r"^[ \t]*(?:=+><=+|<=+>|=+>|<=+|=+\|+=+|\|+=+|=+\|+)[ \t]*$", re.MULTILINE), ""),
)
_LINK_MACRO = re.compile(r"<<\s*(/|end)?(?:link|button|click)\b", re.IGNORECASE)
# HTML that stands on lines of its own, and what stands side by side.
_BLOCKS = frozenset(
    "address article aside blockquote br center dd details div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr main nav ol option p pre section summary table tr ul".split()
)
_CELLS = frozenset("td th".split())
_IN_CODE = re.compile(r"(?:<<\s*\w+|\([\w-]+:)[^>)]{0,2000}+")
_VARIABLE = re.compile(r"(?<![\w$])[$_][A-Za-z]\w*")


@dataclass(slots=True)
class _Frame:
    """Something open: what it is, where it began, and what it holds so far."""

    kind: str  # root, if, link, hook, silent
    source: str
    line: int
    nodes: list[Node] = field(default_factory=list)
    arms: list[Arm] = field(default_factory=list)
    condition: str | None = None
    negated: bool = False
    at: int = 0  # Harlowe: where its branch goes among the nodes around it
    label: str = ""
    target: str = ""


class _Reader:
    """Reads one passage, with a stack of what is open; it never gives up."""

    def __init__(self, passage: Passage, names: frozenset[str], form: Format) -> None:
        self._passage, self._names, self._form = passage, names, form
        self._text = passage.text
        self._stack = [_Frame("root", "", passage.line)]
        self.notes: list[Note] = []
        self._marks: dict[int, set[str]] = {}
        self._runs_on = form in ("chapbook", "snowman") or "nobr" in passage.tags  # Markdown's lines run on
        self._run_on = self._runs_on
        self._braces = 0  # Harlowe: how many are open
        self._last_branch: _Frame | None = None  # Harlowe: an else may follow
        code = " ".join(_IN_CODE.findall(self._text))
        self._temporary = {name for name in _VARIABLE.findall(code) if name[0] == "_"}

    def read(self) -> tuple[Node, ...]:
        at = 0
        pattern = _TOKENS[self._form]
        while (found := pattern.search(self._text, at)) is not None:
            self._words(self._text[at : found.start()], at)
            at = self._token(found)
        self._words(self._text[at:], at)
        while len(self._stack) > 1:
            frame = self._stack[-1]
            self._note(frame.line, frame.source, "it is never closed; what follows is taken to be inside")
            self._close(frame.kind)
        self._finish_branch()
        for line, marks in self._marks.items():
            self._note(line, ", ".join(sorted(marks)), PLAIN)
        return tuple(self._stack[0].nodes)

    def _line(self, at: int) -> int:
        return self._passage.line + 1 + self._text.count("\n", 0, at)

    def _note(self, line: int, what: str, why: str) -> None:
        self.notes.append(Note(line, shortened(what), why))

    def _note_unread(self, line: int, source: str, why: str) -> None:
        """Note code that is not read, with the passages it names: a way on may be lost with it."""
        named = [one[1:-1].strip() for one in re.findall(_QUOTED, source)]
        named += [split_link(one["link"], self._names)[1] for one in re.finditer(_LINK, source)]
        named = [repr(one) for one in dict.fromkeys(named) if one in self._names]
        if named:
            why += f"; it names {', '.join(named)}: where it leads to a passage, write a choice"
        self._note(line, source, why)

    def _open(self, frame: _Frame) -> None:
        self._finish_branch()
        self._stack.append(frame)

    def _add(self, node: Node) -> None:
        if not (isinstance(node, Words) and not node.text.strip()):
            self._finish_branch()
        self._stack[-1].nodes.append(node)

    # --- words

    def _words(self, text: str, at: int) -> None:
        if not text:
            return
        for what, pattern, left in (*_MARKS, *_LINE_MARKS):
            for found in pattern.finditer(text):  # a mark that was moved by another is found near its line
                self._marks.setdefault(self._line(at + min(found.start(), len(text))), set()).add(what)
            text = pattern.sub(left, text)
        if self._form == "harlowe":
            text = self._without(self._run_on_in_braces(text), r"[{}`]", "braces and backticks", at)
        if self._form in ("harlowe", "sugarcube"):
            for found in _VARIABLE.finditer(text):
                if found.group()[0] == "$" or found.group() in self._temporary:
                    line = self._line(at + min(found.start(), len(text)))
                    self._note(line, found.group(), "the text shows a variable; ours cannot: write it out")
        text = re.sub(r"\\[\n\v]|[\n\v]\\", "", text)  # SugarCube and Harlowe: the line goes on
        if self._run_on:
            text = text.replace("\n", SOFT)
        self._add(Words(SOFT.join(clean(html.unescape(part)) for part in text.split(SOFT))))

    def _run_on_in_braces(self, text: str) -> str:
        """Harlowe: between `{` and `}` a line's end is a space."""
        pieces = re.split(r"([{}])", text)
        for place, piece in enumerate(pieces):
            if piece in ("{", "}"):
                self._braces = max(0, self._braces + (1 if piece == "{" else -1))
            elif self._braces:
                pieces[place] = piece.replace("\n", SOFT)
        return "".join(pieces)

    def _without(self, text: str, pattern: str, what: str, at: int) -> str:
        found = re.search(pattern, text)
        if found is not None:
            self._marks.setdefault(self._line(at + found.start()), set()).add(what)
        return re.sub(pattern, "", text)

    # --- tokens

    def _token(self, found: re.Match[str]) -> int:
        """Take one token in; gives where to read on."""
        parts = {name: value for name, value in found.groupdict().items() if value is not None}
        line, source = self._line(found.start()), found.group()
        match parts:
            case {"dropped": _}:
                what = "a program" if source.startswith("<%") else "a comment, script or medium"
                self._note(line, source, f"{what}: a step holds words only")
            case {"link": str(content)}:
                self._add(self._link(content, parts.get("setter"), line))
            case {"macro": str(name), "args": str(args)} | {"macro2": str(name), "args2": str(args)}:
                self._macro(name.lower(), args.strip(), line, found)
            case {"code": str(code)} | {"nowiki": str(code)}:
                self._marks.setdefault(line, set()).add("verbatim")
                self._add(Words(code))
            case {"call": _, "name": str(name)}:
                return self._call(name, found, line)
            case {"open": _}:
                self._marks.setdefault(line, set()).add("hook")
                self._open(_Frame("hook", source, line))
            case {"close": str(close)}:
                self._close_hook(close)
            case {"name_before": _}:
                self._marks.setdefault(line, set()).add("hook")
            case {"insert": _} | {"modifier": _} | {"divider": _}:
                self._note(line, source, "Chapbook's inserts, modifiers and variables are not read here")
            case {"html": str(tag)}:
                self._html(tag, line)
        return found.end()

    def _html(self, tag: str, line: int) -> None:
        """Take a tag out; one that begins a new line leaves one."""
        if "data-passage" in tag:
            self._note(line, tag, "a link written in HTML; write it as a choice")
        elif (into := re.search(r"(?i)\shref\s*=\s*[\"']?([^\s\"'>]+)", tag)) is not None:
            self._note(line, into[1], "its words stay without where they lead; write the address out")
        else:
            self._marks.setdefault(line, set()).add("HTML")
        name = re.match(r"</?([a-z0-9]+)", tag.lower())
        if name is None:
            return
        if name[1] == "li":
            self._add(Words("\n- " if tag[1] != "/" else ""))
        elif name[1] in _CELLS:
            self._add(Words(" "))
        elif name[1] in _BLOCKS:
            self._add(Words("\n"))

    def _link(self, content: str, setter: str | None, line: int) -> Link:
        text, target = split_link(content, self._names)
        changes = self._changes(setter, line) if setter else ()
        return Link(self._label(text, line), target, line, changes)

    def _label(self, text: str, line: int) -> str:
        """Give a link's words without marks, in one line."""
        for what, pattern, left in _MARKS:
            if pattern.search(text):
                self._marks.setdefault(line, set()).add(what)
                text = pattern.sub(left, text)
        plain = re.sub(_HTML, "", text)
        if plain != text:
            self._marks.setdefault(line, set()).add("HTML")
        if self._form in ("harlowe", "sugarcube") and (found := re.search(r"\$[A-Za-z]\w*", plain)):
            self._note(line, found.group(), "the link shows a variable; ours cannot: write it out")
        return " ".join(clean(html.unescape(plain)).split())

    def _changes(self, source: str, line: int) -> tuple[Change, ...]:
        changes, unread = changes_from(source, line)
        for one in unread:
            self._note_unread(line, one, "only yes or no, whole numbers and adding to them can be remembered")
        return changes

    # --- SugarCube

    def _macro(self, name: str, args: str, line: int, found: re.Match[str]) -> None:
        source, end = found.group(), found.end()
        match name:
            case "set":
                for change in self._changes(args, line):
                    self._add(change)
            case "if":
                self._open_if(args, line, source)
            case "elseif":
                self._next_arm(args, line, source)
            case "else":
                further = re.sub(r"(?i)^if\b", "", args) if re.match(r"(?i)if\b", args) else None
                self._next_arm(further, line, source)
            case "/if" | "endif":
                self._close_or_note("if", line, source)
            case "link" | "button" | "click":
                label, target = self._label_and_target(args)
                self._open(_Frame("link", source, line, label=label, target=target))
                later = _LINK_MACRO.search(self._text, end)
                if later is None or later[1] is None:
                    self._close("link")  # `<<link "t" "p">>` alone: there is no end to wait for
            case "/link" | "endlink" | "/button" | "endbutton" | "/click" | "endclick":
                self._close_or_note("link", line, source)
            case "goto":
                target = self._label_and_target(args)[1] or self._label_and_target(args)[0]
                self._jump(target, line, source)
            case "silently" | "silent":
                self._open(_Frame("silent", source, line))
            case "/silently" | "endsilently" | "/silent":
                self._close_or_note("silent", line, source)
            case "nobr" | "/nobr" | "endnobr":
                self._run_on = self._runs_on or name == "nobr"
                self._marks.setdefault(line, set()).add("no line breaks")
            case _:
                self._note_unread(line, source, "this macro is not read here; what stands inside it is kept")

    def _jump(self, target: str, line: int, source: str) -> None:
        if target:
            self._add(Jump(target, line))
        else:
            self._note_unread(line, source, "where it leads is worked out while playing")

    def _label_and_target(self, args: str) -> tuple[str, str]:
        """Read `"text" "passage"` or `[[text|passage]]`."""
        found = re.match(_LINK, args)
        if found:
            text, target = split_link(found["link"], self._names)
            return text, target
        if re.sub(_QUOTED, "", args).strip(" ,\t\n"):
            return "", ""  # a variable or an expression among the words
        quoted = [re.sub(r"\\(.)", r"\1", one[1:-1]).strip() for one in re.findall(_QUOTED, args)]
        return quoted[0] if quoted else "", quoted[1] if len(quoted) > 1 else ""

    # --- Harlowe

    def _call(self, written: str, found: re.Match[str], line: int) -> int:
        """Take in `(name: arguments)` and what opens behind it."""
        end = _end_of_call(self._text, found.end())
        if end is None:
            self._add(Words(found.group()))
            return found.end()
        args, source = self._text[found.end() : end - 1].strip(), self._text[found.start() : end]
        opens = re.compile(r"\s*(?:<!--.*?-->\s*)*(\[)(\[(?!\[))?", re.DOTALL).match(self._text, end)
        name = re.sub(r"[-_]", "", written.lower())
        match name:
            case "set" | "put":
                for change in self._changes(args, line):
                    self._add(change)
                return end
            case "goto":
                self._jump(self._label_and_target(args)[0], line, source)
                return end
            case "linkgoto":
                label, target = self._label_and_target(args)
                self._link_or_note(label, target or label, line, source)
                return end
        if opens is None:
            self._note_unread(line, source, "this macro is not read here")
            return end
        lone = opens[2] is not None  # `(if: ...)[[Link]]`: the link is all it holds
        match name:
            case "if" | "unless":
                self._open_if(args, line, source, negated=name == "unless")
            case "elseif" | "else" if self._last_branch is not None:
                self._stack.append(self._last_branch)
                self._last_branch = None
                self._next_arm(args if name == "elseif" else None, line, source)
            case "link" | "linkrevealgoto" | "linkreveal" | "linkreplace":
                label, target = self._label_and_target(args)
                self._open(_Frame("link", source, line, label=label, target=target))
            case _:
                self._note_unread(line, source, "this macro is not read here; what stands inside it is kept")
                self._open(_Frame("hook", source, line))
        if not lone:
            return opens.end(1)
        link = re.compile(_LINK).match(self._text, opens.start(1))
        if link is not None:
            self._add(self._link(link["link"], link["setter"], line))
            self._close_hook("]")
            return link.end()
        return opens.end(1)

    def _link_or_note(self, label: str, target: str, line: int, source: str) -> None:
        if target:
            self._add(Link(self._label(label or target, line), target, line))
        else:
            self._note_unread(line, source, "where it leads is worked out while playing")

    def _close_hook(self, close: str) -> None:
        frame = self._stack[-1]
        if frame.kind == "root":
            self._add(Words(close[0]))
        elif frame.kind == "if":
            self._finish_branch()
            self._finish_arm(frame)
            self._stack.pop()
            self._last_branch = frame
            if len(frame.arms) == 1:
                frame.at = len(self._stack[-1].nodes)
        else:
            self._close(frame.kind)

    def _finish_branch(self) -> None:
        """Harlowe: nothing but a space came between, so an else could have followed; now it cannot."""
        if self._last_branch is not None:
            frame, self._last_branch = self._last_branch, None
            here = self._stack[-1].nodes
            since, here[frame.at :] = here[frame.at :], []  # the space behind it
            self._place(Branch(frame.line, tuple(frame.arms)))
            here += since

    # --- what opens and closes

    def _open_if(self, condition: str, line: int, source: str, *, negated: bool = False) -> None:
        self._open(_Frame("if", source, line, condition=condition, negated=negated))

    def _next_arm(self, condition: str | None, line: int, source: str) -> None:
        frame = self._stack[-1]
        if frame.kind != "if":
            self._note(line, source, "there is no 'if' that it belongs to; what stands inside it is kept")
            return
        if self._form != "harlowe":
            self._finish_arm(frame)
        frame.condition, frame.negated = condition, False

    def _finish_arm(self, frame: _Frame) -> None:
        wanted = None
        if frame.condition is not None:
            wanted = condition_from(frame.condition, negated=frame.negated)
        source = f"not {frame.condition}" if frame.negated else frame.condition
        frame.arms.append(Arm(source, wanted, tuple(frame.nodes)))
        frame.nodes = []

    def _close_or_note(self, kind: str, line: int, source: str) -> None:
        if any(frame.kind == kind for frame in self._stack):
            while self._stack[-1].kind != kind:
                frame = self._stack[-1]
                self._note(frame.line, frame.source, "it is closed by something else")
                self._close(frame.kind)
            self._close(kind)
        else:
            self._note(line, source, "it closes what was never opened")

    def _close(self, kind: str) -> None:
        self._finish_branch()
        frame = self._stack[-1]
        if kind == "if":
            self._finish_arm(frame)
        self._stack.pop()
        match kind:
            case "if":
                self._place(Branch(frame.line, tuple(frame.arms)))
            case "link":
                self._close_link(frame)
            case "silent":
                for node in frame.nodes:
                    if isinstance(node, Words):
                        if node.text.strip():
                            self._note(frame.line, node.text, "words that are not shown")
                    else:
                        self._add(node)
            case _:
                for node in frame.nodes:
                    self._stack[-1].nodes.append(node)

    def _place(self, branch: Branch) -> None:
        if sum(frame.kind == "if" for frame in self._stack) >= DEPTH_MAX:
            why = "too deep; what stands inside is shown always"
            self._note(branch.line, branch.arms[0].source or "if", why)
            for arm in branch.arms:
                self._stack[-1].nodes.extend(arm.nodes)
        else:
            self._stack[-1].nodes.append(branch)

    def _close_link(self, frame: _Frame) -> None:
        """A link with a body: what the body changes, and where it jumps, are the link's own."""
        jump = next((node for node in frame.nodes if isinstance(node, Jump)), None)
        target = frame.target or (jump.target if jump else "")
        rest = [node for node in frame.nodes if not target or not (isinstance(node, Change) or node is jump)]
        if target:
            changes = tuple(node for node in frame.nodes if isinstance(node, Change))
            label = self._label(frame.label or target, frame.line)
            self._add(Link(label, target, frame.line, changes))
        else:
            why = "a link that leads to no passage; what it shows stands in the text"
            self._note(frame.line, frame.source, why)
            self._add(Words(frame.label))
        if any(not isinstance(node, Words) or node.text.strip() for node in rest):
            if target:
                why = "shows or does more when followed; that stands in the text, shown always"
                self._note(frame.line, frame.source, why)
            self._stack[-1].nodes.extend(rest)


_IN_CALL = re.compile(rf"{_QUOTED}|[()]|\n\n")


def _end_of_call(text: str, at: int) -> int | None:
    """Give where the arguments end, behind their bracket; None where they never do."""
    depth = 1
    for found in _IN_CALL.finditer(text, at, at + 8000):
        if found.group() == "\n\n":
            return None
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        if depth == 0:
            return found.end()
    return None
