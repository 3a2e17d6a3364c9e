"""The law: citations, and provisions found for a question, best first."""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import snowballstemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.model import Danger, Provision, Words

# --- citations -------------------------------------------------------------------------------

_CITE = re.compile(
    r"(?P<title>[1-9]\d?) (?P<code>CFR|USC) "
    r"(?:Part (?P<part>\d{1,4}[a-z]*)|(?P<section>\d+[a-z]*(?:[.-]\d+[a-z]*)*))"
    r"(?P<paragraphs>(?:\([0-9A-Za-z]{1,5}\))*)\Z"
)


@functools.lru_cache(maxsize=8192)  # of authors' texts only
def is_citation(text: str) -> bool:
    """Say whether a text is a pinpoint as we write them: "34 CFR 99.31(a)(10)", "34 CFR Part 99"."""
    return _CITE.match(text) is not None


@functools.lru_cache(maxsize=8192)
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
_K1, _B = 1.8, 0.5  # BM25: a word that repeats counts on; little weight on length, since all are short
_WEIGHTS = (("title", 2), ("asked_as", 2), ("says", 1))  # times a field's words count
_CONCEPT = 1.3  # what a concept in common weighs beside a word in common
_OWN_ROLE = 1.1  # what a rule about the asker's own agency weighs beside another

# Is it a question about sharing at all? Weights of a logistic rule, fitted to the questions of
# tests/questions (170 that the law here answers, 80 that it does not), with tests/test_questions.py.
_OF_COVERED = 5.2  # times the share of the question's weight that the best provision meets
_OF_SCORE = 0.02  # times the best provision's score
_OF_LENGTH = 2.2  # times the logarithm of the number of its words
_OF_THING = 1.5  # if it speaks of something that is shared
_OF_ACT = 2.3  # if it speaks of sharing, seeing, asking or refusing
_ENOUGH = 8.5
_SPELLED_MIN = 4  # letters of a word that may have been mistyped
_SPELLED_LIKE = 0.75  # how like it must be to the word that was meant: one letter in four may differ
_WORDS_MIN = 2  # one word alone is no question


# The stem a phrase begins with -> the phrase's stems, and the concept they speak of.
_Phrases = Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]


@dataclass(frozen=True, slots=True)
class Match:
    """A provision found for a question; `score` is its BM25 weight (0 upwards, no unit)."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Index:
    """The terms of every provision, made once at load.

    `postings`: term -> (provision, weight). `stems` are those of the words that stand in the law,
    `spelled` the words that a mistyped one may have meant.
    """

    ids: tuple[str, ...]
    postings: Mapping[str, tuple[tuple[int, float], ...]]
    idf: Mapping[str, float]
    rarest: float
    phrases: _Phrases
    stems: Mapping[str, str]
    spelled: tuple[str, ...]
    things: frozenset[str]
    acts: frozenset[str]
    roles: tuple[frozenset[str], ...]


_STEMMER = snowballstemmer.stemmer("english")


def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


def _terms(text: str, phrases: _Phrases, stem_of: Callable[[str], str]) -> list[str]:
    """Give a text's terms: the stems of its words, small words dropped, and the concepts it speaks of."""
    words = _WORD.findall(text.lower().replace("'", "").replace("\u2019", ""))
    stems = [stem_of(word) for word in words]
    found = [stem for word, stem in zip(words, stems, strict=True) if word not in _STOP]
    for place, stem in enumerate(stems):
        for phrase, concept in phrases.get(stem, ()):
            if tuple(stems[place : place + len(phrase)]) == phrase:
                found.append(concept)
    return found


def _phrases_of(words: Words, stem_of: Callable[[str], str]) -> _Phrases:
    """Sort the concepts' phrases by the stem they begin with."""
    phrases: dict[str, dict[tuple[tuple[str, ...], str], None]] = {}
    for concepts in (words.people, words.things, words.acts, words.matters):
        for concept, listed in concepts.items():
            for text in listed:
                stems = tuple(stem_of(word) for word in text.split())
                phrases.setdefault(stems[0], {})[stems, f"@{concept}"] = None
    return {first: tuple(listed) for first, listed in phrases.items()}


def index_of(provisions: Iterable[Provision], words: Words) -> Index:
    """Build the search index over some provisions; `words` are many words for one thing."""
    listed = tuple(provisions)
    known: dict[str, str] = {}

    def stem_of(word: str) -> str:
        if word not in known:
            known[word] = _stem(word)
        return known[word]

    phrases = _phrases_of(words, stem_of)
    counts = [_term_counts(provision, phrases, stem_of) for provision in listed]
    lengths = [sum(count.values()) for count in counts]
    mean = sum(lengths) / len(lengths) if lengths else 1.0
    documents = Counter(term for count in counts for term in count)
    idf = {
        term: math.log(1 + (len(listed) - n + 0.5) / (n + 0.5)) * (_CONCEPT if term[0] == "@" else 1)
        for term, n in documents.items()
    }
    postings: dict[str, list[tuple[int, float]]] = {term: [] for term in documents}
    for place, (count, length) in enumerate(zip(counts, lengths, strict=True)):
        norm = _K1 * (1 - _B + _B * length / mean)
        for term, n in count.items():
            postings[term].append((place, idf[term] * n * (_K1 + 1) / (n + norm)))
    return Index(
        ids=tuple(provision.id for provision in listed),
        postings={term: tuple(places) for term, places in postings.items()},
        idf=idf,
        rarest=math.log(1 + (len(listed) + 0.5) / 0.5) if listed else 0.0,
        phrases=phrases,
        stems={**dict.fromkeys(_STOP, ""), **known},
        spelled=tuple(word for word in known if len(word) >= _SPELLED_MIN),
        things=frozenset(f"@{concept}" for concept in words.things),
        acts=frozenset(f"@{concept}" for concept in words.acts),
        roles=tuple(_roles_of(provision) for provision in listed),
    )


