"""Passwords of operators: kept as Argon2id (RFC 9106), and compared as long for every name."""

from __future__ import annotations

import hashlib
import secrets
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from briefing.errors import BusyError, UsageError

#: Characters of a password: fewer are guessed (NIST SP 800-63B-4, 3.1.1.2, asks for 15 alone and
#: 8 beside another factor; the lock after five tries stands in between), more are an attack.
LEAST, MOST = 12, 1000

#: The defaults of argon2-cffi: RFC 9106, section 4, second recommended option.
_HASHER = PasswordHasher()
#: At the same time: each takes 64 MiB.
PLACES = threading.BoundedSemaphore(2)
#: Seconds for a place; who waits holds a thread that pages need.
_PATIENCE = 5.0


def hashed(password: str) -> str:
    """Return a password as it is kept.

    Raises:
        UsageError: it is too short or too long.
    """
    if not LEAST <= len(password) <= MOST:
        raise UsageError(
            f"the password has {len(password)} characters; take at least {LEAST} and at most "
            f"{MOST:,}, for example four words"
        )
    return _HASHER.hash(_canonical(password))


def matches(password: str, *, kept: str | None, patience: float = _PATIENCE) -> bool:
    """Tell whether a password is the one that is kept; None, for an unknown name, takes as long.

    Raises:
        BusyError: too many are compared at this moment.
    """
    decoy = _decoy()
    if not PLACES.acquire(timeout=patience):
        raise BusyError("too many sign in at this moment; try again in a minute")
    try:
        _HASHER.verify(decoy if kept is None else kept, _canonical(password[:MOST]))
    except (VerificationError, InvalidHashError):
        return False
    finally:
        PLACES.release()
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Tell whether a hash was made with other parameters than hashes are made with now."""
    return _HASHER.check_needs_rehash(kept)


def tries_at(name: str) -> bytes:
    """Return under what wrong passwords of a name are counted, whether or not anybody has it."""
    return hashlib.sha256(b"name " + name.encode("utf-8", "replace")).digest()


def tries_from(network: str) -> bytes:
    """Return under what wrong passwords from a network are counted."""
    return hashlib.sha256(b"network " + network.encode()).digest()


@cache
def _decoy() -> str:
    return _HASHER.hash(secrets.token_hex(16))


def _canonical(password: str) -> bytes:
    """Return the bytes of a password: the same however the keyboard composes its letters."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace")
