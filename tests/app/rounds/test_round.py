import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest

from briefing.app.rounds.round import Blocked, Round, RoundRules, Runner, task_of
from briefing.app.rounds.runs import (
    Ended,
    RoundTask,
    RunLog,
    RunRequests,
    StepHandler,
    Stopped,
    request_run,
)
from briefing.core.errors import BusyError, StoreError, UsageError
from briefing.core.model import Ending, FetchRecord, Outcome, Run, Source, Step
from briefing.core.schedule import Timetable
from briefing.store import Store, audit, runs, sources
from briefing.store.audit import Actor
from tests.app.rounds.stepped import Stepped
from tests.newsday import TODAY
from tests.publishing import BRIEFING, FIRST, Desk
from tests.store.readers import insert_edition
from tests.store.ready import act, look
from tests.waiting import wait_for, wait_until_waiting

DAY = date(2026, 3, 11)
BEGIN = datetime(2026, 3, 11, 6, tzinfo=UTC)
TABLE = Timetable(at=time(7), zone="UTC", collect_every=timedelta(hours=2))
DONE = Ended(Ending.DONE)


@dataclass
class Rehearsal:
    """A round whose work is told to it, and whose time is stepped."""

    store: Store
    #: What happens in a step; without it all goes well.
    does: Mapping[Step, Callable[[RoundTask], Ended]]
    begin: datetime = BEGIN
    timetable: Timetable = TABLE
    requests: RunRequests = field(default_factory=RunRequests)
    #: Step and moment of all that was done.
    done: list[tuple[str, str]] = field(default_factory=list)
    tasks: list[RoundTask] = field(default_factory=list)
    told: list[Run] = field(default_factory=list)
    alert: Callable[[Run], None] | None = None
    #: When the watching thread has looked for alerts.
    looks: list[str] = field(default_factory=list)

    def until(self, end: datetime) -> "Rehearsal":
        """Live until a moment; return itself, with what was done."""
        clock = Stepped(self.begin, requests=self.requests, until=end)
        tell = self.alert or self.told.append
        run_log = RunLog(
            *(self.store, BRIEFING, clock, tell), lambda: self.looks.append(f"{clock():%H:%M}")
        )
        handlers = {step: self._act(clock, step) for step in self.does}
        rules = RoundRules(run_log, self.timetable, handlers)
        with Round(lambda: rules, requests=self.requests, wait=clock.wait):
            wait_for(lambda: self.requests.closed)
        return self

    def _act(self, clock: Stepped, step: Step) -> StepHandler:
        def handler(task: RoundTask) -> Ended:
            self.done.append((step.value, f"{clock():%H:%M:%S}"))
            self.tasks.append(task)
            return self.does[step](task)

        return handler

    def times(self, step: Step) -> list[str]:
        return [at for one, at in self.done if one == step.value]

    @property
    def runs(self) -> list[Run]:
        """All that is recorded, oldest first."""
        return list(reversed(look(self.store, runs.recent, BRIEFING)))


def well(_task: RoundTask) -> Ended:
    return DONE


def empty_day(_task: RoundTask) -> Ended:
    return Ended(Ending.EMPTY, "nothing to publish")


def fails(error: Exception) -> Callable[[RoundTask], Ended]:
    def handler(_task: RoundTask) -> Ended:
        raise error

    return handler


def prints(store: Store) -> Callable[[RoundTask], Ended]:
    """Return what really publishes an edition."""

    def handler(task: RoundTask) -> Ended:
        desk = Desk(store)
        assert task.day
        desk.keep(*FIRST, when=BEGIN - timedelta(hours=1))
        desk.publish(task.day, hour=7)
        return Ended(Ending.DONE, figures={"printed": 3})

    return handler


