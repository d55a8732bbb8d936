"""What the reply of a relay means: when to retry, and whether the address is dead."""

from __future__ import annotations

from datetime import datetime, timedelta

from briefing.core.model import BounceKind
from briefing.mail.relay import Result, ResultKind
from briefing.mail.report import judge, status_in

#: A minute after the first try: greylisting accepts a retry after one to five minutes
#: (RFC 6647, 4.3).
_FIRST_WAIT = timedelta(minutes=1)
#: RFC 5321, 4.5.4.1 asks for at least 30 minutes between later tries.
_LONGEST_WAIT = timedelta(minutes=30)
#: Jitter: share of a wait by which it varies, so that retries spread out.
_SPREAD = 0.2
#: Cap of the exponent; more doublings than any wait needs.
_DOUBLINGS = 10


def next_try(tries: int, *, at: datetime, until: datetime, chance: float) -> datetime | None:
    """Return when to retry a mail that was not accepted; None: it expires before.

    Args:
        tries: so far, from 1.
        at: now.
        until: when it expires.
        chance: random, 0 to 1.
    """
    doubled = _FIRST_WAIT * 2 ** min(max(tries, 1) - 1, _DOUBLINGS)
    wait = min(doubled, _LONGEST_WAIT) * (1 + _SPREAD * (2 * chance - 1))
    again = at + wait
    return again if again < until else None


def bounce_kind(result: Result) -> tuple[BounceKind | None, str]:
    """Return what a refusal means for the address, None for nothing, and the enhanced status.

    Policy and spam (5.7.x) and content (5.6.x) are about us and our mail, unless the text says
    that the address is dead.
    """
    status = status_in(f"{result.code} {result.detail}")
    kind = judge(status, result.detail, permanent=result.kind is ResultKind.REFUSED)
    about_us = kind is BounceKind.SOFT and status.startswith(("5.6.", "5.7."))
    return (None if about_us or result.code == 0 else kind), status
