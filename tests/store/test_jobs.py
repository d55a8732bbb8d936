from datetime import timedelta

import pytest

from briefing.core.model import Step
from briefing.store import Store, jobs, runs
from briefing.store.jobs import Backlog, OpenJob
from tests.store.news import DAY, NOON

DESK = "ostra-desk"


def planned(store: Store, *parts: dict[str, object], step: Step = Step.DELIVER) -> list[int]:
    """Begin a run with jobs; return its number and theirs."""
    with store.write() as tx:
        run = runs.begin(tx, DESK, step, at=NOON)
        made = jobs.plan(tx, run, parts, at=NOON)
    return [run, *(job.number for job in made)]


def claim(store: Store, number: int, worker: str = "ann") -> jobs.Job | None:
    with store.write() as tx:
        return jobs.claim(tx, number, worker=worker)


def end(store: Store, number: int, worker: str = "ann", **result: object) -> bool:
    with store.write() as tx:
        return jobs.end(tx, number, worker=worker, at=NOON + DAY, result=result)


def open_jobs(store: Store) -> dict[int, OpenJob]:
    with store.read() as tx:
        return {job.number: job for job in jobs.open_jobs(tx, DESK)}


def test_one_worker_has_a_job(store: Store) -> None:
    run, number = planned(store, {"sources": ["http://news.example/ünï"]})
    job = claim(store, number)
    assert job is not None
    assert (job.run.id, job.part, job.tries) == (run, {"sources": ["http://news.example/ünï"]}, 1)
    assert claim(store, number, "bo") is None


def test_only_who_has_a_job_ends_it_and_once(store: Store) -> None:
    run, number = planned(store, {})
    claim(store, number)
    assert end(store, number, "bo", sent=1) is False
    assert end(store, number, sent=2) is True
    assert end(store, number, sent=3) is False
    with store.read() as tx:
        assert (jobs.results(tx, run), jobs.left(tx, run)) == (({"sent": 2},), 0)
    assert claim(store, number) is None


def test_a_job_that_is_given_back_counts_as_never_tried(store: Store) -> None:
    _, number = planned(store, {})
    claim(store, number)
    with store.write() as tx:
        assert jobs.give_back(tx, number, worker="bo") is False
        assert jobs.give_back(tx, number, worker="ann") is True
    job = claim(store, number, "bo")
    assert job is not None
    assert job.tries == 1


def test_a_lost_job_is_free_unless_its_worker_lives(store: Store) -> None:
    _, number = planned(store, {})
    claim(store, number)
    seen = open_jobs(store)[number]
    with store.write() as tx:
        jobs.beat(tx, [number], worker="ann")
        assert jobs.free(tx, seen) is False
    seen = open_jobs(store)[number]
    with store.write() as tx:
        # another's sign of life is none of its
        jobs.beat(tx, [number], worker="bo")
        assert jobs.free(tx, seen) is True
    assert end(store, number) is False
    job = claim(store, number, "bo")
    assert job is not None
    assert job.tries == 2


def test_a_run_has_jobs_left_until_the_last_has_ended(store: Store) -> None:
    run, first, second = planned(store, {}, {})
    with store.read() as tx:
        assert jobs.run_of(tx, DESK, Step.DELIVER) == run
        assert jobs.run_of(tx, DESK, Step.COLLECT) is None
        assert jobs.run_of(tx, "other-desk", Step.DELIVER) is None
    claim(store, first)
    with store.write() as tx:
        jobs.drop_waiting(tx, run, at=NOON)
    assert open_jobs(store).keys() == {first}
    end(store, first, sent=1)
    with store.read() as tx:
        assert jobs.run_of(tx, DESK, Step.DELIVER) is None
        assert jobs.results(tx, run) == ({"sent": 1},)
    assert claim(store, second) is None


def test_a_run_is_tried_again_when_it_says_so(store: Store) -> None:
    run, _ = planned(store, {})
    with store.read() as tx:
        assert jobs.is_again(tx, run) is False
    with store.write() as tx:
        jobs.let_again(tx, run)
        assert jobs.is_again(tx, run) is True


def test_the_backlog_counts_what_waits_and_what_runs(store: Store) -> None:
    _, first, *_ = planned(store, {}, {}, {})
    claim(store, first)
    with store.read() as tx:
        backlog = jobs.backlog(tx, DESK)
    assert backlog[Step.DELIVER] == Backlog(waiting=2, running=1, oldest=NOON)
    assert backlog[Step.COLLECT] == Backlog()


def test_the_backlog_counts_jobs_over_which_a_worker_was_lost(store: Store) -> None:
    with store.read() as tx:
        assert jobs.is_used(tx) is False
    _, first, second, third = planned(store, {}, {}, {})
    for number in (first, second):
        claim(store, number)
        with store.write() as tx:
            jobs.free(tx, jobs.OpenJob(number, Step.DELIVER, "ann", 1))
    claim(store, second, "bo")
    claim(store, third, "bo")
    with store.read() as tx:
        assert jobs.is_used(tx) is True
        assert jobs.backlog(tx, DESK)[Step.DELIVER] == Backlog(1, 2, NOON, retried=2)


@pytest.mark.parametrize(("age", "gone"), [(timedelta(hours=1), 1), (-timedelta(hours=1), 0)])
def test_jobs_that_ended_long_ago_are_deleted(store: Store, age: timedelta, gone: int) -> None:
    _, number, other = planned(store, {}, {})
    claim(store, number)
    end(store, number)
    with store.write() as tx:
        assert jobs.prune(tx, before=NOON + DAY + age) == gone
    assert other in open_jobs(store)


def test_jobs_go_with_their_run(store: Store) -> None:
    planned(store, {})
    with store.write() as tx:
        runs.prune(tx, before=NOON + DAY)
    assert open_jobs(store) == {}
