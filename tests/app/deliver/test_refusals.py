"""Answers of the relay in the order in which connections report them, and what they come to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from briefing.app.deliver.outcome import AttemptOutcome, settlement
from briefing.app.deliver.plan import DeliveryPlan
from briefing.app.deliver.refusals import Refusals, is_answer, provisional
from briefing.core.model import DeliveryStatus
from briefing.mail.relay import Result, ResultKind, Stage
from briefing.store import Store, claims, deliveries
from tests.app.deliver.sending import HOUR, release_across
from tests.store.readers import EDITION

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


@pytest.mark.parametrize(
    ("connections", "end", "believed"),
    [
        (1, "xxxxxxxxxxxx", 0),
        (1, ".x.x.x.x.x.x", 6),
        (4, "xxxxxxxxxxxx", 0),
        (4, "x.xxxxxxxxxx", 0),
        (4, "x...xxxxxxxx", 0),
        (4, "xxxxxxxx...x", 0),
        (4, "xxxxxxxx....", 0),
        (4, "x....xxx....", 4),
        (4, "x....x....x.", 3),
    ],
)
def test_a_mail_that_was_under_way_when_the_relay_went_mad_does_not_hide_that(
    store: Store, connections: int, end: str, believed: int
) -> None:
    answers = end.rjust(READERS, ".")
    assert refused_for_good(store, answers, connections=connections) == believed
