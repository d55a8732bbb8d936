"""PURE: what is recorded of a delivery after an attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from briefing.app.deliver.plan import DeliveryPlan
from briefing.core.model import DeliveryStatus
from briefing.mail.relay import Result, ResultKind
from briefing.mail.rules import next_try
from briefing.store.claims import Claimed, Settlement


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """What became of one attempt to send one delivery."""

    claimed: Claimed
    result: Result
    #: Who made it.
    worker: str


def settlement(
    attempt: AttemptOutcome, *, plan: DeliveryPlan, at: datetime, chance: float
) -> Settlement:
    """Return what is recorded.

    Args:
        attempt: the attempt.
        plan: says what to do in doubt.
        at: now, aware.
        chance: 0 to 1, at random.
    """
    delivery, kind = attempt.claimed.delivery, attempt.result.kind
    doubtful = kind is ResultKind.AMBIGUOUS
    status = {ResultKind.SENT: DeliveryStatus.SENT, ResultKind.REFUSED: DeliveryStatus.REFUSED}.get(
        kind
    )
    if doubtful and (delivery.ambiguous or not plan.resend):
        status = DeliveryStatus.HELD
    again = None
    if status is None:
        again = next_try(delivery.tries + 1, at=at, until=delivery.until, chance=chance)
        status = DeliveryStatus.DUE if again else DeliveryStatus.EXPIRED
    reason = (
        f"given up: {attempt.result}" if status is DeliveryStatus.EXPIRED else str(attempt.result)
    )
    return Settlement(
        delivery.id,
        status,
        at,
        reason=reason,
        again=again,
        ambiguous=doubtful,
        worker=attempt.worker,
    )
