"""What people ask for in a process without a round, which workers do."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest

from briefing.app.rounds import PlannerRules, RequestPlanner, RunLog, RunRequests
from briefing.core.model import Step
from briefing.core.schedule import Timetable
from briefing.store import Store, runs
from briefing.store.jobs import OpenJob
from tests.app.rounds.test_shared import DESK, Plant
from tests.store.ready import ready_store
from tests.waiting import wait_for

#: Already the next day in Tokyo.
EVENING = datetime(2026, 3, 12, 20, tzinfo=UTC)
TABLE = Timetable(time(6, 30), "Asia/Tokyo")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(ready_store("desk.db", folder=tmp_path)) as store:
        yield store


@contextmanager
def planning(
    plant: Plant, *, without: Step = Step.BOUNCES, requests: RunRequests | None = None
) -> Iterator[RunRequests]:
    """Have planned what is asked for, but for a step that the settings do not enable."""
    engine = replace(plant.round(patience=99), run_log=RunLog(plant.store, DESK, lambda: EVENING))
    steps = {step: part for step, part in engine.steps.items() if step is not without}
    rules, requests = PlannerRules(replace(engine, steps=steps), TABLE), requests or RunRequests()
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
    with store.read() as tx:
        days = [run.day for run in runs.recent(tx, DESK, step=Step.PUBLISH)]
    assert sorted(days, key=str) == [EVENING.date(), tomorrow]
    # What the settings do not enable, nobody does.
    assert requests.take(0) == ((Step.BOUNCES, None),)
    assert plant.waited == 0


def _are(looks: list[int], number: int) -> bool:
    return len(looks) == number


def test_what_is_asked_for_another_day_than_that_under_way_waits(store: Store) -> None:
    plant = Plant(store, deaf=True)
    looks: list[int] = []

    class Watched(RunRequests):
        def take(
            self, seconds: float, *, of: Collection[Step] = tuple(Step), seen: int | None = None
        ) -> tuple[tuple[Step, date | None], ...]:
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
    with store.read() as tx:
        assert [run.day for run in runs.recent(tx, DESK, step=Step.PUBLISH)] == days[::-1]


def test_what_cannot_be_planned_is_logged_and_ends_nothing(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
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
        ) -> tuple[tuple[Step, date | None], ...]:
            missed.append(seen in {None, self.woken})
            self.close()
            return super().take(seconds, of=of, seen=seen)

    requests = Watched()

    def rules() -> PlannerRules:
        # Somebody saves others, and wakes all that wait.
        requests.wake()
        return PlannerRules(Plant(store).round(), TABLE)

    with RequestPlanner(rules, requests=requests):
        wait_for(lambda: missed)
    assert missed == [False]
