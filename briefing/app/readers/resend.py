"""Mails to readers that belong to no edition, sent again at the request of an operator."""

from __future__ import annotations

from datetime import datetime

from briefing.app.actor import Actor
from briefing.app.readers.decide import epoch
from briefing.app.readers.signup import TRIED
from briefing.core.errors import InputError, UsageError
from briefing.core.model import Delivery, DeliveryStatus, MailKind, State, Subscriber
from briefing.store import Transaction, deliveries, histories, subscribers

#: Mails to readers that belong to no edition.
READERS_MAILS = frozenset({MailKind.CONFIRMATION, MailKind.REMINDER})
#: Statuses after which one can be sent again.
_AGAIN = {DeliveryStatus.HELD, DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED}


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


def _is_welcome(mail: Delivery, to: Subscriber) -> bool:
    """Tell whether a reader may get a mail, as they might when it was asked for."""
    if mail.kind is MailKind.REMINDER:
        return to.state in {State.ACTIVE, State.PAUSED}
    if to.since is None or mail.asked is None or to.state is State.PENDING:
        return to.state is State.PENDING
    return to.state in {State.UNSUBSCRIBED, State.BOUNCED} and to.since <= mail.asked
