from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import LayoutError
from briefing.core.model import Flow, Panel, Scale
from briefing.core.page.choose import (
    Error,
    Ruler,
    choose,
    fill,
    scales_for,
    settle_panel,
    shed,
    squeeze,
)
from briefing.core.page.columns import EVEN
from briefing.core.page.fit import fit, plan, refit
from briefing.core.page.selection import (
    Selection,
    add,
    additions,
    below_height,
    build,
    drop_brief,
    least,
    page_height,
    panel_height,
    panel_rows,
    stacked_height,
)
from briefing.core.ports import Draft
from tests.core.page.rulers import NotingMeasure, heights_of, ruler_for, ruler_with_lines
from tests.fakes import PlainMeasure, document, draft, named_story, naming
from tests.present import present


def printed(choice: Selection) -> int:
    return sum(1 for count in choice.briefs if count)


def test_the_number_of_briefs_says_which_scales_are_tried_the_next_smaller_then_larger() -> None:
    for most, scales in (
        (4, (Scale.THIN, Scale.ROOMY)),
        (9, (Scale.ROOMY, Scale.NORMAL, Scale.THIN)),
        (40, (Scale.NORMAL, Scale.HEAVY, Scale.ROOMY)),
    ):
        assert scales_for(most) == scales
    assert [scales_for(briefs)[0] for briefs in (1, 5, 10)] == [
        *scales_for(5)[2:],
        *scales_for(5)[:2],
    ]


def test_a_choice_fits_when_its_tightest_setting_does_as_what_was_laid_out_corrects_it() -> None:
    ruler = ruler_for(draft(10))
    first, second = (replace(least(ruler.draft, Scale.NORMAL), top=top) for top in (2, 3))
    other, heavy = replace(first, top=1), replace(first, scale=Scale.HEAVY)
    errors = replace(ruler, errors={first: Error(lines=1.0), second: Error(lines=2.0)})
    assert errors.error(first) == Error(lines=1.0)
    assert errors.error(second) == errors.error(other) == Error(lines=2.0)
    assert errors.error(heavy) == Error()
    assert errors.lines(other) == ruler.lines(other) + 2.0
    paper = ruler.draft
    start = least(paper, Scale.NORMAL)
    lines = ruler_with_lines(paper, 1).lines(start)
    assert ruler_with_lines(paper, lines + 0.01).fits(start)
    assert not ruler_with_lines(paper, lines - 0.01).fits(start)


def test_room_is_filled_in_order() -> None:
    paper = draft(5)
    assert paper.briefs[1].section == paper.briefs[2].section
    alone = tuple(int(number in {1, 2}) for number in range(5))
    uneven = replace(least(paper, Scale.NORMAL), briefs=alone).with_brief(1, 2)
    level = uneven.with_brief(2, 2)
    lines = ruler_with_lines(paper, 0).lines(uneven)
    assert ruler_with_lines(paper, 0).lines(level) == lines
    filled = fill(ruler_with_lines(paper, lines + 1e-6), uneven)
    assert filled.briefs[1:3] == level.briefs[1:3]
    paper = draft(7)
    start = replace(least(paper, Scale.NORMAL).with_brief(3, 0).with_brief(4, 0), top=2)
    lines = ruler_with_lines(paper, 0).lines(start)
    assert fill(ruler_with_lines(paper, lines + 2.01), start).top == 3
    paper = draft(9)
    filled = fill(ruler_with_lines(paper, 500), least(paper, Scale.NORMAL))
    assert (filled.top, set(filled.briefs)) == (5, {3})
    paper = draft(3, most=5)
    start = least(paper, Scale.NORMAL)
    *_, last = (addition.length for addition in additions(paper, start) if addition.brief is None)
    further = [*additions(paper, start)][-6:]
    ranks = [paper.briefs[addition.brief or 0].rank for addition in further]
    assert [addition.length for addition in further] == [4, 4, 4, 5, 5, 5]
    assert (last, ranks) == (5, [1, 2, 3, 1, 2, 3])
    assert fill(ruler_with_lines(paper, 500), start).briefs == (5, 5, 5)


