"""Chooses what a page prints, by calculating what fits and how much stays white."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace

from briefing.core.frozen import frozen
from briefing.core.model import Panel, Scale, no_entries
from briefing.core.page.columns import EVEN, Row
from briefing.core.page.selection import (
    FOOT_GAP,
    Selection,
    add,
    additions,
    below_height,
    beside,
    drop_brief,
    drops,
    foot_height,
    least,
    news_height,
    page_height,
    panel_blocks,
    panel_height,
    panel_rows,
    rows,
    shorten,
    shorter_panels,
    shrink_panel,
)
from briefing.core.ports import Draft, Heights, KeptSteps

#: Most briefs (top story included) for which each scale is meant (docs/page.md, "Scales").
_MEANT = {Scale.THIN: 4, Scale.ROOMY: 9, Scale.NORMAL: 16}
_SCALES = tuple(Scale)
#: Briefs (top story included) that are enough to leave out others rather than set type heavy.
_ENOUGH = 9
#: How many numbers of briefs are then tried.
_TRIES = 3
#: Share of a page up to which white is accepted without leaving out a brief; and on a heavy page
#: (docs/page.md, "Scales").
_LITTLE_WHITE, _MOST_WHITE = 0.05, 0.1
#: Share of a page that leaving out one more brief must gain, if sections end equally even.
_STORY = 0.01
#: Heights that differ by less, in lines, are equal.
_SAME_LINES = 1e-6


def scales_for(briefs: int) -> tuple[Scale, ...]:
    """Return the scales worth trying for a number of briefs.

    First the one meant for it, then the next smaller, then the next larger one.
    """
    meant = next((place for place, most in enumerate(_MEANT.values()) if briefs <= most), 2)
    places = (meant, meant + 1, meant - 1)
    return tuple(_SCALES[place] for place in places if 0 <= place < _SCALES.index(Scale.COLUMN))


def fill(ruler: Ruler, start: Selection) -> Selection:
    """Add sentences until no more fit, then exchange some to fill holes.

    Sentences that add no height, because they fill a shorter column, precede those that do; within
    both, the order is that of :func:`additions`. On a thin page, what stands below the news has
    precedence over added sentences.
    """
    choice: Selection | None = start
    while choice is not None:
        filled, choice = choice, next(_longer(ruler, choice), None)
    others = (
        more
        for shorter in shorten(filled)
        for addition in additions(ruler.draft, shorter)
        if (more := add(ruler.draft, shorter, addition)) is not None
    )
    most = ruler.holes(filled) - _SAME_LINES
    rough = (ruler.uneven(filled), ruler.white(filled) - _SAME_LINES)
    smaller = sorted(
        (
            (hole, place, other)
            for place, other in enumerate(others)
            if (hole := ruler.holes(other)) < most
        ),
        key=lambda ranked: ranked[:2],
    )
    fitting = (other for _, _, other in smaller if ruler.fits_whole(other))
    better = next(
        (other for other in fitting if (ruler.uneven(other), ruler.white(other)) < rough), None
    )
    return _evened(ruler, filled) if better is None else fill(ruler, better)


def _evened(ruler: Ruler, choice: Selection) -> Selection:
    """Remove sentences that leave a section uneven, as long as the white does not grow.

    A section with a sentence less may be arranged higher, so that the page no longer fits.
    """

    def rough(its: Selection) -> tuple[int, float]:
        return ruler.uneven(its), ruler.white(its)

    uneven, white = rough(choice)
    less = (uneven, white - _SAME_LINES)
    others = (*(shorten(choice) if uneven else ()), *_longer(ruler, choice))
    evener = [
        other
        for other in others
        if rough(other) < less
        and ruler.white(other) < white + _SAME_LINES
        and ruler.fits_whole(other)
    ]
    return _evened(ruler, min(evener, key=rough)) if evener else choice


def _longer(ruler: Ruler, choice: Selection) -> Iterator[Selection]:
    """Yield the choice with each further sentence that fits; first those that add no height."""
    longer = [
        more
        for addition in additions(ruler.draft, choice)
        if (more := add(ruler.draft, choice, addition)) is not None
    ]
    height = ruler.news(choice) + _SAME_LINES
    longer.sort(key=lambda more: ruler.news(more) > height)
    yield from filter(ruler.fits_whole, longer)


def squeeze(
    ruler: Ruler, choice: Selection, *, fits: Callable[[Selection], bool] | None = None
) -> Selection | None:
    """Shorten the top story step by step to one sentence; None if even that is too high."""
    shorter = (replace(choice, top=top) for top in range(choice.top, 0, -1) or (0,))
    return next(filter(fits or ruler.fits, shorter), None)


def shed(ruler: Ruler, choice: Selection) -> Selection | None:
    """Leave out briefs, the lowest-ranked of the longest section first, until the rest fits.

    Corrections are left out only when all but the top story and pinned briefs are gone, and the
    first of them never. A thin page keeps room for the first named stories, unless that leaves none
    for news. None if not even one sentence of each fits.
    """
    return _shed(ruler, choice, fits=ruler.fits_least) or _shed(ruler, choice, fits=ruler.fits)


def _shed(
    ruler: Ruler, choice: Selection, *, fits: Callable[[Selection], bool]
) -> Selection | None:
    shorter: Selection | None = choice
    while shorter is not None:
        fitting = squeeze(ruler, shorter, fits=fits)
        if fitting is not None:
            return fitting
        shorter = drop_brief(ruler.draft, shorter) or _drop_correction(shorter)
    return None


def _drop_correction(choice: Selection) -> Selection | None:
    """Return the choice without its last correction; None if there is only one."""
    left = choice.corrections - 1
    return replace(choice, corrections=left) if left > 0 else None


def choose(ruler: Ruler) -> Selection | None:
    """Choose scale and sentences by calculation.

    Start with the scale meant for the number of briefs. If its shortest page does not fit, take the
    next smaller one; if everything fits with room to spare, the next larger one, if everything fits
    there too. Before type is set heavy, leave out briefs as long as enough are left. None if not
    even one sentence fits.
    """
    order = sorted(ruler.measured, key=_SCALES.index)
    smaller = order[order.index(next(iter(ruler.measured))) :]
    starts = [least(ruler.draft, scale) for scale in smaller]
    for start in starts:
        if start.scale is Scale.NORMAL and (fewer := _fewer(ruler, start)):
            return _filled(ruler, _larger(ruler, fewer))
        if start.scale is not Scale.HEAVY and ruler.fits_least(start):
            return _filled(ruler, _larger(ruler, fill(ruler, start)))
    shorter = (shed(ruler, start) for start in reversed(starts))
    filled = (fill(ruler, choice) for choice in shorter if choice is not None)
    last = next(filled, None)
    refused = last and last.scale is Scale.HEAVY and ruler.share(last) > _MOST_WHITE
    return next(filled, last) if refused else last


def _fewer(ruler: Ruler, start: Selection) -> Selection | None:
    """Leave out briefs, the lowest-ranked of the longest section first, until the rest fits.

    If a section then ends uneven, try the page without one more brief, of each section in turn.
    """
    shorter: Selection | None = start
    pages: list[tuple[tuple[int, float], Selection]] = []
    left_out, most = 0, _TRIES if ruler.draft.edition.panel.also else 1

    def try_page(choice: Selection, left_out: int) -> int:
        filled = fill(ruler, choice)
        uneven, white = ruler.uneven(filled), ruler.share(filled) + _STORY * left_out
        pages.append(((uneven, white), filled))
        return uneven

    while (
        shorter is not None
        and bool(shorter.top) + sum(map(bool, shorter.briefs)) >= _ENOUGH
        and left_out < most
    ):
        if ruler.fits_least(shorter):
            if try_page(shorter, left_out) and most > 1:
                for other in drops(ruler.draft, shorter):
                    try_page(other, left_out + 1)
            if min(pages, key=lambda page: page[0])[0] <= (0, _LITTLE_WHITE + _STORY * left_out):
                break
            left_out += 1
        shorter = drop_brief(ruler.draft, shorter)
    return min(pages, key=lambda page: page[0])[1] if pages else None


def _larger(ruler: Ruler, choice: Selection) -> Selection:
    """Return the choice at the next larger scale, if nothing is left to add and all fits there."""
    place = _SCALES.index(choice.scale) - 1
    everything = all(
        add(ruler.draft, choice, addition) is None for addition in additions(ruler.draft, choice)
    )
    if not everything or place < 1 or _SCALES[place] not in ruler.measured:
        return choice
    larger = replace(choice, scale=_SCALES[place])
    return larger if ruler.fits_whole(larger) else choice


def _filled(ruler: Ruler, choice: Selection) -> Selection:
    """Add asides if too much of the page is white."""
    if any(brief.asides for brief in (ruler.draft.top, *ruler.draft.briefs)):
        is_white = ruler.share(choice) > _LITTLE_WHITE
        return fill(ruler, replace(choice, asides=True)) if is_white else choice
    return choice


#: Stories that a thin page must have room to name, if there are as many; else a smaller scale.
_LEAST_NAMED = 3
#: Columns of news, and the width of the panel in columns (theme.toml, page.css).
_COLUMNS, _PANEL_WIDTH = 2, 0.6
#: Most lines by which the white between two blocks of the panel grows.
_GAP_LINES = 4.0


@frozen
class Error:
    """How much lower the calculation was than the layout."""

    #: Of the page, in lines.
    lines: float = 0.0
    #: Of the panel, in points.
    side: float = 0.0


@frozen
class Ruler:
    """Calculates heights and white space, corrected by the layouts so far."""

    draft: Draft
    #: Heights by scale, beginning with the scale meant for the number of briefs.
    measured: Mapping[Scale, Heights]
    #: Error of each choice that was laid out.
    errors: Mapping[Selection, Error] = field(default_factory=no_entries)
    #: The search asks for the same values of a choice several times.
    kept: KeptSteps = field(default_factory=KeptSteps, compare=False)

    def error(self, choice: Selection) -> Error:
        """Return the error of a choice; if it was not laid out yet, the last error at its scale."""
        alike = (error for laid, error in self.errors.items() if laid.scale is choice.scale)
        return self.errors.get(choice, next(reversed(list(alike)), Error()))

    def lines(self, choice: Selection) -> float:
        """Return the height of a choice, in lines of body text, corrected by its error."""
        heights = self.measured[choice.scale]
        height = self.kept(page_height, choice, self.draft, heights, choice)
        return height + self.error(choice).lines

    def news(self, choice: Selection) -> float:
        """Return the height of top story and sections, in lines, as measured by the probe."""
        heights = self.measured[choice.scale]
        return self.kept(news_height, choice, self.draft, heights, choice)

    def holes(self, choice: Selection) -> float:
        """Return the white within the sections of a choice, in lines of a column."""
        return sum(row.holes for row in self._rows(choice))

    def uneven(self, choice: Selection) -> int:
        """Count the sections with more than 4 mm of white below one of their columns."""
        most = EVEN / self.measured[choice.scale].lead[1]
        return sum(row.foot > most for row in self._rows(choice))

    def _rows(self, choice: Selection) -> tuple[Row, ...]:
        return self.kept(rows, choice, self.draft, self.measured[choice.scale], choice)

    def _beside(self, choice: Selection) -> Panel:
        return self.kept(beside, choice, self.draft, choice)

    def white(self, choice: Selection) -> float:
        """Return the white within and below the sections of a choice, in lines of a column."""
        heights = self.measured[choice.scale]
        under = below_height(heights, choice, self.panel(choice)) if choice.panel_below else 0.0
        below = heights.room / heights.lead[1] - self.lines(choice) - under
        return self.holes(choice) + _COLUMNS * max(0.0, below)

    def room_beside(self, choice: Selection) -> float:
        """Return the height available to a panel beside the news, in lines."""
        heights = self.measured[choice.scale]
        lead = lead_of(heights, self.lines(choice))
        foot = self.kept(foot_height, choice, self.draft, heights, choice)
        side = self.error(choice).side
        return (heights.room + heights.headline_high - side) / lead - heights.mast - foot - FOOT_GAP

    def panel(self, choice: Selection) -> Panel:
        """Return the panel of a choice, beside or below the news, shrunk to the room there is."""
        heights, whole = self.measured[choice.scale], self._beside(choice)
        if not choice.below:
            return settle_panel(heights, whole, lines=self.room_beside(choice))
        room = heights.room / heights.lead[0] - self.lines(choice)
        return settle_panel(
            heights, whole, lines=room, high=lambda high, panel: below_height(high, choice, panel)
        )

    def even_panel(self, choice: Selection) -> Panel:
        """Return the panel without the items that leave it uneven below the news.

        An item is removed if fewer columns then end in more than 4 mm of white and the total white
        does not grow. Named stories are never removed, and nothing of an edition already printed.
        """
        heights, panel = self.measured[choice.scale], self.panel(choice)
        room = heights.room / heights.lead[1] - self.lines(choice)

        def rough(its: Panel) -> tuple[int, float]:
            under = panel_rows(heights, choice, its)
            below = max(0.0, room - sum(row.height for row in under))
            uneven = sum(row.foot > EVEN / heights.lead[0] for row in under)
            return uneven, sum(row.holes for row in under) + _COLUMNS * below

        best: Panel | None = panel
        while best is not None and not self.draft.fixed:
            panel, (uneven, white) = best, rough(best)
            shorter = (its for its in shorter_panels(panel) if rough(its)[0] < uneven)
            evener = (its for its in shorter if rough(its)[1] < white + _SAME_LINES)
            best = min(evener, key=rough, default=None)
        return panel

    def side_gap(self, choice: Selection, panel: Panel) -> float:
        """Return how many lines are added to each gap of a panel beside the news."""
        heights = self.measured[choice.scale]
        gaps = 0 if choice.below else len(panel_blocks(heights, panel)) - 1
        if gaps < 1:
            return 0.0
        return min(_GAP_LINES, (self.room_beside(choice) - panel_height(heights, panel)) / gaps)

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
        """Return the line height at which a choice with its panel fills the sheet, in points."""
        heights = self.measured[choice.scale]
        below = below_height(heights, choice, self.panel(choice))
        return lead_of(heights, self.lines(choice) + below)

    def _every_hole(self, choice: Selection) -> Iterator[tuple[float, float]]:
        """Yield each hole of a choice: its height in lines, its width in columns."""
        heights, panel = self.measured[choice.scale], self.panel(choice)
        under = panel_rows(heights, choice, panel)
        yield from ((row.holes, 1) for row in (*self._rows(choice), *under))
        lines = self.lines(choice) + sum(row.height for row in under)
        yield max(0.0, heights.room / heights.lead[1] - lines), _COLUMNS
        if panel != Panel() and not choice.below:
            gap, blocks = self.side_gap(choice, panel), panel_blocks(heights, panel)
            yield from ((gap, _PANEL_WIDTH) for _ in blocks[1:])
            left = self.room_beside(choice) - panel_height(heights, panel)
            yield left - gap * len(blocks[1:]), _PANEL_WIDTH

    def fits(self, choice: Selection) -> bool:
        """Return whether a choice fits on the sheet at the smallest line height of its scale."""
        heights = self.measured[choice.scale]
        return self.lines(choice) <= heights.room / heights.lead[0]

    def fits_least(self, choice: Selection) -> bool:
        """Return whether a choice fits, including the first named stories of a thin page."""
        heights, also = self.measured[choice.scale], self._beside(choice).also
        below = below_height(heights, choice, Panel(also=also[:_LEAST_NAMED]))
        return self.lines(choice) + below <= heights.room / heights.lead[0]

    def fits_whole(self, choice: Selection) -> bool:
        """Return whether a choice fits, including all that stands below the news of a thin page."""
        heights = self.measured[choice.scale]
        below = below_height(heights, choice, self._beside(choice))
        return self.lines(choice) + below <= heights.room / heights.lead[0]


def lead_of(heights: Heights, lines: float) -> float:
    """Return the line height, within its limits, at which ``lines`` fill the sheet, in points."""
    low, high = heights.lead
    return min(high, max(low, heights.room / lines))


def settle_panel(
    heights: Heights,
    panel: Panel,
    *,
    lines: float,
    high: Callable[[Heights, Panel], float] = panel_height,
) -> Panel:
    """Remove items from a panel, one at a time, until it is no higher than ``lines`` or empty.

    Then put back as many removed names as there is room for, and last the second quotation.
    """
    settled = replace(panel, quotes=panel.quotes[:1])
    while settled != Panel() and high(heights, settled) > lines:
        settled = shrink_panel(settled)
    for named in panel.also[len(settled.also) :] if settled.also else ():
        longer = replace(settled, also=(*settled.also, named))
        if high(heights, longer) <= lines:
            settled = longer
    longer = replace(settled, quotes=panel.quotes)
    return longer if settled.quotes and high(heights, longer) <= lines else settled
