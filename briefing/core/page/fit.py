"""Where a page is fitted: a probe, arithmetic, and a layout or two to prove it.

The search is bounded: :data:`LAYOUTS` layouts at most, the probe of all scales counted as one.
Layout itself is passed in as the measure, so this room decides and never draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from briefing.core.errors import BriefingError, ChoiceError, LayoutError
from briefing.core.model import Edition, Panel, Scale
from briefing.core.page.build import build
from briefing.core.page.choice import (
    FOOT_GAP,
    Selection,
    add,
    additions,
    below_height,
    beside,
    drop_brief,
    foot_height,
    least,
    page_height,
    panel_blocks,
    panel_height,
    shrink_panel,
)
from briefing.core.ports import Draft, Fit, Heights, Measure

#: Layouts at most for one page, the probe among them.
LAYOUTS = 5
#: A page within this many points of its foot is full; a tenth of a point cannot be seen.
_CLOSE = 0.75
#: Plans whose line and whose gap differ by less, in points, print the same: over the 80 lines of a
#: page and the three gaps of a panel that stays under what cannot be seen.
_SAME_LEAD, _SAME_GAP = 0.005, 0.2
#: Stories that a thin page names at least, if there are as many; else the next scale is taken.
_LEAST_NAMED = 3
#: White between two blocks of the panel grows by at most this many lines.
_GAP_LINES = 6.0
#: Most briefs (top story included) for which each scale is meant (docs/page.md, "Scales").
_MEANT = {Scale.THIN: 4, Scale.ROOMY: 9, Scale.NORMAL: 13, Scale.HEAVY: 16}
_SCALES = (*_MEANT, Scale.COLUMN)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A page that fits."""

    edition: Edition
    fit: Fit
    #: Layouts it took, the probe of all scales counted as one.
    layouts: int


def scales_for(briefs: int) -> tuple[Scale, ...]:
    """Return the scales worth trying for a number of briefs, the one meant for it first.

    After it come the next smaller and the next larger one.
    """
    meant = next((place for place, most in enumerate(_MEANT.values()) if briefs <= most), 3)
    places = (meant, meant + 1, meant - 1)
    return tuple(_SCALES[place] for place in places if 0 <= place < len(_MEANT))


class _Probe(Mapping[Scale, Heights]):
    """Heights at each scale, measured when they are first looked up: most pages need one scale."""

    def __init__(self, measure: Measure, draft: Draft, scales: tuple[Scale, ...]) -> None:
        self._measure = measure
        self._draft = draft
        self._measured: dict[Scale, Heights | None] = dict.fromkeys(scales)

    def __getitem__(self, scale: Scale) -> Heights:
        heights = self._measured[scale]
        if heights is None:
            heights = self._measured[scale] = self._measure.probe(self._draft, (scale,))[scale]
        return heights

    def __contains__(self, scale: object) -> bool:
        return scale in self._measured

    def __iter__(self) -> Iterator[Scale]:
        return iter(self._measured)

    def __len__(self) -> int:
        return len(self._measured)


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


