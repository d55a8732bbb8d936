"""Rulers for tests of the fitting, made without paper."""

from dataclasses import replace

from briefing.core.model import Scale
from briefing.core.page.choose import Ruler, scales_for
from briefing.core.ports import Draft
from tests.fakes import PlainMeasure


def ruler_for(paper: Draft, *, room: float = 700.0, scales: tuple[Scale, ...] = ()) -> Ruler:
    tried = scales or scales_for(1 + len(paper.briefs))
    return Ruler(paper, PlainMeasure(room=room).probe(paper, tried))


def ruler_with_lines(paper: Draft, lines: float, scale: Scale = Scale.NORMAL) -> Ruler:
    """Return a ruler of one scale whose sheet holds so many lines at the tightest."""
    heights = PlainMeasure().probe(paper, (scale,))[scale]
    return Ruler(paper, {scale: replace(heights, room=lines * heights.lead[0])})
