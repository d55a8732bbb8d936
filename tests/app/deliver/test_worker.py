from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from briefing.app.deliver import Claimed
from briefing.app.deliver.worker import Rhythm
from briefing.core.model import Delivery, Subscriber
from briefing.mail.pace import Pace, Rates

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


class Time:
    """A clock that only sleeping moves on."""

    def __init__(self, *, stop: threading.Event, after: float = 1e9) -> None:
        self.now, self._stop, self._after = 0.0, stop, after
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return NOON + timedelta(seconds=self.now)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        if self.now > self._after:
            self._stop.set()


def claimed(*domains: str) -> list[Claimed]:
    return [
        Claimed(Delivery(number, "e", number, "", NOON, NOON), Subscriber(number, f"r@{domain}"))
        for number, domain in enumerate(domains)
    ]


def rhythm(rates: Rates, *, after: float = 1e9) -> tuple[Rhythm, Time]:
    stop = threading.Event()
    time = Time(stop=stop, after=after)
    return Rhythm(Pace(rates), clock=time, sleep=time.sleep, stop=stop), time


def test_a_domain_that_must_wait_lets_others_pass() -> None:
    keeps, time = rhythm(Rates(by_domain=1))
    held, order, recorded = claimed("a", "a", "b", "c"), [], []
    while held:
        one = keeps.pick(held, connection="x", idle=lambda: recorded.append(time.now))
        assert one is not None
        order.append(one.delivery.id)
    assert order == [0, 2, 3, 1]
    assert sum(time.slept) == pytest.approx(0.95)
    # What is done is recorded before any wait, and no wait is longer than a look at the stop.
    assert recorded[0] == 0
    assert max(time.slept) <= 0.2


@pytest.mark.parametrize("rates", [Rates(), Rates(overall=0.1)])
def test_who_waits_is_stopped(rates: Rates) -> None:
    keeps, _ = rhythm(rates, after=1.0)
    held = claimed("a", "a")
    assert keeps.pick(held, connection="x", idle=lambda: None)
    if rates.overall:
        assert keeps.pick(held, connection="x", idle=lambda: None) is None
        assert len(held) == 1
