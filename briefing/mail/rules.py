"""What follows for a subscriber and for a delivery from what the relay said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from briefing.mail.relay import Kind, Result
from briefing.mail.report import judge, status_in
from briefing.model import BounceKind, Consent, State

#: A minute after the first try: greylisting lets in who comes back after one to five minutes
#: (RFC 6647, 4.3).
_FIRST_WAIT = timedelta(minutes=1)
#: RFC 5321, 4.5.4.1 asks for at least 30 minutes between later tries.
_LONGEST_WAIT = timedelta(minutes=30)
#: Share of a wait by which it is shortened or lengthened, so that not all come back at once.
_SPREAD = 0.2
#: More doublings than any wait needs.
_DOUBLINGS = 10

#: How the log names the begin of a subscription.
_BEGINS = {"confirmed", "imported"}


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
    kind = judge(status, result.words, permanent=result.kind is Kind.REFUSED)
    about_us = kind is BounceKind.SOFT and status.startswith(("5.6.", "5.7."))
    return (None if about_us or result.code == 0 else kind), status


def next_state(kind: BounceKind, *, in_a_row: int, soft_limit: int) -> State | None:
    """Return the state that follows from a bounce; None: as before.

    Args:
        kind: of the bounce.
        in_a_row: how many of the last mails came back, this one included.
        soft_limit: how many soft ones in a row end a subscription.
    """
    if kind is BounceKind.COMPLAINT:
        return State.COMPLAINED
    hard = kind is BounceKind.HARD or in_a_row >= soft_limit
    return State.BOUNCED if hard else None


def begun(consents: Iterable[Consent]) -> datetime | None:
    """Return when a subscription last began; None: the log does not say.

    Who undoes their leaving begins nothing anew. An operator who resumes one had seen it bounce.
    """
    return max((one.at for one in consents if _begins(one)), default=None)


def _begins(one: Consent) -> bool:
    return one.what in _BEGINS or (one.what, one.how) == ("returned", "command")
