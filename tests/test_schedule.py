from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.model import Wishes
from briefing.schedule import due, zone

#: Clocks of Zurich go from 2:00 to 3:00 on this Sunday, and from 3:00 back to 2:00 on the other.
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
DAY = date(2026, 1, 14)
EARLY = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = (
    *("UTC", "Europe/Zurich", "America/New_York", "Asia/Kolkata", "Asia/Tokyo"),
    *("Pacific/Kiritimati", "Etc/GMT+12", "America/St_Johns", "Australia/Lord_Howe"),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "at", "moment"),
    [
        ("UTC", time(7), "2026-01-14T07:00"),
        ("Europe/Zurich", time(7), "2026-01-14T06:00"),
        ("America/New_York", time(7), "2026-01-14T12:00"),
        ("Asia/Kolkata", time(7), "2026-01-14T01:30"),
        ("Asia/Tokyo", time(7), "2026-01-13T22:00"),
        # the day of the edition begins first here, and ends last there
        ("Pacific/Kiritimati", time(0), "2026-01-13T10:00"),
        ("Etc/GMT+12", time(23, 59), "2026-01-15T11:59"),
    ],
)
def test_it_is_the_local_time_of_the_editions_own_date(name: str, at: time, moment: str) -> None:
    assert due(Wishes(at=at, zone=name), day=DAY, at=EARLY) == utc(moment)


@pytest.mark.parametrize(
    ("day", "at", "moment"),
    [
        (SPRING, time(1, 59), "2026-03-29T00:59"),
        # 2:30 is skipped: it counts as 3:30
        (SPRING, time(2), "2026-03-29T01:00"),
        (SPRING, time(2, 30), "2026-03-29T01:30"),
        (SPRING, time(3, 30), "2026-03-29T01:30"),
        # 2:30 is passed twice: the first counts
        (AUTUMN, time(1, 59), "2026-10-24T23:59"),
        (AUTUMN, time(2, 30), "2026-10-25T00:30"),
        (AUTUMN, time(3), "2026-10-25T02:00"),
    ],
)
def test_when_clocks_change_there_is_one_answer(day: date, at: time, moment: str) -> None:
    assert due(Wishes(at=at, zone="Europe/Zurich"), day=day, at=EARLY) == utc(moment)
    folded = Wishes(at=at.replace(fold=1), zone="Europe/Zurich")
    assert due(folded, day=day, at=EARLY) == utc(moment)


def test_what_should_have_gone_already_goes_now() -> None:
    now = utc("2026-01-14T07:01")
    assert due(Wishes(at=time(7)), day=DAY, at=now) == now
    assert due(Wishes(at=time(7, 1)), day=DAY, at=now) == now
    assert due(Wishes(at=time(7, 2)), day=DAY, at=now) == now + timedelta(minutes=1)


def test_a_day_that_is_not_wanted_brings_nothing() -> None:
    wednesday = DAY.weekday()
    assert due(Wishes(days=(wednesday,)), day=DAY, at=EARLY)
    others = tuple(day for day in range(7) if day != wednesday)
    assert due(Wishes(days=others), day=DAY, at=EARLY) is None
    assert due(Wishes(days=()), day=DAY, at=EARLY) is None


def test_the_weekday_is_that_of_the_edition_wherever_the_reader_is() -> None:
    friday = date(2026, 1, 16)
    wishes = Wishes(at=time(1), days=(4,), zone="Asia/Tokyo")
    assert due(wishes, day=friday, at=EARLY) == utc("2026-01-15T16:00")


def test_an_edition_of_long_ago_goes_to_nobody() -> None:
    wishes = Wishes(at=time(7))
    late = utc("2026-01-17T06:59")
    assert due(wishes, day=DAY, at=late) == late
    assert due(wishes, day=DAY, at=utc("2026-01-17T07:00")) is None


def test_an_edition_that_is_made_on_its_day_goes_to_everybody() -> None:
    last = utc("2026-01-15T11:59")  # the day ends in the west
    for name in ZONES:
        assert due(Wishes(at=time(0), zone=name), day=DAY, at=last)


@pytest.mark.parametrize("name", ["Nowhere/City", "", "../etc/passwd", "Europe", "x\0y", "/etc"])
def test_a_zone_that_is_not_known_counts_as_utc(name: str) -> None:
    assert zone(name) is None
    assert due(Wishes(at=time(7), zone=name), day=DAY, at=EARLY) == utc("2026-01-14T07:00")


@given(
    day=st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    at=st.times(),
    name=st.sampled_from(ZONES),
)
def test_it_is_never_before_now_and_within_a_day_of_the_date(
    day: date, at: time, name: str
) -> None:
    begin = datetime.combine(day, time(0), tzinfo=UTC)
    moment = due(Wishes(at=at, zone=name), day=day, at=begin - timedelta(days=2))
    assert moment
    assert timedelta(hours=-14) <= moment - begin <= timedelta(hours=36)
    assert due(Wishes(at=at, zone=name), day=day, at=moment) == moment
