"""Turns a text into counted word and character n-grams, hashed into a fixed number of columns."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from briefing.core.text import words

#: Characters of a text that are read: a title and the first five or six sentences of a story.
LIMIT = 2_000
#: Characters of one word that are read; longer ones are addresses and noise.
_LONGEST_WORD = 40
#: Words in a row: single stems and pairs; triples added nothing (docs/decisions/0003).
_WORD_LENGTHS = (1, 2)
#: Characters in a row inside one word and its border spaces.
_CHAR_LENGTHS = (2, 3, 4, 5)
#: Marks that carry meaning no word carries: money, shares, questions, quoted speech.
_MARKS = '$€£%?!"“”'

#: Columns of the three blocks: a power of two each, so that a hash is cut by a mask.
_WORD_COLUMNS = 1 << 18
_CHAR_COLUMNS = 1 << 19
_MARK_COLUMNS = 1 << 4
#: First column of each block, and the end.
BLOCKS = (
    0,
    _WORD_COLUMNS,
    _WORD_COLUMNS + _CHAR_COLUMNS,
    _WORD_COLUMNS + _CHAR_COLUMNS + _MARK_COLUMNS,
)
#: Number of columns.
WIDTH = BLOCKS[-1]
#: Length of each block's part of a row; chosen on the tuning half (docs/decisions/0003).
_BLOCK_LENGTHS = (1.0, 0.8)
#: Value of each mark that occurs, whatever the count; chosen likewise.
_MARK_VALUE = 0.5

_SPACE = ord(" ")
#: Odd multipliers of the rolling hash (2³² divided by the golden ratio; Knuth, TAOCP 6.4) and of
#: the final mix (MurmurHash3, Appleby 2011).
_ROLL = np.uint32(0x9E3779B1)
_MIX = np.uint32(0x85EBCA6B)

Hashes = NDArray[np.uint32]
Columns = NDArray[np.int64]


@lru_cache(maxsize=200_000)
def _hash(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def _mixed(rolled: Hashes) -> Hashes:
    mixed: Hashes = rolled ^ (rolled >> np.uint32(15))
    mixed *= _MIX
    mixed ^= mixed >> np.uint32(13)
    return mixed


def _windows(units: Hashes, lengths: Sequence[int]) -> Iterator[tuple[int, Hashes]]:
    """Yield each wanted length with the hash of every window of it, in order of position."""
    rolled = np.zeros(len(units), dtype=np.uint32)
    for length in range(1, min(lengths[-1], len(units)) + 1):
        rolled = rolled[: len(units) - length + 1] * _ROLL + units[length - 1 :] + np.uint32(length)
        if length in lengths:
            yield length, _mixed(rolled)


def _tokens(text: str) -> list[str]:
    return [token[:_LONGEST_WORD] for token in words.tokens(text[:LIMIT])]


def _stems(tokens: Sequence[str]) -> list[str]:
    """Return the stems; a number stands as its length only, for it seldom comes again."""
    return [f"#{min(len(t), 5)}" if t[0].isdigit() else words.stem(t) for t in tokens]


def _word_grams(stems: Sequence[str]) -> Iterator[tuple[Columns, list[str]]]:
    units = np.array([_hash(stem) for stem in stems], dtype=np.uint32)
    for length, hashes in _windows(units, _WORD_LENGTHS):
        names = [" ".join(stems[at : at + length]) for at in range(len(hashes))]
        yield (hashes & np.uint32(_WORD_COLUMNS - 1)).astype(np.int64), names


def _char_grams(tokens: Sequence[str]) -> Iterator[tuple[Columns, int, NDArray[np.intp]]]:
    """Yield columns, length and starts of the n-grams that lie within one bordered word."""
    line = _line(tokens)
    units = np.frombuffer(line.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    spaces = np.concatenate(([0], np.cumsum(units == _SPACE)))
    for length, hashes in _windows(units, _CHAR_LENGTHS):
        ends = np.arange(len(hashes)) + length
        inner = spaces[ends - 1] - spaces[ends - length + 1]
        starts = np.flatnonzero(inner == 0)
        columns = (hashes[starts] & np.uint32(_CHAR_COLUMNS - 1)).astype(np.int64)
        yield columns + BLOCKS[1], length, starts


def _line(tokens: Sequence[str]) -> str:
    return f" {' '.join(tokens)} "


def _marks(text: str) -> Iterator[tuple[int, str]]:
    read = text[:LIMIT]
    for at, mark in enumerate(_MARKS):
        if mark in read:
            yield BLOCKS[2] + at, mark


def columns(text: str) -> Columns:
    """Return the column of every n-gram of a text, with repeats; upper case counts as lower."""
    tokens = _tokens(text)
    parts = [np.array([column for column, _ in _marks(text)], dtype=np.int64)]
    if tokens:
        parts += [grams for grams, _ in _word_grams(_stems(tokens))]
        parts += [grams for grams, _, _ in _char_grams(tokens)]
    return np.concatenate(parts)


def names(text: str) -> dict[int, str]:
    """Return the first n-gram of a text that falls into each column, as a reader may see it.

    Pieces of words stand between dots, a space at their border shown as "_".
    """
    tokens = _tokens(text)
    named: dict[int, str] = {}
    for grams, texts in _word_grams(_stems(tokens)) if tokens else ():
        for column, name in zip(grams.tolist(), texts, strict=True):
            named.setdefault(column, name)
    line = _line(tokens).replace(" ", "_")
    for grams, length, starts in _char_grams(tokens) if tokens else ():
        for column, start in zip(grams.tolist(), starts.tolist(), strict=True):
            named.setdefault(column, f"·{line[start : start + length]}·")
    return named | dict(_marks(text))


def counted(texts: Sequence[str]) -> sparse.csr_array:
    """Return 1 + ln(count) of every n-gram: shape (n_texts, WIDTH), columns ascending in a row."""
    rows = [np.unique(columns(text), return_counts=True) for text in texts]
    ends = np.cumsum([0, *(len(row) for row, _ in rows)])
    none = np.zeros(0, dtype=np.int64)
    indices = np.concatenate([none, *(row for row, _ in rows)]).astype(np.int32)
    counts = np.concatenate([none, *(count for _, count in rows)])
    values = (1 + np.log(counts)).astype(np.float32)
    return sparse.csr_array((values, indices, ends), shape=(len(texts), WIDTH))


def weighed(counts: sparse.csr_array, *, rarity: NDArray[np.float32]) -> sparse.csr_array:
    """Return rows of words and pieces of words, each brought to its own length, and marks.

    Args:
        counts: from ``counted``; shape (n_texts, WIDTH).
        rarity: a factor a column, shape (WIDTH,); where it is 0 the n-gram is not known.
    """
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    values = counts.data * rarity[counts.indices]
    for block, length in enumerate(_BLOCK_LENGTHS):
        inside = (counts.indices >= BLOCKS[block]) & (counts.indices < BLOCKS[block + 1])
        squares = np.bincount(rows[inside], values[inside] ** 2, minlength=counts.shape[0])
        factor = length / np.sqrt(np.where(squares > 0, squares, 1.0))
        values[inside] *= factor[rows[inside]].astype(np.float32)
    values[counts.indices >= BLOCKS[2]] = _MARK_VALUE
    # A copy, because dropping the zeros below works in place.
    form = (values, counts.indices, counts.indptr)
    weights = sparse.csr_array(form, shape=counts.shape, copy=True)
    weights.eliminate_zeros()
    return weights
