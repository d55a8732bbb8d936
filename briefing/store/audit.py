"""The audit log, and who acts on the store and when, as it names them; what each may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select

from briefing.core.errors import RoleError
from briefing.core.model import DEADLINE, AuditEvent, Role, least_role
from briefing.store import Transaction, operators
from briefing.store.round_tables import ACT
from briefing.store.versions import normalized

#: Characters that are kept of each field.
_LONGEST = 500
#: What happened when a worker was lost, and how many of them are read.
WORKER_LOST, _MOST = "worker lost", 20


#: Columns of the log that are one line each.
_LINES = ("who", "what", "about", "origin", "role")


def note(tx: Connection, event: AuditEvent) -> None:
    """Add an event to the log; each field is kept as one line of at most 500 characters."""
    lines = {name: _line(getattr(event, name)) for name in _LINES}
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
    query = (
        select(ACT.at, *(ACT[name] for name in _LINES))
        .where(*own)
        .order_by(ACT.at.desc(), ACT.number.desc())
    )
    return tuple(AuditEvent(*row) for row in tx.execute(query.limit(limit)))


def _line(text: str) -> str:
    return normalized(text)[:_LONGEST]


@dataclass(frozen=True, slots=True)
class Actor:
    """An operator, a program with a token, or the user of the command line."""

    #: Name of the operator, "token NAME", "command", "the round", or "unknown" before sign-in.
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

    def permit(self, tx: Transaction, what: str) -> Role:
        """Return their role, as it is in the store now; RoleError: it does not allow an act.

        :meth:`note` does that too, and a refused act is undone with its transaction. What could not
        be undone, or changes roles itself, is checked before.
        """
        least = least_role(what)
        role = _OWN.get(self.name) or operators.role_of(tx, self.name)
        if role is None or not role.covers(least):
            raise RoleError(f"{self.name}: {what} needs the role {least}")
        return role

    def note(self, tx: Transaction, what: str, about: str = "") -> None:
        """Write a line of the audit log, in the same transaction as the action.

        What is no printable character is shown as none. RoleError: their role does not allow it.
        """
        role = self.permit(tx, what)
        printable = "".join(
            mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in about
        )
        own = "" if self.name == NOBODY else role
        note(tx, AuditEvent(self.at, self.name, what, printable, self.network, own))


#: Names in the audit log of the command line, of the round, and of who is not signed in: what was
#: typed instead of a name may be a password.
COMMAND, ROUND, NOBODY = "command", "the round", "unknown"
#: Who has a role without being an operator, none of whom has such a name.
_OWN: Mapping[str, Role] = {
    COMMAND: Role.ADMINISTRATOR,
    ROUND: Role.PUBLISHER,
    DEADLINE: Role.PUBLISHER,
    NOBODY: Role.READER,
}
