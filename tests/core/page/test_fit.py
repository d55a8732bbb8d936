from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import ChoiceError, LayoutError
from briefing.core.model import Correction, CorrectionBrief, CorrectionKind, Edition, Panel, Scale
from briefing.core.page.choose import Ruler, choose, settle_panel
from briefing.core.page.compose import compose
from briefing.core.page.fit import LAYOUTS, LayoutPlan, fit, plan, refit, stands
from briefing.core.page.selection import (
    Selection,
    add,
    additions,
    drop_brief,
    foot_height,
    least,
    page_height,
    panel_height,
)
from briefing.core.ports import NO_STORY, Draft, Fit
from tests.core.page.rulers import NotingMeasure, ruler_for, ruler_with_lines
from tests.fakes import PlainMeasure, ScriptedMeasure, document, draft, naming, sentences_of
from tests.present import present

#: A page that stands and is full.
FULL = Fit(pages=1, fill=1.0, free=0.0, side_free=0.0)


def test_the_lead_makes_the_page_full_within_the_range_of_its_scale() -> None:
    for room in range(300, 1500, 150):
        ruler = ruler_for(draft(11), room=room)
        planned = present(plan(ruler))
        low, high = ruler.measured[planned.choice.scale].lead
        assert low <= planned.lead <= high
        full = planned.lead * ruler.lines(planned.choice)
        assert full == pytest.approx(room) or (full < room and planned.lead == high)


def test_gaps_of_the_panel_share_what_it_leaves_and_are_no_wider_than_four_lines() -> None:
    paper = draft(11)
    measure = PlainMeasure(room=560)
    fitted = fit(paper, measure)
    assert fitted.edition.panel == paper.edition.panel
    assert 0 < fitted.edition.setting.side_gap < 4 * fitted.edition.setting.lead
    assert fitted.fit.side_free == pytest.approx(0, abs=1e-6)
    fitted = fit(replace(paper, fixed=True), PlainMeasure(room=1200))
    setting = fitted.edition.setting
    assert setting.side_gap == pytest.approx(4 * setting.lead)
    assert fitted.fit.side_free > 0
    assert fitted.layouts == 2
    assert fit(draft(3), PlainMeasure()).edition.setting.side_gap == 0
    assert fit(draft(11, beside=False), PlainMeasure()).edition.setting.side_gap == 0


def test_between_two_blocks_stands_all_that_the_panel_leaves_over() -> None:
    paper = draft(11)
    beside = replace(paper.edition.panel, quotes=(), ahead=())
    long = replace(paper, edition=replace(paper.edition, panel=beside))
    measured = ruler_for(long, room=600).measured
    tall = {scale: replace(heights, chart=32.0) for scale, heights in measured.items()}
    planned = present(plan(Ruler(long, tall)))
    heights = tall[planned.choice.scale]
    foot = foot_height(long, heights, planned.choice)
    used = heights.mast + 10 + 33.5 + 0.75 + 0.5 + foot
    assert planned.side_gap == pytest.approx(600 - used * planned.lead)


@pytest.mark.parametrize(
    ("briefs", "scale"), [(3, Scale.THIN), (4, Scale.ROOMY), (12, Scale.NORMAL), (15, Scale.NORMAL)]
)
def test_the_top_story_counts_as_a_brief_for_the_scale(briefs: int, scale: Scale) -> None:
    assert fit(draft(briefs), PlainMeasure()).edition.setting.scale is scale


def panel_sizes(whole: Panel) -> tuple[bool, int, int, int]:
    return (whole.chart, len(whole.ahead), len(whole.figures), len(whole.quotes))


@pytest.mark.parametrize(
    ("lines", "sizes"),
    [
        (35.25, (True, 3, 3, 1)),
        (35.2, (False, 3, 3, 1)),
        (26.9, (False, 3, 3, 0)),
        (18.7, (False, 2, 3, 0)),
        (9.0, (False, 0, 2, 0)),
        (0.0, (False, 0, 0, 0)),
    ],
)
def test_a_panel_shrinks_to_its_room(lines: float, sizes: tuple[bool, int, int, int]) -> None:
    paper = draft(11)
    heights = ruler_for(paper).measured[Scale.NORMAL]
    assert panel_sizes(settle_panel(heights, paper.edition.panel, lines=lines)) == sizes


