"""The audit log, and who acts on the store and when, as it names them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select

from briefing.core.model import AuditEvent
from briefing.store import Transaction
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


@dataclass(frozen=True, slots=True)
class Actor:
    """An operator, a program with a token, or the user of the command line."""

    #: Name of the operator, "token NAME", "command", or "unknown" before sign-in.
    name: str
    #: When they act, aware UTC.
    at: datetime
    #: Where they came from, such as "203.0.113.0/24"; empty for commands.
    network: str = ""
    #: Login name of the user of the command line; else empty.
    login: str = ""

    @property
    def person(self) -> str:
        """Who it was, as closely as is known, for the consent log."""
        return self.login if self.name == COMMAND else self.name

    def note(self, tx: Transaction, what: str, about: str = "") -> None:
        """Write a line of the audit log, in the same transaction as the action.

        What is no printable character is shown as none.
        """
        printable = "".join(
            mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in about
        )
        note(tx, AuditEvent(self.at, self.name, what, printable, self.network))


#: Name of the command line in the audit log.
COMMAND = "command"
