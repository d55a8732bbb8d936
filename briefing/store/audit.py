"""The audit log: who did what, when and from where."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select

from briefing.core.model import AuditEvent
from briefing.store.round_tables import ACT
from briefing.store.versions import normalized

#: Characters that are kept of each field.
_LONGEST = 500
#: What happened when a worker was lost, and how many of them are read.
WORKER_LOST, _MOST = "worker lost", 20


def note(tx: Connection, event: AuditEvent) -> None:
    """Add an event to the log; each field is kept as one line of at most 500 characters."""
    lines = {name: _line(getattr(event, name)) for name in ("who", "what", "about", "origin")}
    tx.execute(insert(ACT), {"at": event.at, **lines})


def workers_lost(tx: Connection, *, since: datetime) -> tuple[AuditEvent, ...]:
    """Return the workers that were lost since a moment, newest first."""
    return _events(tx, ACT.what == WORKER_LOST, ACT.at >= since, limit=_MOST)


def recent(
    tx: Connection, *, limit: int = 200, who: str = "", what: str = ""
) -> tuple[AuditEvent, ...]:
    """Return the last events, or those of one actor or kind, newest first."""
    own = ((ACT.who, _line(who)), (ACT.what, what))
    return _events(tx, *(column == asked for column, asked in own if asked), limit=limit)


def _events(tx: Connection, *own: ColumnElement[bool], limit: int) -> tuple[AuditEvent, ...]:
    columns = ACT.at, ACT.who, ACT.what, ACT.about, ACT.origin
    query = select(*columns).where(*own).order_by(ACT.at.desc(), ACT.number.desc())
    return tuple(AuditEvent(*row) for row in tx.execute(query.limit(limit)))


def _line(text: str) -> str:
    return normalized(text)[:_LONGEST]
