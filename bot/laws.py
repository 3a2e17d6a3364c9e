"""The law: citations, and provisions found for a question, best first."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import snowballstemmer

from bot.model import Danger, Provision

# --- citations -------------------------------------------------------------------------------

_CITE = re.compile(
    r"(?P<title>[1-9]\d?) (?P<code>CFR|USC) "
    r"(?:Part (?P<part>\d{1,4}[a-z]*)|(?P<section>\d+[a-z]*(?:[.-]\d+[a-z]*)*))"
    r"(?P<paragraphs>(?:\([0-9A-Za-z]{1,5}\))*)\Z"
)


def is_citation(text: str) -> bool:
    """Say whether a text is a pinpoint as we write them: "34 CFR 99.31(a)(10)", "34 CFR Part 99"."""
    return _CITE.match(text) is not None


def official_url(cite: str) -> str:
    """
    Give the address of the official text of a citation: eCFR or the Office of the Law Revision Counsel.

    Raises:
        ValueError: the text is no citation.
    """
    found = _CITE.match(cite)
    if found is None:
        raise ValueError(f"{cite!r} is no citation; write it like '34 CFR 99.36(c)' or '20 USC 1232g(b)(1)'")
    title, code = found["title"], found["code"]
    if code == "CFR" and found["part"]:
        return f"https://www.ecfr.gov/current/title-{title}/part-{found['part']}"
    if code == "CFR":
        return f"https://www.ecfr.gov/current/title-{title}/section-{found['section']}"
    return (
        f"https://uscode.house.gov/view.xhtml?req=granuleid:USC-prelim-title{title}-section{found['section']}"
    )


# --- finding provisions ----------------------------------------------------------------------

_WORD = re.compile(r"[a-z0-9]+")
_STOP = frozenset(
    """
    a about all also am an and any are as ask asks asked asking at be been being but by can could did do
    does doing for from get gets go got had has have having he her here hers him his how i if in into is it
    its just let like may me might mine must my need needs no not now of on one or our ours out over own
    please s said say says she should so some such t tell tells than that the their theirs them then there
    these they this those to too up us very was we were what when where which who whom whose why will with
    would yes you your yours ok okay hi hello thing things
    """.split()
)
_K1, _B = 1.2, 0.6  # BM25's usual saturation; a little less weight on length, since all are short
_WEIGHTS = (("title", 2), ("asked_as", 2), ("says", 1))  # times a field's words count
_COVERED = 0.34  # least share of a question's known weight that the best provision must meet
_KNOWN = 0.25  # least share of a question's words that the law's vocabulary has at all


@dataclass(frozen=True, slots=True)
class Match:
    """A provision found for a question; `score` is its BM25 weight (0 upwards, no unit)."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Index:
    """The words of every provision, made once at load. `postings`: stem -> (provision, weight)."""

    ids: tuple[str, ...]
    postings: Mapping[str, tuple[tuple[int, float], ...]]
    idf: Mapping[str, float]
    rarest: float


class _Stemmer:
    """Snowball's English stemmer with a memory: the law's vocabulary is small and repeats."""

    def __init__(self) -> None:
        self._stemmer = snowballstemmer.stemmer("english")
        self._known: dict[str, str] = {}

    def stems(self, text: str) -> list[str]:
        """Give the stems of a text's words, small words dropped, in order."""
        return [
            self._stem(word) for word in _WORD.findall(text.lower().replace("'", "")) if word not in _STOP
        ]

    def _stem(self, word: str) -> str:
        stem = self._known.get(word)
        if stem is None:
            stem = str(self._stemmer.stemWord(word))
            if len(self._known) < 20_000:  # what people type must not grow the memory for ever
                self._known[word] = stem
        return stem


_STEMMER = _Stemmer()


def index_of(provisions: Iterable[Provision]) -> Index:
    """Build the search index over some provisions."""
    listed = tuple(provisions)
    counts = [_word_counts(provision) for provision in listed]
    lengths = [sum(count.values()) for count in counts]
    mean = sum(lengths) / len(lengths) if lengths else 1.0
    documents = Counter(stem for count in counts for stem in count)
    idf = {stem: math.log(1 + (len(listed) - n + 0.5) / (n + 0.5)) for stem, n in documents.items()}
    postings: dict[str, list[tuple[int, float]]] = {stem: [] for stem in documents}
    for place, (count, length) in enumerate(zip(counts, lengths, strict=True)):
        norm = _K1 * (1 - _B + _B * length / mean)
        for stem, n in count.items():
            postings[stem].append((place, idf[stem] * n * (_K1 + 1) / (n + norm)))
    rarest = math.log(1 + (len(listed) + 0.5) / 0.5) if listed else 0.0
    return Index(
        ids=tuple(provision.id for provision in listed),
        postings={stem: tuple(places) for stem, places in postings.items()},
        idf=idf,
        rarest=rarest,
    )


def _word_counts(provision: Provision) -> Counter[str]:
    counts: Counter[str] = Counter()
    texts = {
        "title": provision.title,
        "asked_as": " ".join(provision.asked_as),
        "says": " ".join((provision.says, *provision.conditions)),
    }
    for name, weight in _WEIGHTS:
        for stem in _STEMMER.stems(texts[name]):
            counts[stem] += weight
    return counts


def find_provisions(index: Index, question: str, limit: int = 5) -> tuple[Match, ...]:
    """
    Find the provisions that answer a question in plain words.

    Args:
        index: of all provisions that may answer.
        question: any text; only its words count.
        limit: most provisions to give.

    Returns:
        Matches, best first; none when too little of the question is known to the law here,
        so that the tutor says it does not know instead of guessing.
    """
    stems = dict.fromkeys(_STEMMER.stems(question))
    known = [stem for stem in stems if stem in index.idf]
    if not known or len(known) < _KNOWN * len(stems):
        return ()
    scores: dict[int, float] = {}
    met: dict[int, float] = {}
    for stem in known:
        for place, weight in index.postings[stem]:
            scores[place] = scores.get(place, 0.0) + weight
            met[place] = met.get(place, 0.0) + index.idf[stem]
    asked = sum(index.idf.get(stem, index.rarest) for stem in stems)
    best = sorted(scores, key=lambda place: (-scores[place], place))[:limit]
    if met[best[0]] < _COVERED * asked:
        return ()
    return tuple(Match(index.ids[place], round(scores[place], 3)) for place in best)


# --- harm that cannot wait -------------------------------------------------------------------

_GAP = r"(?:\W+\w+){0,3}?\W+"  # up to three words between two of a phrase


def danger_pattern(danger: Danger) -> re.Pattern[str]:
    """
    Compile the phrases of one kind of harm.

    Raises:
        ValueError: a phrase is empty or has a character other than letters, digits, `|`, `*`, `'`.
    """
    return re.compile("|".join(_phrase(words) for words in danger.words))


def _phrase(words: str) -> str:
    parts = words.split()
    if not parts or not all(re.fullmatch(r"[a-z0-9'|*]+", part) for part in parts):
        raise ValueError(f"{words!r}: a phrase is lower-case words; '|' offers others, '*' ends one openly")
    return r"\b" + _GAP.join(f"(?:{part.replace('*', chr(92) + 'w*')})" for part in parts) + r"\b"


def find_danger(patterns: Mapping[str, re.Pattern[str]], text: str) -> str | None:
    """Give the id of the first kind of harm that a text speaks of, in the order of the file."""
    plain = text.lower().replace("\u2019", "'")
    return next((id for id, pattern in patterns.items() if pattern.search(plain)), None)
