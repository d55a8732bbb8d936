"""A panel that measures higher than the arithmetic says gives way, item by item."""

from __future__ import annotations

from dataclasses import replace

import pytest

from briefing.core.model import Panel
from briefing.core.page.fit import fit
from tests.fakes import PlainMeasure, document, draft, naming


@pytest.mark.parametrize("surplus", [5.0, 30.0, 60.0])
def test_a_panel_of_names_alone_that_is_too_high_names_fewer(surplus: float) -> None:
    plain = draft(8)
    bare = replace(plain, edition=replace(plain.edition, panel=Panel()))
    paper = naming(bare, *(document(number) for number in range(40, 60)))
    room = 560.0
    even = fit(paper, PlainMeasure(room=room)).edition.panel.also
    higher = fit(paper, PlainMeasure(room=room, side_surplus=surplus))
    assert 0 < len(higher.edition.panel.also) <= len(even)
    assert higher.fit.side_free > -0.75
