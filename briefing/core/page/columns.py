"""How briefs fill two columns: split between them, or one flowing over both."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

#: Lines of a text that stand together at least: orphans and widows (page.css).
_LEAST_LINES = 2
#: Lines that differ by less are equal.
_SAME = 1e-6


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


def balance(head: float, text: float) -> float:
    """Return the height of one brief that flows over two balanced columns, in lines.

    Its head is not broken, and no column has a single line of its text. Where the columns differ
    by one line and nothing else decides, the press leaves half a line below (WeasyPrint 70).

    Args:
        head: what stands above the text, in lines.
        text: whole lines of text.
    """
    broken = range(_LEAST_LINES, round(text) - _LEAST_LINES + 1)
    heights = [max(head + left, text - left) for left in broken]
    if not heights:
        return head + text
    height = min(heights)
    uneven = 2 * height - head - text > _SAME and height > head + _LEAST_LINES
    return height + (0.5 if uneven else 0.0)
