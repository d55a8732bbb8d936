"""Finds copies of one report among many: exact, or with another headline, byline or cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil

import numpy as np
import numpy.typing as npt

from briefing.core.model import Document
from briefing.core.text.words import tokens

#: Words of a shingle. Four is the usual length that distinguishes reused news text from chance.
SHINGLE = 4

#: Share of a report's shingles that an earlier report must hold to make it a copy. On eight real
#: days the pairs from here up are one text sent again or barely retouched; one form filled in for
#: two companies reaches .62, a follow-up .73 (docs/decisions/0004-clustering.md).
SHARE = 0.8

#: Reports of fewer words are copies only when headline and text are equal: "Watch the video"
#: under two headlines is two reports.
SHORTEST = 12

#: An odd 64-bit multiplier with well mixed bits (Knuth 1997, 3.3.4, table 1: MMIX generator).
_MULTIPLIER = np.uint64(6364136223846793005)

_NEVER = datetime.max.replace(tzinfo=UTC)

_Shingles = npt.NDArray[np.uint64]


@dataclass(slots=True)
class _Index:
    """The reports kept so far, by the shingles they share with any other report."""

    #: How many reports hold each shared shingle, all reports counted.
    holders: Mapping[int, int]
    #: Kept reports that hold a shingle, in the order in which they were kept.
    indexed: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def original(self, shingles: _Shingles, *, shingled: Sequence[_Shingles]) -> int | None:
        """Return the kept report that holds most of the shingles, if it holds enough."""
        shared = [s for s in shingles.tolist() if s in self.holders]
        needed = ceil(SHARE * len(shingles))
        if not needed or len(shared) < needed:
            return None
        # A report with enough of them has one of any (shared - needed + 1): try the rarest.
        shared.sort(key=lambda shingle: (self.holders[shingle], shingle))
        probes = shared[: len(shared) - needed + 1]
        candidates = sorted({place for probe in probes for place in self.indexed[probe]})
        common = {
            place: len(np.intersect1d(shingles, shingled[place], assume_unique=True))
            for place in candidates
        }
        best = max(common, key=lambda place: common[place], default=None)
        return best if best is not None and common[best] >= needed else None

    def keep(self, place: int, *, shingles: _Shingles) -> None:
        """Add a report to the index."""
        for shingle in shingles.tolist():
            if shingle in self.holders:
                self.indexed[shingle].append(place)


def find_copies(documents: Sequence[Document]) -> Mapping[str, str]:
    """Find the reports whose text an earlier report already contains.

    A report is a copy when at least ``SHARE`` of its word shingles stand in one report kept
    before it. So a reprint with another headline, a byline or a cut is a copy; a follow-up that
    quotes the first report whole and adds to it is not.

    Returns:
        Id of each copy → id of the original, which is never a copy itself: the earliest published
        (undated last), then the longest, then the first in the input. A copy of several belongs
        to the one that holds most of it, then to the one kept first.

    References:
        Broder, A. (1997), On the resemblance and containment of documents, eq. 2 (containment).
        Bayardo, Ma & Srikant (2007), Scaling up all pairs similarity search (the prefix filter).
    """
    order = sorted(range(len(documents)), key=lambda place: _seniority(documents[place], place))
    words = [tokens(document.text) for document in documents]
    copies = _equal(documents, words=words, order=order)
    shingled = _shingle(words)
    index = _Index(holders=_holders(shingled, places=(p for p in order if p not in copies)))
    for place in order:
        if place not in copies:
            original = index.original(shingled[place], shingled=shingled)
            if original is None:
                index.keep(place, shingles=shingled[place])
            else:
                copies[place] = original
    return {
        documents[place].id: documents[_root(copies, place)].id
        for place in range(len(documents))
        if place in copies
    }


def _root(copies: Mapping[int, int], place: int) -> int:
    while place in copies:
        place = copies[place]
    return place


def _seniority(document: Document, place: int) -> tuple[datetime, int, int]:
    return (document.published or _NEVER, -len(document.text), place)


def _equal(
    documents: Sequence[Document], *, words: Sequence[list[str]], order: Iterable[int]
) -> dict[int, int]:
    """Return copies word for word, which need no index, by place."""
    first: dict[tuple[str, ...], int] = {}
    copies = {}
    for place in order:
        short = len(words[place]) < SHORTEST
        heading = (*tokens(documents[place].title), "\n") if short else ()
        key = (*heading, *words[place])
        original = first.setdefault(key, place)
        if original != place and words[place]:
            copies[place] = original
    return copies


def _shingle(texts: Sequence[list[str]]) -> list[_Shingles]:
    """Return the distinct shingles of each text as numbers, ascending; none for short texts."""
    numbers: dict[str, int] = {}
    shingled = []
    for words in texts:
        places = [numbers.setdefault(word, len(numbers) + 1) for word in words]
        row = np.array(places if len(places) >= SHORTEST else (), dtype=np.uint64)
        length = max(len(row) - SHINGLE + 1, 0)
        rolled = np.zeros(length, dtype=np.uint64)
        for step in range(SHINGLE):
            rolled = rolled * _MULTIPLIER + row[step : step + length]
            rolled ^= rolled >> np.uint64(29)
        shingled.append(np.unique(rolled))
    return shingled


def _holders(shingled: Sequence[_Shingles], *, places: Iterable[int]) -> dict[int, int]:
    """Return how many reports hold each shingle, of those that more than one holds."""
    rows = [shingled[place] for place in places]
    shingles, counts = np.unique(
        np.concatenate(rows) if rows else np.zeros(0, dtype=np.uint64), return_counts=True
    )
    return dict(zip(shingles[counts > 1].tolist(), counts[counts > 1].tolist(), strict=True))
