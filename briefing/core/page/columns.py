"""Arranges the briefs of sections in two columns: as low as possible, with even ends."""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import TypeAlias

from briefing.core.frozen import frozen
from briefing.core.model import Flow

#: White below a brief, in lines (page.css).
_BELOW = 0.5
#: Briefs that a section needs for the last one to stand below the others.
_LAST_BELOW = 3
#: Lines that a text needs to flow over two columns: fewer than four in a column are a stub.
_LEAST_FLOWING = 8
#: Most briefs of a section that may be reordered to save height; with more, columns can be split
#: evenly in order of rank, and there are too many orders to try.
_MOST_DEALT = 6
#: White below a column of a section that counts as even, in points: 4 mm.
EVEN = 4 * 72 / 25.4
#: Costs that differ by less, in lines, are equal: their sums are rounded to half of this.
_SAME = 2e-6
#: Largest line height of the lower column of a row, as a multiple of the page's.
_STRETCH = 1.04
#: Lines added to the cost of a row of sections if one of its columns ends uneven.
_UNEVEN = 2


@frozen
class Block:
    """One brief in a given length; heights in lines."""

    #: Its height in one column with the white below, and the height of what is above its text.
    height: float
    head: float
    #: Height of what is above its text if the text flows over both columns.
    over: float


@frozen
class Row:
    """One section, or several that share the columns; lengths in lines."""

    #: How each section stands, and how many of its briefs are in the left column.
    flows: tuple[Flow, ...]
    splits: tuple[int, ...]
    #: Including what sections add above their briefs.
    height: float
    #: White in all columns together.
    holes: float
    #: The largest white at the foot of a column.
    foot: float
    #: Numbers of each section's briefs in printed order.
    orders: tuple[tuple[int, ...], ...]
    #: Line heights of the left and the right column, as multiples of the page's.
    lines: tuple[float, float] = (1.0, 1.0)

    @property
    def is_ranked(self) -> bool:
        """Whether the briefs are in order of rank."""
        return all(order == tuple(range(len(order))) for order in self.orders)


def stack(sections: Sequence[Sequence[Block]], *, band: float) -> tuple[Row, ...]:
    """Return one row for each section, with its briefs one below the other."""
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
    """Return the rows that are lowest in total; sections and their first briefs keep their places.

    ``band`` is what a section adds above its briefs, in lines; ``wide`` tells for each section
    whether its label needs both columns (empty: none does). No section may be empty.

    A row costs its height, plus ``uneven`` lines if a column ends with more than ``even`` lines of
    white, plus one line if its briefs are not in order of rank; with ``ranked`` they always are. If
    costs are equal, plain columns precede wide ones, and these precede sections side by side.
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
    """Return the cheapest rows for one section, or for several that share the columns.

    All that cost the same are returned, in order.
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
    """Return every way in which a section can stand alone over both columns."""
    rows = [
        Row((Flow.COLUMNS,), (left,), band + high, white, white, (order,), lines)
        for order, left, (high, white, lines) in _deals(blocks, ranked=ranked)
    ]
    *above, last = blocks
    text = last.height - _BELOW - last.head
    if text <= 0 or (above and len(blocks) < _LAST_BELOW):
        return tuple(rows)
    # How the last brief can stand below the others: what it adds, and its holes.
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


#: Height of the higher of two columns, white below the other, and the line heights of both.
_Level: TypeAlias = tuple[float, float, tuple[float, float]]


def _deals(
    blocks: Sequence[Block], *, ranked: bool
) -> Iterator[tuple[tuple[int, ...], int, _Level]]:
    """Yield the ways to distribute briefs over two columns, with the first brief on the left.

    Each is the order of briefs, how many are on the left, and the columns. Orders by rank come
    first, and of these the ones with more on the left.
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
    """Return the row of sections that share two columns, the first ``left`` in the left one."""
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
    # Round down, so that no column becomes higher than the other.
    first, second = (
        math.floor(high / max(column, high / _STRETCH) * 1e4) / 1e4 if column else 1.0
        for column in (left, right)
    )
    return high, high - min(left * first, right * second), (first, second)


def balance(text: float) -> float:
    """Return the height of a text that flows over two balanced columns, in lines.

    If the columns differ by one line, WeasyPrint 70 leaves half a line below.
    """
    return math.ceil(round(text) / 2) + (0.5 if round(text) % 2 else 0.0)
