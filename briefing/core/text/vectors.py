"""Sparse vectors of bags of words, for documents and for sentences alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

#: One row a text, one column a word.
Rows: TypeAlias = "csr_array[np.float64]"
Floats: TypeAlias = npt.NDArray[np.float64]

#: Virtual texts added to every collection, with none of its words: so the words that two reports
#: on one event share keep weight even without other reports. 40 was best
#: of 10 to 200 on the tuning half of the stories (docs/decisions/0004-clustering.md).
BACKGROUND = 40.0


def tfidf(bags: Sequence[Sequence[str]]) -> Rows:
    """Weigh words by how often they occur in a bag and how few bags contain them.

    A word counted c times in its bag, and contained in d of n bags, weighs
    ``(1 + ln c)`` times its :func:`rarity`. To weigh a word more, repeat it in the bag. Columns
    follow the sorted vocabulary.

    Args:
        bags: words of each text, in any order; a bag may be empty.

    Returns:
        Array ``(n_bags, n_words)``; each row of unit length, or empty like its bag.

    References:
        Salton, G. & Buckley, C. (1988), Term-weighting approaches in automatic text retrieval.
        Manning, Raghavan & Schütze (2008), Introduction to Information Retrieval, eq. 6.13.
    """
    counts = count(bags, columns=number(bags))
    return unit(weighed(damped(counts), rarity(counts)))


def number(bags: Iterable[Iterable[str]]) -> Mapping[str, int]:
    """Give each word its column, in the order of the sorted vocabulary."""
    return {word: place for place, word in enumerate(sorted(set().union(*bags)))}


def count(bags: Sequence[Sequence[str]], *, columns: Mapping[str, int]) -> Rows:
    """Count words by bag; within a row, columns ascend."""
    tallies = [Counter(bag) for bag in bags]
    starts = np.zeros(len(bags) + 1, dtype=np.int64)
    starts[1:] = np.cumsum([len(tally) for tally in tallies], dtype=np.int64)
    total = int(starts[-1])
    places = np.fromiter((columns[w] for tally in tallies for w in tally), np.int64, total)
    values = np.fromiter((c for tally in tallies for c in tally.values()), np.float64, total)
    counts: Rows = csr_array((values, places, starts), shape=(len(bags), len(columns)))
    counts.sort_indices()
    return counts


def damped(counts: Rows) -> Rows:
    """Return ``1 + ln c`` for each count c."""
    return csr_array((1.0 + np.log(counts.data), counts.indices, counts.indptr), shape=counts.shape)


def rarity(counts: Rows) -> Floats:
    """Return ``ln((n + BACKGROUND) / (d + 0.5))`` for each word that d of n bags contain."""
    holders = np.bincount(counts.indices, minlength=counts.shape[1])
    rare: Floats = np.log((counts.shape[0] + BACKGROUND) / (holders + 0.5))
    return rare


def weighed(rows: Rows, weights: Floats) -> Rows:
    """Multiply each column by its weight."""
    return csr_array(
        (rows.data * weights[rows.indices], rows.indices, rows.indptr), shape=rows.shape
    )


def unit(rows: Rows) -> Rows:
    """Stretch each row to unit length; empty ones stay empty."""
    place = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    lengths = np.sqrt(np.bincount(place, weights=rows.data**2, minlength=rows.shape[0]))
    return csr_array((rows.data / lengths[place], rows.indices, rows.indptr), shape=rows.shape)
