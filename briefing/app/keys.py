"""Random values that stand for a session, a device or a token, and what is kept of them."""

import hashlib

#: Random bytes of a value.
BYTES = 32


def digest_key(text: str) -> bytes:
    """Return under what a session, a device or a token is kept, or tries are counted."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def id_of(key: bytes) -> str:
    """Return what a session or a device is called in lists: nobody signs in or reads by it."""
    return key.hex()[:16]
