from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Flow
from briefing.core.page.columns import balance
from briefing.core.page.rows import Block, arrange, stack

BAND = 2.5


def brief(lines: float, head: float = 2.0) -> Block:
    """A brief of so many lines, the white below it left out; over both columns its head has one."""
    return Block(lines + 0.5, head, 1.5)


@pytest.mark.parametrize(
    ("text", "height"),
    [
        (8, 4.0),
        (7, 4.5),  # the press leaves half a line
        (4, 2.0),
        (3, 3.0),  # a text of three lines is not broken
        (0, 0.0),
    ],
)
def test_a_text_over_two_columns_is_as_low_as_its_lines_allow(text: float, height: float) -> None:
    assert balance(text) == height


def test_sections_of_one_brief_stand_side_by_side() -> None:
    (row,) = arrange([[brief(9)], [brief(8)]], band=BAND)
    assert row.flows == (Flow.BESIDE, Flow.BESIDE)
    assert row.splits == (1, 1)
    assert (row.height, row.holes) == (BAND + 9.5, 1.0)


def test_a_lone_brief_flows_over_both_columns() -> None:
    (row,) = arrange([[brief(10)]], band=BAND)
    assert (row.flows, row.splits) == ((Flow.WIDE,), (0,))
    assert (row.height, row.holes) == (BAND + 6.0, 0.0)


def test_of_three_lone_briefs_one_flows_over_both_columns() -> None:
    first, pair = arrange([[brief(20)], [brief(9)], [brief(9)]], band=BAND)
    assert (first.flows, pair.flows) == ((Flow.WIDE,), (Flow.BESIDE, Flow.BESIDE))


def test_briefs_of_very_different_length_do_not_stand_side_by_side() -> None:
    rows = arrange([[brief(24)], [brief(8)]], band=BAND)
    assert [row.flows for row in rows] == [(Flow.WIDE,), (Flow.WIDE,)]


def test_an_odd_brief_flows_below_two_others() -> None:
    (row,) = arrange([[brief(8), brief(8), brief(8)]], band=BAND)
    assert (row.flows, row.splits) == ((Flow.WIDE,), (1,))
    assert row.height == BAND + 8.5 + 5.0
    assert row.holes == 0.0


def test_a_short_brief_is_not_broken() -> None:
    (row,) = arrange([[brief(4)]], band=BAND)
    assert (row.flows, row.splits) == ((Flow.COLUMNS,), (1,))
    assert (row.height, row.holes) == (BAND + 4.5, 4.5)


def test_the_only_brief_beside_a_section_of_more_stands_alone() -> None:
    rows = arrange([[brief(8)], [brief(8), brief(8)]], band=BAND)
    assert [row.flows for row in rows] == [(Flow.WIDE,), (Flow.COLUMNS,)]


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
def test_every_section_has_a_place_in_order_and_no_hole_is_less_than_nothing(
    sections: list[list[Block]],
) -> None:
    rows = arrange(sections, band=BAND)
    flows = [flow for row in rows for flow in row.flows]
    splits = [split for row in rows for split in row.splits]
    assert len(flows) == len(splits) == len(sections)
    assert all(row.holes > -1e-9 for row in rows)
    for section, flow, split in zip(sections, flows, splits, strict=True):
        assert split <= len(section) - (flow is Flow.WIDE)
        assert flow is not Flow.BESIDE or len(section) == 1


@given(SECTIONS)
def test_rows_are_never_higher_than_sections_in_two_columns(sections: list[list[Block]]) -> None:
    every = sum(row.height for row in arrange(sections, band=BAND))
    alone = sum(row.height for one in sections for row in arrange([one], band=BAND))
    assert every <= alone + 1e-9


def test_sections_of_more_stand_side_by_side_where_they_may() -> None:
    (row,) = arrange([[brief(4), brief(4)], [brief(9)]], band=BAND, most_beside=2)
    assert (row.flows, row.splits) == ((Flow.BESIDE, Flow.BESIDE), (2, 1))
    assert (row.height, row.holes) == (BAND + 9.5, 0.5)


def test_a_section_with_a_wide_label_has_both_columns() -> None:
    rows = arrange([[brief(9)], [brief(8)], [brief(8)]], band=BAND, wide=[True, False, False])
    assert [row.flows[0] for row in rows][1:] == [Flow.BESIDE]
    assert len(rows[0].flows) == 1
