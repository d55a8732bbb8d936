"""What follows for a delivery from what the relay said, and what it says of the address."""

from __future__ import annotations

from datetime import datetime, timedelta

from briefing.core.model import BounceKind
from briefing.mail.relay import Result, ResultKind
from briefing.mail.report import judge, status_in

#: A minute after the first try: greylisting lets in who comes back after one to five minutes
#: (RFC 6647, 4.3).
_FIRST_WAIT = timedelta(minutes=1)
#: RFC 5321, 4.5.4.1 asks for at least 30 minutes between later tries.
_LONGEST_WAIT = timedelta(minutes=30)
#: Share of a wait by which it is shortened or lengthened, so that not all come back at once.
_SPREAD = 0.2
#: More doublings than any wait needs.
_DOUBLINGS = 10


def next_try(tries: int, *, at: datetime, until: datetime, chance: float) -> datetime | None:
    """Return when a mail that was not taken is tried again; None: not before its life is over.

    Args:
        tries: begun so far, from 1.
        at: now.
        until: the end of its life.
        chance: 0 to 1, at random.
    """
    doubled = _FIRST_WAIT * 2 ** min(max(tries, 1) - 1, _DOUBLINGS)
    wait = min(doubled, _LONGEST_WAIT) * (1 + _SPREAD * (2 * chance - 1))
    again = at + wait
    return again if again < until else None


def bounce_kind(result: Result) -> tuple[BounceKind | None, str]:
    """Return what a refusal says of the address, and the enhanced status; None: nothing.

    Policy and spam (5.7.x) and content (5.6.x) are about us and our mail, but for what the words
    say of a dead address.
    """
    status = status_in(f"{result.code} {result.words}")
    kind = judge(status, result.words, permanent=result.kind is ResultKind.REFUSED)
    about_us = kind is BounceKind.SOFT and status.startswith(("5.6.", "5.7."))
    return (None if about_us or result.code == 0 else kind), status
