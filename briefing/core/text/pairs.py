"""Finds the pairs of reports that are worth a comparison, and what each pair shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from briefing.core.text.likeness import Ints, Views
from briefing.core.text.vectors import Floats, Rows

#: Cosine of two texts from which reports are compared at all, whatever their headlines: of 3,082
#: likely pairs of one event 1 in 100 has less, of a report with the text of another 8 in 10
#: (docs/decisions/0004-clustering.md).
_CUT = 0.08
#: Reports on each side of a square of pairs that is multiplied at once; four squares take 32 MB.
_SIDE = 1_024
#: Share of the reports from which the holders of a word stand in a row of their own with zeros for
#: all others, which multiplies faster than a list of them.
_COMMON = 0.1


class _Holders:
    """Reports by the words that they hold, in blocks that others are multiplied with."""

    def __init__(self, rows: Rows, *, side: int) -> None:
        """Take one row a report."""
        counts = np.bincount(rows.indices, minlength=rows.shape[1])
        self._common = counts > _COMMON * rows.shape[0]
        blocks = (rows[start : start + side] for start in range(0, rows.shape[0], side))
        self._blocks = [tuple(part.T.tocsr() for part in self.parts(block)) for block in blocks]

    def parts(self, rows: Rows) -> tuple[Rows, Rows]:
        """Return the columns of words that many of these reports hold, and those of the others."""
        return rows[:, self._common], rows[:, ~self._common]

    def times(self, parts: tuple[Rows, Rows], number: int) -> Floats:
        """Return the products of the parts of some rows with those of a block."""
        common, others = self._blocks[number]
        product: Floats = np.asarray(parts[0] @ common.toarray())
        product += (parts[1] @ others).toarray()
        return product


def candidates(views: Views, *, side: int = _SIDE) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield the pairs of reports that are worth a comparison, with their features.

    They are all whose texts have a cosine of at least ``_CUT``. The lower place comes first; all
    pairs of one row are in one part, and rows and columns ascend. The features are those of
    :func:`briefing.core.text.likeness.features`, but for the last bit.

    Args:
        views: of the reports.
        side: reports on each side of a square of pairs; bounds memory.
    """
    count = views.texts.shape[0]
    # What is multiplied with what: cosines of texts, then titles held both ways.
    sides = (
        (views.texts, _Holders(views.texts, side=side)),
        (views.titles, _Holders(views.openings, side=side)),
        (views.openings, _Holders(views.titles, side=side)),
    )
    for start in range(0, count, side):
        own = [(others, others.parts(rows[start : start + side])) for rows, others in sides]
        yield _in_order(
            [
                _worth(
                    [others.times(parts, number) for others, parts in own],
                    start=start,
                    other=number * side,
                )
                for number in range(start // side, -(-count // side))
            ]
        )


def _worth(square: Sequence[Floats], *, start: int, other: int) -> tuple[Ints, Ints, Floats]:
    """Return the pairs of a square that are worth a comparison, with their features."""
    cosines, held, holds = square
    worth = cosines >= _CUT
    if start == other:
        worth = np.triu(worth, 1)
    rows, columns = worth.nonzero()
    one, two = held[worth], holds[worth]
    about = (cosines[worth], np.maximum(one, two), np.minimum(one, two))
    return rows + start, columns + other, np.stack(about, axis=1)


def _in_order(parts: Sequence[tuple[Ints, Ints, Floats]]) -> tuple[Ints, Ints, Floats]:
    """Join the parts of some rows: each part has all of these rows and higher columns."""
    rows, columns, about = (np.concatenate(kind) for kind in zip(*parts, strict=True))
    order = np.argsort(rows, kind="stable")
    return rows[order], columns[order], about[order]
