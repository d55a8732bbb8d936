from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import UsageError
from briefing.core.model import Preferences, ReleaseRule, Step
from briefing.core.schedule import (
    PUNCTUAL,
    Due,
    Timetable,
    ahead_words,
    awaits_until,
    begin_of,
    clock_time,
    dated_ahead,
    deadline,
    due,
    due_of,
    editions_beside,
    last_day,
    latest,
    local_date,
    made_until,
    next_due,
    next_edition,
    publish_at,
    refuse_ahead,
    refuse_unfinished,
    what_is_due,
    zone,
    zone_near,
    zones,
)
from tests.examples import examples
from tests.present import present

#: Clocks of Zurich go from 2:00 to 3:00 on this Sunday.
SPRING = date(2026, 3, 29)
DAY = date(2026, 1, 14)
EARLY = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = (
    *("UTC", "Europe/Zurich", "America/New_York", "Asia/Kolkata", "Asia/Tokyo"),
    *("Pacific/Kiritimati", "Etc/GMT+12", "America/St_Johns", "Australia/Lord_Howe"),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_edition_goes_to_whom_its_day_concerns() -> None:
    begins = {"Europe/Zurich": "2031-02-28 23:00", "America/Lima": "2031-03-01 05:00"}
    for place, expected in begins.items():
        assert f"{begin_of(date(2031, 3, 1), zone=place):%Y-%m-%d %H:%M}" == expected
    now = utc("2026-01-14T07:01")
    assert due(Preferences(at=time(7)), day=DAY, at=now) == now
    assert due(Preferences(at=time(7, 1)), day=DAY, at=now) == now
    assert due(Preferences(at=time(7, 2)), day=DAY, at=now) == now + timedelta(minutes=1)
    wednesday = DAY.weekday()
    assert due(Preferences(days=(wednesday,)), day=DAY, at=EARLY)
    others = tuple(day for day in range(7) if day != wednesday)
    assert due(Preferences(days=others), day=DAY, at=EARLY) is None
    assert due(Preferences(days=()), day=DAY, at=EARLY) is None
    friday = date(2026, 1, 16)
    preferences = Preferences(at=time(1), days=(4,), zone="Asia/Tokyo")
    assert due(preferences, day=friday, at=EARLY) == utc("2026-01-15T16:00")
    preferences = Preferences(at=time(7))
    late = utc("2026-01-17T06:59")
    assert due(preferences, day=DAY, at=late) == late
    assert due(preferences, day=DAY, at=utc("2026-01-17T07:00")) is None
    last = utc("2026-01-15T11:59")  # the day ends in the west
    for name in ZONES:
        assert due(Preferences(at=time(0), zone=name), day=DAY, at=last)


@examples("name, at, moment", at=time.fromisoformat)
def test_it_is_the_local_time_of_the_editions_own_date(name: str, at: time, moment: str) -> None:
    assert due(Preferences(at=at, zone=name), day=DAY, at=EARLY) == utc(moment)


@examples("day, at, moment", day=date.fromisoformat, at=time.fromisoformat)
def test_when_clocks_change_there_is_one_answer(day: date, at: time, moment: str) -> None:
    assert due(Preferences(at=at, zone="Europe/Zurich"), day=day, at=EARLY) == utc(moment)
    folded = Preferences(at=at.replace(fold=1), zone="Europe/Zurich")
    assert due(folded, day=day, at=EARLY) == utc(moment)


@examples("zone, day, at, end, moment", day=date.fromisoformat, at=time.fromisoformat)
def test_a_deadline_is_a_time_or_so_long_after_the_edition(
    zone: str, day: date, at: time, end: str | int | None, moment: str | None
) -> None:
    until = time.fromisoformat(end) if isinstance(end, str) else timedelta(minutes=end or 0)
    table = Timetable(at, zone, release=ReleaseRule(1, until if end else None))
    assert deadline(table, day) == (utc(moment) if moment else None)


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.times(),
    st.one_of(st.times(), st.timedeltas(timedelta(minutes=1), timedelta(hours=23))),
    st.sampled_from(ZONES),
)
def test_a_deadline_is_within_a_day(day: date, at: time, end: time | timedelta, zone: str) -> None:
    table = Timetable(at, zone, release=ReleaseRule(1, end))
    made, until = present(publish_at(table, day)), present(deadline(table, day))
    assert timedelta() < until - made <= timedelta(hours=25)