def fill(ruler: Ruler, start: Selection) -> Selection:
    """Add sentences to a choice in their order, each that still fits.

    A sentence that adds no height, because it fills the shorter column, always fits. On a thin
    page what stands below the news comes before any sentence that is added.
    """
    choice = start
    for addition in additions(ruler.draft, start):
        longer = add(ruler.draft, choice, addition)
        if longer is not None and ruler.fits_whole(longer):
            choice = longer
    return choice


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
    None when not even one sentence fits.
    """
    order = sorted(ruler.measured, key=_SCALES.index)
    smaller = order[order.index(next(iter(ruler.measured))) :]
    starts = [least(ruler.draft, scale) for scale in smaller]
    start = next(filter(ruler.fits_least, starts), None)
    if start is None:
        fitting = shed(ruler, starts[-1])
        return fitting and fill(ruler, fitting)
    return _larger(ruler, fill(ruler, start))


def _larger(ruler: Ruler, choice: Selection) -> Selection:
    """Return the same sentences at the next larger scale if they all fit there and all are in."""
    place = _SCALES.index(choice.scale) - 1
    everything = all(
        add(ruler.draft, choice, addition) is None for addition in additions(ruler.draft, choice)
    )
    if not everything or place < 1 or _SCALES[place] not in ruler.measured:
        return choice
    larger = replace(choice, scale=_SCALES[place])
    return larger if ruler.fits(larger) else choice


@dataclass(frozen=True, slots=True)
class LayoutPlan:
    """One page to be laid out."""

    choice: Selection
    #: The choice's panel as far as there is room for it.
    panel: Panel
    #: Line of body text and extra white between the panel's blocks, in points.
    lead: float
    side_gap: float

    def near(self, other: LayoutPlan) -> bool:
        """Tell whether laying out the other would change nothing that can be seen."""
        return (
            (self.choice, self.panel) == (other.choice, other.panel)
            and abs(self.lead - other.lead) < _SAME_LEAD
            and abs(self.side_gap - other.side_gap) < _SAME_GAP
        )


def plan(ruler: Ruler) -> LayoutPlan | None:
    """Plan the fullest page by arithmetic; None when by arithmetic nothing fits."""
    choice = choose(ruler)
    if choice is None:
        return None
    return _plan_below(ruler, choice) if choice.scale.below else _plan_beside(ruler, choice)


def _plan_beside(ruler: Ruler, choice: Selection) -> LayoutPlan:
    heights, error = ruler.measured[choice.scale], ruler.error(choice)
    lead = _lead(heights, ruler.lines(choice))
    foot = foot_height(ruler.draft, heights, choice)
    lines = heights.room / lead - heights.mast - foot - FOOT_GAP - error.side / lead
    panel = settle_panel(heights, beside(ruler.draft, choice), lines=lines)
    return LayoutPlan(choice, panel, lead, _side_gap(heights, panel, lines=lines) * lead)


def _plan_below(ruler: Ruler, choice: Selection) -> LayoutPlan:
    """Plan a thin page, on which the panel takes what the news leaves over."""
    heights, news = ruler.measured[choice.scale], ruler.lines(choice)
    room = heights.room / heights.lead[0] - news
    panel = settle_panel(heights, beside(ruler.draft, choice), lines=room)
    return LayoutPlan(choice, panel, _lead(heights, news + below_height(heights, choice, panel)), 0)


def _lead(heights: Heights, lines: float) -> float:
    """Return the line, in points, at which so many lines fill the sheet, as far as it may vary."""
    low, high = heights.lead
    return min(high, max(low, heights.room / lines))


def settle_panel(heights: Heights, panel: Panel, *, lines: float) -> Panel:
    """Shrink a panel, one step at a time, until it is no higher than ``lines`` or empty."""
    while panel != Panel() and panel_height(heights, panel) > lines:
        panel = shrink_panel(panel)
    return panel


def _side_gap(heights: Heights, panel: Panel, *, lines: float) -> float:
    """Share what the panel leaves over among its gaps, in lines."""
    gaps = len(panel_blocks(heights, panel)) - 1
    if gaps < 1:
        return 0.0
    return min(_GAP_LINES, (lines - panel_height(heights, panel)) / gaps)


def stands(fit: Fit) -> bool:
    """Tell whether a laid-out page keeps every promise of the page."""
    return 1 <= fit.pages <= fit.most and not fit.faults and min(fit.free, fit.side_free) > -_CLOSE


def fit(draft: Draft, measure: Measure) -> Fitted:
    """Fit a draft to its page.

    Each layout corrects the arithmetic; the search ends when a further layout would change
    nothing, or after :data:`LAYOUTS`. Of the pages that stand, the fullest is returned; of
    equally full ones the first.

    Raises:
        ChoiceError: what is pinned does not fit on one page.
        LayoutError: none of the pages tried stands.
    """
    count = bool(draft.top.lengths) + len(draft.briefs) + len(draft.edition.corrections)
    known = tuple(scale for scale in scales_for(count) if scale in measure.scales)
    scales = known or tuple(measure.scales)
    ruler = Ruler(draft, _Probe(measure, draft, scales))
    tried: list[tuple[LayoutPlan, Fitted]] = []
    for layouts in range(2, LAYOUTS + 1):
        planned = plan(ruler)
        if planned is None:
            break
        if any(planned.near(before) for before, _ in tried):
            if any(stands(done.fit) for _, done in tried):
                break
            planned = replace(planned, panel=shrink_panel(planned.panel))
        edition = _build(ruler, planned)
        result = Fitted(edition, measure.lay_out(edition), layouts)
        tried.append((planned, result))
        errors = {**ruler.errors, planned.choice: _error(ruler, planned, result.fit)}
        ruler = replace(ruler, errors=errors)
    return _best([result for _, result in tried], draft=draft)


def _build(ruler: Ruler, planned: LayoutPlan) -> Edition:
    return build(
        ruler.draft,
        ruler.measured[planned.choice.scale],
        replace(planned.choice, panel=planned.panel),
        lead=planned.lead,
        side_gap=planned.side_gap,
    )


def _error(ruler: Ruler, planned: LayoutPlan, fit: Fit) -> Error:
    """Compare a layout with the arithmetic.

    The panel's error adds up, since each plan has already used what was known before; white below
    a panel that has no gap to widen, or none that may be wider, is no error.
    """
    heights = ruler.measured[planned.choice.scale]
    lines = (heights.room - fit.free) / planned.lead
    widest = _GAP_LINES * planned.lead if len(panel_blocks(heights, planned.panel)) > 1 else 0.0
    wide = planned.side_gap >= widest and fit.side_free > 0
    side = ruler.error(planned.choice).side - (0.0 if wide else fit.side_free)
    arithmetic = page_height(ruler.draft, heights, planned.choice)
    return Error(lines - arithmetic - below_height(heights, planned.choice, planned.panel), side)


def _best(tried: list[Fitted], *, draft: Draft) -> Fitted:
    fitting = [result for result in tried if stands(result.fit)]
    if not fitting:
        raise _failure(tried, draft=draft)
    best = max(fitting, key=lambda result: _fullness(result.fit))
    return replace(best, layouts=tried[-1].layouts)


def _failure(tried: list[Fitted], *, draft: Draft) -> BriefingError:
    pinned = [candidate for candidate in draft.briefs if candidate.pinned]
    if pinned:
        last = max(pinned, key=lambda candidate: candidate.rank).lengths[0].headline
        return ChoiceError(
            f"what is pinned ({len(pinned)}) does not fit on the page; undo one pin, such as "
            f"{last!r}"
        )
    if not tried:
        return LayoutError("not even one headline and one sentence fit on the page")
    faults = ", ".join(tried[-1].fit.faults) or "news and foot overlap"
    return LayoutError(f"no page stands after {len(tried)} layouts: {faults}")


def _fullness(fit: Fit) -> tuple[float, float]:
    """Return what the fuller page has more of: news to the thousandth, then panel."""
    return round(min(1.0, fit.fill), 3), -abs(fit.side_free)
