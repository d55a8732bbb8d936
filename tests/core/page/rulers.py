"""Rulers for tests of the fitting, made without paper, and measures that say what they measured."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from briefing.core.model import Scale
from briefing.core.page.choose import Ruler, scales_for
from briefing.core.ports import Draft, Heights
from tests.fakes import PlainMeasure


def ruler_for(paper: Draft, *, room: float = 700.0, scales: tuple[Scale, ...] = ()) -> Ruler:
    tried = scales or scales_for(1 + len(paper.briefs))
    return Ruler(paper, PlainMeasure(room=room).probe(paper, tried))


def ruler_with_lines(paper: Draft, lines: float, scale: Scale = Scale.NORMAL) -> Ruler:
    """Return a ruler of one scale whose sheet holds so many lines at the tightest."""
    heights = heights_of(paper, scale)
    return Ruler(paper, {scale: replace(heights, room=lines * heights.lead[0])})


def heights_of(paper: Draft, scale: Scale = Scale.NORMAL) -> Heights:
    return PlainMeasure().probe(paper, (scale,))[scale]


class NotingMeasure(PlainMeasure):
    """A measure that remembers which drafts it was asked to probe at which scales, in order."""

    def __init__(self, room: float = 700.0) -> None:
        super().__init__(room=room)
        self.probed: list[tuple[Draft, Scale]] = []

    def probe(self, draft: Draft, scales: Sequence[Scale]) -> Mapping[Scale, Heights]:
        self.probed += [(draft, scale) for scale in scales]
        return super().probe(draft, scales)