def test_each_zone_is_offered_once_and_one_that_is_not_known_counts_as_utc() -> None:
    offered = zones()
    assert {"Europe/Oslo", "Asia/Kolkata"} <= {*offered}
    assert not {"Asia/Calcutta", "Europe/Belfast", "US/Pacific"} & {*offered}
    assert len({name.rpartition("/")[2] for name in offered}) == len(offered)
    for name in ["Nowhere/City", "", "../etc/passwd", "Europe", "x\0y", "/etc"]:
        assert zone(name) is None
        assert due(Preferences(at=time(7), zone=name), day=DAY, at=EARLY) == utc("2026-01-14T07:00")


@examples("meant, written")
def test_a_time_and_a_zone_are_understood_as_people_write_them(meant: str, written: str) -> None:
    assert {clock_time(each) or zone_near(each) for each in written.split(", ")} == {meant}


@given(day=st.dates(date(1990, 1, 1), date(2090, 1, 1)), at=st.times(), name=st.sampled_from(ZONES))
def test_it_is_never_past_and_within_a_day_of_the_date(day: date, at: time, name: str) -> None:
    begin = datetime.combine(day, time(0), tzinfo=UTC)
    moment = due(Preferences(at=at, zone=name), day=day, at=begin - timedelta(days=2))
    assert moment
    assert timedelta(hours=-14) <= moment - begin <= timedelta(hours=36)
    assert due(Preferences(at=at, zone=name), day=day, at=moment) == moment


ZURICH = Timetable(at=time(7), zone="Europe/Zurich")
#: 14 January 2026 is a Wednesday; Zurich is an hour before UTC.
SEVEN = utc("2026-01-14T06:00")
BEFORE = DAY - timedelta(days=1)


def after(**by: float) -> datetime:
    """Return a moment so long after the time of the edition of 14 January."""
    return SEVEN + timedelta(**by)


@examples("zone_name, at, day, moment", at=time.fromisoformat, day=date.fromisoformat)
def test_it_is_made_at_its_local_time(zone_name: str, at: time, day: date, moment: str) -> None:
    assert publish_at(Timetable(at=at, zone=zone_name), day) == utc(moment)


def test_there_is_no_edition_on_other_weekdays_holidays_or_without_any() -> None:
    weekdays = Timetable(at=time(7), zone="UTC", days=(0, 1, 2, 3, 4), holidays=frozenset({DAY}))
    assert publish_at(weekdays, DAY) is None
    assert publish_at(weekdays, date(2026, 1, 17)) is None
    assert publish_at(weekdays, date(2026, 1, 16))
    assert next_edition(weekdays, after=utc("2026-01-13T07:00")) == (
        date(2026, 1, 15),
        utc("2026-01-15T07:00"),
    )
    assert next_edition(weekdays, after=utc("2026-01-16T07:00"))[0] == date(2026, 1, 19)
    never = Timetable(at=time(7), zone="UTC", days=())
    assert latest(never, now=SEVEN) is None
    assert what_is_due(never, now=SEVEN, last=None) is None
    with pytest.raises(ValueError, match="a timetable needs a weekday"):
        next_edition(never, after=SEVEN)


@examples("seconds, last, day, late", last=date.fromisoformat, day=date.fromisoformat)
def test_the_latest_edition_within_grace_is_due_once(
    seconds: int, last: date | None, day: date | None, *, late: bool
) -> None:
    expected = Due(day, SEVEN + (day - DAY), late) if day else None
    assert what_is_due(ZURICH, now=after(seconds=seconds), last=last) == expected


def test_of_several_dates_the_latest_of_the_zone_is_due() -> None:
    strict = Timetable(at=time(7), zone="Europe/Zurich", grace=timedelta(0))
    assert what_is_due(strict, now=after(minutes=10), last=None)
    assert what_is_due(strict, now=after(minutes=11), last=None) is None
    assert local_date(ZURICH, at=utc("2026-01-13T23:00")) == DAY
    assert local_date(ZURICH, at=utc("2026-01-13T22:59")) == BEFORE
    samoa = Timetable(at=time(7), zone="Pacific/Apia")
    result = what_is_due(samoa, now=utc("2011-12-30T17:00"), last=date(2011, 12, 29))
    assert present(result).day == date(2011, 12, 31)


