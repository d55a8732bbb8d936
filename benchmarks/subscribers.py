"""Invented subscribers and one invented edition for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

from sqlalchemy import insert

from briefing.app.deliver import Claimed, Envelope
from briefing.core.model import State
from briefing.store import Store, deliveries
from briefing.store.mail_tables import SUBSCRIBER
from briefing.store.subscribers import key
from briefing.store.tables import EDITION

EDITION_ID = "ostra-desk/2026-03-12"
_LOT = 1_000


def subscribe(store: Store, *, number: int, at: datetime) -> None:
    """Keep so many active subscribers."""
    with store.write() as tx:
        for first in range(0, number, _LOT):
            lot = range(first, min(first + _LOT, number))
            tx.execute(insert(SUBSCRIBER), [_row(claimed, at=at) for claimed in lot])


def release(store: Store, *, number: int = 0, at: datetime | None = None) -> None:
    """Keep an edition, so many more active subscribers, and all their deliveries, due now."""
    at = at or datetime.now(UTC)
    subscribe(store, number=number, at=at)
    with store.write() as tx:
        common = {"briefing": "ostra-desk", "day": at.date(), "number": 1, "record": "{}"}
        tx.execute(
            insert(EDITION), {"id": EDITION_ID, **common, "made": at, "since": at, "until": at}
        )
        deliveries.release(tx, EDITION_ID, at=at, life=timedelta(hours=12), due=lambda _: at)


def _row(number: int, *, at: datetime) -> dict[str, object]:
    """Return the row of an active subscriber."""
    address = f"reader{number}@town{number % 50}.example"
    preferences = {
        "sections": "",
        "form": "html",
        "days": "0123456",
        "at": "07:00:00",
        "zone": "UTC",
    }
    return {
        "address": address,
        "key": key(address),
        "name": f"Reader {number}",
        "state": State.ACTIVE.value,
        "since": at,
        "reason": "",
        "language": "en",
        **preferences,
    }


def letter(*, size: int) -> bytes:
    """Return a mail of so many bytes but for its Message-ID and its recipient."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "World Desk <desk@desk.example>"
    mail["Subject"] = "Council leases two berths"
    mail.set_content(("The harbor council voted to lease two berths to the coastguard.\n") * 1)
    whole = mail.as_bytes()
    line = b"The lease brings in $14 million a year and leaves the terminal untouched.\r\n"
    return whole + line * max(0, (size - len(whole)) // len(line))


def envelope(claimed: Claimed, *, rest: bytes) -> Envelope:
    """Return the mail of one delivery: its own lines first, then what all share."""
    own = f"Message-ID: <{claimed.delivery.id}@desk.example>\r\nTo: {claimed.to.address}\r\n"
    return Envelope(
        f"bounce+{claimed.delivery.id}@desk.example", claimed.to.address, own.encode() + rest
    )
