"""
Learn from many ways of asking which provision a question asks for: `make ranker` writes `laws/ranker.json`.

What is learned from is in `bot.content.questions`. The weights are those of a linear support vector
machine a provision, of one a law and of one a heading, and of the provisions' own middle: added up they
are one table. What is measured is measured on writers who were left out.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from bot.content import RANKER, load
from bot.content.questions import Asked, danger_in, declined_in, fingerprint, questions_in
from bot.laws.finding import WEIGHT, Finder, Heard, alarm_features, evidence_of, matter_of, texts_of
from bot.laws.language import Language, pairs_of, words_in
from bot.model import Alarm, Library, Ours, Ranker

NONE = "none"  # the kind of a message that only sounds like danger
HOT = frozenset(
    {"emergency", "mandated-report", "crime-report"}
)  # who asks for these may be in the midst of it
FALSE_ALARMS = 0.04  # share of ordinary questions that may be met with a word on what to do first
STRONG_ALARMS = 0.01  # share of them that may be taken for danger outright
COMMON = 3  # times a word must stand somewhere to be one that can be meant
OF_MIDDLE, OF_LAW, OF_HEADING = 1.0, 0.3, 0.1  # what else is added to a provision's own weights
LEAST = 0.1  # a smaller weight is left out
LEAST_PAIR = 0.2
SILENT = 0.04  # share of questions for the law here that may be taken for others
PARTS = 3  # parts into which what is to be declined is cut, where some must be left out

Vector = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Parts:
    """What weights are made of; `bot.content.measuring` leaves parts out to see what they add."""

    middle: float = OF_MIDDLE
    law: float = OF_LAW
    heading: float = OF_HEADING
    language: type[Language] = Language


WHOLE = Parts()


def learn(
    library: Library,
    asked: Sequence[Asked],
    declined: Sequence[str],
    danger: Sequence[tuple[str, str]],
    parts: Parts = WHOLE,
) -> Ranker:
    """Learn all there is to learn."""
    lesson = _Lesson(library, asked, parts)
    table, bias = lesson.table(np.ones(len(lesson.asked), dtype=bool))
    kept = np.where(np.abs(table) < LEAST, 0.0, np.round(table * WEIGHT)).astype(int)
    terms = {}
    for term, place in lesson.places.items():
        (found,) = kept[:, place].nonzero()
        flat = tuple(int(one) for number in found for one in (number, kept[number, place]))
        terms[term] = (round(lesson.idf[term], 4), flat)
    return Ranker(
        made_of=fingerprint(library, asked, declined, danger),
        words=tuple(sorted(lesson.known)),
        provisions=lesson.ids,
        bias=tuple(round(float(one), 3) for one in bias),
        terms=terms,
        ours=lesson.ours(declined),
        alarm=lesson.alarm(danger, declined),
    )


class _Lesson:
    """Texts as vectors, and what is learned from them."""

    def __init__(self, library: Library, asked: Sequence[Asked], parts: Parts = WHOLE) -> None:
        self.ids = tuple(library.provisions)
        self.provisions = tuple(library.provisions.values())
        self.asked = list(asked)
        place = {id: number for number, id in enumerate(self.ids)}
        texts = [(one.provision, one.text) for one in asked]
        rules = [(one.id, text) for one in library.provisions.values() for text in texts_of(one)[:2]]
        counts = Counter(word for _, text in (*texts, *rules) for word in words_in(text))
        self.known = frozenset(word for word, times in counts.items() if times >= COMMON)
        self.language = parts.language(library.words, sorted(self.known))
        counted = [self._counts(text) for _, text in (*texts, *rules)]
        holding = Counter(term for count in counted for term in count)
        self.idf = {
            term: math.log((1 + len(counted)) / (1 + times)) + 1 for term, times in sorted(holding.items())
        }
        self.places = {term: number for number, term in enumerate(self.idf)}
        self.x = self._matrix([self._vector(count) for count in counted])
        self.y = np.array([place[id] for id, _ in (*texts, *rules)])
        laws = [id.partition(".")[0] for id in self.ids]
        headings = [str(library.provisions[id].heading) for id in self.ids]
        self.middle = parts.middle
        self.groups = [(parts.law, laws), (parts.heading, headings)]

    def _counts(self, text: str) -> Counter[str]:
        return Counter(self.language.terms(self.language.stems(text)))

    def _vector(self, counts: Mapping[str, int]) -> Vector:
        raw = {
            term: (1 + math.log(times)) * self.idf[term] for term, times in counts.items() if term in self.idf
        }
        norm = math.sqrt(sum(value * value for value in raw.values())) or 1.0
        return {term: value / norm for term, value in raw.items()}

    def _matrix(self, vectors: Sequence[Vector]) -> csr_matrix:
        at = [
            (row, self.places[term], value) for row, one in enumerate(vectors) for term, value in one.items()
        ]
        rows, columns, values = zip(*at, strict=True)
        return csr_matrix((values, (rows, columns)), shape=(len(vectors), len(self.places)))

    def table(self, use: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Learn the provisions' weights from the questions to be used, and from all rules' own words."""
        use = np.concatenate([use, np.ones(len(self.y) - len(use), dtype=bool)])
        x, y = self.x[use], self.y[use]
        own = LinearSVC(C=0.3).fit(x, y)
        assert list(own.classes_) == list(range(len(self.ids)))
        middle = np.vstack([np.asarray(x[y == one].mean(axis=0)) for one in range(len(self.ids))])
        middle /= np.linalg.norm(middle, axis=1, keepdims=True)
        table, bias = own.coef_ + self.middle * middle, own.intercept_.copy()
        for weight, groups in self.groups:
            names = sorted(set(groups))
            of = np.array([names.index(one) for one in groups])
            shared = LinearSVC(C=0.3).fit(x, of[y])
            table += weight * shared.coef_[of]
            bias += weight * shared.intercept_[of]
        return table, bias

    def ours(self, declined: Sequence[str]) -> Ours:
        """Learn to tell questions for the law here from others, on writers and on others left out."""
        others = [self._heard(text) for text in declined]
        mine = [self._heard(one.text) for one in self.asked]
        writers = np.array([one.writer for one in self.asked])
        part = np.array([number % PARTS for number in range(len(others))])
        names = sorted(set(writers))
        names = [name for name in names if name != "laws"] or names
        evidence: list[tuple[float, ...]] = []
        is_ours: list[bool] = []
        for number in range(min(PARTS, len(names))):
            held, aside = np.isin(writers, names[number::PARTS]), part == number
            ours = self._scope(_these(mine, ~held), _these(others, ~aside))
            table, bias = self.table(~held)
            for heard, yes in ((_these(mine, held), True), (_these(others, aside), False)):
                scores = self._matrix([one.vector for one in heard]) @ table.T + bias
                best = -np.sort(-scores, axis=1)
                evidence += [
                    evidence_of(ours, one, list(row[:10])) for one, row in zip(heard, best, strict=True)
                ]
                is_ours += [yes] * len(heard)
        judge = LogisticRegression(class_weight="balanced", max_iter=2000).fit(evidence, is_ours)
        weighed = np.array(evidence) @ judge.coef_[0]
        enough = float(np.quantile(weighed[np.array(is_ours)], SILENT))
        whole = self._scope(mine, others)
        weights = tuple(round(float(one), 3) for one in judge.coef_[0])
        return msgspec.structs.replace(whole, weights=weights, enough=round(enough, 3))

    def alarm(self, danger: Sequence[tuple[str, str]], declined: Sequence[str]) -> Alarm:
        """Learn to notice harm that cannot wait; how loud is loud is found on messages left out."""
        basis = {one.id: set(one.facets.get("basis", ())) for one in self.provisions}
        calm = [one.text for one in self.asked if not basis[one.provision] & HOT] + list(declined)
        for one in self.provisions:  # plain statements: else all that is no question would sound like danger
            calm += [] if basis[one.id] & HOT else [*one.says.split(". "), *one.conditions]
        heard = [self._heard(text) for text in (*(text for _, text in danger), *calm)]
        kinds = np.array([kind for kind, _ in danger] + [NONE] * len(calm))
        features = [alarm_features(one) for one in heard]
        often = Counter(term for one in features[: len(danger)] for term in one)
        names = sorted(term for term, times in often.items() if times > 1 or term in self.places)
        place = {term: number for number, term in enumerate(names)}
        x = _sparse(features, place)
        is_danger = kinds != NONE
        weight = np.where(np.arange(len(heard)) < len(danger), 1.0, 0.25)
        part = np.arange(len(heard)) % PARTS
        loud = np.zeros(len(heard))
        for number in range(PARTS):
            there, rest = part == number, part != number
            loud[there] = _alarm(x[rest], is_danger[rest], weight[rest]).decision_function(x[there])
        calm_loud = loud[len(danger) :]
        whole = _alarm(x, is_danger, weight)
        known = sorted(set(kinds) - {NONE})
        of_kind = LogisticRegression(C=10.0, max_iter=1000).fit(
            self._matrix([one.vector for one, yes in zip(heard, is_danger, strict=True) if yes]),
            kinds[is_danger],
        )
        assert list(of_kind.classes_) == known
        return Alarm(
            terms={
                term: round(float(one), 2)
                for term, one in zip(names, whole.coef_[0], strict=True)
                if abs(one) > LEAST
            },
            bias=round(float(whole.intercept_[0]), 3),
            soft=round(float(np.quantile(calm_loud, 1 - FALSE_ALARMS)), 3),
            strong=round(float(np.quantile(calm_loud, 1 - STRONG_ALARMS)), 3),
            kinds=tuple(map(str, known)),
            of_kind={
                term: tuple(round(float(one), 1) for one in of_kind.coef_[:, number])
                for term, number in self.places.items()
                if np.abs(of_kind.coef_[:, number]).max() > LEAST_PAIR
            },
            kind_bias=tuple(round(float(one), 2) for one in of_kind.intercept_),
        )

    def _heard(self, text: str) -> Heard:
        stems = self.language.stems(text)
        counts = Counter(self.language.terms(stems))
        return Heard(stems, counts, self._vector(counts))

    def _scope(self, mine: Sequence[Heard], others: Sequence[Heard]) -> Ours:
        """Learn which terms, and which pairs of words, speak for the law here."""
        heard = [*mine, *others]
        is_ours = [True] * len(mine) + [False] * len(others)
        by_terms = _logistic(self._matrix([matter_of(one.vector) for one in heard]), is_ours, strength=3.0)
        times = Counter(pair for one in heard for pair in pairs_of(one.stems))
        pairs = sorted(pair for pair, often in times.items() if often > 1)
        place = {pair: number for number, pair in enumerate(pairs)}
        rows = [[place[pair] for pair in pairs_of(one.stems) if pair in place] for one in heard]
        at = [(row, one, 1 / math.sqrt(len(found))) for row, found in enumerate(rows) for one in found]
        row, column, value = zip(*at, strict=True)
        by_pairs = _logistic(
            csr_matrix((value, (row, column)), shape=(len(heard), len(pairs))), is_ours, strength=10.0
        )
        return Ours(
            terms={term: round(float(by_terms.coef_[0, one]), 2) for term, one in self.places.items()},
            bias=round(float(by_terms.intercept_[0]), 3),
            pairs={
                pair: round(weight, 2)
                for pair, weight in zip(pairs, map(float, by_pairs.coef_[0]), strict=True)
                if abs(weight) >= LEAST_PAIR
            },
            weights=(),
            enough=0.0,
        )