timetables = st.builds(
    Timetable,
    at=st.times(),
    zone=st.sampled_from((*ZONES, "Pacific/Apia", "Pacific/Pago_Pago", "America/Santiago")),
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    holidays=st.frozensets(st.dates(date(2026, 3, 20), date(2026, 4, 10)), max_size=20),
    grace=st.timedeltas(timedelta(0), timedelta(hours=24)),
)
moments = st.timedeltas(timedelta(0), timedelta(days=36)).map(
    lambda span: datetime(2026, 3, 15, tzinfo=UTC) + span
)


@given(timetable=timetables, at=moments)
def test_an_edition_is_due_once_and_the_next_comes_first(
    timetable: Timetable, at: datetime
) -> None:
    day, when = next_edition(timetable, after=at)
    assert when > at
    assert publish_at(timetable, day) == when
    before = present(latest(timetable, now=at))
    assert before.day < day
    for number in range(1, (day - before.day).days):
        assert publish_at(timetable, before.day + timedelta(days=number)) is None
    result = what_is_due(timetable, now=when, last=None)
    assert result == Due(day, when, late=False)
    assert what_is_due(timetable, now=when, last=day) is None
    over = when + timetable.patience + timedelta(microseconds=1)
    later = what_is_due(timetable, now=over, last=None)
    assert later is None or later.day > day


@given(timetable=timetables, ticks=st.lists(moments, min_size=1, max_size=60))
def test_at_any_clock_no_day_has_two_editions(timetable: Timetable, ticks: list[datetime]) -> None:
    last: date | None = None
    made: list[date] = []
    for now in ticks:
        result = what_is_due(timetable, now=now, last=last)
        if result is not None:
            assert result.at <= now <= result.at + timetable.patience
            assert result.late == (now - result.at > PUNCTUAL)
            made.append(last := result.day)
    assert made == sorted(set(made))


class TestADateAhead:
    """Which days may have their edition by now."""

    #: Weekdays at 6:30 in Zurich; a Friday evening, and the Monday after it.
    TABLE = Timetable(time(6, 30), "Europe/Zurich", days=(0, 1, 2, 3, 4))
    FRIDAY = datetime(2026, 3, 13, 18, tzinfo=UTC)
    MONDAY = date(2026, 3, 16)

    def test_is_one_later_than_the_next_scheduled_edition_and_refused(self) -> None:
        assert last_day(self.TABLE, now=self.FRIDAY) == self.MONDAY
        days = (date.max, self.MONDAY, date(2026, 3, 17), date.min)
        assert dated_ahead(self.TABLE, days, now=self.FRIDAY) == (date(2026, 3, 17), date.max)
        assert dated_ahead(self.TABLE, days, now=self.FRIDAY + timedelta(days=4)) == (date.max,)
        # it is Saturday there
        late = datetime(2026, 3, 13, 23, 30, tzinfo=UTC)
        by_hand = Timetable(time(6, 30), "Europe/Zurich", days=())
        assert last_day(by_hand, now=late) == date(2026, 3, 14)
        for day in (date.min, self.MONDAY):
            refuse_ahead(self.TABLE, day, now=self.FRIDAY)
        with pytest.raises(UsageError, match=r"later than the next scheduled edition, 2026-03-16"):
            refuse_ahead(self.TABLE, date(2062, 11, 25), now=self.FRIDAY)


def test_what_is_dated_ahead_is_said_with_its_remedy() -> None:
    words = ahead_words(date(2062, 11, 25))
    assert words.startswith("edition of 2062-11-25: ")
    assert words.endswith("briefing editions withdraw 2062-11-25")


