"""Tells how likely a printed sentence leans on one that is not printed above it.

It is judged by classes of words, never by a list of nouns: pronouns, connectives, definite nouns
and bare names that its report has introduced and the page has not. ``briefing train reading``
learns what each class weighs (docs/decisions/0016-reading.md).
"""

from __future__ import annotations

import json
import math
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from briefing.core.model import Sentence
from briefing.core.text.cues import cues, full_names, speakers, stems


class Introduced:
    """What a report has introduced; a sentence is read when one behind it is asked about."""

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        """Take the sentences of one report, in order."""
        self._sentences = sentences
        self._unread = list(reversed(sentences))
        self._stems: dict[str, int] = {}
        self._full_names: dict[str, int] = {}
        first = {one.paragraph: one.index for one in self._unread}
        #: Indices of the sentences that open a paragraph.
        self.openings = frozenset(first.values())

    def given(self, words: Iterable[str], *, before: int) -> set[str]:
        """Return those stems that stand in a sentence before the one of an index."""
        self._read_until(before)
        return {word for word in words if self._stems.get(word, before) < before}

    def names_in_full(self, words: Iterable[str], *, before: int) -> bool:
        """Tell whether a sentence before has one as the last of several: "James Voytko"."""
        self._read_until(before)
        return any(self._full_names.get(word, before) < before for word in words)

    @cached_property
    def speakers(self) -> frozenset[str]:
        """Names of those who say something anywhere in it."""
        return frozenset().union(*(speakers(one.text) for one in self._sentences))

    def _read_until(self, index: int) -> None:
        while self._unread and self._unread[-1].index < index:
            one = self._unread.pop()
            for found, where in (
                (stems(one.text), self._stems),
                (full_names(one.text), self._full_names),
            ):
                for word in found:
                    where.setdefault(word, one.index)


@dataclass(frozen=True, slots=True)
class Above:
    """What a reader has read before a sentence on the page."""

    stems: frozenset[str]
    #: The sentence directly above; None under the headline.
    last: Sentence | None


def above(headline: str, sentences: Sequence[Sentence] = ()) -> Above:
    """Read a headline and the sentences that stand between it and a place."""
    read = stems(headline).union(*(stems(one.text) for one in sentences))
    return Above(read, sentences[-1] if sentences else None)


#: What each feature may say: 1 that a sentence leans on another, -1 that it stands.
FEATURES: Mapping[str, int] = MappingProxyType(
    {
        "points back": 1,
        "also within": 1,
        "this within": 1,
        "he before a name": 1,
        "its before a name": 1,
        "speaker unnamed": 1,
        "quotation": 1,
        "personal unknown": 1,
        "he said unknown": 1,
        "the given": 1,
        "the new inside": 1,
        "the given within": 1,
        "name given": 1,
        "surname given": 1,
        "speaker given": 1,
        "debt": 1,
        "place": 1,
        "first of paragraph": -1,
        "follows": -1,
        "follows and refers": -1,
        "long": -1,
    }
)


def features(sentence: Sentence, *, above: Above, report: Introduced) -> tuple[float, ...]:
    """Return what a sentence is judged by, in the order of :data:`FEATURES`; each 0 to 1 or so.

    "given": the report has the word before the sentence, and the page does not; "debt" is the
    share of its words that are. "unknown": nobody who speaks in the report is named above.
    "inside": within a paragraph.
    """
    own, words = cues(sentence.text), stems(sentence.text)
    here = sentence.index
    given = report.given(words - above.stems, before=here)
    last = above.last
    follows = last is not None and (last.document, last.index + 1) == (sentence.document, here)
    unknown = (own.personal or own.he_said) and report.speakers.isdisjoint(above.stems)
    opens = here in report.openings
    row = {
        **own.flags,
        "personal unknown": own.personal and unknown,
        "he said unknown": own.he_said and unknown,
        "the given": _is_given(own.opening, above, given),
        "the new inside": bool(own.opening)
        and not opens
        and (above.stems | given).isdisjoint(own.opening[-2:]),
        "the given within": min(2, sum(_is_given(noun, above, given) for noun in own.within)) / 2,
        "name given": not given.isdisjoint(own.names),
        "surname given": report.names_in_full(own.names - above.stems, before=here),
        "speaker given": _is_given(own.speaker, above, given),
        "debt": len(given) / max(1, len(words)),
        "place": math.log1p(here) / 3,
        "first of paragraph": opens,
        "follows": follows,
        "follows and refers": follows and own.refers,
    }
    row["points back"] = max(row["points back"], row["personal unknown"], row["he said unknown"])
    return tuple(float(row[name]) for name in FEATURES)


def _is_given(noun: Sequence[str], above: Above, given: set[str]) -> bool:
    """Tell whether the report has introduced a noun and the page has not; its end counts."""
    return above.stems.isdisjoint(noun[-2:]) and not given.isdisjoint(noun[-2:])


#: Weight of each feature, and "bias".
WEIGHTS: Mapping[str, float] = MappingProxyType(
    json.loads(pkgutil.get_data("briefing.core.text", "reading.json") or b"{}")
)


def leaning(row: Sequence[float], *, weights: Mapping[str, float] = WEIGHTS) -> float:
    """Return how likely a sentence with these features leans on what is not above it, 0 to 1.

    One that opens with a word that points back leans for sure, unless the sentence before it in
    its report stands above it: few of them stand alone, and none of them reads well there.
    """
    values = dict(zip(FEATURES, row, strict=True))
    if values["points back"] and not values["follows"]:
        return 1.0
    total = weights["bias"] + sum(weights[name] * value for name, value in values.items())
    return 1 / (1 + math.exp(-total))
