"""Chooses what a page prints, by the arithmetic of what fits and how much it leaves white."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

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
#: Briefs (top story included) for which type is not set heavy; the others are named.
_ENOUGH = 9
#: Numbers of briefs that are tried then.
_TRIES = 3
#: Share of a page that may stay white without trying fewer briefs, and on a heavy page at most
#: (docs/page.md, "Scales").
_LITTLE_WHITE, _MOST_WHITE = 0.05, 0.1
#: Share of a page that each brief left out must fill, with as many sections even.
_STORY = 0.01
#: Heights that differ by less, in lines, are equal.
_SAME_LINES = 1e-6


def scales_for(briefs: int) -> tuple[Scale, ...]:
    """Return the scales worth trying for a number of briefs, the one meant for it first.

    After it come the next smaller and the next larger one.
    """
    meant = next((place for place, most in enumerate(_MEANT.values()) if briefs <= most), 2)
    places = (meant, meant + 1, meant - 1)
    return tuple(_SCALES[place] for place in places if 0 <= place < _SCALES.index(Scale.COLUMN))


def fill(ruler: Ruler, start: Selection) -> Selection:
    """Add sentences to a choice until no more fits, then exchange some to fill its holes.

    Those that add no height, because they fill a shorter column, come before those that do; both
    in their order. On a thin page what stands below the news comes before any sentence that is
    added.
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
    """Take back sentences that leave a section uneven, as long as no more stays white."""

    def rough(its: Selection) -> tuple[int, float]:
        return ruler.uneven(its), ruler.white(its)

    uneven, white = rough(choice)
    less = (uneven, white - _SAME_LINES)
    others = (*(shorten(choice) if uneven else ()), *_longer(ruler, choice))
    evener = [
        other
        for other in others
        if rough(other) < less and ruler.white(other) < white + _SAME_LINES
    ]
    return _evened(ruler, min(evener, key=rough)) if evener else choice


def _longer(ruler: Ruler, choice: Selection) -> Iterator[Selection]:
    """Yield the choice with each sentence more that fits, those first that add no height."""
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
    """Take the top story down to one sentence, step by step; None when even that is too high."""
    shorter = (replace(choice, top=top) for top in range(choice.top, 0, -1) or (0,))
    return next(filter(fits or ruler.fits, shorter), None)


def shed(ruler: Ruler, choice: Selection) -> Selection | None:
    """Leave out briefs, the lowest of the longest section first, until the rest fits.

    Corrections give way to nothing but the top story and what is pinned, and the first of them
    not even to these. In one column there is room for the first stories to name, unless that
    leaves none for news. None when not even one sentence of each does.
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
    """Return the choice without its last correction; None when there is only one."""
    left = choice.corrections - 1
    return replace(choice, corrections=left) if left > 0 else None


def choose(ruler: Ruler) -> Selection | None:
    """Choose scale and sentences by arithmetic.

    The scale meant for the number of briefs comes first; where its least does not fit, the next
    smaller one; where all is printed and room is left, the next larger one if all fits there.
    Before type is set heavy, briefs are left out, as long as enough are left. None when not even
    one sentence fits.
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
    """Leave out briefs, the lowest of the longest section first, until the rest fits.

    Where a section then ends uneven, the lowest of each section is tried instead.
    """
    shorter: Selection | None = start
    pages: list[tuple[tuple[int, float], Selection]] = []
    left_out, most = 0, _TRIES if ruler.draft.edition.panel.also else 1

    def try_page(choice: Selection, left_out: int) -> int:
        filled = fill(ruler, choice)
        uneven, white = ruler.uneven(filled), ruler.share(filled) + _STORY * left_out
        pages.append(((uneven, white), filled))
        return uneven

    while shorter is not None and _printed(shorter) >= _ENOUGH and left_out < most:
        if ruler.fits_least(shorter):
            if try_page(shorter, left_out) and most > 1:
                for other in drops(ruler.draft, shorter):
                    try_page(other, left_out + 1)
            if min(pages, key=lambda page: page[0])[0] <= (0, _LITTLE_WHITE + _STORY * left_out):
                break
            left_out += 1
        shorter = drop_brief(ruler.draft, shorter)
    return min(pages, key=lambda page: page[0])[1] if pages else None


def _printed(choice: Selection) -> int:
    return bool(choice.top) + sum(map(bool, choice.briefs))


