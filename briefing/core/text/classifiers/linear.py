"""Classifies texts into sections by a linear model over hashed n-grams, read from a file."""

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from briefing.core.errors import ModelError
from briefing.core.text import words

#: First line of a model file; the number goes up when the file or the n-grams change.
MAGIC = b"briefing sections 1\n"
#: Longest header line that is read, in bytes; a header of twenty sections takes under 2,000.
_LONGEST_HEADER = 64_000
#: Texts classified at a time, so that a day of 20,000 sentences stays under 100 MB.
_BATCH = 2_000
#: Steps of an int8 weight on either side of zero.
_STEPS = 127

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """A multinomial logistic model over the n-grams of ``features``.

    References:
        Wang, S. and Manning, C. (2012), Baselines and bigrams, section 2: the log-count ratio,
        here folded into the weights.
    """

    #: The names it gives, in the order of the columns of ``weights``.
    sections: tuple[str, ...]
    #: Rarity of each n-gram; 0 for those never learned; shape (WIDTH,).
    rarity: Floats
    #: Shape (WIDTH, n_sections).
    weights: Floats
    #: Shape (n_sections,).
    bias: Floats
    #: Whether it knows pieces of words; else they need not be counted.
    pieces: bool = True

    def __call__(self, texts: Sequence[str]) -> tuple[Mapping[str, float], ...]:
        """Return for each text a probability by section; each row sums to 1."""
        rows: list[Mapping[str, float]] = []
        for at in range(0, len(texts), _BATCH):
            counts = counted(texts[at : at + _BATCH], pieces=self.pieces)
            counts = weighed(counts, rarity=self.rarity)
            scores = (counts @ self.weights).astype(np.float64) + self.bias
            powers = np.exp(scores - scores.max(axis=1, keepdims=True))
            shares = (powers / powers.sum(axis=1, keepdims=True)).tolist()
            rows += (dict(zip(self.sections, row, strict=True)) for row in shares)
        return tuple(rows)


