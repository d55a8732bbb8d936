"""Who may steer: operators with their passwords, and tokens of programs."""

from __future__ import annotations

import hashlib
import re
import secrets
import sys
from dataclasses import replace
from pathlib import Path

from briefing.core.errors import InputError, UsageError
from briefing.core.model import ApiToken, AuditEvent, Operator
from briefing.setup.clock import now
from briefing.setup.passwords import MOST, all_tries_at, hashed
from briefing.store import Store, Transaction, audit, operators

#: What a token may do.
RIGHTS = ("read", "steer")
#: Names that the audit log needs for others.
_TAKEN = frozenset({"command", "token", "unknown"})
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
#: Bytes of a token: nobody guesses them. What it begins with tells people, and programs that look
#: for secrets, what they have found.
_BYTES, _BEGIN = 32, "briefing_"
#: Bytes of a password file that are read: four a character.
_LARGEST = 4 * MOST + 2


def add_operator(store: Store, name: str, *, password: str) -> None:
    """Add a person who may sign in.

    Raises:
        UsageError: the name is none or taken, or the password is too short or too long.
    """
    new = Operator(_checked(name), hashed(password), now())
    with store.write() as tx:
        if operators.get(tx, name) is not None:
            raise UsageError(
                f"{name}: is an operator already; to set another password: "
                f"briefing operators password {name}"
            )
        operators.keep(tx, new)
        _note(tx, "add operator", name)


def listed_operators(store: Store) -> tuple[Operator, ...]:
    """Return all who may sign in, by name."""
    with store.read() as tx:
        return tuple(operators.listed(tx))


def remove_operator(store: Store, name: str) -> None:
    """Remove an operator and end all their sessions.

    Raises:
        UsageError: there is none of this name.
    """
    with store.write() as tx:
        _found(tx, name)
        operators.close_sessions_of(tx, name)
        operators.remove(tx, name)
        _note(tx, "remove operator", name)


def change_password(store: Store, name: str, *, password: str) -> None:
    """Set another password; ends all sessions of the operator, and the lock of the name.

    Raises:
        UsageError: there is none of this name, or the password is too short or too long.
    """
    kept = hashed(password)
    with store.write() as tx:
        operators.keep(tx, replace(_found(tx, name), hash=kept))
        operators.close_sessions_of(tx, name)
        operators.clear_failures(tx, all_tries_at(name))
        _note(tx, "change password", name)


def read_password(path: Path) -> str:
    """Return the first line of a file, of standard input for ``-``.

    Raises:
        InputError: it cannot be read or is not UTF-8.
    """
    try:
        if str(path) == "-":
            content = sys.stdin.buffer.readline(_LARGEST)
        else:
            with path.open("rb") as file:
                content = file.readline(_LARGEST)
        return content.decode().rstrip("\r\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise InputError(f"{path}: its first line is not UTF-8") from None


def add_token(store: Store, name: str, *, right: str) -> str:
    """Make a token for a program and return it; it is shown this once and kept as a digest.

    Raises:
        UsageError: the name is none or taken, or there is no such right.
    """
    if right not in RIGHTS:
        raise UsageError(f"--right {right!a}: give {' or '.join(RIGHTS)}")
    text = _BEGIN + secrets.token_urlsafe(_BYTES)
    with store.write() as tx:
        if _checked(name) in {one.name for one in operators.tokens(tx)}:
            raise UsageError(
                f"{name}: there is a token of this name; revoke it first: "
                f"briefing tokens revoke {name}"
            )
        operators.keep_token(tx, ApiToken(name, right, now()), token_key(text))
        _note(tx, "add token", f"{name}, may {right}")
    return text


def listed_tokens(store: Store) -> tuple[ApiToken, ...]:
    """Return all tokens of programs, by name."""
    with store.read() as tx:
        return tuple(operators.tokens(tx))


def revoke_token(store: Store, name: str) -> None:
    """Make a token good for nothing.

    Raises:
        UsageError: there is none of this name.
    """
    with store.write() as tx:
        if not operators.revoke(tx, name):
            raise UsageError(f"{name[:80]!a}: no token; `briefing tokens list` shows all")
        _note(tx, "revoke token", name)


def token_key(text: str) -> bytes:
    """Return under what a token is kept."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def _checked(name: str) -> str:
    if _NAME.fullmatch(name) is None or name in _TAKEN:
        raise UsageError(
            f"{name[:80]!a}: cannot be a name; take up to 40 lower-case letters, digits and "
            f"hyphens, and none of {', '.join(sorted(_TAKEN))}"
        )
    return name


def _found(tx: Transaction, name: str) -> Operator:
    known = operators.get(tx, name)
    if known is None:
        raise UsageError(f"{name[:80]!a}: no operator; `briefing operators list` shows all")
    return known


def _note(tx: Transaction, what: str, about: str) -> None:
    audit.note(tx, AuditEvent(now(), "command", what, about))
