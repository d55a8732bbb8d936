from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from functools import partial
from pathlib import Path

import pytest

from briefing.app.actor import Actor
from briefing.app.rounds import RoundTask, RunRequests
from briefing.app.rounds.requests import order
from briefing.app.rounds.worker import task_of
from briefing.core.errors import UsageError
from briefing.core.model import Step
from briefing.core.schedule import Timetable
from briefing.store import audit
from tests.newsday import TODAY
from tests.store.ready import ready_store
from tests.waiting import wait_until_waiting


def test_orders_are_taken_once_in_the_order_asked() -> None:
    requests = RunRequests()
    requests.give(Step.DELIVER)
    requests.give(Step.PUBLISH, day=TODAY)
    requests.give(Step.DELIVER)
    assert requests.take(0) == ((Step.DELIVER, None), (Step.PUBLISH, TODAY))
    assert requests.take(0) == ()
    assert requests.take(-1) == ()


def test_orders_for_two_days_are_two() -> None:
    requests, before = RunRequests(), TODAY - timedelta(days=1)
    for day in (before, TODAY, before, None):
        requests.give(Step.PUBLISH, day=day)
    asked = ((Step.PUBLISH, before), (Step.PUBLISH, TODAY), (Step.PUBLISH, None))
    assert requests.take(0) == asked
    assert requests.take(0) == ()


def test_an_order_stays_for_whoever_can_do_it() -> None:
    requests = RunRequests()
    requests.give(Step.PUBLISH, day=TODAY)
    requests.give(Step.BOUNCES)
    assert requests.take(0, of={Step.DELIVER, Step.BOUNCES}) == ((Step.BOUNCES, None),)
    assert requests.take(0, of={Step.COLLECT, Step.PUBLISH}) == ((Step.PUBLISH, TODAY),)


def waited(requests: RunRequests, act: Callable[[], None]) -> object:
    """Return what was taken by somebody who waits while something is done."""
    taken: list[object] = []
    thread = threading.Thread(target=lambda: taken.append(requests.take(3_600, of={Step.COLLECT})))
    thread.start()
    wait_until_waiting(thread)
    act()
    thread.join()
    return taken[0]


def test_who_waits_is_woken_by_an_order_a_call_and_the_end() -> None:
    requests = RunRequests()
    assert waited(requests, lambda: requests.give(Step.COLLECT)) == ((Step.COLLECT, None),)
    assert waited(requests, requests.wake) == ()
    assert not requests.closed
    assert waited(requests, requests.close) == ()
    assert requests.closed
    assert requests.take(3_600) == ()


def test_who_looked_before_it_was_woken_does_not_wait() -> None:
    requests = RunRequests()
    seen = requests.woken
    requests.wake()
    assert requests.take(3_600, seen=seen) == ()
    assert requests.take(0, seen=requests.woken) == ()


def test_a_week_can_be_asked_for_once_it_is_over(tmp_path: Path) -> None:
    now, table = datetime.combine(TODAY, clock(12), UTC), Timetable(clock(7), "UTC")
    with closing(ready_store("desk.db", folder=tmp_path)) as store, store.write() as tx:
        asked = partial(order, tx, Step.WEEK, timetable=table, actor=Actor("ida"), at=now)
        asked(day=TODAY)
        with pytest.raises(UsageError, match="is not over; give today or an earlier day"):
            asked(day=TODAY + timedelta(days=1))
        assert [(act.what, act.about) for act in audit.recent(tx)] == [("order week", f"{TODAY}")]
    assert task_of(Step.WEEK, None, today=TODAY) == RoundTask(Step.WEEK, TODAY)
