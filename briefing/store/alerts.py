"""Alerts that were sent and are not known to be over; the store does not know what is in them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from briefing.store.round_tables import ALERT


def sent(tx: Connection, briefing: str) -> dict[str, str]:
    """Return the alerts of a briefing by key."""
    query = select(ALERT.c.key, ALERT.c.content).where(ALERT.c.briefing == briefing)
    return {row.key: row.content for row in tx.execute(query)}


def keep(tx: Connection, briefing: str, alerts: Mapping[str, str]) -> None:
    """Keep these alerts of a briefing, by key, and no others."""
    tx.execute(delete(ALERT).where(ALERT.c.briefing == briefing))
    rows = [
        {"briefing": briefing, "key": key, "content": content} for key, content in alerts.items()
    ]
    if rows:
        tx.execute(insert(ALERT), rows)