def _larger(ruler: Ruler, choice: Selection) -> Selection:
    """Return the same sentences at the next larger scale if they all fit there and all are in."""
    place = _SCALES.index(choice.scale) - 1
    everything = all(
        add(ruler.draft, choice, addition) is None for addition in additions(ruler.draft, choice)
    )
    if not everything or place < 1 or _SCALES[place] not in ruler.measured:
        return choice
    larger = replace(choice, scale=_SCALES[place])
    return larger if ruler.fits_whole(larger) else choice


def _filled(ruler: Ruler, choice: Selection) -> Selection:
    """Add asides where too much of the page is white."""
    if any(brief.asides for brief in (ruler.draft.top, *ruler.draft.briefs)):
        is_white = ruler.share(choice) > _LITTLE_WHITE
        return fill(ruler, replace(choice, asides=True)) if is_white else choice
    return choice


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
    errors: Mapping[Selection, Error] = field(default_factory=no_entries)
    #: The search asks about each selection several times.
    kept: KeptSteps = field(default_factory=KeptSteps, compare=False)

    def error(self, choice: Selection) -> Error:
        """Return the error of a choice; of one not laid out yet, the last one of its scale."""
        alike = (error for laid, error in self.errors.items() if laid.scale is choice.scale)
        return self.errors.get(choice, next(reversed(list(alike)), Error()))

    def lines(self, choice: Selection) -> float:
        """Return the height of a choice, in lines of body text."""
        heights = self.measured[choice.scale]
        height = self.kept(page_height, choice, self.draft, heights, choice)
        return height + self.error(choice).lines

    def news(self, choice: Selection) -> float:
        """Return the height of top story and sections, in lines, as the probe measured them."""
        heights = self.measured[choice.scale]
        return self.kept(news_height, choice, self.draft, heights, choice)

    def holes(self, choice: Selection) -> float:
        """Return the lines of columns that a choice leaves white within the sections."""
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
        """Return the lines of columns that a choice leaves white, in the sections and below."""
        heights = self.measured[choice.scale]
        under = below_height(heights, choice, self.panel(choice)) if choice.panel_below else 0.0
        below = heights.room / heights.lead[1] - self.lines(choice) - under
        return self.holes(choice) + _COLUMNS * max(0.0, below)

    def room_beside(self, choice: Selection) -> float:
        """Return the height there is for a panel beside the news, in lines."""
        heights = self.measured[choice.scale]
        lead = lead_of(heights, self.lines(choice))
        foot = self.kept(foot_height, choice, self.draft, heights, choice)
        side = self.error(choice).side
        return (heights.room + heights.headline_high - side) / lead - heights.mast - foot - FOOT_GAP

    def panel(self, choice: Selection) -> Panel:
        """Return the panel of a choice as far as there is room for it, beside or below the news."""
        heights, whole = self.measured[choice.scale], self._beside(choice)
        if not choice.below:
            return settle_panel(heights, whole, lines=self.room_beside(choice))
        room = heights.room / heights.lead[0] - self.lines(choice)
        return settle_panel(
            heights, whole, lines=room, high=lambda high, panel: below_height(high, choice, panel)
        )

    def even_panel(self, choice: Selection) -> Panel:
        """Return the panel of a choice without what leaves it uneven below the news.

        An item goes where fewer columns then end in more than 4 mm of white and no more stays white
        in all; no story loses its name, and a printed edition nothing.
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
        """Return what each gap of a panel beside the news gets of what it leaves, in lines."""
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
        """Return the line at which a choice fills the sheet with its panel, in points."""
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
        """Tell whether a choice fits on the sheet when it is set as tight as its scale allows."""
        heights = self.measured[choice.scale]
        return self.lines(choice) <= heights.room / heights.lead[0]

    def fits_least(self, choice: Selection) -> bool:
        """Tell whether a choice fits with the first stories to name, where the page is thin."""
        heights, also = self.measured[choice.scale], self._beside(choice).also
        below = below_height(heights, choice, Panel(also=also[:_LEAST_NAMED]))
        return self.lines(choice) + below <= heights.room / heights.lead[0]

    def fits_whole(self, choice: Selection) -> bool:
        """Tell whether it fits with all that stands below the news of a thin page."""
        heights = self.measured[choice.scale]
        below = below_height(heights, choice, self._beside(choice))
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

    Then as many of the names that were left out are taken back as there is room for, and last the
    second quotation.
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