def test_a_day_of_the_round(store: Store) -> None:
    day = Rehearsal(store, {Step.COLLECT: well, Step.PUBLISH: prints(store)})
    day.until(BEGIN + timedelta(hours=5))
    assert day.done == [
        ("collect", "06:00:00"),
        ("collect", "06:55:00"),
        ("publish", "07:00:00"),
        ("collect", "08:55:00"),
        ("collect", "10:55:00"),
    ]
    assert day.tasks[2] == RoundTask(Step.PUBLISH, DAY)
    assert [(run.step, run.ending) for run in day.runs] == [
        (task.step, Ending.DONE) for task in day.tasks
    ]
    assert day.runs == day.told
    assert day.runs[2].figures == {"printed": 3}
    assert (day.runs[2].day, day.runs[2].late) == (DAY, False)


def test_a_round_begun_again_or_with_its_clock_set_back_makes_no_second(store: Store) -> None:
    Rehearsal(store, {Step.PUBLISH: prints(store)}).until(BEGIN + timedelta(hours=2))
    again = Rehearsal(
        store, {Step.COLLECT: well, Step.PUBLISH: well}, begin=BEGIN + timedelta(hours=1, minutes=1)
    )
    again.until(BEGIN + timedelta(hours=23))
    assert again.times(Step.PUBLISH) == []
    act(store, insert_edition, day=-2, life=timedelta(hours=12))
    # the day to which it was set back is there already
    back = Rehearsal(store, {Step.PUBLISH: well}, begin=BEGIN - timedelta(hours=22))
    back.until(BEGIN + timedelta(hours=2))
    assert back.times(Step.PUBLISH) == []


def test_down_at_seven_and_up_at_nine_makes_one_late_edition(store: Store) -> None:
    nine = BEGIN + timedelta(hours=3)
    late = Rehearsal(store, {Step.COLLECT: well, Step.PUBLISH: prints(store)}, begin=nine)
    late.until(nine + timedelta(hours=2))
    assert late.done[:2] == [("collect", "09:00:00"), ("publish", "09:00:00")]
    assert late.times(Step.PUBLISH) == ["09:00:00"]
    (run,) = [run for run in late.runs if run.step is Step.PUBLISH]
    assert run.late


def test_what_fails_is_tried_again_with_growing_pauses_and_told_once(store: Store) -> None:
    short = Timetable(at=time(7), zone="UTC", grace=timedelta(minutes=40))
    failing = Rehearsal(
        store, {Step.PUBLISH: fails(StoreError("no room on the disk"))}, timetable=short
    )
    failing.until(BEGIN + timedelta(hours=4))
    assert (
        failing.times(Step.PUBLISH)
        == "07:00:00 07:01:00 07:03:00 07:07:00 07:15:00 07:31:00".split()
    )
    assert {(run.ending, run.words) for run in failing.runs} == {
        (Ending.FAILED, "no room on the disk")
    }
    assert [run.late for run in failing.runs] == [False] * 4 + [True] * 2
    # Looked for at the moment from which it counts as missed.
    assert "07:04" in failing.looks
    assert failing.told == failing.runs


def test_one_failing_step_holds_up_no_other(store: Store) -> None:
    broken = {
        Step.COLLECT: fails(ZeroDivisionError("x")),
        Step.PUBLISH: prints(store),
        Step.BOUNCES: fails(OSError("no route")),
        Step.DELIVER: well,
    }
    day = Rehearsal(store, broken).until(BEGIN + timedelta(minutes=90))
    assert day.times(Step.PUBLISH) == ["07:00:00"]
    said = {run.step: run.words for run in day.runs}
    assert said[Step.COLLECT] == "internal error, ZeroDivisionError: x; see the log"
    assert said[Step.BOUNCES] == "no route"


def test_a_day_with_nothing_to_print_is_settled(store: Store) -> None:
    empty = Rehearsal(store, {Step.PUBLISH: empty_day}).until(BEGIN + timedelta(hours=3))
    assert empty.times(Step.PUBLISH) == ["07:00:00"]
    assert [(run.ending, run.words) for run in empty.runs] == [(Ending.EMPTY, "nothing to publish")]
    # also for a round that begins again; the next day has its own
    for hours, days in ((3, []), (23, [DAY + timedelta(days=1)])):
        begin = BEGIN + timedelta(hours=hours)
        again = Rehearsal(store, {Step.PUBLISH: empty_day}, begin=begin)
        again.until(begin + timedelta(hours=3))
        assert [task.day for task in again.tasks] == days


