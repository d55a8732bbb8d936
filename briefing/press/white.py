"""Finds the white in a laid-out page: how full its columns are, and the largest hole in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from briefing.press.pdf import Placement

#: White below a brief and above the foot, and between two blocks of the panel, in lines (page.css).
_BELOW, _BLOCK_GAP = 0.5, 0.75
#: Rounding of WeasyPrint's positions, in points.
_SLACK = 0.3


@dataclass(frozen=True, slots=True)
class Hole:
    """White where a column has nothing to say, in points; negative where it says too much."""

    high: float
    wide: float


@dataclass(frozen=True, slots=True)
class White:
    """The white of one page."""

    #: Share of the area of all columns, panel included, that is not a hole; 1 is a full page.
    fill: float
    #: White between the news and the foot beyond half a line, in points; negative if too near.
    free: float
    #: The same for the panel; 0 without one beside the news.
    side_free: float
    #: Height of the largest hole in one column, in points.
    hole: float


def find_white(boxes: Mapping[str, Placement], *, lead: float, thin: bool) -> White:
    """Measure the white between the blocks of a page, as they were laid out.

    A hole is white below the last item of a column: of a row of sections, of the lower columns of
    the top story, and of the panel, where white that was shared among its blocks counts too. A
    thin page is one column, and the panel below its news is part of it.
    """
    start, foot, main = boxes["spread"].top, boxes["foot"].top - _BELOW * lead, boxes["main"].wide
    names = ("top", "band", "wide", "side") if thin else ("top", "band", "wide")
    end = max((box.bottom for name, box in boxes.items() if name.startswith(names)), default=start)
    side = None if thin else boxes.get("side")
    layers = [[0.0]] if thin else [*_layers(boxes, lead=lead)]
    layers[-1] = [high + foot - end for high in layers[-1]]
    holes = [Hole(high, main / len(layer)) for layer in layers for high in layer]
    if side:
        holes += [Hole(high, side.wide) for high in _beside(boxes, side, foot=foot, lead=lead)]
    whole = (foot - start) * (main + (side.wide if side else 0.0))
    return White(
        fill=1 - sum(hole.high * hole.wide for hole in holes) / whole,
        free=foot - end,
        side_free=foot - side.bottom if side else 0.0,
        hole=max(hole.high for hole in holes),
    )


def _layers(boxes: Mapping[str, Placement], *, lead: float) -> Iterator[list[float]]:
    """Yield, from the top down, how much higher each column of the news could be."""
    yield [0.0, *_end(boxes, "top", below=0.0)]
    rows = dict.fromkeys(name[4:] for name in boxes if name.startswith(("band", "wide")))
    for row in rows:
        bottoms = [box.bottom for name, box in boxes.items() if name.startswith(f"column{row}-")]
        wide = [*_end(boxes, f"wide{row}", below=_BELOW * lead)]
        if bottoms or not wide:
            yield [max(bottoms) - bottom for bottom in bottoms] or [0.0]
        if wide:
            yield [0.0, *wide]


def _end(boxes: Mapping[str, Placement], name: str, *, below: float) -> Iterator[float]:
    """Yield the hole below the right one of two balanced columns; the left one has none."""
    if (end := boxes.get(f"end-{name}")) is not None:
        whole, text = boxes[name], boxes[f"text-{name}"]
        ends_right = end.left > whole.left + whole.wide / 2 - _SLACK
        yield whole.bottom - below - (end.bottom if ends_right else text.top)


def _beside(
    boxes: Mapping[str, Placement], side: Placement, *, foot: float, lead: float
) -> Iterator[float]:
    blocks = [box for name, box in boxes.items() if name.startswith("block-")]
    for above, under in pairwise(blocks):
        yield under.top - above.bottom - _BLOCK_GAP * lead
    yield foot - side.bottom
