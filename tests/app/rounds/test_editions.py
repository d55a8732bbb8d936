"""Two editions a day by the round: real news, a real relay, changes of clocks, kills."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from briefing.app.rounds.alerts import Observations, SlotState, alerts_of
from briefing.app.rounds.days import plan_round, run_once, settled
from briefing.app.rounds.runs import Ended, RoundTask, RunLog
from briefing.core.errors import StoreError
from briefing.core.model import Ending, Preferences, Run, Step
from briefing.core.schedule import Timetable
from briefing.store import Store, archive, runs
from briefing.store.tables import EDITION as EDITION_ROWS
from tests.app.rounds.test_round import Rehearsal, well
from tests.app.rounds.test_three_days import SETTINGS, Days, living
from tests.newsday import HARBOR, NICKEL
from tests.publishing import BRIEFING
from tests.store.ready import look

#: The clocks of Zurich skip the time of the first edition: 2:30 is 3:30, which is 1:30 UTC.
SUNDAY = date(2026, 3, 29)
BEGIN = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
END = datetime(2026, 3, 29, 14, 0, tzinfo=UTC)
EVENING = f"{BRIEFING}_evening"
#: What readers chose.
READERS = {
    "ann@readers.example": (),
    "bea@readers.example": ("evening",),
    "cal@readers.example": ("first", "evening"),
}
MORE = '[[edition]]\nname = "evening"\nat = "14:00"\n'


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    def told(now: datetime) -> list[tuple[datetime, tuple[str, str]]]:
        there = datetime.combine(SUNDAY, time(), tzinfo=UTC)
        return [(there, HARBOR), (there, NICKEL)][: 1 + (now.hour in range(6, 20))]

    text = SETTINGS.replace("06:30", "02:30").replace("[collect]", f"{MORE}[collect]")
    readers = {
        who: Preferences(at=time(1), zone="Europe/Zurich", editions=chosen)
        for who, chosen in READERS.items()
    }
    with living(tmp_path, settings=text, at=BEGIN, told=told, readers=readers) as days:
        yield days


def mails(edition: str, *names: str) -> list[tuple[str, str]]:
    return [(f"{name}@readers.example", f"{edition}-{SUNDAY}.pdf") for name in names]


@pytest.mark.kill
def test_each_reader_gets_each_edition_once_though_the_night_skips_one_and_it_is_killed(
    days: Days,
) -> None:
    first, evening = mails(BRIEFING, "ann", "cal"), mails(EVENING, "bea", "cal")
    assert days.live(END, "before publish") == -9
    assert days.at() == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert days.files == []
    # The first is kept when it dies; it is sent, and the evening made, when the round goes on.
    assert days.live(END, "after publish") == -9
    assert days.live(END, "after publish") == -9
    assert days.at() == datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
    assert days.files == first
    assert days.live(END) == 0
    assert days.files == sorted(first + evening)
    with days.store() as store, store.read() as tx:
        assert {*archive.days(tx, BRIEFING, first=SUNDAY, last=date.max)} == {SUNDAY}
        assert {*archive.days(tx, EVENING, first=SUNDAY, last=date.max)} == {SUNDAY}
        made = runs.recent(tx, BRIEFING, step=Step.PUBLISH)
    assert [run.edition for run in made] == ["evening", "", ""]


HOUR = timedelta(hours=1)
ALONE = Timetable(time(14), "Europe/Zurich", edition="evening")
FIRST = Timetable(time(2, 30), "Europe/Zurich", collect_every=4 * HOUR, others=(ALONE,))
TABLE = replace(FIRST, others=(replace(ALONE, others=(replace(FIRST, others=()),)),))


def makes(store: Store, made: list[tuple[str, date | None, bool]]) -> Callable[[RoundTask], Ended]:
    """Return what keeps a bare edition or week in review, and notes which."""

    def handler(task: RoundTask) -> Ended:
        assert task.day
        made.append((task.edition, task.day, task.late))
        series = task.step.series(f"{BRIEFING}_{task.edition}".rstrip("_"))
        name = {"id": f"{series}/{task.day}", "briefing": series, "day": task.day}
        at = datetime.combine(task.day, time(), UTC)
        with store.write() as tx:
            times = dict.fromkeys(("made", "since", "until"), at)
            row = {**name, **times, "number": len(made), "record": "{}"}
            tx.execute(insert(EDITION_ROWS), row)
        return Ended(Ending.DONE)

    return handler


def lives(store: Store, begin: datetime, hours: float) -> tuple[list[object], list[str]]:
    made: list[tuple[str, date | None, bool]] = []
    day = Rehearsal(
        store, {Step.COLLECT: well, Step.PUBLISH: makes(store, made)}, begin, timetable=TABLE
    )
    day.until(begin + hours * HOUR)
    return [*made], day.times(Step.PUBLISH)


@pytest.mark.parametrize(
    ("night", "times"),
    [
        (date(2026, 3, 29), ["01:30:00", "12:00:00"]),
        # 2:30 comes twice; the first counts.
        (date(2026, 10, 25), ["00:30:00", "13:00:00"]),
    ],
)
def test_both_are_made_once_on_a_day_on_which_clocks_change(
    store: Store, night: date, times: list[str]
) -> None:
    begin = datetime.combine(night, time(), UTC)
    made, at = lives(store, begin, 13.1)
    assert (at, made) == (times, [("", night, False), ("evening", night, False)])
    # Nor again by rounds that begin within the grace of the first, and before that of the second.
    assert [lives(store, begin + after * HOUR, 1) for after in (1, 2, 11.5, 12.5)] == [([], [])] * 4


def test_a_late_one_is_made_within_its_grace_and_not_behind_the_next(store: Store) -> None:
    day = date(2026, 6, 1)
    # Four hours after its time, and eight: what is too late for the grace is not made.
    made, _ = lives(store, datetime(2026, 6, 1, 16, tzinfo=UTC), 1)
    assert made == [("evening", day, True)]
    # What the evening has printed is settled for the morning.
    last = look(store, settled, BRIEFING, timetable=TABLE, now=datetime(2026, 6, 1, 17, tzinfo=UTC))
    assert last == day
    made, _ = lives(store, datetime(2026, 6, 2, 21, tzinfo=UTC), 3)
    assert made == []


def test_one_that_fails_holds_up_no_other(store: Store) -> None:
    begin, made = datetime(2026, 6, 1, 0, tzinfo=UTC), list[tuple[str, date | None, bool]]()
    keeps = makes(store, made)

    def handler(task: RoundTask) -> Ended:
        if not task.edition:
            raise StoreError("no room on the disk")
        return keeps(task)

    table = replace(TABLE, grace=14 * HOUR)
    day = Rehearsal(store, {Step.COLLECT: well, Step.PUBLISH: handler}, begin, timetable=table)
    day.until(begin + 13 * HOUR)
    assert made == [("evening", begin.date(), False)]
    assert day.times(Step.PUBLISH)[-1] == "12:00:00"


def test_a_timer_makes_the_one_that_is_due_and_says_why(store: Store) -> None:
    made: list[tuple[str, date | None, bool]] = []

    def once(at: datetime, *, only_due: bool = True) -> list[tuple[str, date | None, bool]]:
        made.clear()
        handlers = {Step.COLLECT: well, Step.PUBLISH: makes(store, made)}
        log = RunLog(store, BRIEFING, lambda: at)
        list(run_once(log, timetable=TABLE, handlers=handlers, only_due=only_due))
        return [*made]

    day, noon = date(2026, 6, 1), datetime(2026, 6, 1, 12, tzinfo=UTC)
    # Without --due it makes the first of today, but no evening before its time.
    assert once(noon - 6 * HOUR, only_due=False) == [("", day, True)]
    assert once(noon - HOUR) == []
    plan = plan_round(store, BRIEFING, timetable=TABLE, steps=(), only_due=True, now=noon)
    assert [(each.slot.edition, each.reason) for each in plan.editions] == [
        ("", "the edition of 2026-06-01 is already made"),
        ("evening", "it was due at 2026-06-01 12:00 UTC"),
    ]
    assert once(noon) == [("evening", day, False)]
    assert once(noon + HOUR, only_due=False) == []


def test_a_missing_evening_is_told_by_its_name() -> None:
    """Of the first evening nothing is told before one was tried."""
    (evening,) = TABLE.others
    at = datetime(2026, 6, 1, 12, 10, tzinfo=UTC)

    def alerts(*newest: Run) -> list[str]:
        observed = Observations(newest, (), at, [SlotState(evening, printed=())])
        return [alert.message for alert in alerts_of(observed)]

    began, end = at - 9 * HOUR, Ending.DONE
    first = Run(1, BRIEFING, Step.PUBLISH, began, at.date(), ended=began, ending=end)
    before = replace(first, began=at - 24 * HOUR, day=date(2026, 5, 31), edition="evening")
    assert alerts(first) == []
    assert alerts(first, before) == [
        "evening edition of 2026-06-01: was due at 12:00 UTC and has not been made yet"
    ]
