"""Passwords of operators: kept as Argon2id (RFC 9106), and compared as long for every name."""

from __future__ import annotations

import hashlib
import secrets
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from types import MappingProxyType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from briefing.core.errors import BusyError, UsageError

#: Characters of a password: fewer are guessed (NIST SP 800-63B-4, 3.1.1.2, asks for 15 alone and
#: 8 beside another factor; the lock after five tries stands in between), more are an attack.
LEAST, MOST = 12, 1000

#: The defaults of argon2-cffi: RFC 9106, section 4, second recommended option.
_HASHER = PasswordHasher()
#: Compared at the same time, each with 64 MiB: one from where an operator is known, and one of all
#: others, so that strangers keep no operator waiting.
PLACES: Mapping[bool, threading.BoundedSemaphore] = MappingProxyType(
    {known: threading.BoundedSemaphore(1) for known in (True, False)}
)
#: How many may wait for a place, and seconds for which they do: they hold threads that pages need.
QUEUES: Mapping[bool, threading.BoundedSemaphore] = MappingProxyType(
    {known: threading.BoundedSemaphore(5) for known in (True, False)}
)
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


def matches(
    password: str, *, kept: str | None, known: bool = False, patience: float = _PATIENCE
) -> bool:
    """Tell whether a password is the one that is kept; None, for an unknown name, takes as long.

    Args:
        password: as typed.
        kept: its hash.
        known: whether it comes from where the operator is known.
        patience: seconds to wait for a place.

    Raises:
        BusyError: too many are compared at this moment.
    """
    decoy = _decoy()
    with _place(known=known, patience=patience):
        try:
            _HASHER.verify(decoy if kept is None else kept, _canonical(password[:MOST]))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


@contextmanager
def _place(*, known: bool, patience: float) -> Iterator[None]:
    """Have a place in which a password is compared.

    Raises:
        BusyError: too many wait already, or for too long.
    """
    with ExitStack() as held:
        for room, wait in ((QUEUES[known], 0.0), (PLACES[known], patience)):
            if not room.acquire(timeout=wait):
                raise BusyError("too many sign-ins at the moment; try again in a minute")
            held.callback(room.release)
        yield


def is_outdated(stored_hash: str) -> bool:
    """Tell whether a hash was made with other parameters than hashes are made with now."""
    return _HASHER.check_needs_rehash(stored_hash)


def tries_at(name: str, *, place: str = "") -> bytes:
    """Return under what wrong passwords of a name are counted, whether or not anybody has it.

    Args:
        name: as typed.
        place: where they come from: a network, a device; empty: anywhere. All keys of a name
            begin with :func:`all_tries_at`.
    """
    return all_tries_at(name) + _digest(b"place " + place.encode())


def all_tries_at(name: str) -> bytes:
    """Return the begin of all keys of a name."""
    return _digest(b"name " + name.encode("utf-8", "replace"))


def tries_from(network: str) -> bytes:
    """Return under what wrong passwords from a network are counted."""
    return hashlib.sha256(b"network " + network.encode()).digest()


def _digest(text: bytes) -> bytes:
    """Return half of a key."""
    return hashlib.sha256(text).digest()[:16]


@cache
def _decoy() -> str:
    return _HASHER.hash(secrets.token_hex(16))


def _canonical(password: str) -> bytes:
    """Return the bytes of a password: the same however the keyboard composes its letters."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace")