def _roles_of(provision: Provision) -> frozenset[str]:
    """Give whose hands a provision speaks of; roles and the values of these facets share their ids."""
    return frozenset((*provision.facets.get("holds", ()), *provision.facets.get("asks", ())))


def _term_counts(provision: Provision, phrases: _Phrases, stem_of: Callable[[str], str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    texts = {
        "title": provision.title,
        "asked_as": " . ".join(provision.asked_as),
        "says": " . ".join((provision.says, *provision.conditions)),
    }
    for name, weight in _WEIGHTS:
        for term in _terms(texts[name], phrases, stem_of):
            counts[term] += weight
    return counts


def find_provisions(
    index: Index, question: str, limit: int = 5, role: str | None = None
) -> tuple[Match, ...]:
    """
    Find the provisions that answer a question in plain words.

    Args:
        index: of all provisions that may answer.
        question: any text; only its words count.
        limit: most provisions to give.
        role: whose agency the asker works for; rules about what that agency holds or asks
            weigh a little more.

    Returns:
        Matches, best first; none when too little of the question is known to the law here,
        so that the tutor says it does not know instead of guessing.
    """
    terms = tuple(dict.fromkeys(_terms(question, index.phrases, lambda word: _meant(index, word))))
    scores: dict[int, float] = {}
    met: dict[int, float] = {}
    for term in terms:
        for place, weight in index.postings.get(term, ()):
            scores[place] = scores.get(place, 0.0) + weight * (
                _OWN_ROLE if role is not None and role in index.roles[place] else 1
            )
            met[place] = met.get(place, 0.0) + index.idf[term]
    if not scores:
        return ()
    best = sorted(scores, key=lambda place: (-scores[place], place))[:limit]
    asked = sum(index.idf.get(term, index.rarest) for term in terms)
    if not _is_ours(index, terms, met[best[0]] / asked, scores[best[0]]):
        return ()
    return tuple(Match(index.ids[place], round(scores[place], 3)) for place in best)


def _meant(index: Index, word: str) -> str:
    """Give the stem of a typed word, or of the one that was meant. Nothing typed is remembered."""
    stem = index.stems.get(word)
    if stem is not None:
        return stem or _stem(word)
    if len(word) >= _SPELLED_MIN and word.isalpha():
        near = process.extractOne(
            word, index.spelled, scorer=OSA.normalized_similarity, score_cutoff=_SPELLED_LIKE
        )
        if near is not None:
            return index.stems[near[0]]
    return _stem(word)


def _is_ours(index: Index, terms: Sequence[str], covered: float, score: float) -> bool:
    """Say whether there is enough in a question to take it for one that the law here answers."""
    words = sum(term[0] != "@" for term in terms)
    if words < _WORDS_MIN:
        return False
    evidence = (
        _OF_COVERED * covered
        + _OF_SCORE * score
        + _OF_LENGTH * math.log(1 + words)
        + (_OF_THING if not index.things.isdisjoint(terms) else 0)
        + (_OF_ACT if not index.acts.isdisjoint(terms) else 0)
    )
    return evidence >= _ENOUGH


# --- harm that cannot wait -------------------------------------------------------------------

_GAP = r"(?:\W+\w+){0,3}?\W+"  # up to three words between two of a phrase


def danger_pattern(danger: Danger) -> re.Pattern[str]:
    """
    Compile the phrases of one kind of harm.

    Raises:
        ValueError: a phrase is empty or has a character other than letters, digits, `|`, `*`, `'`.
    """
    if not danger.words:
        raise ValueError("there is no phrase, and any text would do")
    return re.compile("|".join(_phrase(words) for words in danger.words))


def _phrase(words: str) -> str:
    parts = words.split()
    if not parts or not all(re.fullmatch(r"[a-z0-9']+\*?(\|[a-z0-9']+\*?)*", part) for part in parts):
        raise ValueError(f"{words!r}: a phrase is lower-case words; '|' offers others, '*' ends one openly")
    return r"\b" + _GAP.join(f"(?:{part.replace('*', chr(92) + 'w*')})" for part in parts) + r"\b"


def find_danger(patterns: Mapping[str, re.Pattern[str]], text: str) -> str | None:
    """Give the id of the first kind of harm that a text speaks of, in the order of the file."""
    plain = text.lower().replace("\u2019", "'")
    return next((id for id, pattern in patterns.items() if pattern.search(plain)), None)
