import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Edition, Flow, NamedStory, Panel, Scale, Sentence, Status
from briefing.core.page.columns import Block, Row, arrange, balance, stack
from briefing.core.page.selection import (
    Addition,
    Selection,
    add,
    additions,
    bands,
    beside,
    build,
    cited,
    drop_brief,
    drops,
    foot_height,
    least,
    note_characters,
    shortest,
    shrink_panel,
)
from briefing.core.ports import Candidate, Draft
from tests.core.page.rulers import heights_of
from tests.fakes import PlainMeasure, document, draft, naming, panel

#: Briefs 0 and 1 are economy, 2 to 4 security, 5 to 6 diplomacy; their ranks in that order.
SEVEN = draft(7)
RANKS = (3, 6, 1, 4, 7, 2, 5)


def choice(
    *briefs: int, top: int = 3, scale: Scale = Scale.NORMAL, panel: Panel | None = None
) -> Selection:
    return Selection(scale, top, briefs, panel or Panel())


def test_the_least_page_has_a_sentence_a_brief_and_three_of_the_top_story_if_there_are() -> None:
    assert tuple(brief.rank for brief in SEVEN.briefs) == RANKS
    assert [brief.section for brief in SEVEN.briefs] == (
        ["economy"] * 2 + ["security"] * 3 + ["diplomacy"] * 2
    )
    assert least(SEVEN, Scale.NORMAL) == Selection(Scale.NORMAL, 3, (1,) * 7, SEVEN.edition.panel)
    short = replace(SEVEN, top=replace(SEVEN.top, lengths=SEVEN.top.lengths[:2]))
    assert least(short, Scale.NORMAL).top == 2
    panel = least(SEVEN, Scale.THIN).panel
    assert panel == replace(SEVEN.edition.panel, figures=(), chart=False)
    assert panel.quotes
    assert panel.ahead


def test_what_is_printed_is_not_beside_it_and_few_stories_are_named() -> None:
    draft = replace(SEVEN, edition=replace(SEVEN.edition, panel=panel(document(3))), story_of={})
    with_news = beside(draft, least(draft, Scale.NORMAL))
    assert not with_news.figures
    other = replace(SEVEN, edition=replace(SEVEN.edition, panel=panel(document(90))))
    assert beside(other, least(other, Scale.NORMAL)) == Panel()
    told = replace(other, story_of={"d90": SEVEN.top.lengths[0].story})
    assert beside(told, least(told, Scale.NORMAL)).ahead
    draft = naming_all(2)
    selection = least(draft, Scale.NORMAL).with_brief(0, 0)
    left_out = draft.briefs[0].lengths[0].story
    assert [one.story for one in beside(draft, selection).also] == [left_out, "x0", "x1"]
    for scale, most in [(Scale.NORMAL, 20), (Scale.THIN, 8)]:
        draft = naming_all(24)
        assert len(beside(draft, least(draft, scale)).also) == most


def named(*stories: str) -> tuple[NamedStory, ...]:
    title = Sentence("d0", 0, 4, "Fogs")
    return tuple(NamedStory(story, title, Status.NEW) for story in stories)


def naming_all(count: int) -> Draft:
    """Return a draft that could name its own stories and a number of others."""
    stories = (*(f"s{number}" for number in range(1, 9)), *(f"x{n}" for n in range(count)))
    return replace(SEVEN, edition=replace(SEVEN.edition, panel=Panel(also=named(*stories))))


def test_a_panel_has_no_lone_block_and_below_the_news_one_quotation() -> None:
    whole = SEVEN.edition.panel
    for part in ("figures", "quotes", "ahead"):
        alone = replace(Panel(), **{part: getattr(whole, part)})
        assert beside(SEVEN, choice(*(1,) * 7, panel=alone)) == Panel()
        assert beside(SEVEN, choice(*(1,) * 7, panel=replace(alone, chart=True))) != Panel()
    alone = replace(Panel(), quotes=whole.quotes)
    assert beside(SEVEN, choice(*(1,) * 7, scale=Scale.THIN, panel=alone)) == alone
    assert beside(SEVEN, choice(*(1,) * 7, panel=Panel(also=named("x1")))) == Panel(
        also=named("x1")
    )
    (first,) = SEVEN.edition.panel.quotes
    second = replace(first, words=replace(first.words, start=first.words.start - 1))
    two = replace(SEVEN.edition.panel, quotes=(first, second))
    selection = choice(*(1,) * 7, panel=two)
    assert beside(SEVEN, selection).quotes == (first, second)
    assert beside(SEVEN, replace(selection, panel_below=True)).quotes == (first,)


