"""What must be true of laws and of the lists beside them: ids, citations, lengths, closed lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.content.checks import ID, LABEL_MAX, LINE_MAX, PROMPT_MAX, Finding, Path, repeated, too_long
from bot.laws.citations import is_citation
from bot.laws.danger import danger_pattern
from bot.model import Danger, Hotline, Law, Provision, Terms, Words


def law_findings(law: Law) -> Iterator[Finding]:
    """Check a law on its own: ids, citations, lengths."""
    if not ID.match(law.id):
        yield Finding("bad-id", ("id",), f"{law.id!r} cannot be an id.")
    yield from _cite_findings(("cites",), law.cites)
    yield from repeated((("provisions", i, "id"), p.id) for i, p in enumerate(law.provisions))
    for i, provision in enumerate(law.provisions):
        yield from _provision_findings(law, ("provisions", i), provision)


def _provision_findings(law: Law, at: Path, provision: Provision) -> Iterator[Finding]:
    owner, _, name = provision.id.partition(".")
    if owner != law.id or not ID.match(name):
        message = f"{provision.id!r} cannot be an id here: write {law.id + '.'!r} and a name."
        yield Finding("bad-id", (*at, "id"), message)
    yield from _cite_findings((*at, "cites"), provision.cites)
    yield from too_long((*at, "title"), provision.title, LABEL_MAX)
    shown = provision.says + "".join(provision.conditions)
    yield from too_long((*at, "says"), shown, PROMPT_MAX, "The rule with its conditions")
    for i, fact in enumerate(provision.turns_on):
        for n, option in enumerate(fact.options):
            yield from too_long((*at, "turns_on", i, "options", n, "text"), option.text, LABEL_MAX)


def _cite_findings(path: Path, cites: tuple[str, ...]) -> Iterator[Finding]:
    if not cites:
        yield Finding("no-citation", path, "No citation says where this rule stands.")
    for i, cite in enumerate(cites):
        if not is_citation(cite):
            yield Finding("not-a-citation", (*path, i), f"{cite!r} is no citation.")


def provisions_named(law: Law) -> Iterator[tuple[Path, str]]:
    """Give every provision that a law's provisions point to."""
    for i, provision in enumerate(law.provisions):
        yield from ((("provisions", i, "see", n), id) for n, id in enumerate(provision.see))
        for n, fact in enumerate(provision.turns_on):
            for m, option in enumerate(fact.options):
                yield ("provisions", i, "turns_on", n, "options", m, "then"), option.then


def facet_findings(law: Law, terms: Terms) -> Iterator[Finding]:
    """Check that a law uses only facets and values of the closed lists."""
    for i, provision in enumerate(law.provisions):
        for facet, values in provision.facets.items():
            at: Path = ("provisions", i, "facets", facet)
            if facet not in terms.facets:
                yield Finding("unknown-facet", at, f"There is no facet {facet!r}.")
                continue
            for n, value in enumerate(values):
                if value not in terms.facets[facet]:
                    yield Finding("unknown-facet", (*at, n), f"The facet {facet!r} has no value {value!r}.")


def danger_findings(dangers: tuple[Danger, ...]) -> Iterator[Finding]:
    """Check the kinds of harm: their ids, their phrases, and that what to do fits on a line."""
    yield from repeated((("dangers", i, "id"), danger.id) for i, danger in enumerate(dangers))
    for i, danger in enumerate(dangers):
        if not ID.match(danger.id):
            yield Finding("bad-id", ("dangers", i, "id"), f"{danger.id!r} cannot be an id.")
        yield from too_long(("dangers", i, "act"), danger.act, LINE_MAX)
        try:
            danger_pattern(danger)
        except ValueError as error:
            yield Finding("bad-phrase", ("dangers", i, "words"), f"{error}.")


def hotline_findings(lines: tuple[Hotline, ...]) -> Iterator[Finding]:
    """Check the ids of help lines."""
    listed: list[tuple[Path, str]] = [(("lines", i, "id"), line.id) for i, line in enumerate(lines)]
    yield from repeated(listed)
    for path, id in listed:
        if not ID.match(id):
            yield Finding("bad-id", path, f"{id!r} cannot be an id.")


def word_findings(words: Words) -> Iterator[Finding]:
    """Check the words: their concepts' ids, and that each phrase is small words."""
    for kind in words.__struct_fields__:
        for id, phrases in getattr(words, kind).items():
            if not ID.match(id):
                yield Finding("bad-id", (kind, id), f"{id!r} cannot be an id.")
            for i, phrase in enumerate(phrases):
                if not re.fullmatch(r"[a-z0-9]+( [a-z0-9]+)*", phrase):
                    message = f"{phrase!r} is not small words with spaces between."
                    yield Finding("bad-phrase", (kind, id, i), message)


def term_findings(terms: Terms) -> Iterator[Finding]:
    """Check the closed lists: their ids, and that each label fits on a button."""
    labels: list[tuple[Path, str, str]] = [(("roles", id), id, name) for id, name in terms.roles.items()]
    for facet, values in terms.facets.items():
        labels += [(("facets", facet, id), id, name) for id, name in values.items()]
    for path, id, name in labels:
        if not ID.match(id):
            yield Finding("bad-id", path, f"{id!r} cannot be an id.")
        yield from too_long(path, name, LABEL_MAX)
