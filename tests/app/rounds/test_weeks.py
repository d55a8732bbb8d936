"""Weeks in review by the round: real news, a real relay, a change of clocks, kills."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from briefing.app.rounds.days import plan_round, run_once
from briefing.app.rounds.runs import Ended, RoundTask, RunLog
from briefing.core.errors import StoreError
from briefing.core.model import Preferences, Step
from briefing.core.schedule import Timetable
from briefing.store import Store, archive, runs
from tests.app.rounds.test_editions import makes
from tests.app.rounds.test_round import Rehearsal, empty_day, fails, well
from tests.app.rounds.test_three_days import SETTINGS, Days, living
from tests.newsday import HARBOR, NICKEL
from tests.publishing import BRIEFING

SERIES = Step.WEEK.series(BRIEFING)
#: The edition is of a Saturday, the review of the Sunday after it, on which the clocks of Zurich
#: skip the time of the review: 2:30 counts as 3:30, which is 1:30 UTC.
SATURDAY, SUNDAY = date(2026, 3, 28), date(2026, 3, 29)
BEGIN = datetime(2026, 3, 28, 5, 0, tzinfo=UTC)
END = datetime(2026, 3, 29, 11, 30, tzinfo=UTC)
AT = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
#: Zone and days of the readers; the last one wants no mail on Sundays.
READERS = {
    "bea@readers.example": ("Europe/Zurich", (5, 6)),
    "cal@readers.example": ("America/New_York", (5, 6)),
    "dan@readers.example": ("Europe/Zurich", (5,)),
}
WEEKLY = 'days = ["sat"]\nweek = "sun 02:30"\ncollect_minutes'


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    def told(now: datetime) -> list[tuple[datetime, tuple[str, str]]]:
        there = datetime.combine(SATURDAY, time(3), tzinfo=UTC)
        return [(there, HARBOR), (there, NICKEL)] if now.date() >= SATURDAY else []

    text = SETTINGS.replace("collect_minutes", WEEKLY)
    readers = {
        who: Preferences(at=time(7), zone=zone, days=wanted)
        for who, (zone, wanted) in READERS.items()
    }
    with living(tmp_path, settings=text, at=BEGIN, told=told, readers=readers) as days:
        yield days


EDITION, REVIEW = f"{BRIEFING}-{SATURDAY}.pdf", f"{SERIES}-{SUNDAY}.pdf"
MAILS = sorted(
    [(reader, EDITION) for reader in READERS]
    + [(reader, REVIEW) for reader, (_, wanted) in READERS.items() if SUNDAY.weekday() in wanted]
)


@pytest.mark.kill
def test_a_week_is_made_once_at_its_time_though_that_is_skipped_or_killed(days: Days) -> None:
    for moment, kept in (("before", 0), ("after", 1)):
        assert days.live(END, f"{moment} week") == -9
        assert days.at() == AT
        assert days.files == [(reader, EDITION) for reader in sorted(READERS)]
        with days.store() as store, store.read() as tx:
            assert len(archive.days(tx, SERIES, first=SATURDAY, last=date.max)) == kept
    assert days.live(END) == 0
    assert days.files == MAILS
    with days.store() as store, store.read() as tx:
        made = runs.recent(tx, BRIEFING, step=Step.WEEK)
        assert {*archive.days(tx, SERIES, first=SATURDAY, last=date.max)} == {SUNDAY}
    # Neither run has an end; what the second one did is kept, and not done again.
    assert [(run.day, run.began, run.ending) for run in made] == [(SUNDAY, AT, None)] * 2


#: Editions at seven; the review on Wednesdays, at the same time.
WEEK = Timetable(at=time(7), zone="UTC", days=(2,), step=Step.WEEK)
TABLE = Timetable(at=time(7), zone="UTC", collect_every=timedelta(hours=2), week=WEEK)
WEDNESDAY = date(2026, 3, 11)
DUE = datetime(2026, 3, 11, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


def failing_until(store: Store, tries: int) -> Callable[[RoundTask], Ended]:
    """Return what fails so many times, and then keeps an edition."""
    left = iter(range(tries))

    def handler(task: RoundTask) -> Ended:
        if next(left, None) is not None:
            raise StoreError("no room on the disk")
        return makes(store, [])(task)

    return handler


def rehearsed(store: Store, publish: Callable[[RoundTask], Ended], **other: Any) -> Rehearsal:  # noqa: ANN401  fields of it
    does = {Step.PUBLISH: publish, Step.WEEK: makes(store, []), **other.pop("does", {})}
    return Rehearsal(store, does, **{"timetable": TABLE, "begin": DUE - HOUR, **other})


def test_a_week_follows_the_edition_of_its_day_however_often_that_fails(store: Store) -> None:
    day = rehearsed(store, failing_until(store, 3)).until(DUE + 25 * HOUR)
    assert day.times(Step.PUBLISH) == ["07:00:00", "07:01:00", "07:03:00", "07:07:00", "07:00:00"]
    assert day.times(Step.WEEK) == ["07:07:00"]
    (week,) = [task for task in day.tasks if task.step is Step.WEEK]
    assert week == RoundTask(Step.WEEK, WEDNESDAY)


def test_it_waits_for_that_edition_for_half_of_its_grace(store: Store) -> None:
    day = rehearsed(store, fails(StoreError("no room on the disk"))).until(DUE + 5 * HOUR)
    (week,) = [task for task in day.tasks if task.step is Step.WEEK]
    assert (day.times(Step.WEEK), week.late) == (["10:00:00"], True)


@pytest.mark.parametrize(("hours", "made"), [(6, ["13:00:00"]), (7, [])])
def test_a_later_round_makes_it_within_grace(store: Store, hours: int, made: list[str]) -> None:
    begin = DUE + hours * HOUR
    day = rehearsed(store, makes(store, []), begin=begin).until(begin + 2 * HOUR)
    assert day.times(Step.WEEK) == made


def test_a_week_without_editions_is_said_once(store: Store) -> None:
    empty = rehearsed(store, empty_day, does={Step.WEEK: empty_day}).until(DUE + 3 * HOUR)
    assert empty.times(Step.WEEK) == ["07:00:00"]
    again = rehearsed(store, empty_day, does={Step.WEEK: empty_day}, begin=DUE + HOUR)
    again.until(DUE + 9 * HOUR)
    assert again.times(Step.WEEK) == []


def once(store: Store, at: datetime, *, only_due: bool = True) -> list[tuple[Step, date | None]]:
    handlers = {Step.COLLECT: well, Step.PUBLISH: makes(store, []), Step.WEEK: makes(store, [])}
    ran = run_once(
        RunLog(store, BRIEFING, lambda: at), timetable=TABLE, handlers=handlers, only_due=only_due
    )
    return [(run.step, run.day) for run in ran if run.step is not Step.COLLECT]


def test_a_timer_makes_it_after_the_edition_once_and_on_its_day_alone(store: Store) -> None:
    both = [(Step.PUBLISH, WEDNESDAY), (Step.WEEK, WEDNESDAY)]
    assert once(store, DUE - HOUR) == []
    # Without --due it does not wait for the time.
    assert once(store, DUE - HOUR, only_due=False) == both
    assert once(store, DUE + HOUR) == []
    thursday = WEDNESDAY + timedelta(days=1)
    assert once(store, DUE + 23 * HOUR, only_due=False) == [(Step.PUBLISH, thursday)]


def test_what_a_timer_would_do_is_said_with_its_reason(store: Store) -> None:
    def reasons(at: datetime) -> tuple[bool, str]:
        plan = plan_round(
            store, BRIEFING, timetable=TABLE, steps=tuple(Step), only_due=True, now=at
        )
        week = plan.editions[-1]
        return week.task is not None, week.reason

    assert reasons(DUE - HOUR) == (False, "not due until 2026-03-11 07:00 UTC")
    assert reasons(DUE) == (False, "it follows the edition that is due, once that is made")
    once(store, DUE)
    assert reasons(DUE) == (False, "the week in review to 2026-03-11 is already made")
    day = timedelta(days=1)
    assert reasons(DUE + day) == (False, "2026-03-12 is not the day of schedule.week")
    makes(store, [])(RoundTask(Step.PUBLISH, WEDNESDAY + 7 * day))
    assert reasons(DUE + 7 * day) == (True, "it was due at 2026-03-18 07:00 UTC")