@st.composite
def uneven_rulers(draw: st.DrawFn) -> Ruler:
    """Draw drafts whose sentences add between none and six lines, and sheets of any length."""
    paper = draft(draw(st.integers(0, 15)))
    heights = heights_of(paper)
    step = st.integers(0, 12).map(lambda halves: halves / 2)
    briefs = tuple(
        tuple(1.5 + sum(steps[: count + 1]) for count in range(len(steps)))
        for steps in (draw(st.lists(step, min_size=3, max_size=3)) for _ in paper.briefs)
    )
    room = draw(st.floats(10, 120)) * heights.lead[0]
    return Ruler(paper, {Scale.NORMAL: replace(heights, briefs=briefs, room=room)})


@given(uneven_rulers())
def test_when_a_page_is_filled_nothing_more_fits_and_leaves_it_as_even(ruler: Ruler) -> None:
    start = least(ruler.draft, Scale.NORMAL)
    if not ruler.fits(start):
        return
    filled = fill(ruler, start)
    longer = (add(ruler.draft, filled, addition) for addition in additions(ruler.draft, filled))
    assert ruler.fits(filled)
    uneven, white = ruler.uneven(filled), ruler.white(filled)
    for choice in longer:
        if choice is not None and ruler.fits(choice):
            # One that leaves fewer sections uneven is taken only where it leaves no more white.
            assert ruler.uneven(choice) >= uneven or ruler.white(choice) > white
            assert ruler.uneven(choice) > uneven or ruler.white(choice) + 1e-5 > white


@pytest.mark.parametrize(("second", "kept"), [(4.0, 2), (6.0, 1)])
def test_a_sentence_that_leaves_a_section_uneven_is_taken_back(second: float, kept: int) -> None:
    paper = draft(6, most=2)
    heights = replace(heights_of(paper), briefs=((3.0, second), *[(3.0, 3.0)] * 5))
    start = least(paper, Scale.NORMAL)
    whole = replace(start, top=len(paper.top.lengths), briefs=(2,) * 6)
    # Room for all where lines are at their lowest.
    room = (Ruler(paper, {Scale.NORMAL: heights}).lines(whole) + 0.5) * heights.lead[0]
    ruler = Ruler(paper, {Scale.NORMAL: replace(heights, room=room)})
    assert fill(ruler, start).briefs == (kept, 2, 2, 2, 2, 2)


def test_the_top_story_is_shortened_then_the_lowest_brief_of_the_longest_section_left_out() -> None:
    paper = draft(9)
    start = least(paper, Scale.NORMAL)
    lines = ruler_with_lines(paper, 0).lines(start)
    tops = [squeeze(ruler_with_lines(paper, lines - less), start) for less in (0, 1, 3, 5)]
    assert [choice and choice.top for choice in tops] == [3, 2, 1, None]
    assert shed(ruler_with_lines(paper, lines - 4), start) == replace(start, top=1)
    paper = draft(7)
    start = least(paper, Scale.NORMAL)
    security = [brief.rank for brief in paper.briefs if brief.section == "security"]
    lines = ruler_with_lines(paper, 0).lines(start)
    rest = present(shed(ruler_with_lines(paper, lines - 5), start))
    left_out = [
        brief.rank for brief, count in zip(paper.briefs, rest.briefs, strict=True) if not count
    ]
    assert left_out == [max(security)]


@given(uneven_rulers())
def test_no_brief_is_left_out_that_would_have_fitted(ruler: Ruler) -> None:
    start = least(ruler.draft, Scale.NORMAL)
    rest = shed(ruler, start)
    if rest is None:
        alone = replace(start, top=1, briefs=(0,) * len(start.briefs))
        assert not ruler.fits(alone)
        return
    assert ruler.fits(rest)
    if printed(rest) < len(start.briefs):
        assert not ruler.fits(replace(start, top=1))


