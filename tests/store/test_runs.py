from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from briefing.core.model import DeliveryStatus, Ending, FetchRecord, Outcome, Run, Source, Step
from briefing.store import Store, claims, deliveries, jobs, runs, sources, subscribers
from briefing.store.jobs import Backlog, OpenJob
from briefing.store.round_tables import RUN
from tests import newsday
from tests.examples import examples
from tests.publishing import SECOND, Desk, at
from tests.store.news import DAY, NOON, TODAY
from tests.store.readers import IMPORTED, reader
from tests.store.ready import act, look

DESK = "ostra-desk"


def begin(store: Store, step: Step = Step.COLLECT, *, hours: int = 0, briefing: str = DESK) -> int:
    return act(store, runs.begin, briefing, step, at=NOON + timedelta(hours=hours))


def end(store: Store, run: int, ending: Ending = Ending.DONE, *, words: str = "") -> None:
    act(store, runs.end, run, ending=ending, at=NOON + DAY, words=words, figures={"fresh": 14})


def recent(store: Store, *, limit: int = 50, step: Step | None = None) -> list[int]:
    return [run.id for run in look(store, runs.recent, DESK, limit=limit, step=step)]


def only(store: Store) -> Run:
    (run,) = look(store, runs.recent, DESK)
    return run


def test_a_run_is_running_until_its_first_ending(store: Store) -> None:
    end(store, 99)
    assert recent(store) == []
    number = act(store, runs.begin, DESK, Step.PUBLISH, at=NOON, day=TODAY, late=True)
    assert number > 0
    assert only(store) == Run(number, DESK, Step.PUBLISH, NOON, day=TODAY, late=True)
    end(store, number, Ending.PART, words="2 sources did not answer")
    end(store, number, Ending.DONE)
    words, figures = "2 sources did not answer", {"fresh": 14}
    made = Run(number, DESK, Step.PUBLISH, NOON, TODAY, NOON + DAY, Ending.PART, late=True)
    assert only(store) == replace(made, words=words, figures=figures)


@examples("words, expected")
def test_the_words_of_a_run_are_one_short_line(store: Store, words: str, expected: str) -> None:
    end(store, begin(store), words=words)
    assert only(store).words == expected


def test_the_newest_runs_come_first_whatever_the_order_of_writing(store: Store) -> None:
    late, early = begin(store, hours=2), begin(store, hours=1)
    same = begin(store, Step.BOUNCES, hours=1)
    begin(store, briefing="other-desk")
    assert recent(store) == [late, same, early]
    assert recent(store, limit=1) == [late]
    assert recent(store, step=Step.COLLECT) == [late, early]


def test_the_last_run_of_a_step_may_be_asked_by_how_it_ended(store: Store) -> None:
    done, failed, running = (begin(store, hours=hour) for hour in range(3))
    end(store, done)
    end(store, failed, Ending.FAILED)
    begin(store, Step.DELIVER, hours=9)
    begin(store, hours=9, briefing="other-desk")
    with store.read() as tx:
        asked = [
            runs.last(tx, DESK, Step.COLLECT, ending=ending)
            for ending in (None, Ending.DONE, Ending.FAILED, Ending.EMPTY)
        ]
    assert [run and run.id for run in asked] == [running, done, failed, None]


def test_runs_since_a_time_come_oldest_first_with_the_one_of_that_time(store: Store) -> None:
    begin(store, hours=0)
    second, third = begin(store, hours=1), begin(store, hours=2)
    begin(store, hours=2, briefing="other-desk")
    later = look(store, runs.since, DESK, NOON + timedelta(hours=1))
    assert [run.id for run in later] == [second, third]


def test_old_runs_are_deleted_and_their_numbers_never_given_again(store: Store) -> None:
    begin(store, hours=0)
    expected = begin(store, hours=2)
    begin(store, hours=1, briefing="other-desk")
    assert act(store, runs.prune, before=NOON + timedelta(hours=2)) == 2
    assert recent(store) == [expected]
    assert act(store, runs.prune, before=NOON + timedelta(hours=3)) == 1
    assert begin(store) > expected