def test_an_order_is_taken_at_once_and_a_day_empty_before_its_time_is_open(store: Store) -> None:
    empty = Rehearsal(store, {Step.PUBLISH: empty_day})
    run_log = RunLog(store, BRIEFING, lambda: BEGIN)
    empty.requests.give(Step.PUBLISH)
    handlers = {
        Step.PUBLISH: empty._act(Stepped(BEGIN, requests=empty.requests, until=BEGIN), Step.PUBLISH)
    }
    with Round(lambda: RoundRules(run_log, TABLE, handlers), requests=empty.requests):
        wait_for(lambda: bool(empty.runs and empty.runs[-1].ended))
    assert empty.tasks == [RoundTask(Step.PUBLISH, DAY)]
    day = Rehearsal(store, {Step.PUBLISH: prints(store)}).until(BEGIN + timedelta(hours=2))
    assert day.times(Step.PUBLISH) == ["07:00:00"]


def test_the_threads_wait_on_the_orders_and_end_with_them(store: Store) -> None:
    requests, run_log = RunRequests(), RunLog(store, BRIEFING, lambda: BEGIN)
    done: list[RoundTask] = []

    def handler(task: RoundTask) -> Ended:
        done.append(task)
        return DONE

    rules = RoundRules(run_log, TABLE, dict.fromkeys(Step, handler))
    with Round(lambda: rules, requests=requests):
        wait_for(lambda: len(done) == 2)
        requests.give(Step.DELIVER)
        wait_for(lambda: len(done) == 3)
    assert [task.step for task in done[2:]] == [Step.DELIVER]
    assert {task.step for task in done} == {Step.COLLECT, Step.BOUNCES, Step.DELIVER}
    assert not [one for one in threading.enumerate() if one.name.startswith("round/")]


def test_work_that_another_process_does_is_no_failure(store: Store) -> None:
    busy = Rehearsal(store, {Step.COLLECT: fails(BusyError("another process does it"))})
    busy.until(BEGIN + timedelta(minutes=2))
    assert busy.times(Step.COLLECT) == ["06:00:00"]
    assert [(run.ending, run.words) for run in busy.runs] == [
        (Ending.BUSY, "another process does it")
    ]


def test_a_run_that_is_stopped_is_told_so_and_one_that_was_cut_is_done_again(store: Store) -> None:
    requests = RunRequests()

    def stops(_task: RoundTask) -> Ended:
        requests.close()
        raise Stopped

    stopped = Rehearsal(store, {Step.COLLECT: stops}, requests=requests)
    stopped.until(BEGIN + timedelta(hours=1))
    assert [(run.ending, run.words) for run in stopped.runs] == [
        (Ending.PART, "stopped early; finished work is kept")
    ]
    act(store, runs.begin, BRIEFING, Step.COLLECT, at=BEGIN + timedelta(minutes=1))
    after = Rehearsal(store, {Step.COLLECT: well}, begin=BEGIN + timedelta(minutes=2))
    after.until(BEGIN + timedelta(minutes=10))
    assert after.times(Step.COLLECT) == ["06:02:00"]
    sound = Rehearsal(store, {Step.COLLECT: well}, begin=BEGIN + timedelta(minutes=11))
    sound.until(BEGIN + timedelta(minutes=20))
    assert sound.times(Step.COLLECT) == []


