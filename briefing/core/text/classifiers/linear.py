"""Classifies texts into sections by a linear model over n-grams, read from one small file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from briefing.core.errors import ModelError
from briefing.core.text.classifiers import features

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

    def __call__(self, texts: Sequence[str]) -> tuple[Mapping[str, float], ...]:
        """Return for each text a probability by section; each row sums to 1."""
        batches = (texts[at : at + _BATCH] for at in range(0, len(texts), _BATCH))
        return tuple(
            dict(zip(self.sections, row, strict=True))
            for batch in batches
            for row in self._probabilities(batch)
        )

    def _probabilities(self, texts: Sequence[str]) -> list[list[float]]:
        rows = features.weighed(features.counted(texts), rarity=self.rarity)
        scores = (rows @ self.weights).astype(np.float64) + self.bias
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares: list[list[float]] = (powers / powers.sum(axis=1, keepdims=True)).tolist()
        return shares

    def evidence(self, text: str, *, count: int = 12) -> tuple[tuple[str, str, float], ...]:
        """Return the n-grams with the most evidence for a section: n-gram, section, weight.

        The weight is what the n-gram adds to the section's log-odds above its mean over all
        sections; heaviest first, ties in the order of the n-grams. Each n-gram is listed once,
        for the section it supports most; pieces of words stand between dots.
        """
        row = features.weighed(features.counted([text]), rarity=self.rarity)
        contributions = row.data[:, np.newaxis] * self.weights[row.indices]
        contributions -= contributions.mean(axis=1, keepdims=True)
        named = features.names(text)
        entries = [
            (named[column], self.sections[best], float(added[best]))
            for column, added in zip(row.indices.tolist(), contributions, strict=True)
            for best in [int(added.argmax())]
        ]
        entries.sort(key=lambda entry: (-entry[2], entry[0], entry[1]))
        return tuple(entry for entry in entries[:count] if entry[2] > 0)


def to_bytes(sections: Sequence[str], *, rarity: Floats, weights: Floats, bias: Floats) -> bytes:
    """Write a model: the magic line, one line of JSON, then the arrays.

    The arrays are: one bit a column of ``features`` (known or not, ``numpy.packbits``), one uint8
    of rarity a known column, one row of int8 weights a section over the known columns. The header
    gives sections, bias, the steps that turn the integers back into numbers, and the SHA-256 of
    the arrays.

    Args:
        sections: names, in the order of the columns of ``weights``.
        rarity: shape (WIDTH,); 0 for a column that is not known.
        weights: shape (WIDTH, n_sections).
        bias: shape (n_sections,).
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


def from_bytes(data: bytes) -> Linear:
    """Read a model that ``to_bytes`` wrote.

    Raises:
        ModelError: it is no such file, of another version, cut short or changed.
    """
    if not data.startswith(MAGIC):
        raise ModelError(f"section model: {_unlike(data)}; train it again: briefing train sections")
    line, _, body = data[len(MAGIC) : len(MAGIC) + _LONGEST_HEADER].partition(b"\n")
    body = data[len(MAGIC) + len(line) + 1 :]
    try:
        return _read(json.loads(line), body)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise ModelError("section model: damaged; copy it again or train it again") from error


def _unlike(data: bytes) -> str:
    if data.startswith(MAGIC[:-2]):
        return "made for another version of this program"
    return "not a model of this program"


def _read(header: Mapping[str, object], body: bytes) -> Linear:
    """Read header and arrays.

    Raises:
        ValueError, KeyError, TypeError: they do not fit each other.
    """
    sections, bias, steps = (_row(header, key) for key in ("sections", "bias", "weight_steps"))
    if hashlib.sha256(body).hexdigest() != header["sha256"] or len({*map(str, sections)}) < 2:
        raise ValueError("the arrays do not fit their header")
    bits = features.WIDTH // 8
    known = np.unpackbits(np.frombuffer(body[:bits], dtype=np.uint8)).astype(bool)
    count = int(known.sum())
    rarity = np.zeros(features.WIDTH, dtype=np.float32)
    rarity[known] = np.frombuffer(body[bits : bits + count], dtype=np.uint8)
    rarity *= np.float32(str(header["rarity_step"]))
    small = np.frombuffer(body[bits + count :], dtype=np.int8).reshape(len(sections), count)
    weights = np.zeros((features.WIDTH, len(sections)), dtype=np.float32)
    weights[known] = small.T * np.array(steps, dtype=np.float32)
    if "other" not in sections or len(bias) != len(sections):
        raise ValueError("a model needs a bias a section and a section named other")
    return Linear(tuple(map(str, sections)), rarity, weights, np.array(bias, dtype=np.float32))


def _row(header: Mapping[str, object], key: str) -> list[object]:
    row = header[key]
    if not isinstance(row, list):
        raise TypeError(f"{key} is no list")
    return row