def test_a_panel_has_two_quotations_where_there_is_room_and_takes_no_room_of_news() -> None:
    paper = draft(11)
    heights, whole = ruler_for(paper).measured[Scale.NORMAL], paper.edition.panel
    (first,) = whole.quotes
    second = replace(first, words=replace(first.words, end=first.words.end - 1))
    quotes = {item.words.key: 4.0 for item in (first, second)}
    heights, two = replace(heights, quotes=quotes), replace(whole, quotes=(first, second))
    high = panel_height(heights, two)
    assert high == panel_height(heights, whole) + 4.5
    assert settle_panel(heights, two, lines=high) == two
    assert settle_panel(heights, two, lines=high - 0.1) == whole
    heights = ruler_for(paper).measured[Scale.NORMAL]
    assert settle_panel(heights, paper.edition.panel, lines=-3) == Panel()
    with_panel = fit(replace(paper, fixed=True), PlainMeasure(side_surplus=260))
    without = fit(draft(11, beside=False), PlainMeasure())
    assert not with_panel.edition.panel.chart
    assert with_panel.edition.panel.quotes
    assert list(with_panel.edition.sentences()) == list(without.edition.sentences())
    assert without.fit.side_free == 0


@pytest.mark.parametrize("surplus", [15.0, -15.0])
def test_a_panel_that_was_higher_or_lower_than_predicted_is_corrected(surplus: float) -> None:
    measure = PlainMeasure(room=540, side_surplus=surplus)
    assert fit(draft(11), measure).layouts == 3
    first, second = (edition.setting.side_gap for edition in measure.laid_out)
    assert second == pytest.approx(first - surplus / 3)
    assert fit(draft(11), measure).fit.side_free == pytest.approx(0, abs=1e-6)


def test_plans_are_near_when_no_eye_can_tell_them_apart() -> None:
    base = LayoutPlan(Selection(Scale.NORMAL, 1, (), Panel()), Panel(), 10.0, 3.0)
    for other, near in (
        (base, True),
        (replace(base, lead=10.004, side_gap=3.1), True),
        (replace(base, lead=10.006), False),
        (replace(base, side_gap=2.7), False),
        (replace(base, panel=Panel(chart=True)), False),
        (replace(base, choice=Selection(Scale.NORMAL, 2, (), Panel())), False),
    ):
        assert base.near(other) is other.near(base) is near


@pytest.mark.parametrize(
    ("laid", "good"),
    [
        (FULL, True),
        (replace(FULL, free=-0.7), True),
        (replace(FULL, free=300.0, side_free=200.0), True),
        (replace(FULL, free=-0.75), False),
        (replace(FULL, side_free=-0.75), False),
        (replace(FULL, pages=2), False),
        (replace(FULL, pages=2, most=2), True),
        (replace(FULL, pages=0), False),
        (replace(FULL, faults=("band1 runs into the foot",)), False),
    ],
)
def test_a_page_stands_on_one_sheet_without_fault_above_its_foot(laid: Fit, *, good: bool) -> None:
    assert stands(laid) is good


@pytest.mark.parametrize(
    ("surplus", "layouts"), [(0.0, 2), (0.05, 2), (-0.12, 2), (-0.15, 3), (0.5, 3)]
)
def test_half_a_millimeter_takes_no_further_layout(surplus: float, layouts: int) -> None:
    measure = PlainMeasure(surplus=surplus)
    fitted = fit(draft(11), measure)
    assert fitted.layouts == 1 + len(measure.laid_out) == layouts
    assert fitted.fit.free == pytest.approx(0, abs=1.5)


def test_the_foot_is_planned_without_the_sources_of_what_the_panel_has_no_room_for() -> None:
    waiting = [
        replace(document(number), publisher=f"Ostra Harbor and Shipping Gazette {number}")
        for number in range(40, 60)
    ]
    paper = naming(draft(11, beside=False), *waiting)
    measure = PlainMeasure(room=540)
    fitted = fit(paper, measure)
    first = measure.laid_out[0]
    assert 0 < len(first.panel.also) < len(waiting)
    assert abs(measure.lay_out(first).free) <= first.setting.lead + 1e-6
    assert fitted.fit.free == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("surplus", [1.2, 0.3, -0.3, -1.2])
