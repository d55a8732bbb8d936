"""Predicts how likely an editor would print a sentence: to open a brief, or to continue it.

Two logistic models share one row of features; both are trained on sentences labeled one by one
(docs/decisions/0016-reading.md).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import timedelta
from functools import cache
from typing import Final

from briefing.core.language import spoken
from briefing.core.model import Document, Score, Sentence, Story
from briefing.core.text.reference import LONGEST, stems, without_quotations

#: Weights of each feature: to open a brief, and to continue it; fitted by
#: ``python -m benchmarks.sentences``.
WEIGHTS: Final[Mapping[str, tuple[float, float]]] = {
    "base": (-2.87, -1.63),
    "place": (-1.00, -0.35),
    "first": (0.57, -2.02),
    "central": (0.35, -0.02),
    "length": (1.29, 0.07),
    "event": (0.92, -0.38),
    "headline": (1.17, 0.08),
    "score": (1.84, 0.85),
    "quotation": (-1.20, -1.18),
    "quoted": (-1.54, -0.50),
    "aside": (-0.13, -0.20),
    "source": (0.13, 0.43),
    "number": (0.38, 0.32),
    "day": (0.89, 0.01),
    "definite": (-0.42, 0.20),
    "adds": (-0.17, 0.74),
    "report": (0.25, 0.23),
    "party": (-0.04, -0.88),
    "age": (-0.90, -0.31),
    "new": (0.0, 0.72),
    "follows": (0.0, 0.21),
    "goes on": (0.0, 0.33),
}
#: Features that depend on the sentences above; 0 for the first sentence of a brief.
BELOW: Final = ("new", "follows", "goes on")
#: Usual number of words of a sentence, and the range to which lengths are clipped.
_USUAL, _FEWEST, _MOST = 25, 3, 30
#: A report older than the opening one by this much does not cover what that one reports.
_OVERTAKEN = timedelta(hours=12)
#: Days beyond which age makes no difference.
_MOST_DAYS = 3.0
_DAY = 86_400


class StoryJudge:
    """Judges the sentences of one story."""

    def __init__(
        self,
        story: Story,
        sentences: Sequence[Sentence],
        scores: Sequence[Score],
        *,
        words: Mapping[str, float],
    ) -> None:
        """Take a story and the scored sentences of its reports and of the stories beside it.

        ``words``: log-odds, by report id, that a report is worth printing, judged by its words.
        """
        self._words = words
        self._reports = {document.id: document for document in story.every}
        self._central = story.documents[0].id
        self._event = event_of([document.title for document in story.documents])
        self._most = max((_told(self._event, each.text) for each in sentences), default=0) or 1
        self._scores = {
            each.key: score.value for each, score in zip(sentences, scores, strict=True)
        }
        # Some rankers give negative scores.
        self._lowest = min((0.0, *self._scores.values()))
        self._range = max(self._scores.values(), default=0.0) - self._lowest or 1.0
        #: The position of each sentence among those of its report, from 0.
        self._places: dict[tuple[str, int, int], int] = {}
        seen: Counter[str] = Counter()
        for each in sorted(sentences, key=lambda sentence: sentence.start):
            self._places.setdefault(each.key, seen[each.document])
            seen[each.document] += 1
        moments = (document.published for document in story.documents)
        self._newest = max((when.timestamp() for when in moments if when), default=0.0)
        self._own = cache(self._of)
        self._adding = cache(lambda sentence: _total(self._own(sentence), 1))
        #: Cached: called for every sentence whenever a brief is begun.
        self.opens: Callable[[Sentence], float] = cache(self._opens)

    def _opens(self, sentence: Sentence) -> float:
        """Return the likelihood that a sentence opens the brief; 0 if it adds to an earlier one."""
        own = self._own(sentence)
        return 0.0 if sentence.index and own["adds"] else _likelihood(_total(own, 0))

    def below(self, chosen: Sequence[Sentence]) -> Callable[[Sentence], float]:
        """Return the likelihood of a sentence below those chosen, of which the first opens."""
        known = self._known(chosen)
        return lambda sentence: _likelihood(
            _total(_below(sentence, chosen, known), 1, start=self._adding(sentence))
        )

    def row(self, sentence: Sentence, chosen: Sequence[Sentence] = ()) -> Mapping[str, float]:
        """Return the features of a sentence; "new" counts stems not above it or in the headline."""
        if not chosen:
            return self._own(sentence)
        return {**self._own(sentence), **_below(sentence, chosen, self._known(chosen))}

    def _known(self, chosen: Sequence[Sentence]) -> frozenset[str]:
        """Return the stems of sentences and of their headline."""
        headline = self._reports[chosen[0].document].title
        return stems(headline).union(*(stems(other.text) for other in chosen))

    def _of(self, sentence: Sentence) -> Mapping[str, float]:
        """Return the features that do not depend on the sentences above.

        place: the log of 1 and its position in its report; central: whether that report is the
        most central one; event: how much it has of the words that headlines share, relative to the
        best sentence; headline: share of the words of its own headline that it has; quoted: share
        of its characters in quotation marks.
        """
        text, words = sentence.text[:LONGEST], spoken()
        own = stems(text)
        outside, titled = without_quotations(text), stems(self._reports[sentence.document].title)
        place = self._places[sentence.key]
        published = self._reports[sentence.document].published
        age = (self._newest - published.timestamp()) / _DAY if published else 0.0
        return {
            "base": 1.0,
            "place": math.log1p(place),
            "first": float(place == 0),
            "central": float(sentence.document == self._central),
            "length": math.log(min(_MOST, max(_FEWEST, len(text.split()))) / _USUAL),
            "event": _told(self._event, text) / self._most,
            "headline": len(own & titled) / max(1, len(titled)),
            "score": (self._scores[sentence.key] - self._lowest) / self._range,
            "quotation": float(text.lstrip("-–—•([ ")[:1] in {*'“"‘„«»'}),
            "quoted": 1 - len(outside.replace(" ", "")) / max(1, len(text.replace(" ", ""))),
            "aside": float(bool(words.reading.aside.match(text))),
            "source": float(bool(words.clauses.attribution.search(outside))),
            "number": float(any(map(str.isdigit, outside))),
            "day": float(bool(words.reading.now.search(text))),
            "definite": float(bool(words.reading.the.match(text))),
            "adds": float(bool(words.reading.adds.search(text))),
            "report": self._words.get(sentence.document, 0.0),
            "party": float(bool(sentence.speaker)),
            "age": min(_MOST_DAYS, age),
        }


def is_older(report: Document, *, by: Document) -> bool:
    """Tell whether a report was published long before the one that opens its story."""
    return bool(by.published and report.published and by.published - report.published > _OVERTAKEN)


def event_of(titles: Iterable[str]) -> dict[str, int]:
    """Count the headlines with each stem; only shared stems if there are two or more of these."""
    counted = Counter(stem for title in titles for stem in sorted(stems(title)))
    shared = {stem: count for stem, count in counted.items() if count > 1}
    return shared if len(shared) > 1 else dict(counted)


def _told(event: Mapping[str, int], text: str) -> int:
    return sum(event[stem] for stem in stems(text) if stem in event)


def _below(sentence: Sentence, chosen: Sequence[Sentence], known: Set[str]) -> Mapping[str, float]:
    same = [other.index for other in chosen if other.document == sentence.document]
    return {
        "new": math.log1p(len(stems(sentence.text) - known)),
        "follows": float(sentence.index - 1 in same),
        "goes on": float(bool(same)),
    }


def _total(row: Mapping[str, float], model: int, *, start: float = 0.0) -> float:
    for name, value in row.items():
        start += WEIGHTS[name][model] * value
    return start


def _likelihood(total: float) -> float:
    return 1 / (1 + math.exp(-total))
