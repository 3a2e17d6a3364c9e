"""
Provisions found for a question in plain words, best first; none where the law here has no answer.

Scores are linear in a question's terms. The weights of a provision are learned from many ways of asking
(`bot.content.learning`); one that nothing was learned of yet has those of its own words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.laws.language import MANNER, Language, neighbours_of, pairs_of, words_in
from bot.model import Ours, Provision, Ranker, Words

MAYBE = "maybe"  # the id of the danger that is said where harm only might be meant
WEIGHT = 20  # a learned weight is a whole number of twentieths
_OWN_ROLE = 0.2  # what a rule about the asker's own agency gets on top
_OWN_WORDS = 2.0  # what a provision's own words weigh where nothing was learned
_OWN_BIAS = -1.0
_WORDS_MIN = 2  # one word alone is no question
_FIRST = 5  # provisions whose scores say whether there is an answer at all

# Is it a question for the law here at all, where nothing was learned? Weights of a logistic rule.
_OF_COVERED = 5.2  # times the share of the question's weight that the best provision knows
_OF_LENGTH = 2.2  # times the logarithm of the number of its words
_OF_THING = 1.5  # if it speaks of something that is shared
_OF_ACT = 2.3  # if it speaks of sharing, seeing, asking or refusing
_ENOUGH = 7.5


@dataclass(frozen=True, slots=True)
class Match:
    """A provision found for a question; `score` is how well it fits, 0 to 1, to compare within a question."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class _Weights:
    """What a term says: how rare it is, and its weight for the provisions it speaks for or against."""

    idf: float
    places: list[int]
    weights: list[float]


@dataclass(frozen=True, slots=True)
class Heard:
    """A question as it is weighed: stems, terms, the terms' weights."""

    stems: list[str]
    counts: Mapping[str, int]
    vector: Mapping[str, float]


class Finder:
    """
    Finds provisions.

    Args:
        provisions: all that may answer.
        words: many words for one thing.
        ranker: what was learned from many ways of asking; None where nothing was.
    """

    def __init__(self, provisions: Iterable[Provision], words: Words, ranker: Ranker | None = None) -> None:
        listed = tuple(provisions)
        self._ids = tuple(provision.id for provision in listed)
        self._roles = tuple(map(_roles_of, listed))
        self._ours = ranker.ours if ranker else None
        self._alarm = ranker.alarm if ranker else None
        texts = {provision.id: texts_of(provision) for provision in listed}
        known = (
            ranker.words
            if ranker
            else {word for each in texts.values() for text in each for word in words_in(text)}
        )
        self._language = Language(words, known)
        self._terms: dict[str, _Weights] = {}
        self._bias = [0.0] * len(listed)
        learned = self._learn(ranker) if ranker else frozenset()
        self._derive({id: each for id, each in texts.items() if id not in learned})

    # --- weights ----------------------------------------------------------------------------

    def _learn(self, ranker: Ranker) -> frozenset[str]:
        """Take over what was learned; give the provisions it speaks of."""
        place = {id: number for number, id in enumerate(self._ids)}
        here = [place.get(id) for id in ranker.provisions]  # one that was retired has no place any more
        for number, bias in zip(here, ranker.bias, strict=True):
            if number is not None:
                self._bias[number] = bias
        for term, (idf, flat) in ranker.terms.items():
            found = [(here[one], weight / WEIGHT) for one, weight in zip(flat[::2], flat[1::2], strict=True)]
            kept = [(number, weight) for number, weight in found if number is not None]
            self._terms[term] = _Weights(idf, [number for number, _ in kept], [weight for _, weight in kept])
        return frozenset(ranker.provisions) & frozenset(self._ids)

    def _derive(self, texts: Mapping[str, Sequence[str]]) -> None:
        """Give provisions the weights of their own words."""
        place = {id: number for number, id in enumerate(self._ids)}
        counted = {id: [self._counts(text) for text in each] for id, each in texts.items()}
        holding = Counter(term for each in counted.values() for term in {t for count in each for t in count})
        for term, times in holding.items():
            if term not in self._terms:
                idf = math.log((1 + len(self._ids)) / (1 + times)) + 1
                self._terms[term] = _Weights(idf, [], [])
        for id, each in counted.items():
            whole: Counter[str] = Counter()
            for count in each:
                whole.update(self._vector(count))
            norm = math.sqrt(sum(value * value for value in whole.values())) or 1.0
            self._bias[place[id]] = _OWN_BIAS
            for term, value in whole.items():
                self._terms[term].places.append(place[id])
                self._terms[term].weights.append(_OWN_WORDS * value / norm)

    def _counts(self, text: str) -> Counter[str]:
        return Counter(self._language.terms(self._language.stems(text)))

    def _vector(self, counts: Mapping[str, int]) -> dict[str, float]:
        """Weigh a text's terms: rare ones more, and all of them together as one."""
        raw = {
            term: (1 + math.log(times)) * self._terms[term].idf
            for term, times in counts.items()
            if term in self._terms
        }
        norm = math.sqrt(sum(value * value for value in raw.values()))
        return {term: value / norm for term, value in raw.items()} if norm else {}

    # --- questions --------------------------------------------------------------------------

    def find(self, question: str, limit: int = 5, role: str | None = None) -> tuple[Match, ...]:
        """
        Find the provisions that answer a question in plain words.

        Args:
            question: any text; only its words count.
            limit: most provisions to give.
            role: whose agency the asker works for; rules about what that agency holds or asks
                weigh a little more.

        Returns:
            Matches, best first; none when it seems to be no question for the law here,
            so that the tutor says it does not know instead of guessing.
        """
        heard = self.heard(question)
        if not self._ids or not heard.vector or len(set(heard.stems)) < _WORDS_MIN:
            return ()
        scores = self.scores(heard)
        best = sorted(range(len(scores)), key=lambda place: -scores[place])[: max(limit, _FIRST)]
        if not self._is_ours(heard, best, scores):
            return ()
        if role is not None:
            best.sort(key=lambda place: -scores[place] - (_OWN_ROLE if role in self._roles[place] else 0))
        return tuple(Match(self._ids[place], _share(scores[place])) for place in best[:limit])

    def nearest(self, question: str) -> str | None:
        """Give the provision that is nearest to a question, even where it is no answer; None for no words."""
        heard = self.heard(question)
        if not self._ids or not heard.vector:
            return None
        scores = self.scores(heard)
        return self._ids[scores.index(max(scores))]

    def alarm(self, message: str) -> str | None:
        """
        Notice harm that cannot wait, however it is said.

        Returns:
            The kind of danger (an id of `laws/danger.yaml`); MAYBE where it only might be one.
        """
        if self._alarm is None:
            return None
        alarm, heard = self._alarm, self.heard(message)
        features = alarm_features(heard)
        loud = alarm.bias + sum(alarm.terms.get(term, 0.0) * value for term, value in features.items())
        if loud < alarm.soft:
            return None
        if loud < alarm.strong:
            return MAYBE
        scores = list(alarm.kind_bias)
        for term, value in heard.vector.items():
            for place, weight in enumerate(alarm.of_kind.get(term, ())):
                scores[place] += weight * value
        return alarm.kinds[scores.index(max(scores))]

    def heard(self, question: str) -> Heard:
        """Read a question."""
        stems = self._language.stems(question)
        counts = Counter(self._language.terms(stems))
        return Heard(stems, counts, self._vector(counts))

    def scores(self, heard: Heard) -> list[float]:
        """Give how well each provision fits, in their order."""
        scores = self._bias.copy()
        for term, value in heard.vector.items():
            weights = self._terms[term]
            for place, weight in zip(weights.places, weights.weights, strict=True):
                scores[place] += value * weight
        return scores

    def _is_ours(self, heard: Heard, best: Sequence[int], scores: Sequence[float]) -> bool:
        """Say whether a question is for the law here at all."""
        if self._ours is not None:
            evidence = evidence_of(self._ours, heard, [scores[place] for place in best])
            return _weighed(self._ours.weights, evidence) >= self._ours.enough
        covered = self._share_covered(heard.counts, best[0])
        evidence = (
            covered,
            math.log(1 + len(set(heard.stems))),
            not self._language.things.isdisjoint(heard.counts),
            not self._language.acts.isdisjoint(heard.counts),
        )
        return _weighed((_OF_COVERED, _OF_LENGTH, _OF_THING, _OF_ACT), evidence) >= _ENOUGH

    def _share_covered(self, counts: Mapping[str, int], place: int) -> float:
        """Give the share of a question's weight that a provision knows; what none knows weighs most."""
        rarest = max(weights.idf for weights in self._terms.values())
        asked = met = 0.0
        for term in counts:
            weights = self._terms.get(term)
            asked += weights.idf if weights else rarest
            met += weights.idf if weights and place in weights.places else 0.0
        return met / asked


