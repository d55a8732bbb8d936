"""Subscribers by the address that an operator writes."""

from __future__ import annotations

from briefing.core.errors import InputError, UsageError
from briefing.core.model import Subscriber
from briefing.setup.post import address_of
from briefing.store import Transaction, subscribers


def find_subscriber(tx: Transaction, address: str) -> Subscriber:
    """Return the subscriber of an address, also of one that would not be taken today.

    Raises:
        UsageError: nobody has it.
    """
    try:
        known = subscribers.find(tx, address_of(address))
    except InputError:
        known = subscribers.find(tx, address)
    if known is None:
        raise UsageError(f"{address[:80]!a}: no subscriber; `briefing subscribers list` shows all")
    return known