def test_what_only_the_panel_cites_is_cited() -> None:
    for part in ("figures", "quotes", "ahead"):
        only = replace(Panel(), **{part: getattr(panel(document(9)), part)})
        assert cited(SEVEN, choice(*(0,) * 7, panel=only)) == ("d0", "d9")


def test_the_foot_grows_with_its_sources_and_is_as_high_as_what_stands_beside_them() -> None:
    bare = replace(SEVEN, edition=replace(SEVEN.edition, panel=Panel()))
    heights = replace(heights_of(bare), note=0.75, note_characters=12.0, check=0.0)
    choices = [choice(*(1,) * count, *(0,) * (7 - count)) for count in range(8)]
    lines = [foot_height(bare, heights, some) - heights.foot for some in choices]
    expected = [
        note_characters([bare.edition.documents[name] for name in cited(bare, some)]) / 12
        for some in choices
    ]
    # each line but the last loses a fiftieth of it
    assert lines == [0.75 * math.ceil((number - 0.02) / 0.98) for number in expected]
    assert lines[0] < lines[-1]
    heights = replace(heights_of(SEVEN), check=50.0)
    assert foot_height(SEVEN, heights, choice(*(1,) * 7)) == 50.0


def test_sentences_are_added_in_the_order_of_the_page() -> None:
    ranked = (2, 5, 0, 3, 6, 1, 4)
    firsts = (0, 2, 5)
    assert list(additions(SEVEN, least(SEVEN, Scale.NORMAL))) == [
        Addition(None, 2),
        Addition(None, 3),
        *(Addition(number, 2) for number in firsts),
        *(Addition(number, 2) for number in ranked if number not in firsts),
        Addition(None, 4),
        *(Addition(number, 3) for number in ranked),
        Addition(None, 5),
    ]
    offered = [addition.brief for addition in additions(SEVEN, choice(0, 1, 1, 1, 1, 0, 0))]
    assert set(offered) == {None, 1, 2, 3, 4}
    all_of_them = list(additions(SEVEN, choice(0, 1, 1, 1, 1, 1, 1)))
    assert all_of_them[2:5] == [Addition(1, 2), Addition(2, 2), Addition(5, 2)]


@pytest.mark.parametrize(
    ("addition", "longer"),
    [
        (Addition(None, 4), choice(1, 2, 3, 0, 1, 1, 1, top=4)),
        (Addition(None, 3), None),
        (Addition(None, 5), None),
        (Addition(0, 2), choice(2, 2, 3, 0, 1, 1, 1)),
        (Addition(1, 3), choice(1, 3, 3, 0, 1, 1, 1)),
        (Addition(0, 3), None),
        (Addition(1, 2), None),
        (Addition(2, 4), None),
        (Addition(3, 2), None),
    ],
)
def test_a_sentence_follows_the_one_before(addition: Addition, longer: Selection | None) -> None:
    assert add(SEVEN, choice(1, 2, 3, 0, 1, 1, 1), addition) == longer


@given(st.lists(st.integers(0, 3), min_size=7, max_size=7))
def test_dropping_takes_one_brief_and_never_makes_a_section_uneven(counts: list[int]) -> None:
    start = choice(*counts)
    dropped = drop_brief(SEVEN, start)
    if dropped is None:
        assert not any(counts)
        return
    changed = [number for number in range(7) if dropped.briefs[number] != counts[number]]
    assert len(changed) == 1
    section = SEVEN.briefs[changed[0]].section
    lengths = {name: len(numbers) for name, numbers in bands(SEVEN, start)}
    assert lengths[section] == max(lengths.values())
    rivals = dict(bands(SEVEN, start))[section]
    assert RANKS[changed[0]] == max(RANKS[number] for number in rivals)