def test_a_page_that_was_higher_or_lower_than_predicted_gets_another_lead(surplus: float) -> None:
    paper = draft(11, most=1, beside=False)
    whole = replace(least(paper, Scale.NORMAL), top=5)
    lines = ruler_with_lines(paper, 0).lines(whole)
    measure = PlainMeasure(room=10.7 * lines, surplus=surplus)
    fitted = fit(paper, measure)
    assert [edition.setting.lead for edition in measure.laid_out] == pytest.approx(
        [10.7, 10.7 * lines / (lines + surplus)]
    )
    assert fitted.edition is measure.laid_out[-1]
    assert fitted.layouts == 3
    assert fitted.fit.free == pytest.approx(0, abs=1e-6)


def test_a_page_found_too_high_at_the_tightest_lead_says_less() -> None:
    plain, high = PlainMeasure(room=570), PlainMeasure(room=570, surplus=4)
    short, whole = fit(draft(11), high), fit(draft(11), plain)
    assert stands(short.fit)
    assert len(list(short.edition.sentences())) < len(list(whole.edition.sentences()))


@given(
    briefs=st.integers(0, 15),
    room=st.floats(200, 2000),
    surplus=st.floats(-8, 8),
    side_surplus=st.floats(-100, 100),
    beside=st.booleans(),
)
def test_a_page_is_found_in_a_few_layouts_or_refused(
    *, briefs: int, room: float, surplus: float, side_surplus: float, beside: bool
) -> None:
    paper = draft(briefs, beside=beside)
    measure = PlainMeasure(room=room, surplus=surplus, side_surplus=side_surplus)
    try:
        fitted = fit(paper, measure)
    except LayoutError:
        assert len(measure.laid_out) < LAYOUTS
        return
    assert fitted.layouts == 1 + len(measure.laid_out) <= LAYOUTS
    assert stands(fitted.fit)
    assert fitted.edition in measure.laid_out
    assert fitted.edition.top is not None


