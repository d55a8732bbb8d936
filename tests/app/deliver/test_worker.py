"""One connection of a run, and replies of the relay in the order in which they are reported."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from briefing.app.deliver import Claimed
from briefing.app.deliver.plan import (
    AttemptOutcome,
    DeliveryPlan,
    Refusals,
    is_answer,
    provisional,
    settlement,
)
from briefing.app.deliver.worker import Rhythm
from briefing.core.model import Delivery, DeliveryStatus, Subscriber
from briefing.mail.relay import Pace, Rates, Result, ResultKind, Stage
from briefing.store import Store, claims, deliveries
from tests.app.deliver.sending import HOUR, release_across
from tests.examples import examples
from tests.store.readers import EDITION

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


class Time:
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


SENT = Result(ResultKind.SENT, Stage.DOT, 250, "Taken")
UNKNOWN = Result(ResultKind.REFUSED, Stage.RCPT, 550, "5.1.1 No such user")
READERS = 100


def refused_for_good(store: Store, answers: str, *, connections: int) -> int:
    """Note a run of answers, "." for a mail sent and "x" for one refused; return who is refused."""
    release_across(store, READERS, towns=READERS)
    at, plan = datetime.now(UTC), DeliveryPlan(connections=connections)
    refusals = Refusals(limit=plan.refusals, connections=connections)
    with store.write() as tx:
        claimed = claims.claim(tx, worker="a", at=at, lease=HOUR, limit=READERS, resend=True)
        claims.begin(tx, {one.delivery.id: "a" for one in claimed}, at=at, lease=HOUR)
        for one, answer in zip(claimed, answers, strict=True):
            outcome = AttemptOutcome(one, SENT if answer == "." else UNKNOWN, "a")
            settled = settlement(outcome, plan=plan, at=at, chance=0.5)
            later = is_answer(outcome.result)
            claims.settle_all(tx, [provisional(settled) if later else settled])
            refusals.note(outcome)
        refusals.judge(tx, soft_limit=5, at=at)
        return deliveries.audience(tx, EDITION).counts.get(DeliveryStatus.REFUSED, 0)


@examples("connections, end, believed")
def test_a_mail_that_was_under_way_when_the_relay_went_mad_does_not_hide_that(
    store: Store, connections: int, end: str, believed: int
) -> None:
    assert refused_for_good(store, end.rjust(READERS, "."), connections=connections) == believed
