from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import DayCount, Letterhead
from briefing.press.chart import DAYS, HIGH, LEFT, STEP, draw_chart

LAST = date(2026, 3, 12)


def days(*counts: dict[str, int]) -> tuple[DayCount, ...]:
    return tuple(
        DayCount(LAST - timedelta(days=len(counts) - 1 - number), count)
        for number, count in enumerate(counts)
    )


def test_bars_share_one_scale_and_stand_on_the_line_of_their_row() -> None:
    chart = draw_chart(days({"economy": 4, "security": 8}, {"economy": 2, "security": 6}))
    assert [[bar.high for bar in row.bars] for row in chart.rows] == [[6.5, 3.25], [13.0, 9.75]]
    for row in chart.rows:
        assert all(bar.y + bar.high == pytest.approx(row.base) for bar in row.bars)
    assert chart.rows[1].base - chart.rows[0].base == 17.0
    chart = draw_chart(days({"economy": 4}, {"economy": 2, "diplomacy": 3}))
    assert [bar.high for bar in chart.rows[1].bars] == [0.0, 9.75]
    chart = draw_chart(days({"economy": 0}, {"economy": 0}))
    assert [bar.high for bar in chart.rows[0].bars] == [0.0, 0.0]


def test_only_today_is_marked_and_always_in_the_same_place() -> None:
    chart = draw_chart(days({"economy": 4}, {"economy": 2}, {"economy": 1}))
    assert [bar.today for bar in chart.rows[0].bars] == [False, False, True]
    assert chart.rows[0].today == 1
    few = draw_chart(days({"economy": 1}, {"economy": 2}))
    many = draw_chart(days(*[{"economy": 1}] * 30))
    assert few.rows[0].bars[-1].x == many.rows[0].bars[-1].x == LEFT + STEP * (DAYS - 1)


def test_two_weeks_are_drawn_with_their_dates_and_said_in_words() -> None:
    chart = draw_chart(days(*[{"economy": 50}] * 3, *[{"economy": 5}] * DAYS))
    assert len(chart.rows[0].bars) == DAYS
    assert {bar.high for bar in chart.rows[0].bars} == {HIGH}
    assert (chart.first, chart.last) == ("27 Feb", "12 Mar")
    chart = draw_chart(days(*[{"economy": 5}] * 6))
    assert (chart.first, chart.last) == ("", "7 Mar to 12 Mar")
    chart = draw_chart(days({"economy": 3, "security": 0}))
    assert (chart.first, chart.last) == ("", "12 Mar")
    assert chart.title == "Stories a day by section, 12 Mar. Today: Economy 3, Security 0"
    chart = draw_chart(days(*[{"economy": 5, "security": 2}] * 20))
    assert chart.title == (
        "Stories a day by section, 27 Feb to 12 Mar. Today: Economy 5, Security 2"
    )


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_no_bar_leaves_the_chart(counts: list[int]) -> None:
    chart = draw_chart(days(*[{"economy": count} for count in counts]))
    for bar in chart.rows[0].bars:
        assert bar.y >= 0
        assert bar.high <= HIGH
        assert LEFT <= bar.x <= 96


def test_a_long_label_stands_above_the_bars_of_its_section_and_pushes_the_rest_down() -> None:
    counts = days({"economy": 4, "security": 2}, {"economy": 3, "security": 1})
    label = "Trade, finance and the cost of a life"
    chart = draw_chart(counts, Letterhead(labels=(("economy", label),)))
    plain = draw_chart(counts)
    first, second = chart.rows
    assert " ".join(line for line, _ in first.lines) == label
    assert [line for line, _ in second.lines] == ["Security"]
    # No name stands on the bars of its row, nor on those of the row above.
    assert max(base for _, base in first.lines) < first.base - HIGH
    assert first.base < second.lines[0][1] < second.base - HIGH
    assert chart.high - second.base == plain.high - plain.rows[1].base
    assert label in chart.title


def test_a_short_label_stands_beside_the_bars() -> None:
    chart = draw_chart(days({"economy": 4}), Letterhead(labels=(("economy", "Money"),)))
    assert chart.rows[0].lines == (("Money", chart.rows[0].base),)