def test_runs_of_weeks_in_review_are_kept_apart_and_listed_with_the_others(store: Store) -> None:
    first, week, last = begin(store), begin(store, Step.WEEK, hours=1), begin(store, hours=2)
    assert recent(store) == [last, week, first]
    assert recent(store, limit=2) == [last, week]
    assert recent(store, step=Step.WEEK) == [week]
    with store.read() as tx:
        assert [run.id for run in runs.since(tx, DESK, NOON + timedelta(hours=1))] == [week, last]
        run = runs.last(tx, DESK, Step.WEEK)
        assert run is not None
        assert (run.id, run.briefing, run.step) == (week, DESK, Step.WEEK)
        assert runs.newest(tx, DESK, Step.WEEK) == week
        # code that knows no such step asks for the briefing alone
        names = tx.scalars(select(RUN.number).where(RUN.briefing == DESK)).all()
    assert sorted(names) == [first, last]


def planned(store: Store, *parts: dict[str, object], step: Step = Step.DELIVER) -> list[int]:
    """Begin a run with jobs; return its number and theirs."""
    with store.write() as tx:
        run = runs.begin(tx, DESK, step, at=NOON)
        jobs.plan(tx, run, parts, at=NOON)
        made = jobs.open_jobs(tx, DESK)[-len(parts) :]
    return [run, *(job.number for job in made)]


def claim(store: Store, number: int, worker: str = "ann") -> jobs.Job | None:
    return act(store, jobs.claim, number, worker=worker)


def end_job(store: Store, number: int, worker: str = "ann", **result: object) -> bool:
    return act(store, jobs.end, number, worker=worker, at=NOON + DAY, result=result)


def open_jobs(store: Store) -> dict[int, OpenJob]:
    return {job.number: job for job in look(store, jobs.open_jobs, DESK)}


def test_a_job_has_one_worker_who_ends_it_once_or_gives_it_back(store: Store) -> None:
    run, number = planned(store, {"sources": ["http://news.example/ünï"]})
    job = claim(store, number)
    assert job is not None
    assert (job.run.id, job.part, job.tries) == (run, {"sources": ["http://news.example/ünï"]}, 1)
    assert claim(store, number, "bo") is None
    run, number = planned(store, {})
    claim(store, number)
    assert end_job(store, number, "bo", sent=1) is False
    assert end_job(store, number, sent=2) is True
    assert end_job(store, number, sent=3) is False
    with store.read() as tx:
        assert (jobs.results(tx, run), jobs.left(tx, run)) == (({"sent": 2},), 0)
    assert claim(store, number) is None
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
    assert end_job(store, number) is False
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
    act(store, jobs.drop_waiting, run, at=NOON)
    assert open_jobs(store).keys() == {first}
    end_job(store, first, sent=1)
    with store.read() as tx:
        assert jobs.run_of(tx, DESK, Step.DELIVER) is None
        assert jobs.results(tx, run) == ({"sent": 1},)
    assert claim(store, second) is None


def test_the_backlog_counts_what_waits_runs_and_is_retried(store: Store) -> None:
    assert look(store, jobs.is_used) is False
    run, first, second, third = planned(store, {}, {}, {})
    claim(store, first)
    with store.write() as tx:
        assert (jobs.is_used(tx), jobs.is_again(tx, run)) == (True, False)
        assert jobs.backlog(tx, DESK)[Step.DELIVER] == Backlog(waiting=2, running=1, oldest=NOON)
        assert jobs.backlog(tx, DESK)[Step.COLLECT] == Backlog()
        jobs.let_again(tx, run)
        assert jobs.is_again(tx, run) is True
    claim(store, second)
    with store.write() as tx:
        for number in (first, second):
            jobs.free(tx, jobs.OpenJob(number, Step.DELIVER, "ann", 1))
    claim(store, second, "bo")
    claim(store, third, "bo")
    assert look(store, jobs.backlog, DESK)[Step.DELIVER] == Backlog(1, 2, NOON, retried=2)


