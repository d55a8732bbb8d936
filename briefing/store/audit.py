"""The audit log, its actors, and what they may do."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select

from briefing.core.errors import RoleError
from briefing.core.frozen import frozen
from briefing.core.model import DEADLINE, AuditEvent, Role, least_role
from briefing.store import Transaction, operators
from briefing.store.round_tables import ACT
from briefing.store.versions import normalized

#: Most characters of a field that are stored.
_LONGEST = 500
#: Name of the event that a worker was lost, and how many of these are read.
WORKER_LOST, _MOST = "worker lost", 20


#: Columns that are one line of text each.
_LINES = ("who", "what", "about", "origin", "role")


def note(tx: Connection, event: AuditEvent) -> None:
    """Add an event to the log; each field is stored as one line of at most 500 characters."""
    lines = {name: _line(getattr(event, name)) for name in _LINES}
    tx.execute(insert(ACT), {"at": event.at, **lines})


def workers_lost(tx: Connection, *, since: datetime) -> tuple[AuditEvent, ...]:
    """Return the events of lost workers since a time, newest first."""
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


@frozen
class Actor:
    """An operator, a program with a token, or the user of the command line."""

    #: Name of the operator, "token NAME", "command", "the round", or "unknown" before sign-in.
    name: str
    #: When the action takes place, aware UTC.
    at: datetime
    #: The network of the client, such as "203.0.113.0/24"; empty for commands.
    network: str = ""
    #: Login name of the user of the command line; otherwise empty.
    login: str = ""

    @property
    def person(self) -> str:
        """The actor for the consent log, as exactly as known."""
        return self.login if self.name == COMMAND else self.name

    def permit(self, tx: Transaction, what: str) -> Role:
        """Return the actor's current role; RoleError if it does not allow an act.

        :meth:`note` checks this too, and a refused act is rolled back with its transaction. Call
        this first for acts that cannot be rolled back or that change roles.
        """
        least = least_role(what)
        role = _OWN.get(self.name) or operators.role_of(tx, self.name)
        if role is None or not role.covers(least):
            raise RoleError(f"{self.name}: {what} needs the role {least}")
        return role

    def note(self, tx: Transaction, what: str, about: str = "") -> None:
        """Add an entry to the audit log, in the transaction of the act itself.

        Unprintable characters of ``about`` are replaced. RoleError: the role does not allow it.
        """
        role = self.permit(tx, what)
        printable = "".join(
            mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in about
        )
        own = "" if self.name == NOBODY else role
        note(tx, AuditEvent(self.at, self.name, what, printable, self.network, own))


#: Names in the audit log of the command line, of the round, and of people who are not signed in:
#: what they typed as a name may be a password.
COMMAND, ROUND, NOBODY = "command", "the round", "unknown"
#: Roles of actors that are not operators; no operator can have such a name.
_OWN: Mapping[str, Role] = {
    COMMAND: Role.ADMINISTRATOR,
    ROUND: Role.PUBLISHER,
    DEADLINE: Role.PUBLISHER,
    NOBODY: Role.READER,
}
