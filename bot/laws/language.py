"""The words of a question and of a rule as terms: stems, spelling mended, and the things they speak of."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

import snowballstemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.model import Words

_WORD = re.compile(r"[a-z0-9]+")
_SPELLED_MIN = 4  # letters of a word that may have been mistyped
_SPELLED_LIKE = 0.75  # how like it must be to the word that was meant: one letter in four may differ

_MENDED_MAX = 30  # unlike words of one text that are held against all others: 9 is the most in any of ours

_STEMMER = snowballstemmer.stemmer("english")


# How people ask, not what about: it must not decide whether the law here has an answer.
_MANNER = """
    a about all also am an and any are as at be been being but by can could d did do does doing done
    dont for from get gets getting go going got had has have having he her here hers him his how i
    id if ill im in into is isnt it its ive just let like ll long m make makes may maybe me might
    mine much must my need needs no not now of off often ok on one or our out over please r re s say
    says she should so some t tell tells than that thats the their them then there these they this those
    to too u up ur us v ve very want wants was we were what whats when where which who whom whose
    why will with would yes you your
    """.split()
MANNER = frozenset(_STEMMER.stemWords(_MANNER))


def words_in(text: str) -> list[str]:
    """Give a text's words, small letters; an apostrophe parts none."""
    return _WORD.findall(text.lower().replace("'", "").replace("\u2019", ""))


class Language:
    """
    Reads texts as terms.

    Args:
        words: many words for one thing.
        known: words that a mistyped one may have meant; every other one is held against them.
    """

    def __init__(self, words: Words, known: Iterable[str]) -> None:
        self._stems: dict[str, str] = {}
        for word in known:
            self._stem(word)
        self._spelled = tuple(word for word in self._stems if len(word) >= _SPELLED_MIN)
        # The stem a phrase begins with -> the phrase's stems, and the concept they speak of.
        phrases: dict[str, dict[tuple[tuple[str, ...], str], None]] = {}
        for concepts in (words.people, words.things, words.acts, words.matters):
            for concept, listed in concepts.items():
                for text in listed:
                    stems = tuple(map(self._stem, words_in(text)))
                    phrases.setdefault(stems[0], {})[stems, f"@{concept}"] = None
        self._phrases = {first: tuple(listed) for first, listed in phrases.items()}
        self.things = frozenset(f"@{concept}" for concept in words.things)
        self.acts = frozenset(f"@{concept}" for concept in words.acts)

    def _stem(self, word: str) -> str:
        """Give an author's word's stem, and remember it."""
        if word not in self._stems:
            self._stems[word] = str(_STEMMER.stemWord(word))
        return self._stems[word]

    def stems(self, text: str) -> list[str]:
        """Give the stems of a text's words, or of those that were meant. Nothing typed is remembered."""
        meant: dict[str, str] = {}  # of this text's words, while it is read
        tried = 0
        words = words_in(text)
        for word in words:
            if word in meant:
                continue
            stem = self._stems.get(word)
            if stem is None and tried < _MENDED_MAX and _can_be_mended(word):
                tried += 1
                stem = self._mended(word)
            meant[word] = stem if stem is not None else str(_STEMMER.stemWord(word))
        return [meant[word] for word in words]

    def terms(self, stems: list[str]) -> list[str]:
        """Give a text's terms: its stems, and the concepts that they speak of."""
        found = list(stems)
        for place, stem in enumerate(stems):
            for phrase, concept in self._phrases.get(stem, ()):
                if tuple(stems[place : place + len(phrase)]) == phrase:
                    found.append(concept)
        return found

    def _mended(self, word: str) -> str | None:
        near = process.extractOne(
            word, self._spelled, scorer=OSA.normalized_similarity, score_cutoff=_SPELLED_LIKE
        )
        return self._stems[near[0]] if near is not None else None


def _can_be_mended(word: str) -> bool:
    """Say whether a word is long enough, and of letters alone."""
    return len(word) >= _SPELLED_MIN and word.isalpha()


def neighbours_of(stems: list[str]) -> list[str]:
    """Give the pairs of stems that stand side by side."""
    return [f"{one} {other}" for one, other in itertools.pairwise(stems)]


def pairs_of(stems: list[str]) -> frozenset[str]:
    """Give the pairs of stems that follow each other, those of manner left out: some matters show so only."""
    kept = [stem for stem in stems if stem not in MANNER]
    return frozenset(f"{one} {other}" for one, other in itertools.pairwise(kept))