@pytest.mark.parametrize(
    ("room", "scale", "top", "briefs"),
    [
        (2000.0, Scale.ROOMY, 5, 11),
        (570.0, Scale.NORMAL, 3, 11),
        (440.0, Scale.NORMAL, 3, 9),
        (410.0, Scale.HEAVY, 1, 11),
        (300.0, Scale.HEAVY, 1, 5),
    ],
)
def test_the_scale_is_the_largest_at_which_all_fits_and_briefs_go_before_heavy_type(
    room: float, scale: Scale, top: int, briefs: int
) -> None:
    chosen = present(choose(ruler_for(draft(11), room=room)))
    assert (chosen.scale, chosen.top, printed(chosen)) == (scale, top, briefs)


def test_what_fits_nowhere_is_no_page_and_what_was_laid_out_higher_is_set_smaller() -> None:
    ruler = ruler_for(draft(11), room=100)
    assert choose(ruler) is None
    assert plan(ruler) is None
    ruler = ruler_for(draft(11), room=570)
    taught = replace(ruler, errors={present(choose(ruler)): Error(lines=20.0)})
    assert present(choose(taught)).scale is Scale.HEAVY


def test_the_larger_scale_is_not_taken_where_sentences_would_be_lost() -> None:
    paper = draft(11, beside=False)
    room = 0.0
    whole = replace(least(paper, Scale.NORMAL), top=5, briefs=(3,) * 11)
    for scale, wanted in ((Scale.NORMAL, 10.1), (Scale.ROOMY, 11.9)):
        room = page_height(paper, heights_of(paper, scale), whole) * wanted
        chosen = choose(ruler_for(paper, room=room + 0.01))
        assert chosen == replace(whole, scale=scale)
    chosen = choose(ruler_for(paper, room=room - 0.01))
    assert chosen == replace(whole, scale=Scale.NORMAL)


def test_a_roomy_page_is_never_set_thin_nor_at_a_scale_not_measured() -> None:
    for briefs, room, measured, scale in (
        (7, 5000, (), Scale.ROOMY),
        (7, 5000, (Scale.HEAVY,), Scale.HEAVY),
        (3, 700, (), Scale.THIN),
        (3, 560, (), Scale.ROOMY),
    ):
        ruler = ruler_for(draft(briefs), room=room, scales=measured)
        assert present(choose(ruler)).scale is scale


def test_what_leaves_a_section_uneven_gives_way_though_another_section_is_longer() -> None:
    paper = naming(draft(11, most=1, beside=False), document(40))
    start, high = least(paper, Scale.NORMAL), 2
    briefs = tuple((32.5 if number == high else 3.5,) for number in range(11))
    odd = {
        scale: replace(heights, heads=(0.0,) * 11, over=(30.0,) * 11, briefs=briefs)
        for scale, heights in ruler_for(paper).measured.items()
    }
    ruler = Ruler(paper, odd)
    chosen = present(choose(ruler))
    assert ruler.uneven(fill(ruler, start)) == 1
    assert drop_brief(paper, start) == start.with_brief(10, 0)
    assert (chosen.briefs, ruler.uneven(chosen)) == (start.with_brief(high, 0).briefs, 0)


def test_a_heavy_page_that_leaves_too_much_white_is_refused() -> None:
    paper = draft(3, most=1)
    measured = PlainMeasure().probe(paper, (Scale.NORMAL, Scale.HEAVY))
    for last, scale in ((4.0, Scale.HEAVY), (20.0, Scale.NORMAL)):
        briefs = ((12.5,), (12.5,), (last,))
        lines = 6 + 11 + 4.5 + 12.5 + last + 5
        tall = {
            one: replace(heights, briefs=briefs, over=(12.0,) * 3, room=lines * 9.6)
            for one, heights in measured.items()
        }
        chosen = present(choose(Ruler(paper, tall)))
        assert (chosen.scale, printed(chosen)) == (scale, 3)


