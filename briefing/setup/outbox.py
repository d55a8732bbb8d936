"""From settings to what sends all mails but editions."""

from __future__ import annotations

import logging
import random
import time
from functools import partial
from pathlib import Path
from uuid import uuid4

from briefing.app.deliver import Claimed, Delivered, Envelope
from briefing.app.outbox import Outbox
from briefing.app.readers import LetterContext, OutgoingMail, Reply, write
from briefing.core.errors import BusyError
from briefing.core.model import MailKind
from briefing.mail.relay import Result, ResultKind
from briefing.mail.smtp import RelaySession
from briefing.setup.clock import now
from briefing.setup.parts import theme
from briefing.setup.post import Post, plan_of, post_of, relay_of
from briefing.setup.redaction import redacted
from briefing.setup.settings import Settings
from briefing.store import Store

LOG = logging.getLogger("briefing.outbox")


def outbox_of(store: Store, *, settings: Settings, folder: Path, web: str = "") -> Outbox:
    """Return what sends the mails that wait.

    Args:
        store: holds them.
        settings: say who sends.
        folder: where the settings stand.
        web: address that links begin with, when the settings name none.

    Raises:
        SettingsError: who sends, the relay or the secrets cannot be used as they are set.
    """
    post, relay = post_of(settings, folder=folder), relay_of(settings, folder=folder)
    context = LetterContext(
        settings.name, settings.web.address or web, post.secrets, post.sender, theme(settings)
    )
    return Outbox(
        store,
        letters=partial(letter, context=context, post=post),
        connect=partial(RelaySession, relay),
        plan=plan_of(settings, relay),
        clock=now,
        sleep=time.sleep,
        chance=random.random,
        name=lambda: uuid4().hex,
        watch=log_result,
    )


def letter(claimed: Claimed, *, context: LetterContext, post: Post) -> Envelope:
    """Return the mail of a row, signed; what is secret in it is made only now.

    Raises:
        InputError: no mail can be sent to the address.
    """
    mail, to = claimed.delivery, claimed.to
    reply = Reply.CONFIRM if mail.kind is MailKind.CONFIRMATION else Reply.REMIND
    outgoing = OutgoingMail(reply, to, mail.epoch, mail.asked or mail.due)
    message = write(outgoing, delivery_log=context)
    return Envelope(post.sender.address, to.address, post.signed(message, at=now()))


def log_result(claimed: Claimed, result: Result) -> None:
    """Log that a mail was not sent."""
    if result.kind is not ResultKind.SENT:
        LOG.warning("a mail (%s) was not sent: %s", claimed.delivery.kind, redacted(str(result)))


def send_waiting(store: Store, *, settings: Settings, folder: Path) -> Delivered | None:
    """Send what a process left that has died; None when there is nothing, or another sends it.

    Without an address of the web pages only the process that serves them can write their links.

    Raises:
        SettingsError: as :func:`outbox_of`.
    """
    if not settings.web.address:
        return None
    try:
        return outbox_of(store, settings=settings, folder=folder).send()
    except BusyError:
        return None
