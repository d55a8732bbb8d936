"""Subscribers as the settings allow them: what they may wish for, and the mail that asks them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from briefing.app.actor import Actor
from briefing.app.readers import Reply, put_mail
from briefing.app.readers.address import address_of
from briefing.app.readers.administration import add_pending
from briefing.app.readers.preferences import read_preferences
from briefing.app.readers.subscribers_csv import checked_name
from briefing.core.errors import BusyError, UsageError
from briefing.core.model import Delivery, Subscriber
from briefing.setup.clock import now
from briefing.setup.outbox import outbox_of
from briefing.setup.settings import Settings
from briefing.store import Store, deliveries


def new_subscriber(
    address: str, *, name: str, fields: Mapping[str, str], settings: Settings
) -> Subscriber:
    """Return a subscriber that is not stored yet.

    Raises:
        InputError: the address or a preference is not valid.
    """
    preferences = read_preferences(fields, sections=settings.printed)
    return Subscriber(0, address_of(address), checked_name(name), preferences=preferences)


def ask_to_confirm(
    store: Store, new: Subscriber, *, settings: Settings, folder: Path, actor: Actor
) -> tuple[Subscriber, Delivery]:
    """Add a pending subscriber and send the confirmation mail, again if they are known.

    What of the mail is returned may be due still: the relay did not take it, or another process
    sends. It is sent by the next that does.

    Raises:
        SettingsError: there is no page on the web that could confirm, or no sender is set.
        UsageError: the address is already subscribed, or must not get mail.
    """
    if not settings.web.address:
        raise UsageError(
            "web.address is empty, so there is no page to confirm on; set it, or add them with "
            "--consent if they have agreed"
        )
    outbox = outbox_of(store, settings=settings, folder=folder)
    with store.write() as tx:
        at = now()
        to = add_pending(tx, new, actor=actor, at=at)
        number = put_mail(tx, Reply.CONFIRM, to, at=at).number
    with suppress(BusyError):
        outbox.send()
    with store.read() as tx:
        mail = deliveries.get(tx, number)
    assert mail is not None  # noqa: S101  kept above
    return to, mail
