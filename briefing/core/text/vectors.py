"""Sparse TF-IDF vectors of bags of words, for documents and for sentences alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array

#: One row a text, one column a word.
Rows: TypeAlias = "csr_array[np.float64]"

#: Virtual texts added to every collection, with none of its words: so the words that two reports
#: on one event share keep weight even without other reports. 40 was best
#: of 10 to 200 on the tuning half of the stories (docs/decisions/0004-clustering.md).
BACKGROUND = 40.0


def tfidf(
    bags: Sequence[Sequence[str]],
    *,
    background: float = BACKGROUND,
    power: float = 1.0,
) -> Rows:
    """Weigh words by how often they occur in a bag and how few bags contain them.

    A word counted c times in its bag, and contained in d of n bags, weighs
    ``(1 + ln c) * ln((n + background) / (d + 0.5)) ** power``. To weigh a word more,
    repeat it in the bag. Columns follow the sorted vocabulary.

    Args:
        bags: words of each text, in any order; a bag may be empty.
        background: at least 1, so that a word in all bags still has weight.
        power: larger makes rare words count more.

    Returns:
        Array ``(n_bags, n_words)``; each row of unit length, or empty like its bag.

    References:
        Salton, G. & Buckley, C. (1988), Term-weighting approaches in automatic text retrieval.
        Manning, Raghavan & Schütze (2008), Introduction to Information Retrieval, eq. 6.13.
    """
    counts = _counts(bags)
    holders = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity = np.log((len(bags) + background) / (holders + 0.5)) ** power
    weights = (1.0 + np.log(counts.data)) * rarity[counts.indices]
    rows = np.repeat(np.arange(len(bags)), np.diff(counts.indptr))
    lengths = np.sqrt(np.bincount(rows, weights=weights**2, minlength=len(bags)))
    return csr_array((weights / lengths[rows], counts.indices, counts.indptr), shape=counts.shape)


def _counts(bags: Sequence[Sequence[str]]) -> Rows:
    """Count words by bag; within a row, columns ascend."""
    tallies = [Counter(bag) for bag in bags]
    columns = {word: place for place, word in enumerate(sorted(set().union(*tallies)))}
    starts = np.zeros(len(bags) + 1, dtype=np.int64)
    starts[1:] = np.cumsum([len(tally) for tally in tallies], dtype=np.int64)
    total = int(starts[-1])
    places = np.fromiter((columns[w] for tally in tallies for w in tally), np.int64, total)
    values = np.fromiter((c for tally in tallies for c in tally.values()), np.float64, total)
    counts: Rows = csr_array((values, places, starts), shape=(len(bags), len(columns)))
    counts.sort_indices()
    return counts
