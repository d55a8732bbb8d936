"""Sessions: a random value in a cookie, of which the store keeps only the digest."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from briefing.core.model import Session
from briefing.store import Store, Transaction, operators

#: A session ends when it is not used for so long, and at the latest so long after it began.
IDLE, LIFE = timedelta(hours=12), timedelta(days=7)
#: A use is noted at most so often.
_NOTED = timedelta(minutes=5)
#: Bytes of a cookie and of a form token: too many to guess.
_BYTES = 32


def begin(tx: Transaction, operator: str, *, at: datetime) -> str:
    """Open a session for an operator and return the value of its cookie."""
    value = secrets.token_urlsafe(_BYTES)
    session = Session(operator, secrets.token_urlsafe(_BYTES), since=at, until=at + IDLE)
    operators.open_session(tx, session_key(value), session)
    return value


def use(store: Store, value: str, *, at: datetime) -> Session | None:
    """Return the session of a cookie, extended by use; None when it has ended."""
    if not value:
        return None
    key = session_key(value)
    with store.read() as tx:
        session = operators.session(tx, key, at=at)
    if session is None or at >= session.since + LIFE:
        return None
    until = min(at + IDLE, session.since + LIFE)
    if until - session.until >= _NOTED:
        with store.write() as tx:
            operators.prolong(tx, key, until=until)
    return session


def end(tx: Transaction, value: str) -> None:
    """Close the session of a cookie, if there is one."""
    if value:
        operators.close_session(tx, session_key(value))


def session_key(value: str) -> bytes:
    """Return under what a session is kept."""
    return hashlib.sha256(value.encode()).digest()
