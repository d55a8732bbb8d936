"""A panel that measures higher than the arithmetic says gives way, item by item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from briefing.core.errors import LayoutError
from briefing.core.model import Flow, Panel, Scale
from briefing.core.page.build import build
from briefing.core.page.choice import (
    below_height,
    least,
    panel_height,
    panel_rows,
    stacked_height,
)
from briefing.core.page.choose import choose
from briefing.core.page.fit import fit
from briefing.core.page.refit import refit
from briefing.core.page.ruler import settle_panel
from briefing.core.ports import Draft, Heights
from tests.core.page.rulers import ruler_for
from tests.fakes import PlainMeasure, document, draft, named_story, naming


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


def test_a_panel_that_would_be_nearly_white_stands_below_the_news() -> None:
    paper = naming(short_panel(11), document(40, title="Fog over the lower reach"))
    fitted = fit(paper, PlainMeasure())
    edition, fewer = fitted.edition, len(short_panel(11).edition.panel.ahead)
    assert edition.panel_below
    assert [named.story for named in edition.panel.also] == ["nd40"]
    assert len(edition.panel.ahead) == fewer
    assert (fitted.fit.side_free, edition.setting.side_gap) == (0, 0)
    assert fitted.fit.free == pytest.approx(0, abs=1e-6)


def test_a_panel_that_leaves_little_white_stands_beside_the_news() -> None:
    paper = naming(draft(11), *(document(number) for number in range(40, 60)))
    assert not fit(paper, PlainMeasure(room=600)).edition.panel_below


def test_a_page_that_is_fuller_without_a_panel_has_none_if_no_story_loses_its_name() -> None:
    room = next(
        room
        for room in range(500, 900, 10)
        if fit(short_panel(11), PlainMeasure(room=room)).edition.panel == Panel()
    )
    paper = naming(short_panel(11), document(40, title="Fog over the lower reach"))
    edition = fit(paper, PlainMeasure(room=room)).edition
    assert [named.story for named in edition.panel.also] == ["nd40"]


class WidthMeasure(PlainMeasure):
    """A measure that remembers for which drafts it measured the news over the whole width."""

    def __init__(self, room: float = 700.0) -> None:
        super().__init__(room=room)
        self.whole: list[bool] = []

    def probe(self, draft: Draft, scales: Sequence[Scale]) -> Mapping[Scale, Heights]:
        self.whole += [draft.below or draft.edition.panel == Panel()] * len(scales)
        return super().probe(draft, scales)


def quoting(briefs: int) -> Draft:
    """A draft of which only a quotation may stand beside the news, which makes no panel."""
    paper = short_panel(briefs)
    alone = replace(paper.edition.panel, ahead=())
    return replace(paper, edition=replace(paper.edition, panel=alone))


def test_news_beside_which_nothing_stands_is_measured_over_the_whole_width() -> None:
    measure = WidthMeasure(room=560)
    fit(quoting(7), measure)
    assert measure.whole == [False, True]
    assert fit(quoting(7), PlainMeasure(room=560)).edition.panel == Panel()


def test_a_thin_page_stays_thin_though_nothing_stands_below_it() -> None:
    paper = draft(1)
    story = paper.briefs[0].lengths[0].story
    nothing = Panel(also=(replace(named_story(document(1)), story=story),))
    told = replace(paper, edition=replace(paper.edition, panel=nothing))
    edition = fit(told, PlainMeasure(room=620)).edition
    assert (edition.setting.scale, edition.panel) == (Scale.THIN, Panel())


def test_a_panel_below_that_would_leave_each_brief_one_sentence_only_names() -> None:
    paper = naming(short_panel(11), document(40, title="Fog over the lower reach"))
    whole, names = (
        fit(replace(paper, edition=replace(paper.edition, panel=panel)), PlainMeasure(room=620))
        for panel in (paper.edition.panel, Panel(also=paper.edition.panel.also))
    )
    assert [named.story for named in whole.edition.panel.also] == ["nd40"]
    assert whole.edition.panel == names.edition.panel
    assert len(list(whole.edition.sentences())) > 15


def test_a_large_hole_below_a_panel_moves_it_though_little_of_the_page_is_white() -> None:
    paper = naming(draft(11, beside=False), *map(document, range(40, 58)))
    for room, below in ((540.0, False), (600.0, True)):
        beside = ruler_for(paper, room=room)
        choice = choose(beside)
        assert choice is not None
        assert beside.share(choice) < 0.05
        assert (beside.largest_hole(choice) > 17 * 72 / 25.4) is below
        assert fit(paper, PlainMeasure(room=room)).edition.panel_below is below


def test_the_panel_of_a_printed_edition_keeps_its_place() -> None:
    paper = naming(short_panel(11), document(40, title="Fog over the lower reach"))
    edition = fit(paper, PlainMeasure()).edition
    reset = refit(edition, PlainMeasure(room=710))
    assert reset.panel_below
    assert reset.panel == edition.panel


def test_the_setting_goes_on_to_the_blocks_of_a_panel_below() -> None:
    paper = replace(naming(short_panel(3), *map(document, range(40, 45))), below=True)
    choice = least(paper, Scale.NORMAL)
    heights = PlainMeasure().probe(paper, (Scale.NORMAL,))[Scale.NORMAL]
    also = replace(Panel(), also=choice.panel.also)
    both = replace(also, ahead=choice.panel.ahead, quotes=choice.panel.quotes)
    assert [row.splits for row in panel_rows(heights, choice, also)] == [(3,)]
    assert below_height(heights, choice, also) == 2.25 + 3 * 2.0
    assert [row.splits for row in panel_rows(heights, choice, both)] == [(3,), (3, 1)]
    assert panel_rows(heights, replace(choice, panel_below=False), both) == ()
    edition = build(paper, heights, replace(choice, panel=both), lead=10.5, side_gap=0)
    assert edition.setting.splits[-3:] == (3, 3, 1)
    assert edition.setting.flows[-2:] == (Flow.BESIDE, Flow.BESIDE)


def test_a_thin_page_has_its_panel_below_one_column() -> None:
    paper = replace(short_panel(3), below=True)
    assert not least(paper, Scale.THIN).panel_below
    assert not fit(paper, PlainMeasure()).edition.panel_below


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