def test_each_section_may_lose_its_lowest_brief_the_longest_first() -> None:
    start = choice(1, 1, 1, 1, 1, 1, 1)
    lost = [
        [number for number, count in enumerate(other.briefs) if not count]
        for other in drops(SEVEN, start)
    ]
    sections = [numbers for _, numbers in bands(SEVEN, start)]
    sections.sort(key=len, reverse=True)
    assert [len(numbers) for numbers in lost] == [1] * len(sections)
    assert {number for (number,) in lost} == {
        max(numbers, key=lambda number: RANKS[number]) for numbers in sections
    }
    assert drop_brief(SEVEN, start) == next(drops(SEVEN, start))
    assert drop_brief(SEVEN, choice(1, 1, 1, 1, 0, 1, 1)) == choice(1, 1, 1, 1, 0, 1, 0)


def shapes(whole: Panel) -> list[tuple[bool, int, int, int, int]]:
    """Shrink a panel to nothing; tell chart, names, dates, figures and quotations of each step."""
    steps = []
    while True:
        items = len(whole.ahead), len(whole.figures), len(whole.quotes)
        steps.append((whole.chart, len(whole.also), *items))
        smaller = shrink_panel(whole)
        if smaller == whole:
            return steps
        whole = smaller


def full_panel() -> Panel:
    one = panel(document(0))
    days = tuple(replace(one.ahead[0], day=date(2026, 4, day)) for day in range(1, 6))
    also = named(*(f"x{number}" for number in range(9)))
    return replace(one, figures=(one.figures[0],) * 5, ahead=days, also=also)


def test_a_panel_shrinks_in_the_stated_order_from_its_last_items() -> None:
    assert shapes(full_panel()) == [
        (True, 9, 5, 5, 1),
        (False, 9, 5, 5, 1),
        (False, 8, 5, 5, 1),
        (False, 8, 4, 5, 1),
        (False, 8, 3, 5, 1),
        (False, 8, 3, 4, 1),
        (False, 8, 3, 3, 1),
        (False, 8, 3, 3, 0),
        *((False, names, 3, 3, 0) for names in (7, 6, 5, 4, 3)),
        *((False, 3, dates, 3, 0) for dates in (2, 1, 0)),
        *((False, 3, 0, figures, 0) for figures in (2, 1, 0)),
        *((False, names, 0, 0, 0) for names in (2, 1, 0)),
    ]
    smaller = shrink_panel(replace(full_panel(), chart=False, also=()))
    assert [ahead.day.day for ahead in smaller.ahead] == [1, 2, 3, 4]
    assert shrink_panel(Panel()) == Panel()


BAND = 2.5


def brief(lines: float, head: float = 2.0) -> Block:
    """A brief of so many lines, the white below it left out; over both columns its head has one."""
    return Block(lines + 0.5, head, 1.5)


def test_a_text_over_two_columns_is_as_low_as_its_lines_allow() -> None:
    # of an odd number of lines the press leaves half a line
    assert [balance(text) for text in (8, 7, 4, 0)] == [4.0, 4.5, 2.0, 0.0]


def test_sections_of_one_brief_stand_side_by_side_unless_their_lengths_differ_much() -> None:
    (row,) = arrange([[brief(9)], [brief(8)]], band=BAND)
    assert row.flows == (Flow.BESIDE, Flow.BESIDE)
    assert row.splits == (1, 1)
    assert (row.height, row.lines) == (BAND + 9.5, (1.0, 1.04))
    assert row.holes == row.foot == pytest.approx(9.5 - 8.5 * 1.04)
    first, pair = arrange([[brief(30)], [brief(9)], [brief(9)]], band=BAND)
    assert (first.flows, pair.flows) == ((Flow.WIDE,), (Flow.BESIDE, Flow.BESIDE))
    rows = arrange([[brief(24)], [brief(10)]], band=BAND)
    assert [row.flows for row in rows] == [(Flow.WIDE,), (Flow.WIDE,)]


def test_a_lone_brief_flows_over_both_columns() -> None:
    (row,) = arrange([[brief(10)]], band=BAND)
    assert (row.flows, row.splits) == ((Flow.WIDE,), (0,))
    assert (row.height, row.holes) == (BAND + 6.0, 0.0)
    rows = arrange([[brief(10)], [brief(8), brief(8)]], band=BAND)
    assert [row.flows for row in rows] == [(Flow.WIDE,), (Flow.COLUMNS,)]


