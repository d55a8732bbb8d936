"""Where a page is fitted: a probe, arithmetic, and a layout or two to prove it.

The search is bounded: :data:`LAYOUTS` layouts at most, the probe of all scales counted as one.
Layout itself is passed in as the measure, so this room decides and never draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from briefing.core.errors import BriefingError, ChoiceError, LayoutError
from briefing.core.model import Edition, Panel, Scale
from briefing.core.page.build import build
from briefing.core.page.choice import (
    Selection,
    below_height,
    page_height,
    panel_blocks,
    panel_height,
    printed_briefs,
    shrink_panel,
)
from briefing.core.page.choose import choose, scales_for
from briefing.core.page.ruler import Error, Ruler, lead_of
from briefing.core.ports import Draft, Fit, Heights, Measure

#: Layouts at most for one page, the probe among them.
LAYOUTS = 5
#: A page within this many points of its foot is full; a tenth of a point cannot be seen.
_CLOSE = 0.75
#: Plans whose line and whose gap differ by less, in points, print the same: over the 80 lines of a
#: page and the three gaps of a panel that stays under what cannot be seen.
_SAME_LEAD, _SAME_GAP = 0.005, 0.2
#: Share of a page that may stay white with the panel beside the news (docs/page.md, "Panel").
_MUCH_WHITE = 0.05
#: White between two blocks of the panel grows by at most this many lines.
_GAP_LINES = 4.0


@dataclass(frozen=True, slots=True)
class Fitted:
    """A page that fits."""

    edition: Edition
    fit: Fit
    #: Layouts it took, the probe of all scales counted as one.
    layouts: int


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
    heights, panel = ruler.measured[choice.scale], ruler.panel(choice)
    lead = lead_of(heights, ruler.lines(choice) + below_height(heights, choice, panel))
    gap = 0 if choice.below else _side_gap(heights, panel, lines=ruler.room_beside(choice))
    return LayoutPlan(choice, panel, lead, gap * lead)


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
    ruler = _placed(ruler, measure)
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


def _placed(ruler: Ruler, measure: Measure) -> Ruler:
    """Return the ruler of the page with its panel where least stays white, for one ruler beside.

    Where much does beside the news, the panel is tried below it, and a page that tells every story
    also without a panel; both give the news the whole width, so one probe serves them. A printed
    edition keeps its place.
    """
    draft = ruler.draft
    placed = draft.fixed or draft.edition.panel == Panel()
    choice = None if placed else choose(ruler)
    if choice is None or choice.below or ruler.share(choice) <= _MUCH_WHITE:
        return ruler
    under = replace(draft, below=True)
    probe = _Probe(measure, under, tuple(scale for scale in ruler.measured if not scale.below))
    bare = replace(draft, edition=replace(draft.edition, panel=Panel()))
    found = [(ruler.share(choice), ruler)]
    for other in (Ruler(under, probe), Ruler(bare, probe)):
        chosen = choose(other)
        if chosen is not None and (other.draft.below or _tells_all(draft, chosen)):
            found.append((other.share(chosen), other))
    return min(found, key=lambda pair: pair[0])[1]


def _tells_all(draft: Draft, choice: Selection) -> bool:
    """Tell whether a choice has a brief of each story that could be named."""
    told = {brief.story for brief in printed_briefs(draft, choice)}
    return told.issuperset(named.story for named in draft.edition.panel.also)


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

    The panel's error adds up, since each plan has already used what was known before.
    """
    heights, choice = ruler.measured[planned.choice.scale], planned.choice
    lines = (heights.room - fit.free) / planned.lead
    side = ruler.error(choice).side + _left_over(ruler, planned) - fit.side_free
    arithmetic = page_height(ruler.draft, heights, choice)
    return Error(lines - arithmetic - below_height(heights, choice, planned.panel), side)


def _left_over(ruler: Ruler, planned: LayoutPlan) -> float:
    """Return the white below the panel that was planned, in points; none below the news."""
    if planned.choice.below or planned.panel == Panel():
        return 0.0
    heights = ruler.measured[planned.choice.scale]
    gaps = len(panel_blocks(heights, planned.panel)) - 1
    lines = ruler.room_beside(planned.choice) - panel_height(heights, planned.panel)
    return lines * planned.lead - gaps * planned.side_gap


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