@given(uneven_rulers())
def test_no_exchange_of_two_sentences_would_make_a_page_more_even(ruler: Ruler) -> None:
    start = least(ruler.draft, Scale.NORMAL)
    if not ruler.fits(start):
        return
    filled = fill(ruler, start)
    longer = (add(ruler.draft, filled, addition) for addition in additions(ruler.draft, filled))
    if any(more is not None and ruler.fits_whole(more) for more in longer):
        return  # one was taken back, after which an exchange may be even again
    for number, count in enumerate(filled.briefs):
        shorter = filled.with_brief(number, count - 1)
        for addition in additions(ruler.draft, shorter) if count > 1 else ():
            other = add(ruler.draft, shorter, addition)
            if other is not None and ruler.fits(other) and ruler.holes(other) < ruler.holes(filled):
                assert (ruler.uneven(other), ruler.white(other) + 1e-5) >= (
                    ruler.uneven(filled),
                    ruler.white(filled),
                )


@pytest.mark.parametrize("surplus", [5.0, 30.0, 60.0])
def test_a_panel_of_names_alone_that_is_too_high_names_fewer(surplus: float) -> None:
    plain = draft(8)
    bare = replace(plain, edition=replace(plain.edition, panel=Panel()))
    paper = naming(bare, *map(document, range(40, 60)))
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


def with_fog(briefs: int) -> Draft:
    return naming(short_panel(briefs), document(40, title="Fog over the lower reach"))


def test_a_panel_that_would_be_nearly_white_is_below_or_gone_but_no_story_loses_its_name() -> None:
    paper = with_fog(11)
    fitted = fit(paper, PlainMeasure())
    edition, fewer = fitted.edition, len(short_panel(11).edition.panel.ahead)
    assert edition.panel_below
    assert [named.story for named in edition.panel.also] == ["nd40"]
    assert len(edition.panel.ahead) == fewer
    assert (fitted.fit.side_free, edition.setting.side_gap) == (0, 0)
    assert fitted.fit.free == pytest.approx(0, abs=1e-6)
    full = naming(draft(11), *map(document, range(40, 60)))
    assert not fit(full, PlainMeasure(room=600)).edition.panel_below
    room = next(
        room
        for room in range(500, 900, 10)
        if fit(short_panel(11), PlainMeasure(room=room)).edition.panel == Panel()
    )
    edition = fit(paper, PlainMeasure(room=room)).edition
    assert [named.story for named in edition.panel.also] == ["nd40"]


def test_news_beside_which_nothing_stands_is_measured_over_the_whole_width() -> None:
    paper = short_panel(7)
    quotes = replace(paper.edition.panel, ahead=())  # a quotation alone makes no panel
    measure = NotingMeasure(room=560)
    fitted = fit(replace(paper, edition=replace(paper.edition, panel=quotes)), measure)
    assert [one.below for one, _ in measure.probed] == [False, True]
    assert fitted.edition.panel == Panel()


def test_a_thin_page_stays_thin_with_its_panel_below_one_column_or_without() -> None:
    paper = draft(1)
    story = paper.briefs[0].lengths[0].story
    nothing = Panel(also=(replace(named_story(document(1)), story=story),))
    told = replace(paper, edition=replace(paper.edition, panel=nothing))
    edition = fit(told, PlainMeasure(room=620)).edition
    assert (edition.setting.scale, edition.panel) == (Scale.THIN, Panel())
    paper = replace(short_panel(3), below=True)
    assert not least(paper, Scale.THIN).panel_below
    assert not fit(paper, PlainMeasure()).edition.panel_below
    with pytest.raises(LayoutError):
        fit(short_panel(11), PlainMeasure(room=100))


def test_a_panel_below_that_would_leave_each_brief_one_sentence_only_names() -> None:
    paper = with_fog(12)
    whole, names = (
        fit(replace(paper, edition=replace(paper.edition, panel=panel)), PlainMeasure(room=600))
        for panel in (paper.edition.panel, Panel(also=paper.edition.panel.also))
    )
    assert [named.story for named in whole.edition.panel.also] == ["nd40"]
    assert whole.edition.panel == names.edition.panel
    assert len(list(whole.edition.sentences())) > 15


