"""Finds the pairs of reports that are worth a comparison, and what each pair shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from briefing.core.text.likeness import Ints, Views
from briefing.core.text.vectors import Floats

#: Cosine of two texts, and share of a headline held by the other report, from which they are
#: compared at all; with less of both no model so far gives them even odds.
_CUT, _HELD = 0.08, 0.7
#: Reports on each side of a square of pairs that is multiplied at once; four squares take 32 MB.
_SIDE = 1_024


def candidates(views: Views, *, side: int = _SIDE) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield the pairs of reports that are worth a comparison, with their features.

    They are all whose texts have a cosine of at least ``_CUT``, and all of which one holds at least
    ``_HELD`` of the other's headline in its own and its lead. The lower place comes first; all
    pairs of one row are in one part, and rows and columns ascend. The features are those of
    :func:`briefing.core.text.likeness.features`, but for the last bit.

    Args:
        views: of the reports.
        side: reports on each side of a square of pairs; bounds memory.
    """
    count = views.texts.shape[0]
    texts, leads, titles, openings = (
        [rows[start : start + side].T.tocsr() for start in range(0, count, side)]
        for rows in (views.texts, views.leads, views.titles, views.openings)
    )
    for start in range(0, count, side):
        parts = []
        rows_of = slice(start, start + side)
        for number in range(start // side, len(texts)):
            other = number * side
            cosines = (views.texts[rows_of] @ texts[number]).toarray()
            held = (views.titles[rows_of] @ openings[number]).toarray()
            holds = (views.openings[rows_of] @ titles[number]).toarray()
            worth = (cosines >= _CUT) | (held >= _HELD) | (holds >= _HELD)
            if start == other:
                worth = np.triu(worth, 1)
            rows, columns = worth.nonzero()
            lead = (views.leads[rows_of] @ leads[number]).toarray()
            one, two = held[worth], holds[worth]
            about = (cosines[worth], lead[worth], np.maximum(one, two), np.minimum(one, two))
            parts.append((rows + start, columns + other, np.stack(about, axis=1)))
        yield _in_order(parts)


def _in_order(parts: Sequence[tuple[Ints, Ints, Floats]]) -> tuple[Ints, Ints, Floats]:
    """Join the parts of some rows: each part has all of these rows and higher columns."""
    rows, columns, about = (np.concatenate(kind) for kind in zip(*parts, strict=True))
    order = np.argsort(rows, kind="stable")
    return rows[order], columns[order], about[order]
