"""PURE: bars of a chart, for print, for the edition on the web and for the administration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled rectangle, from the top left."""

    x: float
    y: float
    wide: float
    high: float
    #: CSS class. "b": as others; "t": today, or failed; "i": ink.
    kind: str = "b"

    @property
    def today(self) -> bool:
        """Whether it stands for today."""
        return self.kind == "t"


@dataclass(frozen=True, slots=True)
class Axis:
    """Where a row of bars stands; in points or pixels."""

    #: Left edge of the first bar, distance of bars, width of one.
    left: float
    step: float
    wide: float
    #: What the bars stand on, from the top.
    base: float
    #: Height of the largest count.
    high: float
    #: The largest count; of several rows, if they share a scale.
    most: int
    #: Least height of a bar: 1 draws a line for nothing.
    least: float = 0.0
    #: Decimals of coordinates.
    digits: int = 1

    def bars(self, counts: Sequence[int | None]) -> tuple[Bar, ...]:
        """Draw a bar for each count, oldest first, today last; None leaves a gap."""
        return tuple(
            self._bar(place, count, kind="t" if place == len(counts) - 1 else "b")
            for place, count in enumerate(counts)
            if count is not None
        )

    def _bar(self, place: int, count: int, *, kind: str) -> Bar:
        high = max(self.least, self.high * count / (self.most or 1))
        x, y, high = (
            round(number, self.digits)
            for number in (self.left + self.step * place, self.base - high, high)
        )
        return Bar(x, y, self.wide, high, kind)
