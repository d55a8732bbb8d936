"""How the briefs of sections stand in two columns: the lowest rows that end even."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TypeAlias

from briefing.core.model import Flow

#: White below a brief, in lines (page.css).
_BELOW = 0.5
#: Briefs of a section at least of which the last may stand below the others.
_LAST_BELOW = 3
#: Lines of a text at least that may flow over two columns: fewer than four in a column are a stub.
_LEAST_FLOWING = 8
#: Briefs of a section at most that stand in another order than by rank where that is lower; with
#: more, columns can be split evenly in order, and the ways to deal them are many.
_MOST_DEALT = 6
#: White below a column of a section that is no hole, in points: 4 mm.
EVEN = 4 * 72 / 25.4
#: Rows that differ by less, in lines, cost as much: sums of them are rounded to the half of it.
_SAME = 2e-6
#: Line of the lower column of a row at most, as a multiple of the page's.
_STRETCH = 1.04
#: Lines that a row of sections counts as higher for a column that ends uneven.
_UNEVEN = 2


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
    """One section, or several that share the columns; lengths in lines."""

    #: How each section stands, and how many of its briefs are in the left column.
    flows: tuple[Flow, ...]
    splits: tuple[int, ...]
    #: What a section adds above its briefs included.
    height: float
    #: Of all columns, those without text.
    holes: float
    #: Most of them at the foot of a column.
    foot: float
    #: The numbers of each section's briefs as they are printed.
    orders: tuple[tuple[int, ...], ...]
    #: Line of the left and of the right column, as multiples of the page's.
    lines: tuple[float, float] = (1.0, 1.0)

    @property
    def is_ranked(self) -> bool:
        """Whether the briefs stand in the order of their rank."""
        return all(order == tuple(range(len(order))) for order in self.orders)


def stack(sections: Sequence[Sequence[Block]], *, band: float) -> tuple[Row, ...]:
    """Return one row for each section, its briefs one below the other."""
    rows = []
    for blocks in sections:
        order, high = tuple(range(len(blocks))), band + _high(blocks)
        rows.append(Row((Flow.COLUMNS,), (len(blocks),), high, 0.0, 0.0, (order,)))
    return tuple(rows)


def arrange(  # noqa: PLR0913  each is a rule of its own
    sections: Sequence[Sequence[Block]],
    *,
    band: float,
    wide: Sequence[bool] = (),
    even: float = math.inf,
    uneven: int = _UNEVEN,
    ranked: bool = False,
) -> tuple[Row, ...]:
    """Return the rows that are lowest together; sections and first briefs keep their places.

    A row counts as ``uneven`` lines higher for having a column that ends more than ``even`` lines
    high, and as one for another order than by rank; where ``ranked``, there is none. Of equally low
    ones, columns precede what is wide, and that what is beside. No section is empty; ``band`` is
    what one adds above its briefs, in lines. Tell in ``wide`` whether its label needs both columns
    (empty: of none).
    """
    every = tuple(map(tuple, sections))
    best: list[tuple[float, tuple[Row, ...]]] = [(0.0, ())]
    for count in range(1, len(every) + 1):
        ends = [
            (
                best[count - taken],
                _lowest(
                    every[count - taken : count], band, even=even, uneven=uneven, ranked=ranked
                ),
            )
            for taken in range(1, count + 1)
            if taken == 1 or not any(wide[:count][-taken:])
        ]
        best.append(
            min(
                (
                    (round(before + cost, 6), (*above, row))
                    for (before, above), rows in ends
                    for cost, row in rows
                ),
                key=lambda pair: pair[0],
            )
        )
    return best[-1][1]


@lru_cache(maxsize=4096)
def _lowest(
    sections: tuple[tuple[Block, ...], ...],
    band: float,
    *,
    even: float,
    uneven: int,
    ranked: bool,
) -> tuple[tuple[float, Row], ...]:
    """Return the rows of one section, or of several that share the columns, that cost least.

    Those that cost as much are all in, in their order.
    """
    rows: Sequence[Row]
    if len(sections) == 1:
        rows = _alone(sections[0], band=band, ranked=ranked)
    else:
        rows = [_shared(sections, left, band=band) for left in range(1, len(sections))]
    costs = [row.height + uneven * (row.foot > even) + (not row.is_ranked) for row in rows]
    most = min(costs) + _SAME
    return tuple((cost, row) for cost, row in zip(costs, rows, strict=True) if cost <= most)


def _alone(blocks: tuple[Block, ...], *, band: float, ranked: bool) -> tuple[Row, ...]:
    """Return every way in which a section may stand over both columns."""
    rows = [
        Row((Flow.COLUMNS,), (left,), band + high, white, white, (order,), lines)
        for order, left, (high, white, lines) in _deals(blocks, ranked=ranked)
    ]
    *above, last = blocks
    text = last.height - _BELOW - last.head
    if text <= 0 or (above and len(blocks) < _LAST_BELOW):
        return tuple(rows)
    # How the last one stands below the others: what it adds, and its holes.
    below = []
    if last.head:
        across = max(last.head, text)
        below.append((Flow.ACROSS, across, 2 * across - last.head - text))
    if round(text) >= _LEAST_FLOWING:
        flowing = balance(text)
        below.append((Flow.WIDE, last.over + flowing, 2 * flowing - text))
    rows += [
        Row(
            (flow,),
            (left,),
            band + high + more + _BELOW,
            white + holes,
            white,
            ((*order, len(above)),),
            lines,
        )
        for order, left, (high, white, lines) in _deals(above, ranked=ranked)
        for flow, more, holes in below
    ]
    return tuple(rows)


#: Height of the higher of two columns, white below the other, and the lines of both.
_Level: TypeAlias = tuple[float, float, tuple[float, float]]


def _deals(
    blocks: Sequence[Block], *, ranked: bool
) -> Iterator[tuple[tuple[int, ...], int, _Level]]:
    """Yield the ways to deal briefs to two columns, the first one to the left.

    Each is their order, how many are in the left column, and the columns; first those by rank, of
    these first those with more on the left.
    """
    places = range(len(blocks))
    whole = _high(blocks)
    lefts = [tuple(places[:count]) for count in range(len(blocks), 0, -1)] or [()]
    if not ranked and len(blocks) <= _MOST_DEALT:
        lefts += [(0, *chosen) for size in places[1:] for chosen in combinations(places[1:], size)]
    for left in dict.fromkeys(lefts):
        taken = sum(blocks[place].height for place in left)
        right = (place for place in places if place not in left)
        yield (*left, *right), len(left), _level(taken, whole - taken)


def _shared(sections: Sequence[Sequence[Block]], left: int, *, band: float) -> Row:
    """Return the row of sections that share two columns, so many of them the left one."""
    columns = [
        sum(map(_high, part)) + band * (len(part) - 1)
        for part in (sections[:left], sections[left:])
    ]
    high, white, lines = _level(*columns)
    places = range(len(sections))
    flows = tuple(Flow.BESIDE if place in {0, left} else Flow.UNDER for place in places)
    orders = tuple(tuple(range(len(blocks))) for blocks in sections)
    splits = tuple(map(len, sections))
    return Row(flows, splits, band + high, white, white, orders, lines)


def _high(blocks: Sequence[Block]) -> float:
    return sum(block.height for block in blocks)


def _level(left: float, right: float) -> _Level:
    high = max(left, right)
    # Rounded down, so that no column grows beyond the other.
    first, second = (
        math.floor(high / max(column, high / _STRETCH) * 1e4) / 1e4 if column else 1.0
        for column in (left, right)
    )
    return high, high - min(left * first, right * second), (first, second)


def balance(text: float) -> float:
    """Return the height of a text that flows over two balanced columns, in lines.

    Where the columns differ by one line, the press leaves half a line below (WeasyPrint 70).
    """
    return math.ceil(round(text) / 2) + (0.5 if round(text) % 2 else 0.0)
