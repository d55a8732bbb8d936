"""A return path for each delivery (VERP), so that a bounce identifies its mail."""

import hmac
from base64 import b32decode, b32encode
from binascii import Error
from collections.abc import Sequence

#: Prefix of a return path; the operator routes all of ``bounce+…`` to one mailbox.
_PREFIX = "bounce+"
#: Bytes of a delivery's id: the widest integer of the store.
_NUMBER_BYTES = 8
#: Bytes of the check: 136 bits. RFC 2104, section 5, asks for at least half of the digest and never
#: under 80 bits: whoever guesses one can have a subscriber suppressed as unreachable. With the
#: id it makes 40 characters without padding, 47 in all of the 64 allowed (RFC 5321, 4.5.3.1.1).
_CHECK_BYTES = 17
_LONGEST = 64
#: Separates these checks from all others made with the same secret.
_PURPOSE = b"briefing return path "


def return_path(delivery: int, *, secrets: Sequence[bytes], domain: str) -> str:
    """Return the envelope sender of a delivery, signed with the newest secret, the last.

    It is lower-case base32, since relays change the case of local parts.
    """
    return f"{_local_part(delivery, secrets[-1])}@{domain}"


def read(address: str, *, secrets: Sequence[bytes]) -> int | None:
    """Return the id of the delivery whose return path this is, in upper or lower case.

    None for an address that none of the secrets has signed. Checks are compared in constant time.
    """
    local = address.rpartition("@")[0].lower()
    if len(local) > _LONGEST or not local.isascii():
        return None
    try:
        delivery = int.from_bytes(b32decode(local.removeprefix(_PREFIX).upper())[:_NUMBER_BYTES])
    except Error:
        return None
    matches = [hmac.compare_digest(_local_part(delivery, secret), local) for secret in secrets]
    return delivery if any(matches) else None


def _local_part(delivery: int, secret: bytes) -> str:
    number = delivery.to_bytes(_NUMBER_BYTES)
    check = hmac.digest(secret, _PURPOSE + number, "sha256")[:_CHECK_BYTES]
    return _PREFIX + b32encode(number + check).decode().lower()