def test_a_panel_below_moves_for_a_large_hole_and_keeps_its_place_when_printed() -> None:
    paper = naming(draft(11, beside=False), *map(document, range(40, 58)))
    for room, below in ((540.0, False), (600.0, True)):
        beside = ruler_for(paper, room=room)
        choice = present(choose(beside))
        assert beside.share(choice) < 0.05
        assert (beside.largest_hole(choice) > 17 * 72 / 25.4) is below
        assert fit(paper, PlainMeasure(room=room)).edition.panel_below is below
    edition = fit(with_fog(11), PlainMeasure()).edition
    reset = refit(edition, PlainMeasure(room=710))
    assert reset.panel_below
    assert reset.panel == edition.panel


def test_the_setting_goes_on_to_the_blocks_of_a_panel_below() -> None:
    paper = replace(naming(short_panel(3), *map(document, range(40, 45))), below=True)
    choice, heights = least(paper, Scale.NORMAL), heights_of(paper)
    also = replace(Panel(), also=choice.panel.also)
    both = replace(also, ahead=choice.panel.ahead, quotes=choice.panel.quotes)
    assert [row.splits for row in panel_rows(heights, choice, also)] == [(3,)]
    assert below_height(heights, choice, also) == 2.25 + 3 * 2.0
    assert [row.splits for row in panel_rows(heights, choice, both)] == [(3,), (3, 1)]
    assert panel_rows(heights, replace(choice, panel_below=False), both) == ()
    edition = build(paper, heights, replace(choice, panel=both), lead=10.5, side_gap=0)
    assert edition.setting.splits[-3:] == (3, 3, 1)
    assert edition.setting.flows[-2:] == (Flow.BESIDE, Flow.BESIDE)


@pytest.mark.parametrize(
    ("room", "fixed", "figures"), [(500.0, False, 2), (500.0, True, 3), (700.0, False, 3)]
)
def test_a_figure_that_leaves_it_uneven_goes(room: float, *, fixed: bool, figures: int) -> None:
    paper = naming(draft(3), *map(document, range(40, 42)))
    ruler = ruler_for(replace(paper, below=True), room=room, scales=(Scale.NORMAL,))
    ruler = replace(ruler, draft=replace(ruler.draft, fixed=fixed))
    heights, choice = ruler.measured[Scale.NORMAL], least(ruler.draft, Scale.NORMAL)
    panel, even = ruler.panel(choice), ruler.even_panel(choice)
    assert (len(panel.figures), len(even.figures)) == (3, figures)
    assert replace(even, figures=panel.figures) == panel
    feet = [row.foot * heights.lead[0] for row in panel_rows(heights, choice, even)]
    assert (max(feet) <= EVEN) is (figures == 2)


@pytest.mark.parametrize(
    ("names", "dates", "figures", "rows"),
    [
        # side by side they would end 12 mm apart
        (4, 2, 0, [(2,), (1,)]),
        # two rows that end 7 and 5 mm apart, not one that ends 20 mm apart
        (1, 2, 1, [(1,), (2, 1)]),
    ],
)
def test_blocks_below_the_news_stand_as_even_as_they_can(
    names: int, dates: int, figures: int, rows: list[tuple[int, ...]]
) -> None:
    paper = replace(naming(draft(3), *map(document, range(40, 50))), below=True)
    heights, choice, whole = heights_of(paper), least(paper, Scale.NORMAL), paper.edition.panel
    panel = Panel(
        also=whole.also[:names], ahead=whole.ahead[:dates], figures=whole.figures[:figures]
    )
    assert [row.splits for row in panel_rows(heights, choice, panel)] == rows


def test_a_panel_takes_names_back_and_needs_no_gap_below_the_news() -> None:
    paper = naming(draft(11), *map(document, range(40, 52)))
    heights, whole = heights_of(paper), paper.edition.panel
    settled = settle_panel(heights, replace(whole, chart=False), lines=40.0)
    assert len(settled.also) > 8
    assert panel_height(heights, settled) <= 40.0
    more = replace(settled, also=whole.also[: len(settled.also) + 1])
    assert panel_height(heights, more) > 40.0
    paper = draft(3)
    heights = heights_of(paper, Scale.THIN)
    panel = replace(paper.edition.panel, figures=(), chart=False)
    room = stacked_height(heights, panel)
    assert settle_panel(heights, panel, lines=room, high=stacked_height) == panel
    assert settle_panel(heights, panel, lines=room) != panel
