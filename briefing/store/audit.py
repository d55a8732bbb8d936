"""The audit log: who did what, when and from where."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from briefing.core.model import AuditEvent
from briefing.store.round_tables import ACT
from briefing.store.versions import normalized

#: Characters that are kept of each field.
_LONGEST = 500
#: What happened when a worker was lost, and how many of them are read.
WORKER_LOST, _MOST = "worker lost", 20
_COLUMNS = (ACT.at, ACT.who, ACT.what, ACT.about, ACT.origin)


def note(tx: Connection, event: AuditEvent) -> None:
    """Add an event to the log; each field is kept as one line of at most 500 characters."""
    columns = {"who": event.who, "what": event.what, "about": event.about, "origin": event.origin}
    lines = {name: _line(text) for name, text in columns.items()}
    tx.execute(insert(ACT), {"at": event.at, **lines})


def workers_lost(tx: Connection, *, since: datetime) -> tuple[AuditEvent, ...]:
    """Return the workers that were lost since a moment, newest first."""
    own = ACT.what == WORKER_LOST, ACT.at >= since
    query = select(*_COLUMNS).where(*own).order_by(ACT.at.desc(), ACT.number.desc())
    return tuple(AuditEvent(*row) for row in tx.execute(query.limit(_MOST)))


def recent(
    tx: Connection, *, limit: int = 200, who: str = "", what: str = ""
) -> tuple[AuditEvent, ...]:
    """Return the last events, or those of one actor or kind, newest first."""
    query = select(*_COLUMNS).order_by(ACT.at.desc(), ACT.number.desc()).limit(limit)
    if who:
        query = query.where(ACT.who == _line(who))
    if what:
        query = query.where(ACT.what == what)
    return tuple(AuditEvent(*row) for row in tx.execute(query))


def _line(text: str) -> str:
    return normalized(text)[:_LONGEST]
