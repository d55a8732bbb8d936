"""Arranges the sections of a page in rows: over both columns, or two side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefing.core.model import Flow
from briefing.core.page.columns import balance, split

#: White below a brief, in lines (page.css).
_BELOW = 0.5
#: Briefs of a section at least of which the last may flow below the others.
_FLOWS_BELOW = 3


@dataclass(frozen=True, slots=True)
class Block:
    """One brief of a given length."""

    #: Its height in one column with the white below, and that of what stands above its text.
    height: float
    head: float
    #: Height of what stands above its text where this flows over both columns.
    over: float


@dataclass(frozen=True, slots=True)
class Row:
    """One section, or two side by side; lengths in lines."""

    #: How each section stands, and how many of its briefs are in the left column.
    flows: tuple[Flow, ...]
    splits: tuple[int, ...]
    #: What a section adds above its briefs included.
    height: float
    #: Of all columns, those without text.
    holes: float


def stack(sections: Sequence[Sequence[Block]], *, band: float) -> tuple[Row, ...]:
    """Return one row for each section, its briefs one below the other."""
    return tuple(
        Row((Flow.COLUMNS,), (len(blocks),), band + sum(block.height for block in blocks), 0.0)
        for blocks in sections
    )


def arrange(
    sections: Sequence[Sequence[Block]],
    *,
    band: float,
    wide: Sequence[bool] = (),
    most_beside: int = 1,
) -> tuple[Row, ...]:
    """Return the rows that are lowest together; the order of sections and briefs is kept.

    Of equally low ones, columns precede what is wide, and that what is beside.

    Args:
        sections: the briefs of each section, none empty.
        band: what a section adds above its briefs, in lines.
        wide: whether the label of a section needs both columns; empty: of none.
        most_beside: briefs of a section that may stand beside another, in one column.
    """
    best: list[tuple[Row, ...]] = [()]
    for count in range(1, len(sections) + 1):
        alone = [(*best[count - 1], row) for row in _alone(sections[count - 1], band=band)]
        pair = () if any(wide[:count][-2:]) else sections[:count][-2:]
        together = pair if all(len(blocks) <= most_beside for blocks in pair) else ()
        beside = [(*best[count - 2], row) for row in _beside(together, band=band)]
        best.append(min((*alone, *beside), key=_height))
    return best[-1]


def _height(rows: Sequence[Row]) -> float:
    return round(sum(row.height for row in rows), 6)


def _alone(blocks: Sequence[Block], *, band: float) -> Iterator[Row]:
    heights = [block.height for block in blocks]
    left, high = split(heights)
    yield Row((Flow.COLUMNS,), (left,), band + high, 2 * high - sum(heights))
    *above, last = blocks
    if not above or len(blocks) >= _FLOWS_BELOW:
        heights = [block.height for block in above]
        left, high = split(heights) if heights else (0, 0.0)
        text = last.height - _BELOW - last.head
        flowing = balance(text)
        below = last.over + flowing + _BELOW
        if flowing < text and below < last.height:
            holes = 2 * (high + flowing) - sum(heights) - text
            yield Row((Flow.WIDE,), (left,), band + high + below, holes)


def _beside(sections: Sequence[Sequence[Block]], *, band: float) -> Iterator[Row]:
    """Yield the row of two sections, each in one column."""
    if len(sections) > 1:
        left, right = (sum(block.height for block in blocks) for blocks in sections)
        splits = tuple(map(len, sections))
        yield Row((Flow.BESIDE,) * 2, splits, band + max(left, right), abs(left - right))
