"""Tokens of programs: made, checked with each request, and revoked."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from briefing.app.actor import Actor
from briefing.app.operators.names import check_name
from briefing.core.errors import UsageError
from briefing.core.model import ApiToken
from briefing.store import Store, Transaction, operators

#: What a token may do.
RIGHTS = ("read", "steer")
#: Bytes of a token: nobody guesses them. What it begins with tells people, and programs that look
#: for secrets, what they have found.
_BYTES, _BEGIN = 32, "briefing_"
#: Uses within this time are noted as one: reading must not make everybody wait to write.
_ONCE = timedelta(minutes=1)


def add(tx: Transaction, name: str, *, right: str, actor: Actor, at: datetime) -> str:
    """Make a token for a program and return it; it is shown this once and kept as a digest.

    Raises:
        UsageError: the name is not valid or is taken, or there is no such right.
    """
    if right not in RIGHTS:
        raise UsageError(f"--right {right!a}: give {' or '.join(RIGHTS)}")
    check_name(name)
    if name in {token.name for token in operators.tokens(tx)}:
        raise UsageError(
            f"{name}: there is a token of this name; revoke it first: briefing tokens revoke {name}"
        )
    text = _BEGIN + secrets.token_urlsafe(_BYTES)
    operators.keep_token(tx, ApiToken(name, right, at), token_key(text))
    actor.note(tx, "add token", f"{name}, may {right}", at=at)
    return text


def revoke(tx: Transaction, name: str, *, actor: Actor, at: datetime) -> None:
    """Make a token good for nothing.

    Raises:
        UsageError: there is none with this name.
    """
    if not operators.revoke(tx, name):
        raise UsageError(f"{name[:80]!a}: no token; `briefing tokens list` shows all")
    actor.note(tx, "revoke token", name, at=at)


def use(store: Store, text: str, *, at: datetime) -> ApiToken | None:
    """Return the token that a request brings, and note its use; None when it is not known."""
    key = token_key(text)
    with store.read() as tx:
        token = operators.known_token(tx, key)
    if token is None or (token.used is not None and at - token.used < _ONCE):
        return token
    with store.write() as tx:
        return operators.token(tx, key, at=at)


def token_key(text: str) -> bytes:
    """Return under what a token is kept."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
