"""Subscribers as the settings allow them: what they may wish for, and the mail that asks them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from briefing.app.actor import Actor
from briefing.app.readers.address import address_of
from briefing.app.readers.lists import ListRules
from briefing.app.readers.preferences import Offered, choices, preferences_as_text, read_preferences
from briefing.app.readers.subscribers_csv import checked_name
from briefing.core.errors import UsageError
from briefing.core.model import Delivery, Preferences, Subscriber, offered_lists
from briefing.setup.outbox import outbox_of
from briefing.setup.settings import Settings
from briefing.setup.timetable import usual_preferences
from briefing.store import Store


def new_subscriber(
    address: str, *, name: str, fields: Mapping[str, str], settings: Settings
) -> Subscriber:
    """Return a subscriber that is not stored yet.

    Raises:
        InputError: the address or a preference is not valid.
    """
    usual = usual_preferences(settings)
    lists = offered_lists(one.watched for one in settings.watch)
    preferences = read_preferences(fields, sections=settings.printed, lists=lists, usual=usual)
    return Subscriber(0, address_of(address), checked_name(name), preferences=preferences)


def changed_preferences(
    preferences: Preferences, *, fields: Mapping[str, str], settings: Settings
) -> Preferences:
    """Return preferences with the given fields changed; what is printed no longer is left out.

    Args:
        preferences: of a subscriber.
        fields: as :func:`briefing.app.readers.preferences.read_preferences` reads them; empty ones
            change nothing. Lists may be "none".
        settings: what they may wish for.

    Raises:
        InputError: a value is not valid.
    """
    lists = offered_lists(one.watched for one in settings.watch)
    offered = Offered(settings.printed, (preferences.zone,), (preferences.language,), lists)
    current = choices(preferences, sections=settings.printed, lists=lists).preferences(offered)
    given = {name: value for name, value in fields.items() if value.strip()}
    if given.get("lists") == "none" and "none" not in lists:
        given["lists"] = ""
    texts = preferences_as_text(current) | given
    return read_preferences(texts, sections=settings.printed, lists=lists, usual=current)


def list_rules(settings: Settings) -> ListRules:
    """Return what a list of subscribers may say."""
    lists = offered_lists(one.watched for one in settings.watch)
    return ListRules(settings.printed, usual_preferences(settings), lists)


def ask_to_confirm(
    store: Store, new: Subscriber, *, settings: Settings, folder: Path, actor: Actor
) -> tuple[Subscriber, Delivery]:
    """Add a pending subscriber and send the confirmation mail, as the outbox does.

    Raises:
        SettingsError: no sender is set.
        UsageError: there is no page on the web that could confirm; or as the outbox does.
    """
    if not settings.web.address:
        raise UsageError(
            "web.address is empty, so there is no page to confirm on; set it, or add them with "
            "--consent if they have agreed"
        )
    return outbox_of(store, settings=settings, folder=folder).ask_to_confirm(new, actor=actor)
