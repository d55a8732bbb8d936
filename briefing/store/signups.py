"""What was asked for on the web and is not decided yet.

A row is written whoever asks for whatever address, so that the time of an answer tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, func, insert, select

from briefing.core.model import Preferences
from briefing.store import subscribers
from briefing.store.mail_tables import SIGNUP


class SignupKind(StrEnum):
    """What somebody asks for."""

    SUBSCRIBE = "subscribe"
    #: The link of a subscription.
    LINK = "link"
    #: A new link in the place of one that expired.
    RENEW = "renew"


@dataclass(frozen=True, slots=True)
class Signup:
    """One time that somebody asked."""

    what: SignupKind
    #: Normalized; empty when the subscriber is named by number.
    address: str = ""
    subscriber: int = 0
    preferences: Preferences = field(default_factory=Preferences)
    #: Who asked, as in :class:`briefing.core.model.Consent`.
    how: str = ""
    origin: str = ""
    words: str = ""


def put(tx: Connection, signup: Signup, *, at: datetime) -> None:
    """Keep what was asked for, in the order in which it came."""
    fields = {
        name: getattr(signup, name) for name in ("address", "subscriber", "how", "origin", "words")
    }
    row = {"what": signup.what.value, "asked": at, **fields}
    tx.execute(insert(SIGNUP), row | subscribers.preferences_row(signup.preferences))


def count(tx: Connection) -> int:
    """Return how many are left."""
    return tx.execute(select(func.count()).select_from(SIGNUP)).scalar_one()


def take(tx: Connection) -> Signup | None:
    """Return the first that is left, and delete it; None when there is none."""
    row = tx.execute(select(SIGNUP).order_by(SIGNUP.c.number).limit(1)).first()
    if row is None:
        return None
    tx.execute(delete(SIGNUP).where(SIGNUP.c.number == row.number))
    return Signup(
        SignupKind(row.what),
        row.address,
        row.subscriber,
        subscribers.preferences_of(row),
        row.how,
        row.origin,
        row.words,
    )
