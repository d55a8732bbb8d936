"""Subscribers as the settings allow them: what they may wish for, and the mail that asks them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from briefing.app.actor import Actor
from briefing.app.readers import LetterContext, OutgoingMail, Reply, write
from briefing.app.readers.address import address_of
from briefing.app.readers.administration import add_pending
from briefing.core.errors import UsageError
from briefing.core.model import Preferences, Subscriber
from briefing.mail.preferences import read_preferences
from briefing.mail.relay import Result
from briefing.mail.smtp import RelaySession
from briefing.mail.subscribers_csv import checked_name
from briefing.setup.clock import now
from briefing.setup.parts import theme
from briefing.setup.post import post_of, relay_of
from briefing.setup.settings import Settings
from briefing.store import Store


def new_subscriber(
    address: str, *, name: str, told: Mapping[str, str], settings: Settings
) -> Subscriber:
    """Return a subscriber who is not kept yet.

    Raises:
        InputError: the address is none, or a wish means nothing.
    """
    preferences = read_preferences(told, sections=settings.printed, usual=Preferences())
    return Subscriber(0, address_of(address), checked_name(name), preferences=preferences)


def ask_to_confirm(
    store: Store, new: Subscriber, *, settings: Settings, folder: Path, actor: Actor
) -> tuple[Subscriber, Result]:
    """Add somebody who is yet to agree and send them the mail that asks; of a known one, again.

    Raises:
        SettingsError: there is no page on the web that could confirm, or it is not said who sends.
        UsageError: they are there already, or must not be written to.
    """
    if not settings.web.address:
        raise UsageError(
            "web.address is empty: the page that confirms is there; set it, or add them with "
            "--consent when they have agreed"
        )
    post, relay, at = post_of(settings, folder=folder), relay_of(settings, folder=folder), now()
    with store.write() as tx:
        to, begun = add_pending(tx, new, actor=actor, at=at)
    delivery_log = LetterContext(
        settings.name, settings.web.address, post.secrets, post.sender, theme(settings)
    )
    message = write(OutgoingMail(Reply.CONFIRM, to, begun, at), delivery_log=delivery_log)
    with RelaySession(relay) as session:
        sent = session.send(post.sender.address, to.address, post.signed(message, at=at))
    return to, sent