def test_two_sections_stand_below_each_other_beside_one_of_their_height() -> None:
    (row,) = arrange([[brief(20.5)], [brief(9)], [brief(9)]], band=BAND)
    assert (row.flows, row.splits) == ((Flow.BESIDE, Flow.BESIDE, Flow.UNDER), (1, 1, 1))
    (other,) = arrange([[brief(9)], [brief(9)], [brief(20.5)]], band=BAND)
    assert other.flows == (Flow.BESIDE, Flow.UNDER, Flow.BESIDE)
    assert row.height == other.height == BAND + 9.5 + BAND + 9.5
    assert (row.lines, other.lines) == ((1.0238, 1.0), (1.0, 1.0238))
    assert row.holes == row.foot == pytest.approx(0.0, abs=0.01)


def test_an_odd_brief_flows_below_two_others_or_has_its_headline_left_of_its_text() -> None:
    (row,) = arrange([[brief(10), brief(10), brief(10)]], band=BAND)
    assert (row.flows, row.splits) == ((Flow.WIDE,), (1,))
    assert row.height == BAND + 10.5 + 6.0
    assert (row.holes, row.foot) == (0.0, 0.0)
    (row,) = arrange([[brief(8), brief(7), brief(8)]], band=BAND)
    assert (row.flows, row.splits) == ((Flow.ACROSS,), (1,))
    assert row.height == BAND + 8.5 + 6.5
    assert row.holes == row.foot + 4.0
    assert row.foot == pytest.approx(8.5 - 7.5 * 1.04)


def test_a_short_brief_has_its_headline_left_of_its_text_or_is_not_broken() -> None:
    (row,) = arrange([[brief(4)]], band=BAND)
    assert (row.flows, row.splits) == ((Flow.ACROSS,), (0,))
    assert (row.height, row.holes) == (BAND + 2.5, 0.0)
    (row,) = arrange([[brief(4, head=0.0)]], band=BAND)
    assert (row.flows, row.splits) == ((Flow.COLUMNS,), (1,))
    assert (row.height, row.holes) == (BAND + 4.5, 4.5)


def test_briefs_of_a_thin_page_stand_one_below_the_other() -> None:
    (row,) = stack([[brief(8), brief(4)]], band=BAND)
    assert (row.flows, row.splits) == ((Flow.COLUMNS,), (2,))
    assert (row.height, row.holes) == (BAND + 13.0, 0.0)


BLOCKS = st.builds(
    lambda head, text: Block(head + text + 0.5, head, head / 2),
    st.integers(0, 4),
    st.integers(1, 24),
)
SECTIONS = st.lists(st.lists(BLOCKS, min_size=1, max_size=5), max_size=4)


@given(SECTIONS)
def test_every_section_has_a_place_in_order_in_even_columns(sections: list[list[Block]]) -> None:
    rows = arrange(sections, band=BAND)
    flows = [flow for row in rows for flow in row.flows]
    splits = [split for row in rows for split in row.splits]
    orders = [order for row in rows for order in row.orders]
    assert len(flows) == len(splits) == len(orders) == len(sections)
    assert all(row.holes > -1e-9 for row in rows)
    for section, flow, place, order in zip(sections, flows, splits, orders, strict=True):
        assert place <= len(section) - flow.last_below
        assert sorted(order) == [*range(len(section))]
        assert order[0] == 0
        # In each column they stand by rank.
        for column in (order[:place], order[place:]):
            assert [*column] == sorted(column)
    for row in rows:
        assert min(row.lines) == 1.0
        assert max(row.lines) <= 1.04
        assert row.foot >= 0
    assert all(row.is_ranked for row in arrange(sections, band=BAND, ranked=True))

    def cost(rows: Iterable[Row]) -> float:
        return sum(row.height + (not row.is_ranked) for row in rows)

    alone = [row for one in sections for row in arrange([one], band=BAND)]
    assert cost(rows) <= cost(alone) + 1e-5


