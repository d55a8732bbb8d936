"""PURE: how and since when somebody agreed to get mail, as those say who add them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from briefing.core.errors import InputError
from briefing.mail.headers import one_line

#: Characters of the words.
LONGEST = 500
#: Nobody asked for mail before.
_FIRST = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the consent log says of those who are added."""

    #: How they agreed, such as "signed the list at the spring meeting".
    words: str
    since: date


@dataclass(frozen=True, slots=True)
class AgreementError:
    """What is wrong with one part of it."""

    #: "consent" or "since".
    field: str
    #: A sentence without its full stop.
    reason: str
    hint: str


def agreement_errors(words: str, since: str, *, today: date) -> Iterator[AgreementError]:
    """Yield what is wrong with the parts as written, at most once each.

    Args:
        words: how they agreed.
        since: since when, as a date such as "2026-05-03"; empty means today.
        today: the local date.
    """
    written = one_line(words)
    if not written:
        yield AgreementError(
            "consent",
            "It is not said how they agreed",
            "Write it, such as: signed the list at the spring meeting",
        )
    elif len(written) > LONGEST:
        yield AgreementError(
            "consent",
            f"How they agreed has more than {LONGEST} characters",
            f"Write it in at most {LONGEST} characters",
        )
    day = _day(since, today=today)
    if day is None or not _FIRST <= day <= today:
        yield AgreementError(
            "since",
            "Since when they agreed is not a date up to today",
            f"Write it like {today.isoformat()}",
        )


def read_agreement(words: str, since: str, *, today: date) -> Agreement:
    """Return an agreement.

    Raises:
        InputError: a part is wrong; the message gives the first, with what to do.
    """
    for wrong in agreement_errors(words, since, today=today):
        raise InputError(f"{wrong.reason}. {wrong.hint}")
    day = _day(since, today=today)
    assert day is not None  # noqa: S101  checked above
    return Agreement(one_line(words), day)


def _day(text: str, *, today: date) -> date | None:
    if not text.strip():
        return today
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
