"""From settings to what sends all mails but editions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from briefing.app.deliver import Claimed, Delivered, Dispatch, Envelope
from briefing.app.outbox import Outbox
from briefing.app.readers import LetterContext, OutgoingMail, Reply, write
from briefing.app.readers.address import address_of
from briefing.core.errors import BriefingError, BusyError
from briefing.core.model import Letterhead, MailKind
from briefing.mail.relay import Relay, Result, ResultKind
from briefing.mail.smtp import RelaySession
from briefing.setup.alert_mail import alert_mail, review_mail, watch_mail
from briefing.setup.clock import now
from briefing.setup.parts import theme
from briefing.setup.post import Post, plan_of, post_of, relay_of
from briefing.setup.redaction import redacted
from briefing.setup.settings import Settings
from briefing.setup.settings.live import Renewed
from briefing.store import Store

LOG = logging.getLogger("briefing.outbox")


def outbox_of(
    store: Store,
    *,
    settings: Settings,
    folder: Path,
    web: str = "",
    relay: Relay | None = None,
) -> Outbox:
    """Return what sends the mails that wait.

    ``web`` is where links begin when the settings name no address.

    Raises:
        SettingsError: the sender, the relay or the secrets cannot be used as set.
    """
    post, relay = post_of(settings, folder=folder), relay or relay_of(settings, folder=folder)
    context = LetterContext(
        settings.name,
        settings.web.address or web,
        post.secrets,
        post.sender,
        theme(settings),
        # No mail has the logo, so none waits for its file.
        Letterhead(settings.page.marking, settings.page.name_line, settings.page.accent),
    )
    dispatch = Dispatch(
        letters=partial(letter, context=context, post=post, operator=settings.alerts.mail),
        connect=partial(RelaySession, relay),
        plan=plan_of(settings, relay),
        clock=now,
        watch=log_result,
    )
    return Outbox(store, dispatch)


def live_outbox(
    store: Store, live: Callable[[], Settings], *, folder: Path, web: str
) -> Callable[[], Outbox | None]:
    """Return what gives the outbox by the settings in force; None while no sender is set."""

    def make(settings: Settings) -> Outbox | None:
        if not settings.mail.sender:
            return None
        return outbox_of(store, settings=settings, folder=folder, web=web)

    return Renewed(live, make)


def letter(claimed: Claimed, *, context: LetterContext, post: Post, operator: str = "") -> Envelope:
    """Return the mail of a row, signed; what is secret in it is made only now.

    Raises:
        InputError: no mail can be sent to the address.
    """
    mail, to = claimed.delivery, claimed.to
    if mail.kind is MailKind.ALERT:
        address, asked = address_of(operator), mail.asked or mail.due
        message = alert_mail(mail.words, to=address, post=post, at=asked)
        return Envelope(post.sender.address, address, message)
    if mail.kind in {MailKind.REVIEW, MailKind.WATCH}:
        recipient, _, words = mail.words.partition("\n")
        address = address_of(recipient.partition("\t")[0])
        write_it = review_mail if mail.kind is MailKind.REVIEW else watch_mail
        message = write_it(words, to=address, post=post, at=mail.asked or mail.due)
        return Envelope(post.sender.address, address, message)
    reply = Reply.CONFIRM if mail.kind is MailKind.CONFIRMATION else Reply.REMIND
    outgoing = OutgoingMail(reply, to, mail.epoch, mail.asked or mail.due)
    message = write(outgoing, context=context)
    return Envelope(post.sender.address, to.address, post.signed(message, at=now()))


def log_result(claimed: Claimed, result: Result) -> None:
    """Log that a mail was not sent."""
    if result.kind is not ResultKind.SENT:
        LOG.warning("a mail (%s) was not sent: %s", claimed.delivery.kind, redacted(str(result)))


def mail_operators(store: Store, *, settings: Settings, folder: Path) -> None:
    """Send the mails to reviewers and operators at once; what fails, the next who sends sends."""
    if not settings.mail.sender:
        return
    try:
        outbox_of(store, settings=settings, folder=folder).only_operators().send()
    except BriefingError as error:
        LOG.warning("mails to reviewers and operators wait: %s", error)


def send_waiting(store: Store, *, settings: Settings, folder: Path) -> Delivered | None:
    """Send what a process left that has died; None when there is nothing, or another sends it.

    Only the process that serves the web pages can write their links when the settings do not say
    where they are.

    Raises:
        SettingsError: as :func:`outbox_of`.
    """
    outbox = outbox_of(store, settings=settings, folder=folder)
    try:
        return (outbox if settings.web.address else outbox.only_operators()).send()
    except BusyError:
        return None
