"""A printed edition set on another paper: the same passages, fitted anew and never chosen anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from briefing.core.errors import ChoiceError, LayoutError
from briefing.core.model import Edition, Panel, Scale
from briefing.core.page.fit import fit, stands
from briefing.core.ports import NO_STORY, Candidate, Draft, Fit, Heights, Measure


def refit(edition: Edition, measure: Measure) -> Edition:
    """Return an edition as it is set on the paper of a measure.

    Its passages stay the same; the paper may have no room for the chart or for
    some of the stories that are only named. Of the scales at which it keeps most of these, the
    largest is taken, with the panel in its place if possible.

    Raises:
        LayoutError: the paper has no room for all passages.
    """
    best: Edition | None = None
    for scale, below in _places(edition, measure.scales):
        reset = _at(edition, _AtScale(measure, (scale,)), below=below)
        if reset is not None and (best is None or _extras(reset.panel) > _extras(best.panel)):
            best = reset
        if best is not None and _extras(best.panel) == _extras(edition.panel):
            break
    if best is None:
        raise LayoutError("not all of it fits on this paper")
    return best


def _places(edition: Edition, scales: Sequence[Scale]) -> Iterator[tuple[Scale, bool]]:
    """Yield the scales from large to small, first with the panel where it was printed."""
    for below in (edition.panel_below, not edition.panel_below):
        for scale in sorted(scales, key=list(Scale).index):
            if below == edition.panel_below or not scale.below:
                yield scale, below


@dataclass(frozen=True, slots=True)
class _AtScale:
    """A measure of which only some scales are asked for."""

    _measure: Measure
    scales: Sequence[Scale]

    def probe(self, draft: Draft, scales: Sequence[Scale]) -> Mapping[Scale, Heights]:
        return self._measure.probe(draft, scales)

    def lay_out(self, edition: Edition) -> Fit:
        return self._measure.lay_out(edition)


def _at(edition: Edition, measure: Measure, *, below: bool) -> Edition | None:
    """Return the edition as it is set there; None where not all passages fit."""
    try:
        fitted = fit(replace(_as_draft(edition), below=below), measure).edition
    except (ChoiceError, LayoutError):
        return None
    ledger = replace(edition.ledger, named=len(fitted.panel.also))
    reset = replace(edition, panel=fitted.panel, setting=fitted.setting, ledger=ledger)
    # A brief or a correction left out would change them.
    same = [*fitted.passages()] == [*edition.passages()]
    return reset if same and stands(measure.lay_out(reset)) else None


def _extras(panel: Panel) -> int:
    """Count what may stand beside the news and is no passage."""
    return len(panel.also) + panel.chart


def _as_draft(edition: Edition) -> Draft:
    """Return a draft that can become this edition alone: every brief is pinned in its length."""
    top = NO_STORY
    briefs: list[Candidate] = []
    for section in edition.sections:
        for brief in section.briefs:
            if brief.top:
                top = Candidate(section.name, (brief,), 0)
            else:
                briefs.append(Candidate(section.name, (brief,), len(briefs) + 1, pinned=True))
    # What stands beside the news is of printed stories, and all of them stay.
    told = {name: brief.story for brief in edition.briefs() for name in edition.documents}
    names = tuple(section.name for section in edition.sections)
    return Draft(replace(edition, sections=()), top, tuple(briefs), names, told, fixed=True)
