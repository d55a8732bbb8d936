"""Finds copies among reports: identical, or with another headline or byline, or shortened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from math import ceil

import numpy as np
import numpy.typing as npt

from briefing.core.model import Document
from briefing.core.text.words import tokens

#: Words of a shingle: four, the usual length, distinguish reused news text from coincidence.
SHINGLE = 4

#: Share of a report's shingles that an earlier report must contain to make it a copy. On eight
#: real days all pairs above it are the same text, at most lightly edited; a template filled in for
#: two companies reaches .62, a follow-up .73 (docs/decisions/0004-clustering.md).
SHARE = 0.8

#: Reports of fewer words are copies only if headline and text are equal.
SHORTEST = 12

#: An odd 64-bit multiplier with well mixed bits (Knuth 1997, 3.3.4, table 1: MMIX generator).
_MULTIPLIER = np.uint64(6364136223846793005)
#: Its inverse modulo 2⁶⁴.
_INVERSE = np.uint64(pow(6364136223846793005, -1, 2**64))
#: The odd multiplier of the final mix (2⁶⁴ divided by the golden ratio; Knuth 1998, 6.4).
_MIX = np.uint64(0x9E3779B97F4A7C15)
#: Bits of half a number, and the mask of the lower half.
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_SPACE = ord(" ")

_NEVER = datetime.max.replace(tzinfo=UTC)

Shingles = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What decides whether a report is a copy."""

    #: Digest of the words in order, with the headline if they are few; empty without words.
    words: bytes
    #: Hashes of the distinct shingles, ascending; none for a short report.
    shingles: Shingles


def fingerprint(document: Document) -> Fingerprint:
    """Return the fingerprint of one report.

    Case is ignored. Two reports of a thousand shingles each have a hash collision in one of four
    thousand cases.

    References:
        Karp, R. and Rabin, M. (1987), Efficient randomized pattern-matching algorithms: a shingle
        is hashed by its characters, from running sums over the text.
    """
    words = tokens(document.text)
    if not words:
        return Fingerprint(b"", np.zeros(0, dtype=np.uint32))
    text = " ".join(words)
    short = len(words) < SHORTEST
    whole = f"{' '.join(tokens(document.title))}\n{text}" if short else text
    digest = blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    # The distinct shingle hashes of a text with single spaces, ascending
    units = np.frombuffer(
        ("" if short else text).encode("utf-32-le", "surrogatepass"), dtype=np.uint32
    )
    spaces = np.flatnonzero(units == _SPACE)
    starts = np.concatenate(([0], spaces + 1))
    ends = np.concatenate((spaces, [len(units)]))
    powers, inverses = _powers(1 << len(units).bit_length())
    sums = np.concatenate(([np.uint64(0)], np.cumsum(units * powers[: len(units)])))
    # The inverse removes the position: equal words have equal numbers anywhere in the text.
    starts, ends = starts[: len(starts) - SHINGLE + 1], ends[SHINGLE - 1 :]
    numbers = _mixed((sums[ends] - sums[starts]) * inverses[starts])
    # Sorting is ten times faster than numpy's unique, which hashes.
    hashes: Shingles = np.sort((numbers >> _HALF).astype(np.uint32))
    is_first: npt.NDArray[np.bool_] = np.diff(hashes, prepend=~hashes[:1]) != 0
    return Fingerprint(digest, hashes[is_first])


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    return (numbers ^ (numbers >> np.uint64(29))) * _MIX


