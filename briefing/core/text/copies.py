"""Finds copies of one report among many: exact, or with another headline, byline or cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
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
#: Its inverse modulo 2⁶⁴.
_INVERSE = np.uint64(pow(6364136223846793005, -1, 2**64))
#: The odd multiplier of the final mix (2⁶⁴ divided by the golden ratio; Knuth 1998, 6.4).
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SPACE = ord(" ")

_NEVER = datetime.max.replace(tzinfo=UTC)

Shingles = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What of a report decides whether it is a copy."""

    #: Digest of its words in their order, and of the headline where they are few; empty without.
    words: bytes
    #: Its distinct shingles as numbers, ascending; none of a short report.
    shingles: Shingles


def fingerprint(document: Document) -> Fingerprint:
    """Return the words and shingles of one report as numbers.

    Upper case counts as lower. Of two reports with a thousand shingles each, different ones have
    the same number in one pair of reports of four thousand.

    References:
        Karp, R. and Rabin, M. (1987), Efficient randomized pattern-matching algorithms: the number
        of a shingle is that of the characters of its words, out of running sums over the text.
    """
    words = tokens(document.text)
    if not words:
        return Fingerprint(b"", np.zeros(0, dtype=np.uint32))
    text = " ".join(words)
    short = len(words) < SHORTEST
    whole = f"{' '.join(tokens(document.title))}\n{text}" if short else text
    digest = blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return Fingerprint(digest, _shingle("" if short else text))


def _shingle(text: str) -> Shingles:
    """Return the distinct shingles of words with a space between, ascending."""
    units = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    spaces = np.flatnonzero(units == _SPACE)
    starts = np.concatenate(([0], spaces + 1))
    ends = np.concatenate((spaces, [len(units)]))
    powers, inverses = _powers(1 << len(units).bit_length())
    sums = np.concatenate(([np.uint64(0)], np.cumsum(units * powers[: len(units)])))
    # The same words have the same number wherever in the text they stand.
    starts, ends = starts[: len(starts) - SHINGLE + 1], ends[SHINGLE - 1 :]
    numbers = (sums[ends] - sums[starts]) * inverses[starts]
    numbers = (numbers ^ (numbers >> np.uint64(29))) * _MIX
    return np.unique((numbers >> np.uint64(32)).astype(np.uint32))


@lru_cache(maxsize=24)
def _powers(count: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return the first powers of the multiplier, and of its inverse, modulo 2⁶⁴."""
    ones = np.ones(1, dtype=np.uint64)
    return tuple(  # type: ignore[return-value]  # of the two
        np.cumprod(np.concatenate((ones, np.full(count, base)))) for base in (_MULTIPLIER, _INVERSE)
    )


@dataclass(slots=True)
class _Index:
    """The reports kept so far, by the shingles they share with any other report."""

    #: How many reports hold each shared shingle, all reports counted.
    holders: Mapping[int, int]
    #: Kept reports that hold a shingle, in the order in which they were kept.
    indexed: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def original(self, shingles: Shingles, *, shingled: Sequence[Shingles]) -> int | None:
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

    def keep(self, place: int, *, shingles: Shingles) -> None:
        """Add a report to the index."""
        for shingle in shingles.tolist():
            if shingle in self.holders:
                self.indexed[shingle].append(place)


def find_copies(
    documents: Sequence[Document], fingerprints: Sequence[Fingerprint] | None = None
) -> Mapping[str, str]:
    """Find the reports whose text an earlier report already contains.

    A report is a copy when at least ``SHARE`` of its word shingles stand in one report kept
    before it. So a reprint with another headline, a byline or a cut is a copy; a follow-up that
    quotes the first report whole and adds to it is not.

    Args:
        documents: with distinct ids.
        fingerprints: of each of them, where they are known.

    Returns:
        Id of each copy → id of the original, which is never a copy itself: the earliest published
        (undated last), then the longest, then the first in the input. A copy of several belongs
        to the one that holds most of it, then to the one kept first.

    References:
        Broder, A. (1997), On the resemblance and containment of documents, eq. 2 (containment).
        Bayardo, Ma & Srikant (2007), Scaling up all pairs similarity search (the prefix filter).
    """
    order = sorted(range(len(documents)), key=lambda place: _seniority(documents[place], place))
    prints = (
        [fingerprint(document) for document in documents] if fingerprints is None else fingerprints
    )
    copies = _equal([one.words for one in prints], order=order)
    shingled = [one.shingles for one in prints]
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


def _equal(words: Sequence[bytes], *, order: Iterable[int]) -> dict[int, int]:
    """Return copies word for word, which need no index, by place."""
    first: dict[bytes, int] = {}
    copies = {}
    for place in order:
        original = first.setdefault(words[place], place)
        if original != place and words[place]:
            copies[place] = original
    return copies


def _holders(shingled: Sequence[Shingles], *, places: Iterable[int]) -> dict[int, int]:
    """Return how many reports hold each shingle, of those that more than one holds."""
    rows = [shingled[place] for place in places]
    shingles, counts = np.unique(
        np.concatenate(rows) if rows else np.zeros(0, dtype=np.uint64), return_counts=True
    )
    return dict(zip(shingles[counts > 1].tolist(), counts[counts > 1].tolist(), strict=True))
