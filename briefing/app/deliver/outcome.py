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
    one: AttemptOutcome, *, plan: DeliveryPlan, at: datetime, chance: float
) -> Settlement:
    """Return what is recorded.

    Args:
        one: the attempt.
        plan: says what to do in doubt.
        at: now, aware.
        chance: 0 to 1, at random.
    """
    delivery, kind = one.claimed.delivery, one.result.kind
    doubtful = kind is ResultKind.AMBIGUOUS
    sealed = {ResultKind.SENT: DeliveryStatus.SENT, ResultKind.REFUSED: DeliveryStatus.REFUSED}.get(
        kind
    )
    if doubtful and (delivery.ambiguous or not plan.resend):
        sealed = DeliveryStatus.HELD
    again = None
    if sealed is None:
        again = next_try(delivery.tries + 1, at=at, until=delivery.until, chance=chance)
        sealed = DeliveryStatus.DUE if again else DeliveryStatus.EXPIRED
    reason = f"given up: {one.result}" if sealed is DeliveryStatus.EXPIRED else str(one.result)
    return Settlement(
        delivery.id,
        sealed,
        at,
        reason=reason,
        again=again,
        ambiguous=doubtful,
        worker=one.worker,
    )