@given(st.lists(BLOCKS, min_size=2, max_size=6))
def test_no_other_deal_of_a_section_saves_a_line(section: list[Block]) -> None:
    (row,) = arrange([section], band=0.0)
    heights = [block.height for block in section]
    for deal in product((True, False), repeat=len(section) - 1):
        left = heights[0] + sum(high for high, mine in zip(heights[1:], deal, strict=True) if mine)
        assert row.height <= max(left, sum(heights) - left) + 1


def test_a_later_brief_stands_left_in_a_short_section_if_that_saves_a_line() -> None:
    (row,) = arrange([[brief(6), brief(12), brief(5)]], band=BAND)
    assert (row.orders, row.splits) == (((0, 2, 1),), (2,))
    assert row.height == BAND + 12.5
    (as_high,) = arrange([[brief(6), brief(6.5), brief(6)]], band=BAND)
    assert as_high.is_ranked
    (row,) = arrange([[brief(4), brief(12), *[brief(4, head=0.0)] * 5]], band=BAND)
    assert row.is_ranked


def test_a_section_that_ends_uneven_counts_as_two_lines_higher() -> None:
    section = [brief(9), brief(5), brief(5), brief(6)]
    (low,), (even,) = (arrange([section], band=BAND, even=most) for most in (2.6, 2.5))
    assert (low.flows, low.height) == ((Flow.COLUMNS,), BAND + 15.0)
    assert low.foot == pytest.approx(15 - 12 * 1.04)
    assert (even.flows, even.height) == ((Flow.ACROSS,), BAND + 15.5)
    assert even.foot < 2.5


def test_sections_of_more_stand_side_by_side_where_they_may() -> None:
    (row,) = arrange([[brief(4), brief(4)], [brief(9)]], band=BAND)
    assert (row.flows, row.splits) == ((Flow.BESIDE, Flow.BESIDE), (2, 1))
    assert (row.height, row.lines) == (BAND + 9.5, (1.04, 1.0))
    rows = arrange([[brief(9)], [brief(8)], [brief(8)]], band=BAND, wide=[True, False, False])
    assert [row.flows[0] for row in rows][1:] == [Flow.BESIDE]
    assert len(rows[0].flows) == 1


@pytest.mark.parametrize(
    ("lines", "left", "height"),
    [
        ((4, 4), 1, 4.5),
        ((1.5, 1.5, 3.5), 2, 4.0),
        ((5.5, 0.5, 0.5), 1, 6.0),
        ((0.5, 0.5, 6.5), 2, 7.0),
        ((2.5, 2.5, 2.5), 2, 6.0),
        ((2.5 + 1e-9, 2.5, 2.5), 2, 6.0),  # what cannot be seen decides nothing
    ],
)
def test_a_band_is_split_most_evenly(lines: tuple[float, ...], left: int, height: float) -> None:
    (row,) = arrange([[brief(high, head=0.0) for high in lines]], band=0.0, ranked=True)
    assert row.splits == (left,)
    assert row.height == pytest.approx(height)


def built(paper: Draft, choice: Selection, *, lead: float = 10.5, side_gap: float = 2.0) -> Edition:
    heights = PlainMeasure().probe(paper, (choice.scale,))[choice.scale]
    return build(paper, heights, choice, lead=lead, side_gap=side_gap)


def stories(edition: Edition) -> dict[str, list[str]]:
    return {section.name: [brief.story for brief in section.briefs] for section in edition.sections}


def renamed(candidate: Candidate, story: str) -> Candidate:
    lengths = tuple(replace(brief, story=story) for brief in candidate.lengths)
    return replace(candidate, lengths=lengths)


def test_the_top_story_opens_its_own_section() -> None:
    edition = built(SEVEN, least(SEVEN, Scale.NORMAL))
    assert stories(edition) == {
        "economy": ["s1", "s4", "s7"],
        "security": ["s2", "s5", "s8"],
        "diplomacy": ["s3", "s6"],
    }
    assert edition.top == SEVEN.top.lengths[2]
    edition = built(SEVEN, choice(0, 0, 1, 0, 0, 0, 0))
    assert stories(edition) == {"economy": ["s1"], "security": ["s2"]}
    assert edition.setting.splits == (0,)
    moved = replace(SEVEN, top=replace(SEVEN.top, section="diplomacy"))
    edition = built(moved, choice(1, 0, 0, 0, 0, 1, 0))
    assert stories(edition) == {"economy": ["s4"], "diplomacy": ["s1", "s3"]}