def evidence_of(ours: Ours, heard: Heard, best: Sequence[float]) -> tuple[float, ...]:
    """
    Gather what says whether a question is for the law here, as `Ours.weights` weigh it.

    Args:
        ours: what was learned of it.
        heard: the question.
        best: the scores of the provisions that fit best, five or more where there are as many.
    """
    first = best[:_FIRST]
    matter = matter_of(heard.vector)
    by_terms = ours.bias + sum(ours.terms.get(term, 0.0) * value for term, value in matter.items())
    pairs = [ours.pairs[pair] for pair in pairs_of(heard.stems) if pair in ours.pairs]
    return (
        first[0],
        first[0] - first[1] if len(first) > 1 else 0.0,
        sum(first) / len(first),
        by_terms,
        sum(pairs) / math.sqrt(len(pairs)) if pairs else 0.0,
    )


def matter_of(vector: Mapping[str, float]) -> dict[str, float]:
    """Leave what a question is about, as one again: how people ask is no sign of it."""
    matter = {term: value for term, value in vector.items() if term not in MANNER}
    norm = math.sqrt(sum(value * value for value in matter.values()))
    return {term: value / norm for term, value in matter.items()} if norm else {}


def alarm_features(heard: Heard) -> dict[str, float]:
    """Give what the alarm weighs: a message's terms, and its words side by side."""
    features = dict.fromkeys((*heard.counts, *neighbours_of(heard.stems)), 1.0)
    norm = math.sqrt(len(features)) or 1.0
    return {term: value / norm for term, value in features.items()}


def _weighed(weights: Sequence[float], evidence: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, evidence, strict=True))


def texts_of(provision: Provision) -> tuple[str, ...]:
    """Give the texts that say what a provision is about: its title, its rule, the ways of asking for it."""
    return (provision.title, " ".join((provision.says, *provision.conditions)), *provision.asked_as)


def _roles_of(provision: Provision) -> frozenset[str]:
    """Give whose hands a provision speaks of; roles and the values of these facets share their ids."""
    return frozenset((*provision.facets.get("holds", ()), *provision.facets.get("asks", ())))


def _share(score: float) -> float:
    return round(1 / (1 + math.exp(-3 * score)), 3)
