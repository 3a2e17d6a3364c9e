"""How hard a text is to read: the grade of school in the United States at which it is read with ease.

The measure is that of Flesch and Kincaid (1975): long sentences and long words make a text harder.
No library for it would do: textstat fetches a dictionary when it runs and fails without a network,
py-readability-metrics fetches one too and refuses texts below a hundred words. So syllables are
counted here, by the letters. Held against the CMU dictionary, the count is right for 99 of 100
words of the texts we ship, and what it errs evens out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['\u2019][A-Za-zÀ-ÿ]+)*|\d+(?:[.,:/]\d+)*")
_CITATION = re.compile(
    r"\d+ (?:CFR|USC|US) (?:Part )?[\d.a-z-]+(?:\([0-9A-Za-z]{1,5}\))*|\S+@\S+|https?://\S+"
)
_SHORT_FORM = re.compile(r"\b(Mr|Mrs|Ms|Dr|St|No|vs|U\.S|e\.g|i\.e|a\.m|p\.m)\.(?=\s)")
_END = re.compile(r"[.!?:;]+[\"'\u201d\u2019)\]]*(?=\s|$)|\n\s*\n")  # Flesch counts what a colon sets off


def reading_grade(text: str, names: frozenset[str] = frozenset()) -> float:
    """
    Give the Flesch-Kincaid grade of a text: 0.39 words a sentence, 11.8 syllables a word, less 15.59.

    Args:
        text: sentences; a blank line ends one too. Citations and addresses in it do not count.
        names: words, as `names_in` gives them, that make a sentence longer but not harder; nor do numbers.

    Returns:
        About 5 for plain talk, 12 and more for statutes; 0 for a text without a word.
    """
    words = sentences = counted = syllables = 0
    for sentence in _sentences(text):
        found = _WORD.findall(sentence)
        plain = [word for word in found if word not in names and _is_plain(word)]
        words += len(found)
        sentences += bool(found)
        counted += len(plain)
        syllables += sum(map(syllables_in, plain))
    if not counted:
        return 0.0
    return 0.39 * words / sentences + 11.8 * syllables / counted - 15.59


def _is_plain(word: str) -> bool:
    """Say whether it is no number and no letters read one by one."""
    return word[0].isalpha() and (len(word) == 1 or not word.isupper())


def longest_sentence(text: str) -> int:
    """Give the words of the longest sentence."""
    return max((len(_WORD.findall(sentence)) for sentence in _sentences(text)), default=0)


def words_in(text: str) -> list[str]:
    """Give the words and numbers of a text, citations left out."""
    return _WORD.findall(_CITATION.sub(" ", text))


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """Give the words of texts that begin large within a sentence, and are never written small: names."""
    large: set[str] = set()
    small: set[str] = set()
    for text in texts:
        for sentence in _sentences(text):
            for found in _WORD.finditer(sentence):
                word, before = found[0], sentence[: found.start()].rstrip(" ")
                if word[0].islower():
                    small.add(word)
                elif before and before[-1] not in "\"'\u201c\u2018:(\n-*":  # there any word may begin large
                    large.add(word)
    return frozenset(word for word in large if len(word) > 1 and word.lower() not in small)


def _sentences(text: str) -> Iterator[str]:
    plain = _SHORT_FORM.sub(r"\1", _CITATION.sub(" ", text))
    yield from filter(None, map(str.strip, _END.split(plain)))


# --- syllables -------------------------------------------------------------------------------

_VOWELS = re.compile(r"[aeiouyà-ÿ]+")
_LESS = re.compile(  # an e that is not spoken
    r"(?<=[^aeiouytdl])ed$|(?<=[aeiouylwkrnsgp]l)ed$"  # asked, called; not wanted
    r"|(?<=[^aeiouysxzcghl])es$|(?<=[aeiouy]l)es$|(?<=th)es$"  # times, rules; not cases, pages
    r"|(?<=[^aeiouyl])e$|(?<=[aeiouyr]l)e$"  # case, rule; not able
    r"|(?<=[aeiouy][bcdfgklmnprstvz])e(?=(?:ly|ment|ments|ful|less|ness|ty)$)"  # safely, statement
    r"|^(?:some|every|where|there|here|home|fore|safe|life|time|case|note|like)(?=[a-z]{3})"  # someone
)
_MORE = re.compile(  # vowels side by side that are spoken apart, and a syllable without a vowel
    r"i(?=a(?!g)|o(?!n)|u[ms]|ent|et|ers?$)(?<![ct]i)"  # trial, period, client
    r"|(?<=[^bgqrst])u(?=[ai](?:[nt]|l|$)|ous)|e(?=o(?!u|ple)|um)"  # annual, video
    r"|y(?=ing|e[er])|(?<=[aeiou])ing|sms?$|thms?$|(?<=[^aeiou])n't$"  # saying, seeing, sarcasm, didn't
)


def syllables_in(word: str) -> int:
    """Count the syllables of an English word by its letters: groups of vowels, less the silent e."""
    small = word.lower().replace("\u2019", "'").removesuffix("'s")
    return max(1, len(_VOWELS.findall(small)) - len(_LESS.findall(small)) + len(_MORE.findall(small)))
