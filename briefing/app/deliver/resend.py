"""What an operator does about mails: sends one again, sends or drops held ones, tries one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.app.actor import Actor
from briefing.core.errors import UsageError
from briefing.core.model import AuditEvent, Delivery, DeliveryStatus, State, Subscriber
from briefing.store import Transaction, audit, deliveries, progress

#: How the audit log calls a mail that tries the relay.
TEST = "send test"
#: Before the reason why one was not sent.
NOT_SENT = ": not sent: "
_SUSPECT = (
    "may have been sent before the store was put back; decide about all of it: --send-held or "
    "--drop-held"
)
#: Statuses after which a mail can be sent again; one that was accepted only when asked for.
_AGAIN = {
    DeliveryStatus.HELD,
    DeliveryStatus.REFUSED,
    DeliveryStatus.EXPIRED,
    DeliveryStatus.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class Resend:
    """A request to send the mail of an edition once more."""

    #: Id of the edition.
    edition: str
    to: Subscriber
    #: How long it is tried.
    life: timedelta
    #: Whether one that the relay has accepted is sent again as well.
    accepted_too: bool = False


def send_again(tx: Transaction, asked: Resend, *, actor: Actor, at: datetime) -> Delivery:
    """Let a mail be sent once more by the next run, and note who asked for it.

    Its links are made anew when it is sent, so they live as long as those of any other mail.

    Raises:
        UsageError: there is nothing to send again, or the subscriber is not written to.
    """
    edition, to = asked.edition, asked.to
    delivery = deliveries.to(tx, edition, to.id)
    reason = _refusal(delivery, to, accepted_too=asked.accepted_too)
    if delivery is None or reason:
        raise UsageError(f"{to.address}: {edition}: {reason}")
    if progress.is_suspect(tx, edition):
        raise UsageError(f"{edition}: {_SUSPECT}")
    deliveries.renew(tx, delivery.id, at=at, until=max(delivery.until, at + asked.life))
    # The log keeps no addresses: who is forgotten is forgotten there too.
    actor.note(tx, "resend mail", f"{edition} to subscriber {to.id}", at=at)
    return delivery


def send_all_again(  # noqa: PLR0913  which mails, for how long, and who asks when
    tx: Transaction,
    edition: str,
    *,
    status: DeliveryStatus,
    cause: str,
    life: timedelta,
    actor: Actor,
    at: datetime,
) -> int:
    """Let all mails that failed for one cause be sent once more; return how many these are.

    Raises:
        UsageError: there are none, or all of the edition is held since the store was put back.
    """
    if progress.is_suspect(tx, edition):
        raise UsageError(f"{edition}: {_SUSPECT}")
    failed = deliveries.of(tx, edition, status=status) if status in _AGAIN else ()
    numbers = [one.id for one in failed if one.address and deliveries.cause_of(one.reason) == cause]
    if not numbers:
        raise UsageError(f"{edition}: nothing failed so")
    deliveries.renew(tx, *numbers, at=at, until=at + life)
    actor.note(tx, "resend mails", f"{edition}: {len(numbers)} {status}: {cause}", at=at)
    return len(numbers)


def decide_held(  # noqa: PLR0913  as above
    tx: Transaction, edition: str, *, send: bool, life: timedelta, actor: Actor, at: datetime
) -> int:
    """Send what is held of an edition with the next run, or never; return how many these are.

    Raises:
        UsageError: nothing of it is held.
    """
    count = deliveries.decide(tx, edition, send=send, at=at, life=life)
    if not count:
        raise UsageError(f"nothing is held of {edition}; `briefing deliver --status` shows it")
    what = "send held mail" if send else "drop held mail"
    actor.note(tx, what, f"{edition}: {count}", at=at)
    return count


def note_test(tx: Transaction, came: str, *, actor: Actor, at: datetime) -> None:
    """Note who sent a test, and what came of it, in words without an address."""
    actor.note(tx, TEST, came, at=at)


def last_test(tx: Transaction) -> AuditEvent | None:
    """Return the last test; None: there was none."""
    return next(iter(audit.recent(tx, limit=1, what=TEST)), None)


def not_sent(test: AuditEvent) -> str:
    """Return why a test was not sent; empty: the relay took it."""
    return test.about.partition(NOT_SENT)[2]


def relay_works(tx: Transaction) -> bool:
    """Tell whether the relay ever took a mail of this store, be it a test."""
    return deliveries.any_sent(tx) or not all(map(not_sent, audit.recent(tx, what=TEST)))


def _refusal(delivery: Delivery | None, to: Subscriber, *, accepted_too: bool) -> str:
    """Return why a mail is not sent again; empty when it is."""
    if to.state is not State.ACTIVE:
        return f"not sent: the subscriber is {to.state.value}"
    if delivery is None:
        return "there was no mail to this subscriber; see `briefing deliver --status`"
    if delivery.status is DeliveryStatus.SENT and not accepted_too:
        return "the relay has accepted it already; --again sends it once more"
    if delivery.status is DeliveryStatus.CLAIMED:
        return "it is being sent now"
    if delivery.status is DeliveryStatus.DUE:
        return f"it is due anyway, at {delivery.due:%Y-%m-%d %H:%M} UTC"
    return (
        ""
        if delivery.status in _AGAIN or delivery.status is DeliveryStatus.SENT
        else f"it is {delivery.status.value}"
    )
