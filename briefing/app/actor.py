"""Who acts on the store and when, as the audit log and the consent log name them."""

from dataclasses import dataclass
from datetime import datetime

from briefing.core.model import AuditEvent
from briefing.store import Transaction, audit


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
        audit.note(tx, AuditEvent(self.at, self.name, what, printable, self.network))


#: Name of the command line in the audit log.
COMMAND = "command"
