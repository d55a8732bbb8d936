"""Finds the pairs of reports that are worth a comparison, and what each pair shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from briefing.core.text.likeness import Ints, Views
from briefing.core.text.vectors import Floats, Rows

#: Cosine of two texts, and share of a headline held by the other report, from which they are
#: compared at all; with less of both no model so far gives them even odds.
_CUT, _HELD = 0.08, 0.7
#: Reports on each side of a square of pairs that is multiplied at once; four squares take 32 MB.
_SIDE = 1_024
#: Words that more than this share of the reports hold are multiplied as dense columns, which is
#: faster; at most so many, which bounds memory (120 MB for 30,000 reports).
_COMMON, _MOST_COMMON = 0.04, 512


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
    texts, leads = (_Split.of(rows, side=side) for rows in (views.texts, views.leads))
    titles, openings = (
        _Split.of(rows, side=side, most=0) for rows in (views.titles, views.openings)
    )
    for start in range(0, count, side):
        parts = []
        for other in range(start, count, side):
            cosines = texts.products(texts, start, other)
            held, holds = (
                one.products(two, start, other)
                for one, two in ((titles, openings), (openings, titles))
            )
            worth = (cosines >= _CUT) | (held >= _HELD) | (holds >= _HELD)
            if start == other:
                worth = np.triu(worth, 1)
            rows, columns = worth.nonzero()
            lead = leads.products(leads, start, other)
            one, two = held[worth], holds[worth]
            about = (cosines[worth], lead[worth], np.maximum(one, two), np.minimum(one, two))
            parts.append((rows + start, columns + other, np.stack(about, axis=1)))
        yield _in_order(parts)


def _in_order(parts: Sequence[tuple[Ints, Ints, Floats]]) -> tuple[Ints, Ints, Floats]:
    """Join the parts of some rows: each part has all of these rows and higher columns."""
    rows, columns, about = (np.concatenate(kind) for kind in zip(*parts, strict=True))
    order = np.argsort(rows, kind="stable")
    return rows[order], columns[order], about[order]


@dataclass(frozen=True, slots=True, eq=False)
class _Split:
    """Rows in parts of ``side``, common columns dense, the others sparse and turned round too."""

    side: int
    common: Floats
    rare: tuple[Rows, ...]
    turned: tuple[Rows, ...]

    @classmethod
    def of(cls, rows: Rows, *, side: int, most: int = _MOST_COMMON) -> _Split:
        """Split some rows, with at most so many dense columns."""
        count, width = rows.shape
        holders = np.bincount(rows.indices, minlength=width)
        commonest = np.argsort(-holders, kind="stable")[:most]
        common = np.sort(commonest[holders[commonest] > _COMMON * count])
        is_rare = np.ones(width, dtype=bool)
        is_rare[common] = False
        stays = is_rare[rows.indices]
        starts = np.concatenate(([0], np.cumsum(stays)))[rows.indptr]
        rare = csr_array((rows.data[stays], rows.indices[stays], starts), shape=rows.shape)
        parts = [rare[start : start + side] for start in range(0, count, side)]
        turned = tuple(part.T.tocsr() for part in parts)
        return cls(side, rows[:, common].toarray(), tuple(parts), turned)

    def products(self, other: _Split, start: int, above: int) -> Floats:
        """Return the inner products of the rows from one place on with those from another on."""
        side = self.side
        found: Floats = (self.rare[start // side] @ other.turned[above // side]).toarray()
        if self.common.shape[1]:
            found += self.common[start : start + side] @ other.common[above : above + side].T
        return found
