"""How well the text extracted from pages matches the articles on them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from statistics import fmean

#: Words in a shingle, as in the benchmark of article extraction below.
_SHINGLE = 4
_WORD = re.compile(r"\w+")


def measure(pages: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Return mean precision, recall and F1 of pages given as (extracted, expected) text.

    Each is computed for every page over its shingles of four words, then averaged over pages; 0
    to 1, larger is better. A shingle counts as often as it stands there, so text printed twice
    costs precision. No pages give 0.

    References:
        Broder, A. (1997), On the resemblance and containment of documents (shingles).
        Scrapinghub (2020), Article extraction benchmark (counted 4-shingles, page averages).
    """
    rows = [_compare(_shingles(extracted), _shingles(expected)) for extracted, expected in pages]
    columns = zip(*rows, strict=True) if rows else ((0.0,), (0.0,), (0.0,))
    return dict(zip(("precision", "recall", "f1"), map(fmean, columns), strict=True))


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    """Count the shingles; a text shorter than one is one, an empty text has none."""
    words = _WORD.findall(text)
    starts = range(max(min(len(words), 1), len(words) - _SHINGLE + 1))
    return Counter(tuple(words[start : start + _SHINGLE]) for start in starts)


def _compare(
    found: Counter[tuple[str, ...]], wanted: Counter[tuple[str, ...]]
) -> tuple[float, float, float]:
    if not found and not wanted:
        return 1.0, 1.0, 1.0
    shared = (found & wanted).total()
    precision = shared / found.total() if found else 0.0
    recall = shared / wanted.total() if wanted else 0.0
    return precision, recall, 2 * shared / (found.total() + wanted.total())