def test_a_failing_alert_ends_no_round(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    def fails_to_tell(_run: Run) -> None:
        raise OSError("no relay")

    deaf = Rehearsal(store, {Step.COLLECT: well}, alert=fails_to_tell)
    deaf.until(BEGIN + timedelta(hours=5))
    assert len(deaf.times(Step.COLLECT)) == 4
    assert "the alert after a run failed" in caplog.text


def test_an_unreadable_store_ends_no_round(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    assert store.place.file
    hidden = store.place.file.with_suffix(".away")
    store.close()
    store.place.file.rename(hidden)
    requests = RunRequests()
    day = Rehearsal(store, {Step.COLLECT: well}, requests=requests)
    clock = Stepped(
        BEGIN,
        requests=requests,
        until=BEGIN + timedelta(minutes=3),
        told=lambda at: back(store, hidden) if at >= BEGIN + timedelta(minutes=1) else None,
    )
    handlers = {Step.COLLECT: day._act(clock, Step.COLLECT)}
    rules = RoundRules(RunLog(store, BRIEFING, clock), TABLE, handlers)
    with Round(lambda: rules, requests=requests, wait=clock.wait):
        wait_for(lambda: requests.closed)
    assert day.times(Step.COLLECT) == ["06:01:00"]
    assert "the round of ostra-desk is blocked: " in caplog.text
    # the words say all
    assert "Traceback" not in caplog.text


def back(store: Store, hidden: Path) -> None:
    assert store.place.file
    if hidden.exists():
        store.close()
        hidden.replace(store.place.file)


def test_runs_of_long_ago_are_forgotten(store: Store) -> None:
    with store.write() as tx:
        old = runs.begin(tx, BRIEFING, Step.COLLECT, at=BEGIN - timedelta(days=91))
        # Sources were visited meanwhile: it is no clock that has jumped.
        sources.add(tx, Source("/srv/news"), at=BEGIN - timedelta(days=91))
        sources.record(tx, FetchRecord("/srv/news", BEGIN - timedelta(days=2), Outcome.READ))
    Rehearsal(store, {Step.PUBLISH: prints(store)}).until(BEGIN + timedelta(hours=2))
    assert old not in [run.id for run in look(store, runs.recent, BRIEFING)]


def test_each_run_is_logged_with_its_ending(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "briefing")
    ended = Ended(Ending.PART, "one source failed", {"fresh": 4})
    Rehearsal(store, {Step.COLLECT: lambda _: ended}).until(BEGIN + timedelta(minutes=5))
    assert caplog.messages == [
        "collect begins", "collect ended, part: 4 fresh: one source failed"
    ]  # fmt: skip
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING"]


def test_changed_rules_hold_for_the_next_piece_of_work(store: Store) -> None:
    day, requests = Rehearsal(store, {Step.PUBLISH: prints(store)}), RunRequests()
    clock = Stepped(BEGIN, requests=requests, until=BEGIN + timedelta(hours=2))
    later = replace(TABLE, at=time(7, 30))
    handlers = {Step.PUBLISH: day._act(clock, Step.PUBLISH)}
    run_log = RunLog(store, BRIEFING, clock)

    def rules() -> RoundRules:
        return RoundRules(run_log, TABLE if clock() == BEGIN else later, handlers)

    with Round(rules, requests=requests, wait=clock.wait):
        wait_for(lambda: requests.closed)
    assert day.times(Step.PUBLISH) == ["07:30:00"]


def test_a_round_waits_until_a_moment_unless_its_rules_were_changed_meanwhile(store: Store) -> None:
    requests = RunRequests()
    waits: list[tuple[datetime, bool]] = []

    def wait(moment: datetime, seen: int) -> tuple[()]:
        waits.append((moment, seen == requests.woken))
        requests.close()
        return ()

    def current() -> RoundRules:
        rules = RoundRules(RunLog(store, BRIEFING, lambda: BEGIN), TABLE, {Step.PUBLISH: well})
        # Somebody saves others, and wakes all that wait.
        requests.wake()
        return rules

    Runner(current, {Step.PUBLISH}, requests=requests, wait=wait, blocked=Blocked()).run()
    assert waits == [(BEGIN + timedelta(hours=1), False)]


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


def test_a_week_can_be_asked_for_once_it_is_over(store: Store) -> None:
    now, table = datetime.combine(TODAY, time(12), UTC), Timetable(time(7), "UTC")
    with store.write() as tx:
        asked = partial(request_run, tx, Step.WEEK, timetable=table, actor=Actor("command", now))
        asked(day=TODAY)
        with pytest.raises(UsageError, match="is not over; give today or an earlier day"):
            asked(day=TODAY + timedelta(days=1))
        assert [(act.what, act.about) for act in audit.recent(tx)] == [("order week", f"{TODAY}")]
    assert task_of(Step.WEEK, None, "", today=TODAY) == RoundTask(Step.WEEK, TODAY)
