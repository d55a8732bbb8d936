"""Addresses of the pages that a token opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from briefing.mail.tokens import Purpose, make

#: The first part of the path by purpose; a token follows it.
PATHS: Mapping[Purpose, str] = MappingProxyType(
    {
        Purpose.CONFIRM: "/confirm",
        Purpose.LEAVE: "/unsubscribe",
        Purpose.PREFERENCES: "/preferences",
    }
)


def link(  # noqa: PLR0913  what a link is made of
    purpose: Purpose,
    *,
    subscriber: int,
    epoch: int,
    web: str,
    secrets: Sequence[bytes],
    at: datetime,
) -> str:
    """Return the address of a page for one subscriber.

    Args:
        purpose: what its bearer may do there.
        subscriber: id of the subscriber.
        epoch: how often the subscription had begun (:func:`briefing.app.readers.epoch`).
        web: where the web pages are, without a last slash.
        secrets: oldest to newest.
        at: when it is made, aware UTC.
    """
    token = make(purpose, subscriber=subscriber, epoch=epoch, secrets=secrets, at=at)
    return f"{web}{PATHS[purpose]}/{token}"
