"""Where a page is fitted: one probe, arithmetic, and a layout or two to prove it.

The search is bounded: :data:`LAYOUTS` layouts at most, the probe included. Layout itself is passed
in as the measure, so this room decides and never draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from briefing.errors import LayoutError
from briefing.model import Edition, Scale
from briefing.page.build import build
from briefing.page.choice import (
    Choice,
    add,
    additions,
    drop_brief,
    foot_height,
    least,
    page_height,
    panel_blocks,
    panel_height,
    shrink_panel,
)
from briefing.ports import Draft, Fit, Heights, Measure

#: Layouts at most for one page, the probe among them.
LAYOUTS = 5
#: A page within this many points of its foot is full; a tenth of a point cannot be seen.
_CLOSE = 0.75
#: Plans whose lengths differ by less, in points, print the same.
_SAME = 0.02
#: White between two blocks of the panel grows by at most this many lines.
_GAP_LINES = 6.0
#: Most briefs (top story included) for which each scale is meant (PAGE.md, section 6).
_MEANT = {Scale.THIN: 4, Scale.ROOMY: 9, Scale.NORMAL: 13, Scale.HEAVY: 16}
_SCALES = tuple(_MEANT)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A page that stands."""

    edition: Edition
    fit: Fit
    #: Layouts it took, the probe included.
    layouts: int


def scales_for(briefs: int) -> tuple[Scale, ...]:
    """Return the scales worth trying for a number of briefs, the one meant for it first.

    After it come the next smaller and the next larger one.
    """
    meant = next((place for place, most in enumerate(_MEANT.values()) if briefs <= most), 3)
    places = (meant, meant + 1, meant - 1)
    return tuple(_SCALES[place] for place in places if 0 <= place < len(_SCALES))


def fill(draft: Draft, heights: Heights, start: Choice, *, lines: float) -> Choice:
    """Add sentences to a choice in their order, each that still fits.

    A sentence that adds no height, because it fills the shorter column, always fits.
    """
    choice = start
    for addition in additions(draft, start):
        longer = add(draft, choice, addition)
        if longer is not None and page_height(draft, heights, longer) <= lines:
            choice = longer
    return choice


def squeeze(draft: Draft, heights: Heights, choice: Choice, *, lines: float) -> Choice | None:
    """Take the top story down to one sentence, step by step; None when even that is too high."""
    for top in range(choice.top, 0, -1):
        shorter = replace(choice, top=top)
        if page_height(draft, heights, shorter) <= lines:
            return shorter
    return None


def shed(draft: Draft, heights: Heights, choice: Choice, *, lines: float) -> Choice:
    """Leave out briefs, the lowest of the longest section first, until the rest fits.

    Raises:
        LayoutError: not even the top story alone fits.
    """
    shorter: Choice | None = choice
    while shorter is not None:
        fitting = squeeze(draft, heights, shorter, lines=lines)
        if fitting is not None:
            return fitting
        shorter = drop_brief(draft, shorter)
    raise LayoutError("not even one headline and one sentence fit on the page")


def choose(
    draft: Draft, measured: Mapping[Scale, Heights], *, safety: Mapping[Scale, float]
) -> Choice:
    """Choose scale and sentences by arithmetic.

    The scale meant for the number of briefs comes first; where its least does not fit, the next
    smaller one; where all is printed and room is left, the next larger one if all fits there.

    Args:
        draft: what may be printed.
        measured: heights by scale, the one meant first, then smaller, then larger.
        safety: lines by which the arithmetic was found too low, by scale.
    """
    room = {
        scale: heights.room / heights.lead[0] - safety.get(scale, 0.0)
        for scale, heights in measured.items()
    }
    order = sorted(measured, key=_SCALES.index)
    meant = next(iter(measured))
    for scale in order[order.index(meant) :]:
        start = least(draft, scale)
        heights = measured[scale]
        if page_height(draft, heights, start) <= room[scale]:
            return _larger(draft, measured, room, fill(draft, heights, start, lines=room[scale]))
    last = order[-1]
    fitting = shed(draft, measured[last], least(draft, last), lines=room[last])
    return fill(draft, measured[last], fitting, lines=room[last])


def _larger(
    draft: Draft, measured: Mapping[Scale, Heights], room: Mapping[Scale, float], choice: Choice
) -> Choice:
    """Return the same sentences at the next larger scale if they all fit there and all are in."""
    bigger = [scale for scale in measured if _SCALES.index(scale) < _SCALES.index(choice.scale)]
    everything = all(add(draft, choice, addition) is None for addition in additions(draft, choice))
    if not bigger or not everything or bigger[-1] is Scale.THIN:
        return choice
    larger = replace(choice, scale=bigger[-1])
    fits = page_height(draft, measured[larger.scale], larger) <= room[larger.scale]
    return larger if fits else choice


