"""Signed tokens for the links in a mail, each valid for one purpose, and signed return paths."""

import hashlib
import hmac
import re
from base64 import b32decode, b32encode
from binascii import Error
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from itsdangerous import BadSignature, TimestampSigner
from itsdangerous.signer import HMACAlgorithm

from briefing.core.frozen import frozen

#: Bytes of the check: RFC 2104, section 5, recommends at least half of SHA-256, which is 16; 18
#: make 24 characters without spare bits, so that no other text encodes the same check.
_CHECK_BYTES = 18
#: Subscriber and epoch, time, check.
_TOKEN = re.compile(r"(?a)[0-9a-f]{1,16}-[0-9a-f]{1,16}\.[\w-]{1,11}\.[\w-]{24}")


class Purpose(StrEnum):
    """What the bearer of a token may do."""

    CONFIRM = "confirm"
    #: Unsubscribe.
    LEAVE = "leave"
    #: View and change preferences. The value salts tokens in mails already sent: never change it.
    PREFERENCES = "wishes"
    #: Read the pages of a closed briefing on one device, which stores the token in a cookie.
    READ = "read"
    #: Read its feeds, whose addresses contain the token.
    FEED = "feed"

    @property
    def life(self) -> timedelta | None:
        """How long a token is valid; None: forever, since an old mail must still unsubscribe.

        A week to confirm outlasts a holiday weekend. The preferences page shows an address, so the
        link in a forwarded mail must expire.
        """
        days = {Purpose.CONFIRM: 7, Purpose.PREFERENCES: 30, Purpose.READ: 180}
        return timedelta(days=days[self]) if self in days else None


@frozen
class LinkToken:
    """The content of a token."""

    purpose: Purpose
    #: Id of the subscriber.
    subscriber: int
    #: How often the subscription has begun; beginning again revokes all earlier tokens.
    epoch: int
    #: When it was made, aware UTC, in whole seconds.
    made: datetime

    @property
    def until(self) -> datetime | None:
        """When it expires; None if it does not."""
        return self.made + self.purpose.life if self.purpose.life else None


@frozen
class Expired:
    """A valid token that has expired."""

    token: LinkToken
    #: When it expired, aware UTC.
    since: datetime


class _ShortHMAC(HMACAlgorithm):
    """Truncated HMAC-SHA256, so that a link fits on one line of a mail."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return HMACAlgorithm(hashlib.sha256).get_signature(key, value)[:_CHECK_BYTES]


class _Signer(TimestampSigner):
    """Signs for one purpose, at a given time."""

    def __init__(
        self, purpose: Purpose, *, secrets: Sequence[bytes], at: datetime, of: str
    ) -> None:
        super().__init__(
            list(secrets),
            salt=f"briefing {purpose}{of and ' '}{of}".encode(),
            key_derivation="hmac",
            digest_method=hashlib.sha256,
            algorithm=_ShortHMAC(),
        )
        self._at = at

    def get_timestamp(self) -> int:
        """Return the given time as a Unix timestamp."""
        return int(self._at.timestamp())


def make(  # noqa: PLR0913  the content of a token and its key
    purpose: Purpose,
    *,
    subscriber: int,
    epoch: int,
    secrets: Sequence[bytes],
    at: datetime,
    of: str = "",
) -> str:
    """Return a token of about 37 URL-safe characters, signed with the newest secret.

    A token ``of`` a briefing is valid only there, even if others have the same secrets.
    """
    signer = _Signer(purpose, secrets=secrets, at=at, of=of)
    return signer.sign(f"{subscriber:x}-{epoch:x}").decode()


def read(
    purpose: Purpose, *, token: str, secrets: Sequence[bytes], at: datetime, of: str = ""
) -> LinkToken | Expired | None:
    """Return the content of a token; None if it is not a valid one of ours for this purpose.

    A token signed with any of the secrets is valid. The caller must check that its epoch is the
    current one of the subscription.
    """
    if not _TOKEN.fullmatch(token):
        return None
    try:
        signer = _Signer(purpose, secrets=secrets, at=at, of=of)
        payload, made = signer.unsign(token, return_timestamp=True)
    except BadSignature:
        return None
    subscriber, epoch = (int(number, 16) for number in payload.split(b"-"))
    link = LinkToken(purpose, subscriber, epoch, made.astimezone(UTC))
    return Expired(link, link.until) if link.until and at > link.until else link


#: Prefix of a return path; the operator routes all of ``bounce+…`` to one mailbox.
_PREFIX = "bounce+"
#: Bytes of a delivery's id: the widest integer of the store.
_NUMBER_BYTES = 8
#: Bytes of the check: 136 bits. RFC 2104, section 5, requires at least half of the digest and 80
#: bits; whoever guessed one could have a subscriber suppressed as unreachable. With the id it makes
#: 40 characters without padding, 47 in all of the 64 allowed (RFC 5321, 4.5.3.1.1).
_PATH_CHECK_BYTES = 17
_LONGEST = 64
#: Separates these checks from all others made with the same secret.
_PURPOSE = b"briefing return path "


def return_path(delivery: int, *, secrets: Sequence[bytes], domain: str) -> str:
    """Return the envelope sender of a delivery, signed with the newest secret, the last.

    It is lower-case base32, since relays change the case of local parts.
    """
    return f"{_local_part(delivery, secrets[-1])}@{domain}"


def read_return_path(address: str, *, secrets: Sequence[bytes]) -> int | None:
    """Return the id of the delivery with this return path, ignoring case.

    None if none of the secrets has signed the address. Checks are compared in constant time.
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
    check = hmac.digest(secret, _PURPOSE + number, "sha256")[:_PATH_CHECK_BYTES]
    return _PREFIX + b32encode(number + check).decode().lower()