@given(
    st.lists(
        st.builds(
            Fit,
            pages=st.integers(0, 3),
            fill=st.floats(0, 1.2),
            free=st.floats(-900, 690),
            side_free=st.floats(-900, 690),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_measure_however_wild_keeps_the_search_going(fits: list[Fit]) -> None:
    measure = ScriptedMeasure(*fits)
    try:
        assert stands(fit(draft(4), measure).fit)
    except LayoutError:
        assert not any(map(stands, fits[: len(measure.laid_out)]))
    assert len(measure.laid_out) < LAYOUTS


def test_the_fullest_page_that_stands_is_returned_and_of_equals_the_first() -> None:
    short, full = (Fit(1, fill, free, 0.0) for fill, free in ((0.8, 140.0), (0.97, 21.0)))
    over = Fit(1, 1.1, -70.0, 0.0)
    measure = ScriptedMeasure(short, over, full, over)
    fitted = fit(draft(11), measure)
    assert fitted.fit == full
    assert fitted.edition is measure.laid_out[2]
    assert fitted.layouts == 1 + len(measure.laid_out) == LAYOUTS == 5
    full, fuller = (Fit(1, fill, free, 0.0) for fill, free in ((1.0, 10.0), (1.01, -0.7)))
    measure = ScriptedMeasure(full, fuller)
    fitted = fit(draft(11), measure)
    assert len(measure.laid_out) > 1
    assert fitted.fit == full
    assert fitted.edition is measure.laid_out[0]


def test_a_page_that_cannot_stand_is_refused_with_its_faults_and_nothing_left_out() -> None:
    fault = Fit(1, 1.0, 0.0, 0.0, ("side extends beyond the sheet",))
    with pytest.raises(LayoutError, match="no valid page after 4 layouts: side extends beyond"):
        fit(draft(11), ScriptedMeasure(fault))
    with pytest.raises(LayoutError, match="layouts: news and foot overlap"):
        fit(draft(11), ScriptedMeasure(Fit(1, 1.1, -20.0, 0.0)))
    measure = PlainMeasure(room=60)
    with pytest.raises(LayoutError, match="not even one headline and one sentence fit"):
        fit(draft(3), measure)
    assert measure.laid_out == []
    with pytest.raises(LayoutError, match="not all of it fits"):
        refit(printed(4), ScriptedMeasure(*[Fit(2, 1.0, 0.0, 0.0)] * 20))
    for room in [100.0, 300.0, 450.0]:
        with pytest.raises(LayoutError, match="not all of it fits"):
            refit(printed(11), PlainMeasure(room=room))


def test_a_page_that_stands_is_kept_though_the_next_plan_finds_no_room() -> None:
    lone = draft(0)
    left = replace(lone, top=replace(lone.top, lengths=lone.top.lengths[:1]))
    heights = PlainMeasure().probe(left, (Scale.ROOMY,))[Scale.ROOMY]
    alone = Selection(Scale.ROOMY, 1, (), Panel())
    room = page_height(left, heights, alone) * heights.lead[0] + 0.001
    fitted = fit(
        replace(left, edition=replace(left.edition, panel=Panel())),
        PlainMeasure(room=room, surplus=0.05),
    )
    assert -0.75 < fitted.fit.free < 0
    assert len(list(fitted.edition.sentences())) == 1


def test_an_edition_holds_exactly_what_it_cites_and_tells_of_each_brief_that_it_left_out() -> None:
    paper = draft(14)
    for room in (400.0, 700.0):
        edition = fit(paper, PlainMeasure(room=room)).edition
        sources = [source for brief in edition.briefs() for source in brief.sources]
        beside = [one.document for one in (*edition.passages(), *edition.titles())]
        assert set(edition.documents) == {*sources, *beside}
        assert all(
            document == paper.edition.documents[name]
            for name, document in edition.documents.items()
        )
    paper = draft(15)
    for room in (250.0, 350.0, 500.0, 700.0):
        edition = fit(paper, PlainMeasure(room=room)).edition
        printed = {brief.story for brief in edition.briefs()}
        untold = {story for story, _, _ in edition.ledger.no_room}
        everything = {paper.top, *paper.briefs}
        assert printed | untold == {item.lengths[0].story for item in everything}
        assert not printed & untold
        assert edition.ledger.printed == len(printed)


def test_the_same_draft_gives_the_same_page_whatever_other_scales_measure() -> None:
    first, second = (fit(draft(13), PlainMeasure(surplus=1.5)).edition for _ in range(2))
    assert first == second
    ruler = ruler_for(draft(11))
    wild = replace(ruler.measured[Scale.HEAVY], mast=500.0)
    assert choose(ruler) == choose(replace(ruler, measured={**ruler.measured, Scale.HEAVY: wild}))


@pytest.mark.parametrize(
    ("room", "probed"),
    [
        (700.0, [Scale.NORMAL]),
        (410.0, [Scale.NORMAL, Scale.HEAVY]),
        (1500.0, [Scale.NORMAL, Scale.ROOMY]),
    ],
    ids=["enough for the scale meant", "tight", "room left"],
)
def test_a_scale_is_measured_once_when_it_is_tried(room: float, probed: list[Scale]) -> None:
    measure = NotingMeasure(room)
    fit(draft(11, beside=False), measure)
    assert [scale for _, scale in measure.probed] == probed


@pytest.mark.parametrize(("room", "scale"), [(600.0, Scale.THIN), (520.0, Scale.ROOMY)])
def test_a_page_is_thin_only_where_it_can_name_three_stories(room: float, scale: Scale) -> None:
    paper = naming(draft(1, most=5), *map(document, range(40, 45)))
    edition = fit(paper, PlainMeasure(room=room)).edition
    assert edition.setting.scale is scale
    assert len(edition.panel.also) >= 3


def test_a_thin_page_names_stories_before_it_says_more_of_its_own() -> None:
    plain = replace(draft(1, most=5), edition=replace(draft(1).edition, panel=Panel()))
    alone, among = (
        fit(paper, PlainMeasure(room=620.0)).edition
        for paper in (plain, naming(plain, *map(document, range(40, 48))))
    )
    assert len([*alone.sentences()]) > len([*among.sentences()])
    assert len(among.panel.also) >= 3


def test_one_column_is_one_scale_with_all_briefs_in_it_and_names_where_there_is_room() -> None:
    names = [document(number, title=f"Fog {number}") for number in (31, 32)]
    for briefs, room, named in ((1, 1400, 2), (11, 1400, 2), (11, 620, 2), (1, 300, 0)):
        measure = PlainMeasure(room=room, scales=(Scale.COLUMN,))
        edition = fit(naming(draft(briefs), *names), measure).edition
        assert edition.setting.scale is Scale.COLUMN
        assert edition.top
        lower = [[one for one in section.briefs if not one.top] for section in edition.sections]
        assert edition.setting.splits[: len(lower)] == tuple(map(len, filter(None, lower)))
        assert len(edition.panel.also) == named
        assert bool(edition.ledger.no_room) is (room < 1400)


def printed(briefs: int, *, room: float = 700.0, named: int = 0) -> Edition:
    also = (document(number, title=f"Named {number}") for number in range(31, 31 + named))
    paper = naming(draft(briefs), *also) if named else draft(briefs)
    return fit(paper, PlainMeasure(room=room)).edition


@pytest.mark.parametrize("room", [660.0, 700.0, 760.0])
@pytest.mark.parametrize("briefs", [0, 1, 4, 11])
def test_the_same_passages_stand_on_another_paper(briefs: int, room: float) -> None:
    edition = printed(briefs, room=620)
    measure = PlainMeasure(room=room)
    reset = refit(edition, measure)
    assert reset.sections == edition.sections
    assert [*reset.passages()] == [*edition.passages()]
    assert stands(measure.lay_out(reset))
    assert replace(reset, setting=edition.setting) == edition


def test_a_smaller_paper_names_fewer_stories_and_keeps_corrections() -> None:
    edition = printed(2, room=640, named=18)
    assert len(edition.panel.also) == edition.ledger.named > 3
    reset = refit(edition, PlainMeasure(room=440))
    assert 0 < len(reset.panel.also) < len(edition.panel.also)
    assert reset.ledger.named == len(reset.panel.also)
    assert [*reset.passages()] == [*edition.passages()]
    for paper in (alone(2), with_corrections(draft(3), 2)):
        edition = fit(paper, PlainMeasure()).edition
        reset = refit(edition, PlainMeasure(room=720))
        assert reset.corrections == edition.corrections
        assert reset.ledger == edition.ledger


def correction(number: int) -> CorrectionBrief:
    """Make a correction of an invented document of its own."""
    old = sentences_of(document(100 + number))[0]
    new = sentences_of(document(200 + number))[0]
    noticed = datetime(2026, 3, 12, 5, tzinfo=UTC)
    day = date(2026, 3, 11)
    return CorrectionBrief(CorrectionKind.CHANGED, old, new, f"e/{number}", day, noticed)


def with_corrections(paper: Draft, count: int) -> Draft:
    briefs = tuple(correction(number) for number in range(count))
    cited = [document(start + number) for start in (100, 200) for number in range(count)]
    documents = dict(paper.edition.documents) | {item.id: item for item in cited}
    return replace(paper, edition=replace(paper.edition, corrections=briefs, documents=documents))


def alone(count: int) -> Draft:
    """Make a draft of corrections without any story."""
    paper = with_corrections(draft(0, beside=False), count)
    return replace(paper, top=NO_STORY)


def fitted_on(paper: Draft, *, room: float = 700.0) -> Edition:
    return fit(paper, PlainMeasure(room=room)).edition


@pytest.mark.parametrize("count", [2, 3, 7])
def test_corrections_are_printed_before_any_brief_but_the_top_story(count: int) -> None:
    edition = fitted_on(with_corrections(draft(15), count), room=640.0)
    assert len(edition.corrections) == count
    assert edition.top is not None
    assert edition.ledger.corrected == count
    assert edition.ledger.corrections_waiting == 0
    sentences = fitted_on(draft(15), room=640.0).ledger.sentences_printed
    assert edition.ledger.sentences_printed < sentences


def test_of_fifty_the_first_are_printed_and_the_rest_waits_and_is_counted() -> None:
    paper = with_corrections(draft(15), 50)
    edition = fitted_on(paper)
    count = len(edition.corrections)
    assert 1 < count < 50
    assert edition.corrections == paper.edition.corrections[:count]
    assert edition.ledger.corrections_waiting == 50 - count
    assert edition.top is not None
    assert [brief.story for brief in edition.briefs()] == [edition.top.story]
    paper = with_corrections(draft(3), 50)
    changes = tuple(
        Correction(item.old.document, "", "", "", "changed", item.noticed, item.edition)
        for item in paper.edition.corrections
    )
    ledger = replace(paper.edition.ledger, corrections=changes)
    edition = fitted_on(replace(paper, edition=replace(paper.edition, ledger=ledger)))
    assert edition.ledger.corrections == changes[: len(edition.corrections)]


def test_an_edition_may_hold_corrections_alone_and_no_more_than_fill_a_page() -> None:
    edition = fitted_on(alone(2))
    assert (len(edition.corrections), edition.sections, edition.top) == (2, (), None)
    assert set(edition.documents) == {"d100", "d101", "d200", "d201"}
    assert edition.ledger.printed == 0
    edition = fitted_on(alone(50))
    assert edition.setting.scale is Scale.HEAVY
    assert 1 < len(edition.corrections) < 50
    paper = alone(2)
    heights = PlainMeasure().probe(paper, [Scale.HEAVY])[Scale.HEAVY]
    both = least(paper, Scale.HEAVY)
    item = replace(both, corrections=1)
    fewer_notes = page_height(paper, heights, replace(both, corrections=2))
    assert page_height(paper, heights, item) < fewer_notes
    assert heights.waiting > 0
    blank = alone(1).edition
    paper = compose([], edition=blank, sections=("economy",))
    assert (paper.top, paper.briefs) == (NO_STORY, ())
    assert set(paper.edition.documents) == {"d100", "d200"}


def test_the_first_correction_is_printed_without_room_and_beside_no_story() -> None:
    assert len(fitted_on(with_corrections(draft(0), 9), room=260.0).corrections) == 1
    paper = alone(1)
    choice = least(paper, Scale.ROOMY)
    assert choice.top == 0
    assert all(add(paper, choice, item) is None for item in additions(paper, choice))


def pinned_at(paper: Draft, *numbers: int) -> Draft:
    briefs = tuple(
        replace(candidate, pinned=number in numbers)
        for number, candidate in enumerate(paper.briefs)
    )
    return replace(paper, briefs=briefs)


@pytest.mark.parametrize(("room", "lengths"), [(1500.0, [5, 3, 3]), (370.0, [3, 1, 1])])
def test_what_is_no_news_of_an_event_only_fills_white(room: float, lengths: list[int]) -> None:
    whole = draft(2, beside=False)
    briefs = tuple(replace(each, asides=len(each.lengths) - 1) for each in whole.briefs)
    paper = replace(whole, top=replace(whole.top, asides=2), briefs=briefs)
    edition = fitted_on(paper, room=room)
    assert [len(brief.sentences) for brief in edition.briefs()] == lengths


def test_a_page_is_fitted_around_its_pins_which_stay_where_room_is_short() -> None:
    paper = pinned_at(draft(7), 4)  # the lowest of the longest section
    choice = least(paper, Scale.HEAVY)
    dropped = []
    while (shorter := drop_brief(paper, choice)) is not None:
        (gone,) = [
            number
            for number, counts in enumerate(zip(choice.briefs, shorter.briefs, strict=True))
            if counts[0] != counts[1]
        ]
        dropped.append(gone)
        choice = shorter
    assert choice.briefs == (0, 0, 0, 0, 1, 0, 0)
    assert dropped[0] == 3
    for room in (230.0, 300.0, 400.0):
        paper = pinned_at(draft(11), 10)
        fitted = fit(paper, PlainMeasure(room=room))
        printed = {brief.story for brief in fitted.edition.briefs()}
        assert paper.briefs[10].lengths[0].story in printed


def test_pins_without_room_are_refused_and_the_lowest_is_named() -> None:
    paper = pinned_at(draft(7), *range(7))
    lowest = max(paper.briefs, key=lambda candidate: candidate.rank).lengths[0].headline
    with pytest.raises(ChoiceError) as error:
        fit(paper, PlainMeasure(room=220.0))
    assert str(error.value) == (
        f"what is pinned (7) does not fit on the page; undo one pin, such as {lowest!r}"
    )
    over = Fit(pages=1, fill=1.2, free=-300.0, side_free=0.0)
    paper = draft(7)
    with pytest.raises(LayoutError, match="no valid page"):
        fit(paper, ScriptedMeasure(over))
    with pytest.raises(ChoiceError, match="does not fit on the page"):
        fit(pinned_at(paper, *range(7)), ScriptedMeasure(over))