def to_bytes(sections: Sequence[str], *, rarity: Floats, weights: Floats, bias: Floats) -> bytes:
    """Write a model: the magic line, one line of JSON, then the arrays.

    The arrays are: one bit a column of ``features`` (known or not, ``numpy.packbits``), one uint8
    of rarity a known column, one row of int8 weights a section over the known columns. The header
    gives sections, bias, the steps that turn the integers back into numbers, and the SHA-256 of
    the arrays. What is given is as in :class:`Linear`.
    """
    known = rarity > 0
    rare = np.maximum(rarity[known] / _step(float(rarity.max()), 255), 1).round().astype(np.uint8)
    scales = [_step(float(column.max()), _STEPS) for column in np.abs(weights).T]
    small = (weights[known] / scales).round().astype(np.int8)
    body: bytes = np.packbits(known).tobytes() + rare.tobytes() + small.T.tobytes()
    header = {
        "sections": list(sections),
        "known": int(known.sum()),
        "bias": [round(float(value), 6) for value in bias],
        "rarity_step": _step(float(rarity.max()), 255),
        "weight_steps": scales,
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return MAGIC + json.dumps(header, sort_keys=True).encode() + b"\n" + body


def _step(largest: float, steps: int) -> float:
    """Return the size of one step, never zero."""
    return round(largest / steps, 9) or 1.0


@lru_cache(maxsize=4)
def from_bytes(data: bytes) -> Linear:
    """Read a model that ``to_bytes`` wrote; of the same bytes it is the same one.

    Raises:
        ModelError: it is no such file, of another version, cut short or changed.
    """
    if not data.startswith(MAGIC):
        other = "made for another version" if data.startswith(MAGIC[:-2]) else "not a model"
        again = "train it again: briefing train sections"
        raise ModelError(f"section model: {other} of this program; {again}")
    line, _, body = data[len(MAGIC) : len(MAGIC) + _LONGEST_HEADER].partition(b"\n")
    body = data[len(MAGIC) + len(line) + 1 :]
    try:
        return _read(json.loads(line), body)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise ModelError("section model: damaged; copy it again or train it again") from error


def _read(header: Mapping[str, object], body: bytes) -> Linear:
    """Read header and arrays."""
    sections, bias, steps = (_row(header, key) for key in ("sections", "bias", "weight_steps"))
    if hashlib.sha256(body).hexdigest() != header["sha256"] or len({*map(str, sections)}) < 2:
        raise ValueError("the arrays do not fit their header")
    bits = WIDTH // 8
    known = np.unpackbits(np.frombuffer(body[:bits], dtype=np.uint8)).astype(bool)
    count = int(known.sum())
    rarity = np.zeros(WIDTH, dtype=np.float32)
    rarity[known] = np.frombuffer(body[bits : bits + count], dtype=np.uint8)
    rarity *= np.float32(str(header["rarity_step"]))
    small = np.frombuffer(body[bits + count :], dtype=np.int8).reshape(len(sections), count)
    weights = np.zeros((WIDTH, len(sections)), dtype=np.float32)
    weights[known] = small.T * np.array(steps, dtype=np.float32)
    if "other" not in sections or len(bias) != len(sections):
        raise ValueError("a model needs a bias a section and a section named other")
    return Linear(
        tuple(map(str, sections)),
        rarity,
        weights,
        np.array(bias, dtype=np.float32),
        pieces=bool(known[BLOCKS[1] : BLOCKS[2]].any()),
    )


def _row(header: Mapping[str, object], key: str) -> list[object]:
    row = header[key]
    if not isinstance(row, list):
        raise TypeError(f"{key} is no list")
    return row


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
#: Texts whose n-grams are sorted at once; a few megabytes.
_AT_ONCE = 64
#: Bits of a column.
_SHIFT = WIDTH.bit_length()
#: Odd multipliers of the rolling hash (2³² divided by the golden ratio; Knuth, TAOCP 6.4) and of
#: the final mix (MurmurHash3, Appleby 2011).
_ROLL = np.uint32(0x9E3779B1)
_MIX = np.uint32(0x85EBCA6B)

Numbers = NDArray[np.uint32]
Columns = NDArray[np.int64]


def _windows(units: Numbers, lengths: Sequence[int]) -> Iterator[tuple[int, Numbers]]:
    """Yield each wanted length with the hash of every window of it, in order of position."""
    rolled = np.zeros(len(units), dtype=np.uint32)
    for length in range(1, min(lengths[-1], len(units)) + 1):
        rolled = rolled[: len(units) - length + 1] * _ROLL + units[length - 1 :] + np.uint32(length)
        if length in lengths:
            mixed: Numbers = rolled ^ (rolled >> np.uint32(15))
            mixed *= _MIX
            mixed ^= mixed >> np.uint32(13)
            yield length, mixed


@lru_cache(maxsize=200_000)
def _unit(token: str) -> int:
    """Number the stem; a number stands as its length only, for it seldom comes again."""
    digits = token[0].isdigit()
    stem = f"#{min(len(token), 5)}" if digits else words.stem_by("english", token)
    return zlib.crc32(stem.encode("utf-8", "surrogatepass"))


#: The place of the first unit of each n-gram of one length, and the column of each.
_Grams = tuple[NDArray[np.intp], Numbers]


def _word_grams(tokens: Sequence[str], texts: Numbers) -> Iterator[_Grams]:
    """Yield the n-grams of the tokens of texts; ``texts`` tells the text of each token."""
    units = np.fromiter(map(_unit, tokens), np.uint32, len(tokens))
    for length, hashes in _windows(units, _WORD_LENGTHS):
        starts = np.flatnonzero(texts[: len(hashes)] == texts[length - 1 :])
        yield starts, hashes[starts] & np.uint32(_WORD_COLUMNS - 1)


def _char_grams(line: str, texts: Numbers) -> Iterator[_Grams]:
    """Yield the n-grams that lie within one bordered word of a line of texts."""
    units = np.frombuffer(line.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    spaces = np.concatenate(([0], np.cumsum(units == _SPACE)))
    for length, hashes in _windows(units, _CHAR_LENGTHS):
        has_space = spaces[1 : len(hashes) + 1] != spaces[length - 1 : len(hashes) + length - 1]
        starts = np.flatnonzero(~has_space & (texts[: len(hashes)] == texts[length - 1 :]))
        yield starts, (hashes[starts] & np.uint32(_CHAR_COLUMNS - 1)) + np.uint32(BLOCKS[1])


def counted(texts: Sequence[str], *, pieces: bool = True) -> sparse.csr_array:
    """Return 1 + ln(count) of each n-gram without case: (n_texts, WIDTH), columns ascending.

    Without ``pieces``, those of words alone and the marks.
    """
    starts = range(0, len(texts), _AT_ONCE)
    parts = [_tally(texts[at : at + _AT_ONCE], pieces=pieces) for at in starts]
    none = np.zeros(0, dtype=np.int64)
    sizes, columns, counts = (
        (np.concatenate([none, *part]) for part in zip(*parts, strict=True))
        if parts
        else (none, none, none)
    )
    values = (1 + np.log(counts)).astype(np.float32)
    ends = np.concatenate(([0], np.cumsum(sizes)))
    return sparse.csr_array((values, columns.astype(np.int32), ends), shape=(len(texts), WIDTH))


def _tally(texts: Sequence[str], *, pieces: bool) -> tuple[Columns, Columns, Columns]:
    """Return how many columns each of some texts has, then these columns, and their counts."""
    tokens = [[token[:_LONGEST_WORD] for token in words.tokens(text[:LIMIT])] for text in texts]
    lines = [(f" {' '.join(of_text)} " if of_text else "") if pieces else "" for of_text in tokens]
    places = np.arange(len(texts), dtype=np.uint32)
    of_tokens, of_signs = (np.repeat(places, list(map(len, parts))) for parts in (tokens, lines))
    marks = [
        (at, column)
        for at, text in enumerate(texts)
        for column, mark in enumerate(_MARKS, BLOCKS[2])
        if mark in text[:LIMIT]
    ]
    # The text above the column in one number: sorted, equal ones stand side by side. Those of
    # 32 bits, which hold 64 texts, are sorted in half of the time.
    keys = [np.array([at << _SHIFT | column for at, column in marks], dtype=np.uint32)]
    for of_units, every in (
        (of_tokens, _word_grams([*chain.from_iterable(tokens)], of_tokens)),
        (of_signs, _char_grams("".join(lines), of_signs)),
    ):
        keys += (of_units[starts] << np.uint32(_SHIFT) | columns for starts, columns in every)
    distinct, counts = np.unique(np.concatenate(keys), return_counts=True)
    sizes = np.bincount(distinct >> _SHIFT, minlength=len(texts))
    return sizes, distinct & ((1 << _SHIFT) - 1), counts


def weighed(counts: sparse.csr_array, *, rarity: NDArray[np.float32]) -> sparse.csr_array:
    """Return rows of words and pieces of words, each brought to its own length, and marks.

    ``rarity`` is a factor a column; where it is 0 the n-gram is not known.
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
