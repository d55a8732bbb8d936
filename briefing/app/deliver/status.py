"""How the deliveries of an edition stand, and why nothing is to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.app.deliver.idle import Idle
from briefing.core.model import Audience, AuditEvent, Delivery, DeliveryStatus, State
from briefing.store import Transaction, audit, deliveries, editions, subscribers

#: Statuses that a person should look at.
_TROUBLE = (DeliveryStatus.REFUSED, DeliveryStatus.HELD, DeliveryStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class AudienceReport:
    """How an edition has reached its audience."""

    audience: Audience
    #: Deliveries that a person should look at, first made first.
    trouble: tuple[Delivery, ...]
    #: When anything is due next, aware UTC.
    next_due: datetime | None
    #: Workers that were lost in the last day, newest first.
    lost_workers: tuple[AuditEvent, ...]


def audience_report(tx: Transaction, edition: str, *, at: datetime) -> AudienceReport:
    """Return how the deliveries of an edition stand."""
    return AudienceReport(
        deliveries.audience(tx, edition),
        tuple(
            delivery
            for status in _TROUBLE
            for delivery in deliveries.of(tx, edition, status=status)
        ),
        deliveries.next_due(tx),
        audit.workers_lost(tx, since=at - timedelta(days=1)),
    )


def why_idle(tx: Transaction, briefing: str) -> Idle:
    """Return why nothing is due."""
    last = editions.last(tx, briefing)
    if last is None:
        return Idle(None)
    active = subscribers.listed(tx, state=State.ACTIVE)
    other = sum(last.day.weekday() not in subscriber.preferences.days for subscriber in active)
    return Idle(
        deliveries.audience(tx, last.id),
        deliveries.next_due(tx),
        subscribers.counts(tx),
        other,
    )
