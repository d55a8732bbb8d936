"""Tokens with which programs use the API."""

import secrets
from datetime import datetime, timedelta

from briefing.app.access import check_name, role_of
from briefing.app.keys import BYTES, digest_key
from briefing.core.errors import UsageError
from briefing.core.model import ApiToken
from briefing.store import Store, Transaction, operators
from briefing.store.audit import Actor

#: Prefix of a token, by which people and secret scanners recognize it.
_BEGIN = "briefing_"
#: Uses within this time are recorded as one, so that reading need not wait for a writer.
_ONCE = timedelta(minutes=1)


def add_token(tx: Transaction, name: str, *, role: str, actor: Actor) -> str:
    """Make a token for a program and return it; it is shown only once and stored as a digest.

    UsageError: the name is not valid or is taken, or the role is unknown.
    """
    known = role_of(role)
    check_name(name)
    if name in {token.name for token in operators.tokens(tx)}:
        raise UsageError(
            f"{name}: this token already exists; revoke it first: briefing tokens revoke {name}"
        )
    text = _BEGIN + secrets.token_urlsafe(BYTES)
    operators.keep_token(tx, ApiToken(name, known, actor.at), digest_key(text))
    actor.note(tx, "add token", f"{name}, {role}")
    return text


def revoke_token(tx: Transaction, name: str, *, actor: Actor) -> None:
    """Revoke a token.

    UsageError: there is none with this name.
    """
    if not operators.revoke(tx, name):
        raise UsageError(f"{name[:80]!a}: no token; `briefing tokens list` shows all")
    actor.note(tx, "revoke token", name)


def use_token(store: Store, text: str, *, at: datetime) -> ApiToken | None:
    """Return the token in a request, and record its use; None if it is unknown."""
    key = digest_key(text)
    token = store.look(operators.token, key)
    if not token or (token.used and at - token.used < _ONCE):
        return token
    return store.apply(operators.token, key, at=at)
