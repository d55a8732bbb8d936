"""Signed tokens in the links of a mail, each good for one purpose."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from itsdangerous import BadSignature, TimestampSigner
from itsdangerous.signer import HMACAlgorithm

#: Bytes of the check: RFC 2104, section 5, advises half of SHA-256 at least, which is 16; 18 are 24
#: characters with no bit to spare, so that no other text says the same.
_CHECK_BYTES = 18
#: Subscriber and epoch, moment, check.
_TOKEN = re.compile(r"[0-9a-f]{1,16}-[0-9a-f]{1,16}\.[\w-]{1,11}\.[\w-]{24}", re.ASCII)


class Purpose(StrEnum):
    """What the bearer of a token may do."""

    CONFIRM = "confirm"
    #: Unsubscribe.
    LEAVE = "leave"
    #: See and change preferences.
    WISHES = "wishes"

    @property
    def life(self) -> timedelta | None:
        """How long a token is good; None: for ever, since an old mail must still let its reader go.

        A week to confirm outlasts a holiday weekend; preferences show an address, so that a mail
        that was passed on must lose its power.
        """
        return {Purpose.CONFIRM: timedelta(days=7), Purpose.WISHES: timedelta(days=30)}.get(self)


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What a token says."""

    purpose: Purpose
    #: Id of the subscriber.
    subscriber: int
    #: How often the subscription had begun; one that begins anew ends all tokens before.
    epoch: int
    #: When it was made, aware UTC, in whole seconds.
    made: datetime

    @property
    def until(self) -> datetime | None:
        """When it expires."""
        return self.made + self.purpose.life if self.purpose.life else None


@dataclass(frozen=True, slots=True)
class Expired:
    """A token that was good once."""

    token: LinkToken
    #: When it expired, aware UTC.
    since: datetime


class _ShortHMAC(HMACAlgorithm):
    """HMAC-SHA256 cut short, so that a link stays on one line of a mail."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return HMACAlgorithm(hashlib.sha256).get_signature(key, value)[:_CHECK_BYTES]


class _Signer(TimestampSigner):
    """Signs for one purpose, at a moment that is passed in."""

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
        """Return the moment as a number."""
        return int(self._at.timestamp())


def make(
    purpose: Purpose, *, subscriber: int, epoch: int, secrets: Sequence[bytes], at: datetime
) -> str:
    """Return a token of URL-safe characters, about 37 of them, signed with the newest secret.

    Args:
        purpose: what its bearer may do.
        subscriber: id of the subscriber.
        epoch: see :class:`LinkToken`.
        secrets: oldest to newest.
        at: the moment, aware UTC.
    """
    signer = _Signer(purpose, secrets=secrets, at=at)
    return signer.sign(f"{subscriber:x}-{epoch:x}").decode()


def read(
    purpose: Purpose, *, token: str, secrets: Sequence[bytes], at: datetime
) -> LinkToken | Expired | None:
    """Return what a token says; None when it is not one of ours for this purpose.

    Whether its epoch is the subscription's present one is for the caller to see.

    Args:
        purpose: what its bearer wants to do.
        token: as it came, of any length.
        secrets: oldest to newest; a token of any of them is good.
        at: the moment, aware UTC.
    """
    if not _TOKEN.fullmatch(token):
        return None
    try:
        signer = _Signer(purpose, secrets=secrets, at=at)
        payload, made = signer.unsign(token, return_timestamp=True)
    except BadSignature:
        return None
    subscriber, epoch = (int(number, 16) for number in payload.split(b"-"))
    told = LinkToken(purpose, subscriber, epoch, made.astimezone(UTC))
    return Expired(told, told.until) if told.until and at > told.until else told
