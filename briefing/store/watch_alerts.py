"""Alerts about new stories that watch-lists name: which were given, and until when was looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from briefing.store.round_tables import WATCH_ALERT
from briefing.store.upsert import insert_into

#: The row that says until when reports were looked at is of no list.
_NONE = ""


@dataclass(frozen=True, slots=True)
class GivenAlert:
    """An alert that was given."""

    list: str
    #: Digest of the first report.
    report: str
    #: Aware UTC.
    at: datetime
    #: One line, with text from outside.
    message: str


def looked(tx: Connection, briefing: str) -> datetime | None:
    """Return until when reports were looked at, aware UTC; None: never."""
    own = WATCH_ALERT.c.briefing == briefing, WATCH_ALERT.c.list == _NONE
    at: datetime | None = tx.execute(select(WATCH_ALERT.c.at).where(*own)).scalar()
    return at


def look(tx: Connection, briefing: str, *, at: datetime, forget: datetime) -> None:
    """Record until when reports were looked at, and forget alerts of long ago."""
    old = WATCH_ALERT.c.briefing == briefing, WATCH_ALERT.c.at < forget
    tx.execute(delete(WATCH_ALERT).where(*old))
    row = {"briefing": briefing, "list": _NONE, "report": _NONE, "at": at, "message": ""}
    keys = ["briefing", "list", "report"]
    insert = insert_into(tx, WATCH_ALERT)
    tx.execute(insert.on_conflict_do_update(index_elements=keys, set_={"at": at}), row)


def give(  # noqa: PLR0913  a row of the table
    tx: Connection, briefing: str, name: str, reports: Sequence[str], *, at: datetime, message: str
) -> bool:
    """Record the reports of a story; return whether this is the first alert about it.

    It is not if one of them was recorded before, be it by another server at this moment: the
    database makes the later one wait for the earlier.

    Args:
        tx: a writing transaction.
        briefing: as the store has it.
        name: of the list.
        reports: digests, sorted, so that two servers never wait for each other.
        at: now, aware UTC.
        message: one line.
    """
    row = {"briefing": briefing, "list": name, "at": at, "message": ""}
    insert = insert_into(tx, WATCH_ALERT).on_conflict_do_nothing().returning(WATCH_ALERT.c.report)
    new = [tx.execute(insert, {**row, "report": report}).scalar() for report in reports]
    if None in new:
        return False
    own = WATCH_ALERT.c.briefing == briefing, WATCH_ALERT.c.list == name
    first = WATCH_ALERT.c.report == reports[0]
    tx.execute(update(WATCH_ALERT).where(*own, first).values(message=message))
    return True


def recent(tx: Connection, briefing: str, *, since: datetime) -> tuple[GivenAlert, ...]:
    """Return the alerts given since a moment that have a message, the oldest first."""
    query = (
        select(WATCH_ALERT)
        .where(
            WATCH_ALERT.c.briefing == briefing,
            WATCH_ALERT.c.at > since,
            WATCH_ALERT.c.message != "",
        )
        .order_by(WATCH_ALERT.c.at, WATCH_ALERT.c.list, WATCH_ALERT.c.report)
    )
    return tuple(GivenAlert(row.list, row.report, row.at, row.message) for row in tx.execute(query))
