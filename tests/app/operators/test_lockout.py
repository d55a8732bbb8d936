from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.app.operators.lockout import FOR_ALL, FOR_NAME, MEMORY, WINDOW, TryLimit, locked_until

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(*minutes: float) -> list[datetime]:
    return [NOON + minute * MINUTE for minute in minutes]


@pytest.mark.parametrize(
    ("failures", "until"),
    [
        ((), None),
        ((0, 1, 2, 3), None),
        ((0, 1, 2, 3, 4), 4 + 15),
        ((0, 0, 0, 0, 0), 15),
        # The first is 15 minutes old when the fifth comes.
        ((0, 4, 8, 12, 15), None),
        ((0, 4, 8, 12, 14.9), 14.9 + 15),
        # What locked once does not lock again.
        ((0, 1, 2, 3, 4, 20, 21, 22, 23), 4 + 15),
        ((0, 1, 2, 3, 4, 20, 21, 22, 23, 24), 24 + 30),
        ((*range(5), *range(20, 25), *range(60, 65)), 64 + 60),
    ],
)
def test_five_in_fifteen_minutes_lock_and_each_lock_is_twice_as_long(
    failures: tuple[float, ...], until: float | None
) -> None:
    expected = None if until is None else NOON + until * MINUTE
    assert locked_until(at(*failures), limit=FOR_NAME) == expected


def test_no_lock_is_longer_than_four_hours() -> None:
    failures = at(*(60.0 * hour + n for hour in range(20) for n in range(5)))
    until = locked_until(failures, limit=FOR_NAME)
    assert until == failures[-1] + timedelta(hours=4)


@given(st.lists(st.integers(0, 40), max_size=200), st.integers(2, 8))
def test_in_no_quarter_of_an_hour_are_more_passwords_tried_than_lock(
    gaps: list[int], most: int
) -> None:
    tried: list[datetime] = []
    now = NOON
    for gap in gaps:
        now += gap * MINUTE
        until = locked_until([one for one in tried if one >= now - MEMORY], limit=TryLimit(most))
        if until is None or until <= now:
            tried.append(now)
    for one in tried:
        assert sum(one <= other < one + WINDOW for other in tried) <= most


def test_a_hundred_of_a_day_lock_a_name_however_slowly_they_come() -> None:
    failures = at(*(14.0 * n for n in range(100)))
    assert locked_until(failures[:99], limit=FOR_ALL) is None
    assert locked_until(failures, limit=FOR_ALL) == failures[-1] + 15 * MINUTE
