"""A panel that measures higher than the arithmetic says gives way, item by item."""

from __future__ import annotations

from dataclasses import replace

import pytest

from briefing.core.errors import LayoutError
from briefing.core.model import Panel, Scale
from briefing.core.page.choice import panel_height, stacked_height
from briefing.core.page.fit import fit
from briefing.core.page.ruler import settle_panel
from briefing.core.ports import Draft
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


def short_panel(briefs: int) -> Draft:
    """A draft of which only a quotation and a few dates may stand beside the news."""
    paper = draft(briefs)
    few = replace(paper.edition.panel, figures=(), chart=False)
    return replace(paper, edition=replace(paper.edition, panel=few))


def test_a_panel_that_would_be_nearly_white_is_left_out_of_a_page_that_is_full_without_it() -> None:
    assert fit(short_panel(11), PlainMeasure()).edition.panel == Panel()
    assert fit(short_panel(11), PlainMeasure(room=1200)).edition.panel != Panel()


def test_no_story_loses_its_name_with_the_panel() -> None:
    paper = naming(short_panel(11), document(40, title="Fog over the lower reach"))
    assert [named.story for named in fit(paper, PlainMeasure()).edition.panel.also] == ["nd40"]


def test_a_day_too_long_for_any_page_is_refused_with_its_short_panel() -> None:
    with pytest.raises(LayoutError):
        fit(short_panel(11), PlainMeasure(room=100))


def test_names_are_taken_back_where_dates_and_figures_made_room() -> None:
    paper = naming(draft(11), *(document(number) for number in range(40, 52)))
    heights = PlainMeasure().probe(paper, (Scale.NORMAL,))[Scale.NORMAL]
    whole = paper.edition.panel
    settled = settle_panel(heights, replace(whole, chart=False), lines=40.0)
    assert len(settled.also) > 8
    assert panel_height(heights, settled) <= 40.0
    more = replace(settled, also=whole.also[: len(settled.also) + 1])
    assert panel_height(heights, more) > 40.0


def test_what_stands_below_the_news_needs_no_gap_between_its_blocks() -> None:
    paper = draft(3)
    heights = PlainMeasure().probe(paper, (Scale.THIN,))[Scale.THIN]
    panel = replace(paper.edition.panel, figures=(), chart=False)
    room = stacked_height(heights, panel)
    assert settle_panel(heights, panel, lines=room, high=stacked_height) == panel
    assert settle_panel(heights, panel, lines=room) != panel
