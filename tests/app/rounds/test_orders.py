from __future__ import annotations

import threading
import time
from collections.abc import Callable

from briefing.app.rounds import RunRequests
from briefing.core.model import Step
from tests.newsday import TODAY


def test_orders_are_taken_once_in_the_order_asked() -> None:
    orders = RunRequests()
    orders.give(Step.DELIVER)
    orders.give(Step.PUBLISH, day=TODAY)
    orders.give(Step.DELIVER)
    assert orders.take(0) == ((Step.DELIVER, None), (Step.PUBLISH, TODAY))
    assert orders.take(0) == ()
    assert orders.take(-1) == ()


def test_an_order_stays_for_whoever_can_do_it() -> None:
    orders = RunRequests()
    orders.give(Step.PUBLISH, day=TODAY)
    orders.give(Step.BOUNCES)
    assert orders.take(0, of={Step.DELIVER, Step.BOUNCES}) == ((Step.BOUNCES, None),)
    assert orders.take(0, of={Step.COLLECT, Step.PUBLISH}) == ((Step.PUBLISH, TODAY),)


def waited(orders: RunRequests, act: Callable[[], None]) -> object:
    """Return what was taken by somebody who waits while something is done."""
    taken: list[object] = []
    thread = threading.Thread(target=lambda: taken.append(orders.take(3_600, of={Step.COLLECT})))
    thread.start()
    time.sleep(0.05)
    act()
    thread.join()
    return taken[0]


def test_who_waits_is_woken_by_an_order_a_call_and_the_end() -> None:
    orders = RunRequests()
    assert waited(orders, lambda: orders.give(Step.COLLECT)) == ((Step.COLLECT, None),)
    assert waited(orders, orders.wake) == ()
    assert not orders.closed
    assert waited(orders, orders.close) == ()
    assert orders.closed
    assert orders.take(3_600) == ()


def test_who_looked_before_it_was_woken_does_not_wait() -> None:
    orders = RunRequests()
    seen = orders.woken
    orders.wake()
    assert orders.take(3_600, seen=seen) == ()
    assert orders.take(0, seen=orders.woken) == ()