@dataclass(frozen=True, slots=True)
class Plan:
    """One page to be laid out."""

    choice: Choice
    #: Line of body text and extra white between the panel's blocks, in points.
    lead: float
    side_gap: float

    def near(self, other: Plan) -> bool:
        """Tell whether laying out the other would change nothing that can be seen."""
        return (
            self.choice == other.choice
            and abs(self.lead - other.lead) < _SAME
            and abs(self.side_gap - other.side_gap) < _SAME
        )


@dataclass(frozen=True, slots=True)
class Error:
    """By how much the arithmetic was found too low."""

    #: Lines of the news.
    lines: float = 0.0
    #: Points of the panel.
    side: float = 0.0


def plan(draft: Draft, measured: Mapping[Scale, Heights], errors: Mapping[Scale, Error]) -> Plan:
    """Plan the page that the arithmetic, corrected by what layouts have shown, thinks full."""
    safety = {scale: error.lines for scale, error in errors.items()}
    choice = choose(draft, measured, safety=safety)
    heights, error = measured[choice.scale], errors.get(choice.scale, Error())
    lines = page_height(draft, heights, choice) + error.lines
    low, high = heights.lead
    lead = min(high, max(low, heights.room / lines))
    foot = foot_height(draft, heights, choice)
    beside = heights.room / lead - heights.mast - foot - 0.5 - error.side / lead
    choice = settle_panel(heights, choice, lines=beside)
    return Plan(choice, lead, _side_gap(heights, choice, lines=beside) * lead)


def settle_panel(heights: Heights, choice: Choice, *, lines: float) -> Choice:
    """Shrink the panel, one step at a time, until it is no higher than ``lines``."""
    panel = choice.panel
    while panel_height(heights, panel) > lines:
        panel = shrink_panel(panel)
    return replace(choice, panel=panel)


def _side_gap(heights: Heights, choice: Choice, *, lines: float) -> float:
    """Share what the panel leaves over among its gaps, in lines."""
    gaps = len(panel_blocks(heights, choice.panel)) - 1
    if gaps < 1:
        return 0.0
    return min(_GAP_LINES, (lines - panel_height(heights, choice.panel)) / gaps)


def stands(fit: Fit) -> bool:
    """Tell whether a laid-out page keeps every promise of the page."""
    return fit.pages == 1 and not fit.faults and min(fit.free, fit.side_free) > -_CLOSE


def fit(draft: Draft, measure: Measure) -> Fitted:
    """Fit a draft to its page.

    Each layout corrects the arithmetic; the search ends when a further layout would change
    nothing, or after :data:`LAYOUTS`. Of the pages that stand, the fullest is returned; of
    equally full ones the first.

    Raises:
        LayoutError: none of the pages tried stands.
    """
    scales = scales_for(1 + len(draft.briefs))
    measured = measure.probe(draft, scales)
    measured = {scale: measured[scale] for scale in scales}
    errors: dict[Scale, Error] = {}
    tried: list[tuple[Plan, Fitted]] = []
    for layouts in range(2, LAYOUTS + 1):
        planned = plan(draft, measured, errors)
        if any(planned.near(before) for before, _ in tried):
            break
        heights = measured[planned.choice.scale]
        edition = build(
            draft, heights, planned.choice, lead=planned.lead, side_gap=planned.side_gap
        )
        result = Fitted(edition, measure.lay_out(edition), layouts)
        tried.append((planned, result))
        scale = planned.choice.scale
        errors[scale] = _error(draft, heights, planned, result.fit, errors.get(scale, Error()))
    return _best([result for _, result in tried])


def _error(draft: Draft, heights: Heights, planned: Plan, fit: Fit, before: Error) -> Error:
    """Compare a layout with the arithmetic.

    The panel's error adds up, since each plan has already used what was known before; a panel
    whose gaps are as wide as they may be has none.
    """
    lines = (heights.room - fit.free) / planned.lead
    wide = planned.side_gap >= _GAP_LINES * planned.lead and fit.side_free > 0
    side = before.side - (0.0 if wide else fit.side_free)
    return Error(lines - page_height(draft, heights, planned.choice), side)


def _best(tried: list[Fitted]) -> Fitted:
    standing = [result for result in tried if stands(result.fit)]
    if not standing:
        faults = ", ".join(tried[-1].fit.faults) or "news and foot overlap"
        raise LayoutError(f"no page stands after {len(tried)} layouts: {faults}")
    best = max(standing, key=lambda result: min(1.0, result.fit.fill))
    return replace(best, layouts=tried[-1].layouts)
