"""Fits a page: probe it, calculate what fits, and lay it out until the layout agrees.

The search is bounded by :data:`LAYOUTS` layouts, where the probe counts as one. Layout is passed
in as the measure, so that this module only decides and never draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from briefing.core.errors import ChoiceError, LayoutError
from briefing.core.frozen import frozen
from briefing.core.model import Edition, Panel, Scale
from briefing.core.page.choose import Error, Ruler, choose, lead_of, scales_for
from briefing.core.page.selection import (
    Selection,
    below_height,
    build,
    foot_height,
    page_height,
    panel_blocks,
    panel_height,
    shrink_panel,
)
from briefing.core.ports import NO_STORY, Candidate, Draft, Fit, Heights, Measure

#: Most layouts for one page, including the probe.
LAYOUTS = 5
#: Points by which a page may be too high for its foot, since so little cannot be seen.
_CLOSE = 0.75
#: White at the foot of a valid page that is not worth another layout, in points: half a millimeter.
#: The calculation errs by so much if line heights are far above their minimum.
_SHORT = 1.42
#: Plans whose line height and gap differ by less, in points, look the same in print, even added up
#: over the 80 lines of a page and the three gaps of a panel.
_SAME_LEAD, _SAME_GAP = 0.005, 0.2
#: Share of a page with the panel beside the news that may stay white (the layout adds up to .015,
#: and .05 is the limit), and largest acceptable hole, in points (docs/page.md, "Panel").
_MUCH_WHITE, _LARGE_HOLE = 0.035, 17 * 72 / 25.4
#: How often a page is planned again before its first layout.
_FORESEEN = 3
#: Share of white that the calculation misses on a page with its panel below two columns.
_UNSEEN_BELOW = 0.01


@frozen
class Fitted:
    """A page that fits."""

    edition: Edition
    fit: Fit
    #: Number of layouts, where the probe of all scales counts as one.
    layouts: int


class _Probe(Mapping[Scale, Heights]):
    """Heights at each scale, measured on first use, as most pages need one scale only."""

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


@frozen
class LayoutPlan:
    """One page to be laid out."""

    choice: Selection
    #: The panel of the choice, shrunk to the room there is.
    panel: Panel
    #: Line height of body text and extra white between the panel's blocks, in points.
    lead: float
    side_gap: float

    def near(self, other: LayoutPlan) -> bool:
        """Return whether two plans would look the same in print."""
        return (
            (self.choice, self.panel) == (other.choice, other.panel)
            and abs(self.lead - other.lead) < _SAME_LEAD
            and abs(self.side_gap - other.side_gap) < _SAME_GAP
        )


def plan(ruler: Ruler) -> LayoutPlan | None:
    """Plan the fullest page by calculation; None if nothing fits."""
    choice = choose(ruler)
    if choice is None:
        return None
    heights, panel = ruler.measured[choice.scale], ruler.even_panel(choice)
    lead = lead_of(heights, ruler.lines(choice) + below_height(heights, choice, panel))
    return LayoutPlan(choice, panel, lead, ruler.side_gap(choice, panel) * lead)


def stands(fit: Fit) -> bool:
    """Return whether a laid-out page is valid: number of sheets, no faults, nothing overlapping."""
    return 1 <= fit.pages <= fit.most and not fit.faults and min(fit.free, fit.side_free) > -_CLOSE


def fit(
    draft: Draft,
    measure: Measure,
    *,
    scales: Sequence[Scale] = (),
    complete: Callable[[Edition], Edition] = lambda edition: edition,
) -> Fitted:
    """Fit a draft to its page, at any scale of its measure or only at those given.

    ``complete`` makes an edition final before each layout: a page shows the digest of its edition,
    so the last layout can be printed as it is. Each layout corrects the calculation. The search
    ends when another layout would change nothing that can be seen, or after :data:`LAYOUTS`. Of
    the valid pages the fullest is returned; of equally full ones the first.

    Raises:
        ChoiceError: pinned briefs do not fit on one page.
        LayoutError: none of the pages tried is valid.
    """
    count = bool(draft.top.lengths) + len(draft.briefs) + len(draft.edition.corrections)
    allowed = tuple(scales or measure.scales)
    known = tuple(scale for scale in scales_for(count) if scale in allowed)
    ruler = Ruler(draft, _Probe(measure, draft, known or allowed))
    ruler, planned = _foreseen(_placed(ruler, measure))
    tried: list[tuple[LayoutPlan, Fitted]] = []
    for layouts in range(2, LAYOUTS + 1):
        if planned is None:
            break
        if any(planned.near(before) for before, _ in tried):
            if any(stands(done.fit) for _, done in tried):
                break
            planned = replace(planned, panel=shrink_panel(planned.panel))
        edition = build(
            ruler.draft,
            ruler.measured[planned.choice.scale],
            replace(planned.choice, panel=planned.panel),
            lead=planned.lead,
            side_gap=planned.side_gap,
        )
        edition = complete(edition)
        result = Fitted(edition, measure.lay_out(edition), layouts)
        tried.append((planned, result))
        heights, choice = ruler.measured[planned.choice.scale], planned.choice
        lines = (heights.room - result.fit.free) / planned.lead
        side = ruler.error(choice).side + _left_over(ruler, planned) - result.fit.side_free
        arithmetic = page_height(ruler.draft, heights, choice)
        error = Error(lines - arithmetic - below_height(heights, choice, planned.panel), side)
        if stands(result.fit) and _seen(ruler, planned, error) < _SHORT:
            break
        ruler = replace(ruler, errors={**ruler.errors, planned.choice: error})
        planned = plan(ruler)
    return _best([result for _, result in tried], draft=draft)


def _placed(ruler: Ruler, measure: Measure) -> Ruler:
    """Return the ruler for the better place of the panel, beside or below the news.

    If much stays white beside the news, a hole is large, a column ends uneven, or the panel would
    be empty there, it is tried below the news: complete, then with named stories only. Both give
    the news the full width, so one probe serves both. The first page that is full is taken, else
    the fullest. The panel of an edition already printed keeps its place.
    """
    draft = ruler.draft
    scales = tuple(scale for scale in ruler.measured if not scale.below)
    if draft.fixed or draft.edition.panel == Panel() or not scales:
        return ruler
    under = replace(draft, below=True)
    names = replace(draft.edition, panel=Panel(also=draft.edition.panel.also))
    probe = _Probe(measure, under, scales)
    tried: list[tuple[tuple[bool, float], Ruler]] = []
    below: set[tuple[int, tuple[int, ...]]] = set()
    for other in (ruler, Ruler(under, probe), Ruler(replace(under, edition=names), probe)):
        choice = choose(other)
        if choice is None or (choice.top, choice.briefs) in below:
            continue  # names alone make no more room for news, so the whole panel is better
        # The news was measured beside a panel, and would be wider without one.
        if choice.below or other.panel(choice) != Panel():
            share = other.share(choice) + _UNSEEN_BELOW * choice.panel_below
            rough = other.uneven(choice) > 0 or other.largest_hole(choice) > _LARGE_HOLE
            tried.append(((rough, share), other))
            if choice.scale.below or tried[-1][0] <= (False, _MUCH_WHITE):
                return other
            if choice.below:
                below.add((choice.top, choice.briefs))
    return min(tried, key=lambda pair: pair[0], default=(None, ruler))[1]


def _foreseen(ruler: Ruler) -> tuple[Ruler, LayoutPlan | None]:
    """Plan the page with the sources that its panel really cites, not all it could cite."""
    planned = plan(ruler)
    # A lower foot can leave room for another page, which has another foot.
    for _ in range(_FORESEEN):
        if planned is None:
            break
        draft, heights, choice = ruler.draft, ruler.measured[planned.choice.scale], planned.choice
        listed = foot_height(draft, heights, choice, planned.panel)
        lower = listed - foot_height(draft, heights, choice)
        if lower == ruler.error(choice).lines:
            break
        error = Error(lower, lower * planned.lead)
        ruler = replace(ruler, errors={**ruler.errors, choice: error})
        planned = plan(ruler)
    return ruler, planned


def _seen(ruler: Ruler, planned: LayoutPlan, error: Error) -> float:
    """Return by how many points a layout differs from its plan, in the news or in the panel."""
    known = ruler.error(planned.choice)
    return max(abs(error.lines - known.lines) * planned.lead, abs(error.side - known.side))


def _left_over(ruler: Ruler, planned: LayoutPlan) -> float:
    """Return the white below the planned panel, in points; 0 if it stands below the news."""
    if planned.choice.below or planned.panel == Panel():
        return 0.0
    heights = ruler.measured[planned.choice.scale]
    gaps = len(panel_blocks(heights, planned.panel)) - 1
    lines = ruler.room_beside(planned.choice) - panel_height(heights, planned.panel)
    return lines * planned.lead - gaps * planned.side_gap


def _best(tried: list[Fitted], *, draft: Draft) -> Fitted:
    fitting = [result for result in tried if stands(result.fit)]
    if fitting:
        best = max(
            fitting,
            key=lambda result: (round(min(1.0, result.fit.fill), 3), -abs(result.fit.side_free)),
        )
        return replace(best, layouts=tried[-1].layouts)
    pinned = [candidate for candidate in draft.briefs if candidate.pinned]
    if pinned:
        last = max(pinned, key=lambda candidate: candidate.rank).lengths[0].headline
        raise ChoiceError(
            f"what is pinned ({len(pinned)}) does not fit on the page; undo one pin, such as "
            f"{last!r}"
        )
    if not tried:
        raise LayoutError("not even one headline and one sentence fit on the page")
    faults = ", ".join(tried[-1].fit.faults) or "news and foot overlap"
    raise LayoutError(f"no valid page after {len(tried)} layouts: {faults}")


def refit(edition: Edition, measure: Measure) -> Edition:
    """Return an edition as it is set on the paper of a measure.

    All passages are kept, but there may be no room for the chart or for some named stories. The
    largest scale that keeps the most of these is taken, with the panel in its place if possible.

    Raises:
        LayoutError: there is no room for all passages.
    """
    best: Edition | None = None
    for scale, below in _places(edition, measure.scales):
        reset = _at(edition, measure, scale, below=below)
        if reset is not None and (best is None or _extras(reset.panel) > _extras(best.panel)):
            best = reset
        if best is not None and _extras(best.panel) == _extras(edition.panel):
            break
    if best is None:
        raise LayoutError("not all of it fits on this paper")
    return best


def _places(edition: Edition, scales: Sequence[Scale]) -> Iterator[tuple[Scale, bool]]:
    """Yield the scales from large to small, each first with the panel where it was printed."""
    for below in (edition.panel_below, not edition.panel_below):
        for scale in sorted(scales, key=list(Scale).index):
            if below == edition.panel_below or not scale.below:
                yield scale, below


def _at(edition: Edition, measure: Measure, scale: Scale, *, below: bool) -> Edition | None:
    """Return the edition set at a scale; None if not all passages fit."""

    def whole(fitted: Edition) -> Edition:
        # Passages change if a brief or a correction is left out.
        if [*fitted.passages()] != [*edition.passages()]:
            raise LayoutError("not all of it fits")
        ledger = replace(edition.ledger, named=len(fitted.panel.also))
        return replace(edition, panel=fitted.panel, setting=fitted.setting, ledger=ledger)

    try:
        draft = replace(_as_draft(edition), below=below)
        return fit(draft, measure, scales=(scale,), complete=whole).edition
    except (ChoiceError, LayoutError):
        return None


def _extras(panel: Panel) -> int:
    """Count the items of a panel that are not passages."""
    return len(panel.also) + panel.chart


def _as_draft(edition: Edition) -> Draft:
    """Return a draft that allows only this edition: each brief pinned, in its one length."""
    top = NO_STORY
    briefs: list[Candidate] = []
    for section, brief in edition.placed():
        if brief.top:
            top = Candidate(section, (brief,), 0)
        else:
            briefs.append(Candidate(section, (brief,), len(briefs) + 1, pinned=True))
    # All stories stay, so items of the panel need no mapping to their own stories.
    stories = {name: brief.story for brief in edition.briefs() for name in edition.documents}
    names = tuple(section.name for section in edition.sections)
    return Draft(replace(edition, sections=()), top, tuple(briefs), names, stories, fixed=True)
