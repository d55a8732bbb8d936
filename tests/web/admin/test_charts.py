"""Geometry of charts, and the delivery counts shown in them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import DeliveryStatus
from briefing.web.admin import charts

MIDNIGHT = datetime(2026, 3, 12, tzinfo=UTC)


def clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def at(hour: int, minute: int = 0) -> datetime:
    return MIDNIGHT.replace(hour=hour, minute=minute)


def span(*times: int, words: str = "", failed: bool = False) -> charts.Span:
    return charts.Span(at(*times[:2]), at(*times[2:]), failed=failed, words=words)


def drawn(now: datetime, **lanes: Sequence[charts.Span]) -> charts.Plot:
    return charts.timeline(lanes, now=now, midnight=MIDNIGHT, clock=clock)


def drawn_days(counts: Sequence[int | None]) -> charts.Plot:
    """Draw days of which each without an answer failed."""
    return charts.sparkline(counts, failed=[count is None for count in counts], title="x")


def texts(plot: charts.Plot) -> list[str]:
    return [word.text for word in plot.words]


def test_days_without_answers_reports_or_questions_are_told_apart() -> None:
    plot = drawn_days([4, None, 0, 2])
    assert plot.crosses == ((8.0, 15.0),)
    assert [(bar.x, bar.high) for bar in plot.bars] == [(0.0, 22.0), (16.0, 1.0), (24.0, 11.0)]
    assert [bar.kind for bar in plot.bars] == ["b", "b", "t"]
    assert drawn_days([None, None]).bars == ()
    assert drawn_days([]).wide == 0
    assert [bar.high for bar in drawn_days([0, 0]).bars] == [1.0, 1.0]
    assert charts.columns([], title="x").bars == ()
    for counts in ({}, {"Economy": list[int]()}):
        assert charts.rows(counts, title="x", first="", last="").bars == ()
    assert charts.over_time([], clock=clock) == (1, ())
    plot = charts.sparkline([4, None, 2], failed=[False] * 3, title="x")
    assert plot.crosses == ()
    assert [bar.x for bar in plot.bars] == [0.0, 16.0]


@given(st.lists(st.none() | st.integers(0, 100_000), max_size=14))
def test_every_day_is_drawn_once_and_inside(counts: Sequence[int | None]) -> None:
    plot = drawn_days(counts)
    assert len(plot.bars) + len(plot.crosses) == len(counts)
    for bar in plot.bars:
        assert 0 <= bar.x <= plot.wide - bar.wide
        assert 0 <= bar.y <= bar.y + bar.high <= plot.high
    assert sum(bar.kind == "t" for bar in plot.bars) == bool(counts and counts[-1] is not None)


def test_columns_and_rows_say_their_numbers_on_one_scale() -> None:
    plot = charts.columns([charts.Column("06:30", 10, 5), charts.Column("06:31", 0)], title="x")
    first, lost, second = plot.bars
    assert (first.high, lost.high, lost.kind, second.high) == (48.0, 48.0, "t", 1.0)
    assert lost.y + lost.high == first.y
    assert {"10", "0", "06:31"} <= set(texts(plot))
    assert "06:30" not in texts(plot)  # every third, counted from the last
    plot = charts.columns(
        [charts.Column(f"{day}", 10_000 + day) for day in range(7)], title="x", step=20
    )
    assert texts(plot) == "10000 0 10003 3 10006 6".split()
    plot = charts.rows(
        {"Economy": [1, 4], "Security": [2, 0]}, title="x", first="11 Mar", last="12 Mar"
    )
    assert [bar.high for bar in plot.bars] == [6.0, 24.0, 12.0, 1.0]
    assert [bar.kind for bar in plot.bars] == ["b", "t", "b", "t"]
    assert texts(plot) == ["Economy", "4", "Security", "0", "11 Mar", "12 Mar"]
    short, long = (
        charts.rows({name: [1, 4]}, title="x", first="", last="") for name in ("Economy", "W" * 40)
    )
    assert short.bars[0].x == 96
    assert long.bars[0].x > 40 * 8


def test_the_clock_has_marks_at_round_times_around_all_that_ran() -> None:
    plot = drawn(Collect=((span(5, 33, 6, 4),)), now=at(6, 41))
    assert texts(plot)[:6] == "05:30 05:40 05:50 06:00 06:10 06:20".split()
    assert texts(plot)[7] == "06:40"
    assert plot.rules[0].x == 90
    assert plot.rules[-2].x == 1080
    assert plot.rules[-1].kind == "l"


def test_what_came_of_the_last_run_stands_beside_it() -> None:
    plot = drawn(Publish=((span(6, 10, 6, 12, words="12 of 38 stories"),)), now=at(6, 41))
    (word,) = [word for word in plot.words if word.text == "12 of 38 stories"]
    (bar,) = plot.bars
    assert word.x == bar.x + bar.wide + 8


def test_words_without_room_at_the_right_stand_left_of_a_single_run() -> None:
    late = span(6, 30, 6, 40, words="409 of 412 delivered")
    plot = drawn(Collect=((span(5, 0, 5, 1),)), Deliver=((late,)), now=at(6, 40))
    (word,) = [word for word in plot.words if word.text == late.words]
    assert (word.anchor, word.y) == ("end", 104)
    assert word.x == plot.bars[-1].x - 8


def test_words_of_the_last_of_many_stand_below_them_unless_a_failure_does() -> None:
    late = span(6, 30, 6, 40, words="409 of 412 delivered")
    plot = drawn(Deliver=((span(5, 0, 5, 1), late)), now=at(6, 40))
    (word,) = [word for word in plot.words if word.text == late.words]
    assert (word.anchor, word.x, word.y) == ("end", 1120, 74)
    for runs in (
        (span(5, 0, 5, 1, failed=True), late),
        (span(5, 0, 5, 1), span(6, 30, 6, 40, words="x" * 999)),
    ):
        assert not [
            word
            for word in drawn(Deliver=(runs), now=at(6, 40)).words
            if word.text == runs[-1].words
        ]


def test_days_of_runs_have_a_mark_a_day() -> None:
    long = charts.Span(MIDNIGHT - timedelta(days=20), MIDNIGHT)
    plot = drawn(Collect=((long,)), now=at(1))
    assert len(plot.rules) == 22 + 1


def test_a_failure_is_a_cross_under_its_lane_with_the_words_of_the_last() -> None:
    failed = [span(5, 30, 5, 31, words="no disk", failed=True), span(6, 0, 6, 0, failed=True)]
    plot = drawn(Collect=(tuple(failed)), now=at(6, 41))
    assert plot.crosses == ((plot.bars[0].x, 64), (plot.bars[1].x, 64))
    assert "failed" in texts(plot)
    alone = drawn(Collect=((failed[0],)), now=at(6, 41))
    assert "no disk" in texts(alone)
    assert "failed" not in texts(alone)


@pytest.mark.parametrize(("hour", "anchor"), [(5, "start"), (11, "end")])
def test_a_reason_too_long_for_its_side_is_told_by_one_word(hour: int, anchor: str) -> None:
    runs = (span(5, 0, 5, 1), span(hour, 59, hour, 59, words="x" * 999, failed=True))
    plot = drawn(Collect=(runs), now=at(12))
    assert [word.anchor for word in plot.words if word.text == "failed"] == [anchor]


def test_a_run_of_a_second_is_seen() -> None:
    plot = drawn(Publish=((charts.Span(at(6), at(6) + timedelta(seconds=1)),)), now=at(23))
    assert plot.bars[0].wide == 2


def test_now_is_said_on_the_side_that_has_room() -> None:
    late = drawn(Collect=((span(5, 30, 6, 30),)), now=at(6, 40))
    assert (late.words[-1].text, late.words[-1].anchor) == ("now, 06:40", "end")
    soon = drawn(Collect=((span(5, 30, 6, 30),)), now=at(5, 40))
    assert soon.words[-1].anchor == "start"


def test_the_title_says_the_same_in_words() -> None:
    runs = (span(5, 0, 5, 1), span(5, 30, 5, 30, failed=True))
    plot = drawn(Collect=(runs), Deliver=(), now=at(6))
    assert plot.title == ("Collect: 2 times, last 05:30, 1 failed; Deliver: not yet; now, 06:00.")
    assert (
        charts.row_summary("Publish", (span(6, 10, 6, 12),), clock=clock)
        == "Publish: 06:10 to 06:12"
    )


@given(
    st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 600), st.booleans()), max_size=60),
    st.integers(0, 5_000),
    st.text(max_size=200),
)
def test_whatever_ran_is_drawn_inside(
    runs: list[tuple[int, int, bool]], now: int, words: str
) -> None:
    spans = tuple(
        charts.Span(
            MIDNIGHT + timedelta(minutes=began),
            MIDNIGHT + timedelta(minutes=began + minutes),
            failed=failed,
            words=words,
        )
        for began, minutes, failed in sorted(runs)
    )
    plot = drawn(Collect=(spans), now=MIDNIGHT + timedelta(minutes=now))
    assert len(plot.bars) == len(spans)
    assert len(plot.crosses) == sum(one.failed for one in spans)
    for bar in plot.bars:
        assert 90 <= bar.x <= bar.x + bar.wide <= 1082
    for word in plot.words:
        assert 0 <= word.x <= plot.wide


def after(*minutes: int) -> list[tuple[datetime, int]]:
    return [(at(6, 30) + timedelta(minutes=minute), 2) for minute in minutes]


def test_the_numbers_of_all_fates_together_are_the_audience() -> None:
    one = charts.figures({status: 2**place for place, status in enumerate(DeliveryStatus)})
    assert sum(one.values()) == 2 ** len(DeliveryStatus) - 1
    assert charts.figures({})["sent"] == 0
    assert charts.figures({DeliveryStatus.REFUSED: 1, DeliveryStatus.EXPIRED: 2})["lost"] == 3


def test_minutes_in_which_nothing_was_sent_are_bars_of_zero() -> None:
    width, bars = charts.over_time(after(0, 3), clock=clock)
    assert width == 1
    assert [(bar.label, bar.value) for bar in bars] == [
        ("06:30", 2),
        ("06:31", 0),
        ("06:32", 0),
        ("06:33", 2),
    ]


def test_a_bar_stands_for_more_minutes_when_there_are_many() -> None:
    width, bars = charts.over_time(after(0, 1, 59), clock=clock)
    assert (width, len(bars)) == (5, 12)
    assert (bars[0].value, bars[-1].value, bars[-1].label) == (4, 2, "07:25")


@given(st.sets(st.integers(0, 30_000), min_size=1).map(sorted))
def test_no_mail_is_lost_on_the_way_to_the_chart(minutes: list[int]) -> None:
    _, bars = charts.over_time(after(*minutes), clock=clock)
    assert len(bars) <= 24
    assert sum(bar.value for bar in bars) == 2 * len(minutes)