@lru_cache(maxsize=24)
def _powers(count: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return the powers of the multiplier, and of its inverse, from 0 to ``count``, mod 2⁶⁴."""
    ones = np.ones(1, dtype=np.uint64)
    return tuple(  # type: ignore[return-value]  # of the two
        np.cumprod(np.concatenate((ones, np.full(count, base)))) for base in (_MULTIPLIER, _INVERSE)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Index:
    """Inverted index of shared shingles; a lot is all shingles that the same reports share."""

    #: Index in ``held`` of the first lot of each report, then the end.
    begins: Ints
    #: Numbers of the lots, report by report.
    held: Ints
    #: Index in ``holders`` of the first report of each lot, then the end.
    starts: Ints
    #: Numbers of the reports, lot by lot.
    holders: Ints
    #: Number of shingles of each lot, and of all lots of each report.
    sizes: Ints
    totals: Ints
    #: Which reports are kept so far; and work space, 0 for each lot.
    kept: npt.NDArray[np.bool_]
    mine: Ints

    @classmethod
    def of(cls, shingled: Sequence[Shingles]) -> _Index:
        """Index reports by their shingles."""
        count = len(shingled)
        # Shingle and report packed in one number sort many times faster than by two keys; in
        # place, because those of a large day take tens of megabytes.
        pairs = np.concatenate([np.zeros(0, dtype=np.uint32), *shingled]).astype(np.uint64)
        pairs <<= _HALF
        pairs |= np.repeat(np.arange(count, dtype=np.uint64), [len(row) for row in shingled])
        pairs.sort()
        equal = (pairs[1:] ^ pairs[:-1]) <= _LOW
        pairs = pairs[np.concatenate((equal[:1], equal[1:] | equal[:-1], equal[-1:]))]
        is_first = np.concatenate((pairs[:1] >= 0, (pairs[1:] ^ pairs[:-1]) > _LOW))
        begins = np.flatnonzero(is_first)
        pairs &= _LOW
        holders = pairs.view(np.int64)
        # Shingles of the same reports have equal sums; others collide in one of 2⁶⁴ cases.
        marks = _mixed(np.arange(1, count + 1, dtype=np.uint64) * _MULTIPLIER)
        sums = np.add.reduceat(marks[holders], begins)
        _, first, sizes = np.unique(sums, return_index=True, return_counts=True)
        holders, starts = _joined(holders, np.append(begins, len(holders)), first)
        starts = np.append(starts, len(holders))
        lots = np.repeat(np.arange(len(sizes)), np.diff(starts))
        return cls(
            np.append(0, np.cumsum(np.bincount(holders, minlength=count))),
            lots[np.argsort(holders, kind="stable")],
            starts,
            holders,
            sizes,
            np.bincount(holders, sizes[lots], minlength=count).astype(np.int64),
            np.zeros(count, dtype=bool),
            np.zeros_like(sizes),
        )

    def original(self, place: int, *, count: int) -> int | None:
        """Return the kept report with most of a report's ``count`` shingles, if it has enough."""
        needed = ceil(SHARE * count)
        spare = self.totals[place] - needed
        if not needed or spare < 0:
            return None
        lots = self.held[self.begins[place] : self.begins[place + 1]]
        # An original lacks at most ``spare`` shingles, so it has one of the ``spare + 1`` rarest.
        rarest = lots[np.argsort(self.starts[lots + 1] - self.starts[lots], kind="stable")]
        sizes = self.sizes[rarest]
        holding, _ = _joined(self.holders, self.starts, rarest[np.cumsum(sizes) - sizes <= spare])
        candidates = np.unique(holding[self.kept[holding]])
        candidates = candidates[self.totals[candidates] >= needed]
        if not len(candidates):
            return None
        self.mine[rarest] = sizes
        theirs, ends = _joined(self.held, self.begins, candidates)
        common = np.add.reduceat(self.mine[theirs], ends)
        self.mine[rarest] = 0
        best = int(common.argmax())
        return int(candidates[best]) if common[best] >= needed else None


def _joined(values: Ints, starts: Ints, wanted: Ints) -> tuple[Ints, Ints]:
    """Return some slices of an array, concatenated, and where each of them begins."""
    lengths = starts[wanted + 1] - starts[wanted]
    begins = np.cumsum(lengths) - lengths
    places = np.arange(lengths.sum()) + np.repeat(starts[wanted] - begins, lengths)
    return values[places], begins


def find_copies(
    documents: Sequence[Document], fingerprints: Sequence[Fingerprint] | None = None
) -> Mapping[str, str]:
    """Find the reports whose text an earlier report already contains.

    A report is a copy if an earlier original contains at least ``SHARE`` of its shingles: so a
    reprint with another headline or byline, or a shortened one, is a copy; a follow-up that
    quotes the first report in full and adds to it is not.

    Returns:
        Id of each copy → id of its original, which is never a copy itself. Reports are taken in
        order of publication (undated last), the longer first, then in input order. A copy of
        several originals belongs to the one that contains most of it; ties: the first in the input.

    References:
        Broder, A. (1997), On the resemblance and containment of documents, eq. 2 (containment).
        Bayardo, Ma & Srikant (2007), Scaling up all pairs similarity search (the prefix filter).
    """

    def seniority(place: int) -> tuple[datetime, int, int]:
        return documents[place].published or _NEVER, -len(documents[place].text), place

    order = sorted(range(len(documents)), key=seniority)
    prints = (
        [fingerprint(document) for document in documents] if fingerprints is None else fingerprints
    )
    # Identical texts need no index.
    first: dict[bytes, int] = {}
    originals = ((place, first.setdefault(prints[place].words, place)) for place in order)
    copies = {place: own for place, own in originals if own != place and prints[place].words}
    none = np.zeros(0, dtype=np.uint32)
    index = _Index.of([none if p in copies else own.shingles for p, own in enumerate(prints)])
    for place in order:
        if place not in copies:
            original = index.original(place, count=len(prints[place].shingles))
            if original is None:
                index.kept[place] = True
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