def _sparse(features: Sequence[Vector], place: Mapping[str, int]) -> csr_matrix:
    at = [
        (row, place[term], value)
        for row, one in enumerate(features)
        for term, value in one.items()
        if term in place
    ]
    rows, columns, values = zip(*at, strict=True)
    return csr_matrix((values, (rows, columns)), shape=(len(features), len(place)))


def _alarm(x: csr_matrix, is_danger: NDArray[np.bool_], weight: NDArray[np.float64]) -> Any:
    model = LogisticRegression(C=30.0, max_iter=1000, class_weight={True: 4, False: 1})
    return model.fit(x, is_danger, sample_weight=weight)


def _logistic(x: csr_matrix, is_ours: Sequence[bool], *, strength: float) -> Any:
    return LogisticRegression(C=strength, max_iter=1000, class_weight={True: 1, False: 3}).fit(x, is_ours)


def _these(heard: Sequence[Heard], wanted: NDArray[np.bool_]) -> list[Heard]:
    return [one for one, yes in zip(heard, wanted, strict=True) if yes]


def figures(finder: Finder, held: Iterable[Mapping[str, Any]], others: Iterable[str]) -> dict[str, float]:
    """Measure: shares of questions with a right rule first, among three, none; of others declined."""
    counts: Counter[str] = Counter()
    for one in held:
        found = [match.id for match in finder.find(one["question"])]
        counts["n"] += 1
        counts["hit@1"] += bool(found) and found[0] in one["gold"]
        counts["hit@3"] += not set(found[:3]).isdisjoint(one["gold"])
        counts["silent"] += not found
    for text in others:
        counts["others"] += 1
        counts["refused"] += not finder.find(text)
    shares = {name: counts[name] / (counts["n"] or 1) for name in ("hit@1", "hit@3", "silent")}
    return shares | {"refused": counts["refused"] / (counts["others"] or 1)}


if __name__ == "__main__":  # make ranker
    ROOT = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2]
    LIBRARY = load(ROOT)
    LEARNED = learn(LIBRARY, questions_in(ROOT, LIBRARY), declined_in(ROOT), danger_in(ROOT))
    (ROOT / RANKER).write_bytes(msgspec.json.encode(LEARNED, order="sorted") + b"\n")
    sys.stdout.write(f"Wrote {RANKER}: {len(LEARNED.terms)} terms, {len(LEARNED.provisions)} provisions.\n")
