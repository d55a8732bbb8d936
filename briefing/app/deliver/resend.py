"""What an operator does about mails: sends one again, sends or drops held ones, tries one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.app.actor import Actor
from briefing.app.readers import epoch
from briefing.app.readers.signup import TRIED
from briefing.core.errors import InputError, UsageError
from briefing.core.model import (
    AuditEvent,
    Delivery,
    DeliveryStatus,
    MailKind,
    State,
    Subscriber,
)
from briefing.store import Transaction, audit, deliveries, histories, progress, subscribers

#: How the audit log calls a mail that tries the relay.
TEST = "send test"
#: Statuses after which a mail can be sent again; one that was accepted only when asked for.
_AGAIN = {
    DeliveryStatus.HELD,
    DeliveryStatus.REFUSED,
    DeliveryStatus.EXPIRED,
    DeliveryStatus.SKIPPED,
}

#: Mails to readers that belong to no edition.
READERS_MAILS = frozenset({MailKind.CONFIRMATION, MailKind.REMINDER})


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
        raise UsageError(
            f"{edition}: may have been sent before the store was put back; decide about all of "
            "it: --send-held or --drop-held"
        )
    deliveries.renew(tx, delivery.id, at=at, until=max(delivery.until, at + asked.life))
    # The log keeps no addresses: who is forgotten is forgotten there too.
    actor.note(tx, "resend mail", f"{edition} to subscriber {to.id}", at=at)
    return delivery


def send_mail_again(tx: Transaction, number: int, *, actor: Actor, at: datetime) -> Delivery:
    """Let a mail that belongs to no edition be sent once more, and note who asked for it.

    It has a new link. Only the last of its kind is sent again: the link of an earlier one would
    arrive after that of a later one.

    Raises:
        InputError: there is no such mail.
        UsageError: it is not sent again: it was sent, waits, or is not wanted any more.
    """
    mail = deliveries.get(tx, number)
    to = subscribers.get(tx, mail.subscriber) if mail is not None else None
    if mail is None or mail.kind not in READERS_MAILS:
        raise InputError("no mail has this number")
    if to is None or not _is_welcome(mail, to):
        raise UsageError("it is not wanted any more")
    if mail.status not in _AGAIN:
        raise UsageError(f"it is {mail.status.value}")
    last = histories.last_mails(tx, to.id, kinds={mail.kind}, limit=1)
    if last[0].id != mail.id:
        raise UsageError("a later one was made")
    current = epoch(subscribers.consents(tx, to.id))
    deliveries.renew_mail(tx, number, epoch=current, at=at, until=at + TRIED)
    about = f"{mail.kind} to subscriber {to.id}, which was {mail.status}"
    actor.note(tx, "resend mail", about, at=at)
    return mail


def decide_held(tx: Transaction, edition: str, *, send: bool, actor: Actor, at: datetime) -> int:
    """Send what is held of an edition with the next run, or never; return how many these are.

    Raises:
        UsageError: nothing of it is held.
    """
    count = deliveries.decide(tx, edition, send=send, at=at)
    if not count:
        raise UsageError(f"nothing is held of {edition}; `briefing deliver --status` shows it")
    what = "send held mail" if send else "drop held mail"
    actor.note(tx, what, f"{edition}: {count}", at=at)
    return count


def note_test(tx: Transaction, came: str, *, actor: Actor, at: datetime) -> None:
    """Note who sent a test, and what came of it, in words without an address."""
    actor.note(tx, TEST, came, at=at)


def last_test(tx: Transaction) -> AuditEvent | None:
    """Return the last test that is among the last lines of the audit log."""
    return next((event for event in audit.recent(tx) if event.what == TEST), None)


def _is_welcome(mail: Delivery, to: Subscriber) -> bool:
    """Tell whether a reader may get a mail, as they might when it was asked for."""
    if mail.kind is MailKind.REMINDER:
        return to.state in {State.ACTIVE, State.PAUSED}
    left = to.state in {State.UNSUBSCRIBED, State.BOUNCED}
    asked_after = left and to.since is not None and mail.asked is not None
    return to.state is State.PENDING or (asked_after and to.since <= mail.asked)


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
