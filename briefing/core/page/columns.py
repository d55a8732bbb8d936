"""How briefs fill two columns: split between them, or the text of one flowing over both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

#: Lines of a text that stand together at least: orphans and widows (page.css).
_LEAST_LINES = 2


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


def balance(text: float) -> float:
    """Return the height of a text that flows over two balanced columns, in lines.

    No column has a single line of it. Where the columns differ by one line, the press leaves half
    a line below (WeasyPrint 70).

    Args:
        text: its whole lines.
    """
    if round(text) < 2 * _LEAST_LINES:
        return text
    return math.ceil(round(text) / 2) + (0.5 if round(text) % 2 else 0.0)
