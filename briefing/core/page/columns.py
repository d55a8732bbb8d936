"""How a band's briefs are split into two columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate


def split(heights: Sequence[float]) -> tuple[int, float]:
    """Split briefs, kept in order, so that the higher column is as low as can be.

    Args:
        heights: of each brief, in any unit, not empty.

    Returns:
        How many briefs stand in the left column (at least one), and the height of the band;
        of equal splits the one with more on the left.
    """
    whole = sum(heights)
    return min(
        ((count, max(left, whole - left)) for count, left in enumerate(accumulate(heights), 1)),
        key=lambda pair: (round(pair[1], 6), -pair[0]),
    )
