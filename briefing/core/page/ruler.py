"""The arithmetic of a page: what fits, and how much it leaves white, corrected by layouts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from briefing.core.model import Panel, Scale
from briefing.core.page.choice import (
    FOOT_GAP,
    Selection,
    below_height,
    beside,
    foot_height,
    holes,
    news_height,
    page_height,
    panel_blocks,
    panel_height,
    panel_rows,
    rows,
    shrink_panel,
)
from briefing.core.ports import Draft, Heights

#: Stories that a thin page names at least, if there are as many; else the next scale is taken.
_LEAST_NAMED = 3
#: Columns of news, and the width of the panel in such columns (theme.toml, page.css).
_COLUMNS, _PANEL_WIDTH = 2, 0.6
#: White between two blocks of the panel grows by at most this many lines.
_GAP_LINES = 4.0


@dataclass(frozen=True, slots=True)
class Error:
    """By how much the arithmetic was found too low."""

    #: Lines of the page.
    lines: float = 0.0
    #: Points of the panel.
    side: float = 0.0


@dataclass(frozen=True, slots=True)
class Ruler:
    """The arithmetic, corrected by the layouts so far."""

    draft: Draft
    #: By scale, the one meant for the number of briefs first.
    measured: Mapping[Scale, Heights]
    #: Error of each selection that was laid out.
    errors: Mapping[Selection, Error] = field(default_factory=lambda: MappingProxyType({}))

    def error(self, choice: Selection) -> Error:
        """Return the error of a choice; of one not laid out yet, the last one of its scale."""
        alike = (error for laid, error in self.errors.items() if laid.scale is choice.scale)
        return self.errors.get(choice, next(reversed(list(alike)), Error()))

    def lines(self, choice: Selection) -> float:
        """Return the height of a choice, in lines of body text."""
        heights = self.measured[choice.scale]
        return page_height(self.draft, heights, choice) + self.error(choice).lines

    def news(self, choice: Selection) -> float:
        """Return the height of top story and sections, in lines, as the probe measured them."""
        return news_height(self.draft, self.measured[choice.scale], choice)

    def holes(self, choice: Selection) -> float:
        """Return the lines of columns that a choice leaves white within the sections."""
        return holes(self.draft, self.measured[choice.scale], choice)

    def white(self, choice: Selection) -> float:
        """Return the lines of columns that a choice leaves white, in the sections and below."""
        heights = self.measured[choice.scale]
        under = below_height(heights, choice, self.panel(choice)) if choice.panel_below else 0.0
        below = heights.room / heights.lead[1] - self.lines(choice) - under
        return self.holes(choice) + _COLUMNS * max(0.0, below)

    def room_beside(self, choice: Selection) -> float:
        """Return the height there is for a panel beside the news, in lines."""
        heights = self.measured[choice.scale]
        lead = lead_of(heights, self.lines(choice))
        foot = foot_height(self.draft, heights, choice)
        side = self.error(choice).side
        return heights.room / lead - heights.mast - foot - FOOT_GAP - side / lead

    def panel(self, choice: Selection) -> Panel:
        """Return the panel of a choice as far as there is room for it, beside or below the news."""
        heights, whole = self.measured[choice.scale], beside(self.draft, choice)
        if not choice.below:
            return settle_panel(heights, whole, lines=self.room_beside(choice))
        room = heights.room / heights.lead[0] - self.lines(choice)
        return settle_panel(
            heights, whole, lines=room, high=lambda high, panel: below_height(high, choice, panel)
        )

    def side_gap(self, choice: Selection, panel: Panel) -> float:
        """Return what each gap of a panel beside the news gets of what it leaves, in lines."""
        heights = self.measured[choice.scale]
        gaps = 0 if choice.below else len(panel_blocks(heights, panel)) - 1
        if gaps < 1:
            return 0.0
        left = self.room_beside(choice) - panel_height(heights, panel)
        return min(_GAP_LINES, left / gaps)

    def share(self, choice: Selection) -> float:
        """Return the share of the page that a choice leaves white, in its columns and panel."""
        white = sum(high * wide for high, wide in self._every_hole(choice))
        beside = self.panel(choice) != Panel() and not choice.below
        wide = _COLUMNS + (_PANEL_WIDTH if beside else 0.0)
        return white * self._lead(choice) / (wide * self.measured[choice.scale].room)

    def largest_hole(self, choice: Selection) -> float:
        """Return the height of the largest hole that a choice leaves, in points."""
        return max(high for high, _ in self._every_hole(choice)) * self._lead(choice)

    def _lead(self, choice: Selection) -> float:
        """Return the line at which a choice fills the sheet with its panel, in points."""
        heights = self.measured[choice.scale]
        below = below_height(heights, choice, self.panel(choice))
        return lead_of(heights, self.lines(choice) + below)

    def _every_hole(self, choice: Selection) -> Iterator[tuple[float, float]]:
        """Yield each hole of a choice: its height in lines, its width in columns."""
        heights, panel = self.measured[choice.scale], self.panel(choice)
        under = panel_rows(heights, choice, panel)
        yield from ((row.holes, 1) for row in (*rows(self.draft, heights, choice), *under))
        lines = self.lines(choice) + sum(row.height for row in under)
        yield max(0.0, heights.room / heights.lead[1] - lines), _COLUMNS
        if panel != Panel() and not choice.below:
            gap, blocks = self.side_gap(choice, panel), panel_blocks(heights, panel)
            yield from ((gap, _PANEL_WIDTH) for _ in blocks[1:])
            left = self.room_beside(choice) - panel_height(heights, panel)
            yield left - gap * len(blocks[1:]), _PANEL_WIDTH

    def fits(self, choice: Selection) -> bool:
        """Tell whether a choice fits on the sheet when it is set as tight as its scale allows."""
        heights = self.measured[choice.scale]
        return self.lines(choice) <= heights.room / heights.lead[0]

    def fits_least(self, choice: Selection) -> bool:
        """Tell whether a choice fits with the first stories to name, where the page is thin."""
        heights, also = self.measured[choice.scale], beside(self.draft, choice).also
        below = below_height(heights, choice, Panel(also=also[:_LEAST_NAMED]))
        return self.lines(choice) + below <= heights.room / heights.lead[0]

    def fits_whole(self, choice: Selection) -> bool:
        """Tell whether it fits with all that stands below the news of a thin page."""
        heights = self.measured[choice.scale]
        below = below_height(heights, choice, beside(self.draft, choice))
        return self.lines(choice) + below <= heights.room / heights.lead[0]


def lead_of(heights: Heights, lines: float) -> float:
    """Return the line, in points, at which so many lines fill the sheet, as far as it may vary."""
    low, high = heights.lead
    return min(high, max(low, heights.room / lines))


def settle_panel(
    heights: Heights,
    panel: Panel,
    *,
    lines: float,
    high: Callable[[Heights, Panel], float] = panel_height,
) -> Panel:
    """Shrink a panel, one step at a time, until it is no higher than ``lines`` or empty.

    Then as many of the names that were left out are taken back as there is room for.

    Args:
        heights: as measured.
        panel: what it would hold.
        lines: height that it may have.
        high: tells the height of a panel.
    """
    settled = panel
    while settled != Panel() and high(heights, settled) > lines:
        settled = shrink_panel(settled)
    for named in panel.also[len(settled.also) :] if settled.also else ():
        longer = replace(settled, also=(*settled.also, named))
        if high(heights, longer) <= lines:
            settled = longer
    return settled