@pytest.mark.parametrize(("age", "gone"), [(timedelta(hours=1), 1), (-timedelta(hours=1), 0)])
def test_jobs_that_ended_long_ago_are_deleted(store: Store, age: timedelta, gone: int) -> None:
    _, number, other = planned(store, {}, {})
    claim(store, number)
    end_job(store, number)
    assert act(store, jobs.prune, before=NOON + DAY + age) == gone
    assert other in open_jobs(store)


def test_jobs_go_with_their_run(store: Store) -> None:
    planned(store, {})
    act(store, runs.prune, before=NOON + DAY)
    assert open_jobs(store) == {}


# A clock that was wrong

YEAR = timedelta(days=365)
NOW = at(newsday.TODAY, 6)


def test_after_a_clock_was_set_back_reports_are_dated_behind_the_newest(desk: Store) -> None:
    until = Desk(desk).first().stored.until
    with desk.read() as tx:
        assert runs.newest_report(tx, at=until - DAY) == until
        assert runs.newest_report(tx, at=until + DAY) == until + DAY
        # one that is dated so far ahead came of a clock that was ahead
        assert runs.newest_report(tx, at=until - YEAR) == until - YEAR


@pytest.mark.parametrize(("kept", "right"), [(NOW, NOW - 5 * DAY), (NOW + YEAR, NOW)])
def test_reports_dated_far_ahead_are_of_now_and_none_is_before_the_last_edition(
    desk: Store, kept: datetime, right: datetime
) -> None:
    made = Desk(desk)
    printed = made.first().stored
    made.keep(*SECOND, when=kept)
    with desk.write() as tx:
        runs.set_right(tx, at=right)
        window = sources.window(tx, since=printed.until, until=NOW, published_since=NOW - YEAR)
        # what was printed keeps its date, however wrong the clock
        runs.set_right(tx, at=printed.since - YEAR)
        before = sources.window(
            tx, since=printed.since, until=printed.until, published_since=NOW - 2 * YEAR
        )
    assert len(window.documents) == len(SECOND)
    assert right < NOW or {document.collected for document in window.documents} == {NOW}
    assert before.documents


def test_a_source_that_failed_by_a_clock_that_was_ahead_is_asked_again(desk: Store) -> None:
    hour = timedelta(hours=1)
    with desk.write() as tx:
        for url, when in (("https://a.example/", NOW + hour), ("https://b.example/", NOW - hour)):
            sources.add(tx, Source(url), at=NOW - DAY)
            sources.record(tx, FetchRecord(url, when, Outcome.FAILED, retry_at=NOW + DAY))
        runs.set_right(tx, at=NOW)
        ahead, right = sources.source_statuses(tx)
    assert (ahead.retry_at, right.retry_at) == (None, NOW + DAY)


def test_a_clock_leaps_that_passes_days_in_which_no_source_was_fetched(desk: Store) -> None:
    with desk.write() as tx:
        assert not runs.leaps(tx, to=NOW, at=NOW)
        sources.add(tx, Source("https://one.example/"), at=NOW - DAY)
        sources.record(tx, FetchRecord("https://one.example/", NOW - DAY, Outcome.UNCHANGED))
        assert not runs.leaps(tx, to=NOW, at=NOW)
        assert not runs.leaps(tx, to=NOW - DAY, at=NOW + 2 * DAY)
        assert runs.leaps(tx, to=NOW, at=NOW + 2 * DAY)


def test_a_mail_whose_life_was_over_by_a_wrong_clock_alone_is_sent(desk: Store) -> None:
    act(desk, subscribers.add, reader(1), consent=IMPORTED)
    edition = Desk(desk).first().stored.id
    claim = partial(claims.claim, worker="w", lease=DAY, limit=9, resend=False)
    with desk.write() as tx:
        deliveries.release(tx, edition, at=NOW, life=DAY, due=lambda _: NOW)
        assert claim(tx, at=NOW + YEAR) == ()
        assert deliveries.audience(tx, edition).counts == {DeliveryStatus.EXPIRED: 1}
        # not while that clock is believed, and not when its life is over by the right one
        runs.set_right(tx, at=NOW + YEAR)
        runs.set_right(tx, at=NOW + 2 * DAY)
        assert claim(tx, at=NOW) == ()
        runs.set_right(tx, at=NOW)
        assert len(claim(tx, at=NOW)) == 1
