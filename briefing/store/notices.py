"""What is mailed to many readers and is no edition, by the same deliveries: each has it once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, insert, select

from briefing.store import deliveries, printed_files
from briefing.store.tables import EDITION


def put(  # noqa: PLR0913  what a notice is made of
    tx: Connection,
    id_: str,
    words: str,
    readers: Iterable[int],
    *,
    day: date,
    at: datetime,
    life: timedelta,
) -> int:
    """Make a delivery of a notice for each reader, due now; return how many, 0 if it is there.

    ``words`` are the subject and, behind a line break, the text.
    """
    if tx.execute(select(EDITION.c.id).where(EDITION.c.id == id_)).first():
        return 0
    whole = {"id": id_, "briefing": id_, "day": day, "number": 0, "record": ""}
    tx.execute(insert(EDITION), {**whole, "made": at, "since": at, "until": at})
    printed_files.put(tx, id_, {"notice": words.encode()})
    return deliveries.address(tx, id_, ((one, at) for one in readers), at=at, life=life)