class TestAWeekInReview:
    #: On Sundays at half past two, which the clocks skip in spring and pass twice in autumn.
    WEEK = Timetable(at=time(2, 30), zone="Europe/Zurich", days=(6,), step=Step.WEEK)
    TABLE = Timetable(at=time(7), zone="Europe/Zurich", week=WEEK)

    def test_is_a_slot_of_its_own_with_a_series_of_its_own(self) -> None:
        assert self.TABLE.slots == (self.TABLE, self.WEEK)
        assert self.WEEK.slots == (self.WEEK,)
        assert [one.step.series("ostra-desk") for one in self.TABLE.slots] == [
            "ostra-desk",
            "ostra-desk_week",
        ]
        assert [one.named(SPRING) for one in self.TABLE.slots] == [
            "edition of 2026-03-29",
            "week in review to 2026-03-29",
        ]

    @examples("day, moment", day=date.fromisoformat)
    def test_is_due_once_a_week_also_when_the_clocks_change(self, day: date, moment: str) -> None:
        at, before = utc(moment), day - timedelta(days=7)
        assert what_is_due(self.WEEK, now=at - timedelta(seconds=1), last=before) is None
        assert what_is_due(self.WEEK, now=at, last=before) == Due(day, at, late=False)
        # the same hour comes again in autumn
        assert what_is_due(self.WEEK, now=at + timedelta(hours=1), last=day) is None
        assert next_edition(self.WEEK, after=at)[0] == day + timedelta(days=7)

    def test_waits_for_an_edition_for_half_of_its_grace_and_for_its_last_day(self) -> None:
        found = present(latest(self.WEEK, now=utc("2026-03-22T02:00")))
        assert awaits_until(self.WEEK, found) == utc("2026-03-22T04:30")
        refuse_unfinished(SPRING, today=SPRING)
        with pytest.raises(UsageError, match="the week that ends on 2026-03-29 is not over"):
            refuse_unfinished(SPRING, today=SPRING - timedelta(days=1))


def several(*times: str, zone: str = "Europe/Zurich") -> list[Timetable]:
    """Return the timetables of the editions of a day, the first and "e1", "e2", … after it."""
    alone = [
        Timetable(time.fromisoformat(at), zone, edition=f"e{place}" if place else "")
        for place, at in enumerate(times)
    ]
    return [replace(each, others=tuple(o for o in alone if o is not each)) for each in alone]


#: Night on which clocks skip 2 to 3, night on which they repeat it, and a usual one.
SKIPPED, REPEATED, USUAL = date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 1)


@pytest.mark.parametrize(
    ("day", "before", "after"),
    [(USUAL, ("",), ("e2",)), (REPEATED, ("",), ("e2",)), (SKIPPED, (), ("", "e2"))],
)
def test_editions_of_a_day_stand_in_the_order_of_their_moments(
    day: date, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    """Where clocks skip 2:30, that is 3:30, and after an edition at 3:15."""
    _, second, _ = several("02:30", "03:15", "14:00")
    assert editions_beside(second, day) == (before, after)


def test_an_edition_is_named_by_its_timetable_and_made_until_the_next_one_is_due() -> None:
    first, second = several("06:30", "09:00", zone="UTC")
    at = datetime(2026, 6, 1, 6, 30, tzinfo=UTC)
    last = at + timedelta(hours=2, minutes=29)
    assert what_is_due(first, now=last, last=None) == Due(USUAL, at, late=True)
    assert what_is_due(first, now=last + timedelta(minutes=1), last=None) is None
    own = what_is_due(second, now=last + timedelta(minutes=1), last=None)
    assert own == Due(USUAL, at + timedelta(hours=2, minutes=30), late=False)
    # Nothing follows it on its day.
    evening = at + timedelta(hours=8, minutes=30)
    assert made_until(second, own) == evening
    first, other = several("18:00", "06:30")
    assert first.of("e1").series("ostra-desk") == "ostra-desk_e1"
    assert first.of("").series("ostra-desk") == "ostra-desk"
    assert first.of("week") is first
    week = replace(first, step=Step.WEEK)
    assert replace(first, week=week).of("week") is week
    assert other.named(USUAL) == "e1 edition of 2026-06-01"
    assert first.editions == ("e1", "first", "week")
    with pytest.raises(UsageError, match="no edition 'noon'; there are: e1, first, week"):
        first.of("noon")


def test_the_next_mail_is_that_of_an_edition_that_is_wanted() -> None:
    """One that comes after the time of a reader comes when it is made."""
    first, evening = several("06:30", "18:00", zone="UTC")
    week = Timetable(time(17), "UTC", days=(4,), step=Step.WEEK)
    table = replace(first, week=week)
    now = utc("2026-06-01 07:00")
    wishes = Preferences(at=time(7, 30), days=(0, 1, 2))
    for chosen, coming in (
        (("first",), "2026-06-02 07:30"),
        (("e1",), "2026-06-01 18:00"),
        (("first", "e1"), "2026-06-01 18:00"),
        # A Friday, though that was not chosen.
        (("week",), "2026-06-05 17:00"),
    ):
        assert next_due(replace(wishes, editions=chosen), table, now=now) == utc(coming)
    assert next_due(replace(wishes, editions=("week",)), first, now=now) is None
    assert due_of(wishes, "e1", offered=table.editions, day=USUAL, at=now) is None
    assert evening.edition == "e1"
