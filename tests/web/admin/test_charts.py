from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import DeliveryStatus
from briefing.web.admin import charts
from tests.examples import examples

MIDNIGHT = datetime(2026, 3, 12, tzinfo=UTC)


def clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def at(hour: int, minute: int = 0) -> datetime:
    return MIDNIGHT.replace(hour=hour, minute=minute)


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


def test_columns_say_their_numbers_on_one_scale() -> None:
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


@examples("counts, silent")
def test_silence_is_longer_than_any_pause_before(counts: Sequence[int], silent: int) -> None:
    assert charts.silent_days(counts) == silent


def test_a_dot_is_as_large_as_its_number_and_a_note_stands_above_the_columns() -> None:
    dots = [charts.dot(number, most=100, title="x").dot for number in (100, 25, 1)]
    assert dots == [11.0, 5.5, 1.5]
    plain, noted = (
        charts.columns([charts.Column("6 Mar", 9, 3)], title="x", note=note)
        for note in ("", "6 Mar: 3 too late")
    )
    assert noted.high == plain.high + 18
    assert noted.words[0].text == "6 Mar: 3 too late"
    assert noted.bars[0].y == plain.bars[0].y + 18


def after(*minutes: int) -> list[tuple[datetime, int]]:
    return [(at(6, 30) + timedelta(minutes=minute), 2) for minute in minutes]


def test_counts_of_fates_are_the_audience_and_bars_stand_for_minutes() -> None:
    one = charts.figures({status: 2**place for place, status in enumerate(DeliveryStatus)})
    assert sum(one.values()) == 2 ** len(DeliveryStatus) - 1
    assert charts.figures({})["sent"] == 0
    assert charts.figures({DeliveryStatus.REFUSED: 1, DeliveryStatus.EXPIRED: 2})["lost"] == 3
    width, bars = charts.over_time(after(0, 3), clock=clock)
    assert width == 1
    assert [(bar.label, bar.value) for bar in bars] == [
        ("06:30", 2),
        ("06:31", 0),
        ("06:32", 0),
        ("06:33", 2),
    ]
    width, bars = charts.over_time(after(0, 1, 59), clock=clock)
    assert (width, len(bars)) == (5, 12)
    assert (bars[0].value, bars[-1].value, bars[-1].label) == (4, 2, "07:25")


@given(st.sets(st.integers(0, 30_000), min_size=1).map(sorted))
def test_no_mail_is_lost_on_the_way_to_the_chart(minutes: list[int]) -> None:
    _, bars = charts.over_time(after(*minutes), clock=clock)
    assert len(bars) <= 12
    assert sum(bar.value for bar in bars) == 2 * len(minutes)
