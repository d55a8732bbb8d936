"""The audit log: who did what, when, and from where."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from briefing.core.model import AuditEvent
from briefing.store.round_tables import ACT
from briefing.store.versions import normalized

#: Characters that are kept of each part of a line.
_LONGEST = 500
_COLUMNS = (ACT.c.at, ACT.c.who, ACT.c.what, ACT.c.about, ACT.c.origin)


def note(tx: Connection, act: AuditEvent) -> None:
    """Add a line to the log; each part is kept as one line of at most 500 characters."""
    told = {"who": act.who, "what": act.what, "about": act.about, "origin": act.origin}
    lines = {name: _line(words) for name, words in told.items()}
    tx.execute(insert(ACT), {"at": act.at, **lines})


def recent(tx: Connection, *, limit: int = 200, who: str = "") -> tuple[AuditEvent, ...]:
    """Return the last lines, or those of one who acted, newest first."""
    found = select(*_COLUMNS).order_by(ACT.c.at.desc(), ACT.c.number.desc()).limit(limit)
    if who:
        found = found.where(ACT.c.who == _line(who))
    return tuple(AuditEvent(*row) for row in tx.execute(found))


def _line(words: str) -> str:
    return normalized(words)[:_LONGEST]
