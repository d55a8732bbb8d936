"""Signed tokens in the links of a mail, each good for one purpose."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from itsdangerous import BadSignature, TimestampSigner
from itsdangerous.signer import HMACAlgorithm

#: Bytes of the check: RFC 2104, section 5, advises at least half of SHA-256, which is 16; 18 make
#: 24 characters without spare bits, so that no other text encodes the same check.
_CHECK_BYTES = 18
#: Subscriber and epoch, time, check.
_TOKEN = re.compile(r"[0-9a-f]{1,16}-[0-9a-f]{1,16}\.[\w-]{1,11}\.[\w-]{24}", re.ASCII)


class Purpose(StrEnum):
    """What the bearer of a token may do."""

    CONFIRM = "confirm"
    #: Unsubscribe.
    LEAVE = "leave"
    #: See and change preferences. The value salts tokens in mails already sent: never change it.
    PREFERENCES = "wishes"

    @property
    def life(self) -> timedelta | None:
        """How long a token is valid; None: for ever, since an old mail must still unsubscribe.

        A week to confirm outlasts a holiday weekend. The preferences page shows an address, so the
        link in a forwarded mail must expire.
        """
        return {Purpose.CONFIRM: timedelta(days=7), Purpose.PREFERENCES: timedelta(days=30)}.get(
            self
        )


@dataclass(frozen=True, slots=True)
class LinkToken:
    """The content of a token."""

    purpose: Purpose
    #: Id of the subscriber.
    subscriber: int
    #: How often the subscription has begun; a new beginning revokes all earlier tokens.
    epoch: int
    #: When it was made, aware UTC, in whole seconds.
    made: datetime

    @property
    def until(self) -> datetime | None:
        """When it expires."""
        return self.made + self.purpose.life if self.purpose.life else None


@dataclass(frozen=True, slots=True)
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

    def __init__(self, purpose: Purpose, *, secrets: Sequence[bytes], at: datetime) -> None:
        super().__init__(
            list(secrets),
            salt=f"briefing {purpose}".encode(),
            key_derivation="hmac",
            digest_method=hashlib.sha256,
            algorithm=_ShortHMAC(),
        )
        self._at = at

    def get_timestamp(self) -> int:
        """Return the given time as a Unix timestamp."""
        return int(self._at.timestamp())


def make(
    purpose: Purpose, *, subscriber: int, epoch: int, secrets: Sequence[bytes], at: datetime
) -> str:
    """Return a token of URL-safe characters, about 37 of them, signed with the newest secret."""
    return _Signer(purpose, secrets=secrets, at=at).sign(f"{subscriber:x}-{epoch:x}").decode()


def read(
    purpose: Purpose, *, token: str, secrets: Sequence[bytes], at: datetime
) -> LinkToken | Expired | None:
    """Return the content of a token; None if it is not a valid one of ours for this purpose.

    The caller must check that its epoch is the current one of the subscription. A token of any of
    the secrets is valid.
    """
    if not _TOKEN.fullmatch(token):
        return None
    try:
        signer = _Signer(purpose, secrets=secrets, at=at)
        payload, made = signer.unsign(token, return_timestamp=True)
    except BadSignature:
        return None
    subscriber, epoch = (int(number, 16) for number in payload.split(b"-"))
    link = LinkToken(purpose, subscriber, epoch, made.astimezone(UTC))
    return Expired(link, link.until) if link.until and at > link.until else link