def test_a_page_holds_what_was_chosen_and_all_that_lays_it_out_again() -> None:
    edition = built(SEVEN, choice(1, 2, 3, 0, 0, 0, 1, top=5))
    assert [len(brief.sentences) for brief in edition.briefs()] == [5, 1, 2, 3, 1]
    setting = built(SEVEN, choice(1, 1, 3, 1, 1, 1, 0), lead=10.7, side_gap=4.5).setting
    assert (setting.scale, setting.lead, setting.side_gap) == (Scale.NORMAL, 10.7, 4.5)
    assert setting.headline == 23
    assert setting.splits == (1, 1, 0)
    assert setting.flows == (Flow.COLUMNS, Flow.COLUMNS, Flow.ACROSS)
    assert built(SEVEN, choice(1, 1, 1, 1, 3, 1, 0)).setting.splits == (1, 2, 0)
    assert built(SEVEN, least(SEVEN, Scale.THIN)).setting.splits == (2, 3, 2)
    edition = built(SEVEN, choice(1, 0, 0, 0, 0, 1, 0))
    assert list(edition.documents) == ["d0", "d3", "d2"]
    assert edition.documents["d3"] is SEVEN.edition.documents["d3"]
    assert built(SEVEN, choice(*(1,) * 7)).panel == Panel()
    assert built(SEVEN, least(SEVEN, Scale.NORMAL)).panel == SEVEN.edition.panel


def test_the_ledger_counts_what_is_printed_and_names_what_had_no_room() -> None:
    ledger = built(SEVEN, choice(1, 2, 0, 0, 0, 0, 3)).ledger
    assert (ledger.printed, ledger.sentences_printed) == (4, 3 + 1 + 2 + 3)
    assert (ledger.documents, ledger.publishers, ledger.stories) == (8, 3, 8)
    ledger = built(SEVEN, choice(1, 1, 1, 1, 0, 1, 0)).ledger
    assert ledger.no_room == (
        ("s8", SEVEN.briefs[4].lengths[0].headline, "security"),
        ("s6", SEVEN.briefs[6].lengths[0].headline, "diplomacy"),
    )
    earlier = ("s90", "A ferry line closes for the winter", "economy")
    ledger = replace(SEVEN.edition.ledger, no_room=(earlier,))
    paper = replace(SEVEN, edition=replace(SEVEN.edition, ledger=ledger))
    no_room = built(paper, choice(1, 1, 1, 1, 0, 1, 1)).ledger.no_room
    assert [story for story, _, _ in no_room] == ["s8", "s90"]


def test_a_story_of_two_sections_counts_once() -> None:
    twice = (*SEVEN.briefs[:6], renamed(SEVEN.briefs[6], "s2"))
    edition = built(replace(SEVEN, briefs=twice), choice(1, 1, 1, 1, 1, 1, 0))
    assert edition.ledger.no_room == ()
    assert edition.ledger.printed == 7
    twice = (*SEVEN.briefs[:6], renamed(SEVEN.briefs[6], "s1"))
    ledger = built(replace(SEVEN, briefs=twice), choice(*(1,) * 7)).ledger
    assert (ledger.printed, ledger.sentences_printed) == (7, 10)
    twice = (*SEVEN.briefs[:6], renamed(SEVEN.briefs[6], "s2"))
    ledger = built(replace(SEVEN, briefs=twice), choice(1, 1, 0, 1, 1, 1, 0)).ledger
    assert [(story, section) for story, _, section in ledger.no_room] == [("s2", "security")]


def test_the_shortest_page_counts_every_brief_and_names_what_else_waits() -> None:
    waiting = [document(40), document(41)]
    edition = shortest(naming(SEVEN, *waiting))
    assert [len(brief.sentences) for brief in edition.briefs()] == [3, *(1,) * 7]
    assert (edition.ledger.printed, edition.ledger.no_room) == (8, ())
    assert [named.story for named in edition.panel.also] == ["nd40", "nd41"]
