"""Runs as jobs: planned once whatever the number of rounds, done by whichever workers there are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from briefing.app.rounds.alerting import Alerting
from briefing.app.rounds.runs import (
    Ended,
    JobRunner,
    Reaper,
    RoundTask,
    RunLog,
    SharedEngine,
    SharedStep,
    Stopped,
    joined,
)
from briefing.core.errors import BusyError, StoreError
from briefing.core.model import DeliveryStatus, Ending, Run, Step
from briefing.core.schedule import Timetable
from briefing.store import Store, Transaction, audit, claims, deliveries, jobs, runs
from briefing.store.jobs import OpenJob
from tests.store.readers import begin, claim, release
from tests.store.ready import act, look

DESK = "ostra-desk"
NOW = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)
DELIVER = RoundTask(Step.DELIVER)
#: Of a briefing that has no edition.
IDLE = Timetable(time(6, 30), "UTC", days=())


@dataclass
class Plant:
    """Rounds and workers of one store; a message is done at once by the worker that is there."""

    store: Store
    parts: int = 1
    #: What a part does; it comes to this, or else is counted.
    does: Callable[[RoundTask, str], Ended] | None = None
    #: Raised by a part.
    errors: Mapping[int, BaseException] = field(default_factory=dict)
    #: Raised when the parts are joined.
    fault: Exception | None = None
    worker: str = "ann"
    #: Messages are lost.
    deaf: bool = False
    sent: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    alerts: list[Run] = field(default_factory=list)
    watch: float = 0.0
    waited: int = 0

    @property
    def run_log(self) -> RunLog:
        return RunLog(self.store, DESK, lambda: NOW, alert=self.alerts.append)

    @property
    def steps(self) -> dict[Step, SharedStep]:
        def split(_task: RoundTask) -> list[dict[str, Any]]:
            return [{"number": number} for number in range(self.parts)]

        def do(task: RoundTask, part: Mapping[str, Any], name: str) -> Ended:
            number = part["number"]
            if number in self.errors:
                raise self.errors[number]
            self.done.append(number)
            return self.does(task, name) if self.does else Ended(Ending.DONE, figures={"sent": 1})

        def join(_tx: Transaction, _run: Run, results: Sequence[Ended]) -> Ended:
            if self.fault:
                raise self.fault
            return joined(results)

        return dict.fromkeys(Step, SharedStep(split, do, join))

    @property
    def runner(self) -> JobRunner:
        return JobRunner(self.run_log, self.steps, self.send, self.worker)

    def send(self, waiting: Sequence[OpenJob]) -> None:
        self.sent += [job.number for job in waiting]
        if not self.deaf:
            for job in waiting:
                self.runner.do(job.number)

    def reaper(self) -> Reaper:
        return Reaper(self.run_log, self.send, patience=60.0, watch=lambda: self.watch)

    def round(self, *, patience: int = 0) -> SharedEngine:
        """Return the engine of a round that waits for so many looks."""

        def sleep(_seconds: float) -> None:
            self.waited += 1

        def stop() -> bool:
            return self.waited >= patience

        return SharedEngine(self.run_log, self.steps, self.send, self.reaper(), stop, sleep)

    def newest(self, step: Step = Step.DELIVER) -> int:
        return look(self.store, runs.newest, DESK, step)


def test_a_run_ends_with_all_its_parts_and_the_same_decision_makes_one(store: Store) -> None:
    plant = Plant(store, parts=3)
    run, again = plant.round().do(DELIVER, seen=0)
    assert (run.ending, run.figures, again) == (Ending.DONE, {"sent": 3}, False)
    assert plant.done == [0, 1, 2]
    assert plant.alerts == [run]
    # another one looked before the first had begun
    assert plant.round().do(DELIVER, seen=0) == (run, False)
    assert (plant.done, len(plant.alerts)) == ([0, 1, 2], 1)
    assert plant.round().do(DELIVER, seen=run.id)[0].id > run.id


def test_a_day_and_its_lateness_reach_the_worker(store: Store) -> None:
    seen: list[RoundTask] = []

    def do(task: RoundTask, _name: str) -> Ended:
        seen.append(task)
        return Ended(Ending.DONE)

    task = RoundTask(Step.PUBLISH, NOW.date(), late=True)
    run, _ = Plant(store, does=do).round().do(task, seen=0)
    assert seen == [task]
    assert (run.day, run.late) == (NOW.date(), True)


def test_a_week_that_two_rounds_decide_to_review_is_reviewed_once(store: Store) -> None:
    plant, week = Plant(store), RoundTask(Step.WEEK, NOW.date(), late=True)
    for _ in range(2):
        run, _ = plant.round().do(week, seen=0)
        assert (run.briefing, run.step, run.day, run.late) == (DESK, Step.WEEK, NOW.date(), True)
    assert plant.done == [0]
    # An edition that is due at the same time is another run, and its jobs are others.
    plant.deaf = True
    plant.round().do(RoundTask(Step.PUBLISH, NOW.date()), seen=0)
    plant.round().do(week, seen=plant.newest(Step.WEEK))
    with store.read() as tx:
        open_jobs = jobs.open_jobs(tx, DESK)
        assert {step: left.waiting for step, left in jobs.backlog(tx, DESK).items()} == {
            step: int(step in {Step.PUBLISH, Step.WEEK}) for step in Step
        }
    assert [job.step for job in open_jobs] == [Step.PUBLISH, Step.WEEK]


def test_a_round_that_is_to_end_waits_no_longer_and_the_next_joins_the_run(store: Store) -> None:
    plant = Plant(store, deaf=True)
    first, again = plant.round(patience=3).do(DELIVER, seen=0)
    assert (plant.waited, first.ended, again) == (3, None, False)
    assert plant.alerts == []
    plant.deaf = False
    plant.send([OpenJob(plant.sent[0], Step.DELIVER, "", 0)])
    second, _ = plant.round().do(DELIVER, seen=first.id - 1)
    assert (second.id, second.ending) == (first.id, Ending.DONE)
    assert plant.newest() == first.id


def test_a_run_by_hand_under_way_is_not_waited_for(store: Store) -> None:
    plant = Plant(store)
    number = act(store, runs.begin, DESK, Step.DELIVER, at=NOW)
    run, again = plant.round(patience=99).do(DELIVER, seen=0)
    assert (run.id, run.ended, again, plant.waited) == (number, None, False, 0)


def test_a_part_that_fails_ends_those_not_begun(store: Store) -> None:
    plant = Plant(store, parts=4, errors={1: StoreError("relay: nothing answers")})
    run, again = plant.round().do(DELIVER, seen=0)
    assert plant.done == [0]
    assert (run.ending, run.words, again) == (Ending.FAILED, "relay: nothing answers", True)
    assert run.figures == {"sent": 1}


def test_our_fault_ends_the_run_alone(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    plant = Plant(store, errors={0: ZeroDivisionError("oops")})
    run, again = plant.round().do(DELIVER, seen=0)
    assert run.words == "internal error, ZeroDivisionError: oops; see the log"
    assert again
    assert "internal error in deliver" in caplog.text
    caplog.clear()
    plant = Plant(store, parts=2, fault=KeyError("failing"))
    run, again = plant.round().do(DELIVER, seen=run.id)
    assert plant.done == [0, 1]
    words = "internal error, KeyError: 'failing'; see the log"
    assert (run.ending, run.words, again) == (Ending.FAILED, words, True)
    assert "internal error in deliver" in caplog.text
    plant = Plant(store, errors={0: BusyError("done by hand")})
    run, again = plant.round().do(DELIVER, seen=run.id)
    assert (run.ending, again) == (Ending.BUSY, True)


def test_a_worker_that_is_stopped_gives_its_job_to_the_next(store: Store) -> None:
    plant = Plant(store, deaf=True, errors={0: Stopped()})
    run, _ = plant.round().do(DELIVER, seen=0)
    (number,) = plant.sent
    plant.runner.do(number)
    assert plant.sent == [number, number]
    plant.errors, plant.worker = {}, "bo"
    plant.runner.do(number)
    assert plant.done == [0]
    found = look(store, runs.get, run.id)
    assert found is not None
    assert found.ending is Ending.DONE


def test_a_message_may_come_twice_late_or_not_at_all(store: Store) -> None:
    plant = Plant(store)
    plant.round().do(DELIVER, seen=0)
    plant.runner.do(plant.sent.pop())
    plant.runner.do(987)
    assert plant.done.pop() == 0
    plant.deaf = True
    plant.round().do(DELIVER, seen=plant.newest())
    reaper = plant.reaper()
    for plant.watch in (0.0, 59.0):
        reaper.look()
    assert len(plant.sent) == 1
    plant.deaf, plant.watch = False, 60.0
    reaper.look()
    assert plant.done == [0]


def lose(plant: Plant) -> int:
    """Let a worker die in the middle of a job."""
    plant.deaf = True
    plant.round().do(DELIVER, seen=plant.newest())
    number = plant.sent[-1]
    act(plant.store, jobs.claim, number, worker=plant.worker)
    plant.deaf, plant.worker = False, "bo"
    return number


def test_a_lost_workers_job_is_done(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    plant = Plant(store)
    number = lose(plant)
    reaper = plant.reaper()
    reaper.look()
    plant.watch = 61.0
    reaper.look()
    assert plant.done == [0]
    told = f"ann: job {number} (deliver) taken over by other workers"
    assert f"a worker is lost: {told}" in caplog.text
    with store.read() as tx:
        (lost,) = audit.workers_lost(tx, since=NOW - timedelta(hours=1))
        assert (lost.at, lost.about) == (NOW, told)
        assert not audit.workers_lost(tx, since=NOW + timedelta(seconds=1))
    heard: list[str] = []
    ear = {"ear": lambda every: heard.extend(one.message for one in every)}
    for _ in range(2):
        Alerting(store, DESK, IDLE, ear, lambda: NOW)()
    assert [words for words in heard if "worker" in words] == [f"a worker is lost: {told}"]


def test_jobs_that_no_worker_does_are_told_and_that_they_are_done_again(store: Store) -> None:
    plant = Plant(store, deaf=True)
    plant.round().do(DELIVER, seen=0)
    heard: list[str] = []
    ear = {"ear": lambda every: heard.extend(one.message for one in every)}
    times = iter(NOW + timedelta(minutes=minutes) for minutes in (3, 4, 5, 6))
    look = Alerting(store, DESK, IDLE, ear, lambda: next(times))
    for _ in range(3):
        look()
    plant.runner.do(plant.sent[0])
    look()
    began, over = (words for words in heard if "worker" in words)
    assert began == "no worker handles waiting jobs: deliver; start one: briefing worker"
    assert over.startswith("workers handle waiting jobs again since ")


def test_a_worker_keeps_its_job_by_signs_of_life_for_what_it_does_alone(store: Store) -> None:
    plant = Plant(store)
    number = lose(plant)
    runner = plant.runner
    reaper = plant.reaper()
    for plant.watch in (0.0, 40.0, 80.0, 120.0):
        act(store, jobs.beat, [number], worker="ann")
        runner.beat()
        reaper.look()
    assert plant.done == []
    (before,) = look(store, jobs.open_jobs, DESK)
    # It has the name of the lost one, but has begun nothing.
    JobRunner(plant.run_log, plant.steps, plant.send, "ann").beat()
    assert look(store, jobs.open_jobs, DESK) == (before,)


def test_a_job_over_which_five_workers_died_is_given_up(store: Store) -> None:
    plant = Plant(store)
    number = lose(plant)
    for _ in range(4):
        with store.write() as tx:
            (job,) = jobs.open_jobs(tx, DESK)
            jobs.free(tx, job)
            jobs.claim(tx, number, worker="ann")
    with store.write() as tx:
        (job,) = jobs.open_jobs(tx, DESK)
        jobs.free(tx, job)
    plant.runner.do(number)
    run, again = plant.round().do(DELIVER, seen=0)
    assert (run.ending, again) == (Ending.FAILED, True)
    assert run.words == "5 workers failed on it; see their logs"


def test_a_lost_worker_that_lives_is_late(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    def do(_task: RoundTask, _name: str) -> Ended:
        with store.write() as tx:
            (job,) = jobs.open_jobs(tx, DESK)
            jobs.free(tx, job)
            jobs.claim(tx, job.number, worker="bo")
        return Ended(Ending.FAILED, "too late")

    plant = Plant(store, does=do, deaf=True)
    run, _ = plant.round().do(DELIVER, seen=0)
    plant.runner.do(plant.sent[0])
    assert "other workers had taken over job" in caplog.text
    found = look(store, runs.get, run.id)
    assert found is not None
    assert found.ended is None


def test_the_mails_of_a_lost_job_are_free_and_what_it_was_sending_is_in_doubt(store: Store) -> None:
    release(store, 4, at=NOW, due=lambda _: NOW)
    plant = Plant(store, errors={0: BusyError("wait")})
    number = lose(plant)
    # another job of the same worker, which is alive
    other = claim(store, worker=f"ann/{number}1/0", at=NOW, limit=1)
    held = claim(store, worker=f"ann/{number}/0", at=NOW, limit=2)
    begin(store, held[0], worker=f"ann/{number}/0", at=NOW)
    reaper = plant.reaper()
    for plant.watch in (0.0, 61.0):
        reaper.look()
    mails = {one.delivery.id for one in claim(store, worker="bo/7/0", at=NOW, resend=False)}
    assert held[0].delivery.id not in mails
    assert held[1].delivery.id in mails
    assert other[0].delivery.id not in mails
    doubted = look(store, deliveries.get, held[0].delivery.id)
    assert doubted is not None
    assert doubted.status is DeliveryStatus.HELD


def test_what_a_job_could_not_give_back_is_free_when_it_ends(store: Store) -> None:
    release(store, 3, at=NOW, due=lambda _: NOW)

    def do(_task: RoundTask, name: str) -> Ended:
        begin(store, *claim(store, worker=f"{name}/0", at=NOW, lease=None, limit=1))
        claim(store, worker=f"{name}/1", at=NOW, lease=None, limit=1)
        raise StoreError("the database restarts")

    plant = Plant(store, does=do, deaf=True)
    plant.round().do(DELIVER, seen=0)
    plant.runner.do(plant.sent[0])
    assert len(claim(store, worker="bo/8/0", at=NOW)) == 3


def test_a_run_begins_with_what_no_job_holds_any_more(store: Store) -> None:
    release(store, 3, at=NOW, due=lambda _: NOW)
    # Of a job that is gone, as from a store that was put back; and of somebody by hand.
    claim(store, worker="ann/7/0", at=NOW, lease=None, limit=1)
    claim(store, worker="by hand/0", at=NOW, limit=1)
    plant = Plant(store, deaf=True)
    plant.round().do(RoundTask(Step.COLLECT), seen=0)
    assert len(claim(store, worker="bo/8/0", at=NOW, limit=9)) == 1
    act(store, claims.give_back, "bo/8/0")
    plant.round().do(DELIVER, seen=0)
    assert len(claim(store, worker="bo/8/0", at=NOW, limit=9)) == 2


@pytest.mark.parametrize(
    ("ends", "whole"),
    [
        ([], Ended(Ending.DONE)),
        (
            [Ended(Ending.DONE, figures={"sent": 2}), Ended(Ending.PART, "1 refused", {"sent": 1})],
            Ended(Ending.PART, "1 refused", {"sent": 3}),
        ),
        (
            [Ended(Ending.FAILED, "paused", again=True), Ended(Ending.FAILED, "paused")],
            Ended(Ending.FAILED, "paused", again=True),
        ),
        (
            [Ended(Ending.BLIND, "no source"), Ended(Ending.EMPTY, "no news")],
            Ended(Ending.BLIND, "no source; no news"),
        ),
    ],
)
def test_a_run_ends_as_its_gravest_part(ends: list[Ended], whole: Ended) -> None:
    assert joined(ends) == whole
