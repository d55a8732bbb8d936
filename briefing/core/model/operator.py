"""Who may steer: operators, their sessions, and tokens of programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who may sign in."""

    #: Lower-case letters, digits, hyphens; unique.
    name: str
    #: Argon2id, in its own notation.
    hash: str
    #: Aware UTC.
    since: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one operator in one browser."""

    operator: str
    #: What every form of it carries; never the cookie's own value.
    form_token: str
    #: Aware UTC: since when, and when it ends unless it is used.
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What a program signs its requests with; only its SHA-256 is kept."""

    #: Given by the operator; unique.
    name: str
    #: "read", or "steer" which may also act.
    right: str
    since: datetime
    #: Last use, aware UTC; None: never.
    used: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line of the audit log; never changed."""

    at: datetime
    #: Name of the operator, "token NAME", or "command".
    who: str
    #: Verb and object, such as "drop story".
    what: str
    #: Which one, one line.
    about: str = ""
    #: Network it came from; empty for commands.
    origin: str = ""
