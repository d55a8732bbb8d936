"""VERB: tokens: what programs use the API with."""

import secrets
from datetime import datetime, timedelta

from briefing.app.access import check_name, role_of
from briefing.app.keys import BYTES, digest_key
from briefing.core.errors import UsageError
from briefing.core.model import ApiToken
from briefing.store import Store, Transaction, operators
from briefing.store.audit import Actor

#: What a token begins with: it tells people, and programs that look for secrets, what they have
#: found.
_BEGIN = "briefing_"
#: Uses within this time are noted as one: reading must not make everybody wait to write.
_ONCE = timedelta(minutes=1)


def add_token(tx: Transaction, name: str, *, role: str, actor: Actor) -> str:
    """Make a token for a program and return it; it is shown this once and kept as a digest.

    UsageError: the name is not valid or is taken, or the role is unknown.
    """
    known = role_of(role)
    check_name(name)
    if name in {token.name for token in operators.tokens(tx)}:
        raise UsageError(
            f"{name}: there is a token of this name; revoke it first: briefing tokens revoke {name}"
        )
    text = _BEGIN + secrets.token_urlsafe(BYTES)
    operators.keep_token(tx, ApiToken(name, known, actor.at), digest_key(text))
    actor.note(tx, "add token", f"{name}, {role}")
    return text


def revoke_token(tx: Transaction, name: str, *, actor: Actor) -> None:
    """Make a token good for nothing.

    UsageError: there is none with this name.
    """
    if not operators.revoke(tx, name):
        raise UsageError(f"{name[:80]!a}: no token; `briefing tokens list` shows all")
    actor.note(tx, "revoke token", name)


def use_token(store: Store, text: str, *, at: datetime) -> ApiToken | None:
    """Return the token that a request brings, and note its use; None when it is not known."""
    key = digest_key(text)
    with store.read() as tx:
        token = operators.token(tx, key)
    if token is None or (token.used is not None and at - token.used < _ONCE):
        return token
    with store.write() as tx:
        return operators.token(tx, key, at=at)
