from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import DeliveryStatus
from briefing.web.admin.counts import figures, over_time

BEGIN = datetime(2026, 3, 12, 6, 30, tzinfo=UTC)


def clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def after(*minutes: int) -> list[tuple[datetime, int]]:
    return [(BEGIN + timedelta(minutes=one), 2) for one in minutes]


def test_the_numbers_of_all_fates_together_are_the_audience() -> None:
    one = figures({status: 2**place for place, status in enumerate(DeliveryStatus)})
    assert (
        one.sent + one.waiting + one.held + one.lost + one.skipped == 2 ** len(DeliveryStatus) - 1
    )
    assert figures({}).sent == 0
    assert figures({DeliveryStatus.REFUSED: 1, DeliveryStatus.EXPIRED: 2}).lost == 3


def test_minutes_in_which_nothing_was_sent_are_bars_of_zero() -> None:
    width, bars = over_time(after(0, 3), clock=clock)
    assert width == 1
    assert [(bar.label, bar.value) for bar in bars] == [
        ("06:30", 2),
        ("06:31", 0),
        ("06:32", 0),
        ("06:33", 2),
    ]


def test_a_bar_stands_for_more_minutes_when_there_are_many() -> None:
    width, bars = over_time(after(0, 1, 59), clock=clock)
    assert (width, len(bars)) == (5, 12)
    assert (bars[0].value, bars[-1].value, bars[-1].label) == (4, 2, "07:25")


def test_nothing_sent_is_no_bar() -> None:
    assert over_time([], clock=clock) == (1, ())


@given(st.sets(st.integers(0, 30_000), min_size=1).map(sorted))
def test_no_mail_is_lost_on_the_way_to_the_chart(minutes: list[int]) -> None:
    _, bars = over_time(after(*minutes), clock=clock)
    assert len(bars) <= 24
    assert sum(bar.value for bar in bars) == 2 * len(minutes)
