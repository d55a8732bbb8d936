import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from datetime import time as clock
from functools import partial
from pathlib import Path

import pytest

from briefing.app.rounds.round import task_of
from briefing.app.rounds.runs import RoundTask, RunLog, RunRequests
from briefing.app.rounds.runs import request_run as order
from briefing.app.rounds.shared import RequestPlanner, SharedEngine
from briefing.core.errors import UsageError
from briefing.core.model import Step
from briefing.core.schedule import Timetable
from briefing.store import Store, audit, runs
from briefing.store.audit import Actor
from briefing.store.jobs import OpenJob
from tests.app.rounds.test_shared import DESK, Plant
from tests.newsday import TODAY
from tests.store.ready import look, ready_store
from tests.waiting import wait_for, wait_until_waiting


def test_orders_are_taken_once_in_the_order_asked_by_whoever_can_do_them() -> None:
    requests = RunRequests()
    requests.give(Step.DELIVER)
    requests.give(Step.PUBLISH, day=TODAY)
    requests.give(Step.DELIVER)
    assert requests.take(0) == ((Step.DELIVER, None, ""), (Step.PUBLISH, TODAY, ""))
    assert requests.take(0) == ()
    assert requests.take(-1) == ()
    requests = RunRequests()
    requests.give(Step.PUBLISH, day=TODAY)
    requests.give(Step.BOUNCES)
    assert requests.take(0, of={Step.DELIVER, Step.BOUNCES}) == ((Step.BOUNCES, None, ""),)
    assert requests.take(0, of={Step.COLLECT, Step.PUBLISH}) == ((Step.PUBLISH, TODAY, ""),)


def waited(requests: RunRequests, act: Callable[[], None]) -> object:
    """Return what was taken by somebody who waits while something is done."""
    taken: list[object] = []
    thread = threading.Thread(target=lambda: taken.append(requests.take(3_600, of={Step.COLLECT})))
    thread.start()
    wait_until_waiting(thread)
    act()
    thread.join()
    return taken[0]


def test_who_waits_is_woken_by_an_order_a_call_and_the_end_and_misses_none() -> None:
    requests = RunRequests()
    assert waited(requests, lambda: requests.give(Step.COLLECT)) == ((Step.COLLECT, None, ""),)
    assert waited(requests, requests.wake) == ()
    assert not requests.closed
    assert waited(requests, requests.close) == ()
    assert requests.closed
    assert requests.take(3_600) == ()
    requests = RunRequests()
    seen = requests.woken
    requests.wake()
    assert requests.take(3_600, seen=seen) == ()
    assert requests.take(0, seen=requests.woken) == ()


def test_a_week_can_be_asked_for_once_it_is_over(tmp_path: Path) -> None:
    now, table = datetime.combine(TODAY, clock(12), UTC), Timetable(clock(7), "UTC")
    with ready_store("desk.db", folder=tmp_path) as store, store.write() as tx:
        asked = partial(order, tx, Step.WEEK, timetable=table, actor=Actor("command", now))
        asked(day=TODAY)
        with pytest.raises(UsageError, match="is not over; give today or an earlier day"):
            asked(day=TODAY + timedelta(days=1))
        assert [(act.what, act.about) for act in audit.recent(tx)] == [("order week", f"{TODAY}")]
    assert task_of(Step.WEEK, None, "", today=TODAY) == RoundTask(Step.WEEK, TODAY)


#: Already the next day in Tokyo.
EVENING = datetime(2026, 3, 12, 20, tzinfo=UTC)
TABLE = Timetable(time(6, 30), "Asia/Tokyo")


@contextmanager
def planning(
    plant: Plant, *, without: Step = Step.BOUNCES, requests: RunRequests | None = None
) -> Iterator[RunRequests]:
    """Have planned what is asked for, but for a step that the settings do not enable."""
    engine = replace(plant.round(patience=99), run_log=RunLog(plant.store, DESK, lambda: EVENING))
    steps = {step: part for step, part in engine.steps.items() if step is not without}
    rules, requests = (replace(engine, steps=steps), TABLE), requests or RunRequests()
    with RequestPlanner(lambda: rules, requests=requests):
        yield requests


def test_what_is_asked_for_is_planned_for_the_workers(store: Store) -> None:
    plant = Plant(store)
    tomorrow = (EVENING + timedelta(days=1)).date()
    with planning(plant) as requests:
        requests.give(Step.BOUNCES)
        requests.give(Step.PUBLISH)
        wait_for(lambda: plant.newest(Step.PUBLISH) > 0)
        requests.give(Step.PUBLISH, day=EVENING.date())
        wait_for(lambda: len(plant.done) == 2)
    days = [run.day for run in look(store, runs.recent, DESK, step=Step.PUBLISH)]
    assert sorted(days, key=str) == [EVENING.date(), tomorrow]
    # What the settings do not enable, nobody does.
    assert requests.take(0) == ((Step.BOUNCES, None, ""),)
    assert plant.waited == 0


def _are(looks: list[int], number: int) -> bool:
    return len(looks) == number


def test_what_is_asked_for_another_day_than_that_under_way_waits(store: Store) -> None:
    plant = Plant(store, deaf=True)
    looks: list[int] = []

    class Watched(RunRequests):
        def take(
            self, seconds: float, *, of: Collection[Step] = tuple(Step), seen: int | None = None
        ) -> tuple[tuple[Step, date | None, str], ...]:
            looks.append(len(looks))
            return super().take(seconds, of=of, seen=seen)

    with planning(plant, requests=Watched()) as requests:
        days = [EVENING.date(), EVENING.date() - timedelta(days=1)]
        for number, day in enumerate(days, start=2):
            requests.give(Step.PUBLISH, day=day)
            wait_for(partial(_are, looks, number))
        assert plant.sent == [1]
        plant.deaf = False
        plant.send([OpenJob(1, Step.PUBLISH, "", 0)])
        requests.wake()
        wait_for(lambda: plant.done == [0, 0])
    assert [run.day for run in look(store, runs.recent, DESK, step=Step.PUBLISH)] == days[::-1]


def test_what_cannot_be_planned_is_logged(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    plant = Plant(store)
    with planning(plant) as requests:
        with store.write() as tx:
            tx.exec_driver_sql("ALTER TABLE job RENAME TO gone")
        requests.give(Step.DELIVER)
        wait_for(lambda: "deliver was asked for and is not planned: " in caplog.text)
        with store.write() as tx:
            tx.exec_driver_sql("ALTER TABLE gone RENAME TO job")
        requests.give(Step.DELIVER)
        wait_for(lambda: plant.done == [0])


def test_rules_that_are_changed_just_after_they_were_read_are_read_again(store: Store) -> None:
    missed: list[bool] = []

    class Watched(RunRequests):
        def take(
            self, seconds: float, *, of: Collection[Step] = tuple(Step), seen: int | None = None
        ) -> tuple[tuple[Step, date | None, str], ...]:
            missed.append(seen in {None, self.woken})
            self.close()
            return super().take(seconds, of=of, seen=seen)

    requests = Watched()

    def rules() -> tuple[SharedEngine, Timetable]:
        # Somebody saves others, and wakes all that wait.
        requests.wake()
        return Plant(store).round(), TABLE

    with RequestPlanner(rules, requests=requests):
        wait_for(lambda: missed)
    assert missed == [False]
