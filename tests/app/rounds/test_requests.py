import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from functools import partial
from pathlib import Path

import pytest

from briefing.app.rounds.round import task_of
from briefing.app.rounds.runs import RoundTask, RunRequests
from briefing.app.rounds.runs import request_run as order
from briefing.core.errors import UsageError
from briefing.core.model import Step
from briefing.core.schedule import Timetable
from briefing.store import audit
from briefing.store.audit import Actor
from tests.newsday import TODAY
from tests.store.ready import ready_store
from tests.waiting import wait_until_waiting


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
