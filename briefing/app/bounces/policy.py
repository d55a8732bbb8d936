"""PURE: when mail that does not arrive ends a subscription, and when it is the relay's fault."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from briefing.core.model import BounceKind, Consent, DeliveryStatus, State
from briefing.mail.report import DEAD

#: Failures below which they do not count as many. With two dead addresses among two nobody knows
#: whose fault it is; three strangers' addresses do not die on one day.
_MANY = 3
#: Of the answers to an edition at least so many must be acceptances for each that is none. Lists
#: in use lose a few in a hundred a month; mail providers stop senders of more than one in ten.
_ACCEPTED = 3
#: Refusals in a row after which each of them may be the relay's.
STREAK = 5
#: Tries after which a refusal among others in a row is believed.
_BELIEVED = 4
#: Editions with a hard bounce after which an address is dead.
_EDITIONS = 2
#: How the log names the begin of a subscription.
_BEGINS = {"confirmed", "imported"}


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The status of one delivery of an edition."""

    #: Domain of the recipient, in lower case.
    domain: str
    #: SENT or REFUSED.
    status: DeliveryStatus
    #: What came back; None: nothing.
    kind: BounceKind | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one delivery to a subscriber."""

    edition: str
    #: None: nothing came back.
    kind: BounceKind | None
    #: False: too many others of this edition or this domain failed with it.
    counts: bool = True


@dataclass(frozen=True, slots=True)
class DeliveryHealth:
    """Whether the failures of an edition are those of single recipients."""

    #: Answers in all, and how many of them were failures.
    answers: int
    failures: int
    #: False: the relay, or we ourselves, failed for everybody.
    sound: bool
    #: Domains that failed for nearly everybody, with failures and answers.
    unsound: tuple[tuple[str, int, int], ...] = ()

    def counts(self, domain: str) -> bool:
        """Tell whether a failure at a domain is its recipient's own."""
        return self.sound and domain not in {name for name, *_ in self.unsound}

    @property
    def words(self) -> tuple[str, ...]:
        """One line for each refusing domain; none when all is well."""
        if not self.sound:
            return (f"{self.failures:,} of {self.answers:,} came back",)
        return tuple(f"{name}: {bad:,} of {all_:,} came back" for name, bad, all_ in self.unsound)


def health(
    answers: Iterable[DeliveryResult], *, kinds: Collection[BounceKind] = ()
) -> DeliveryHealth:
    """Judge the answers to an edition, overall and by domain.

    A domain is judged by the most of its answers, from three failures on: a provider that rejects
    everybody is at fault itself. Sound is an edition of which at least three quarters arrived at
    the other domains.

    Args:
        answers: of all that was sent or refused so far.
        kinds: of bounces that count as failures, beside refusals; none: hard ones.
    """
    failing = set(kinds) or {BounceKind.HARD}
    domains: dict[str, _Count] = {}
    for answer in answers:
        count = domains.setdefault(answer.domain, _Count())
        count.answers += 1
        count.failures += answer.status is DeliveryStatus.REFUSED or answer.kind in failing
        count.taken += answer.status is DeliveryStatus.SENT
    unsound = {name for name, count in domains.items() if count.is_unsound}
    total = _sum(domains.values())
    rest = _sum(count for name, count in domains.items() if name not in unsound)
    return DeliveryHealth(
        total.answers,
        total.failures,
        rest.is_sound if rest.answers else not unsound,
        tuple((name, domains[name].failures, domains[name].answers) for name in sorted(unsound)),
    )


@dataclass(slots=True)
class _Count:
    """Answers, failures among them, and what the relay took over at first."""

    answers: int = 0
    failures: int = 0
    taken: int = 0

    @property
    def is_unsound(self) -> bool:
        """Tell whether a domain fails for most."""
        return self.failures >= _MANY and self.answers - self.failures < self.failures

    @property
    def is_sound(self) -> bool:
        """Tell whether those of an edition that failed are single ones."""
        if self.failures < _MANY:
            return self.taken >= self.failures
        return self.answers - self.failures >= _ACCEPTED * self.failures


def _sum(counts: Iterable[_Count]) -> _Count:
    total = _Count()
    for count in counts:
        total.answers += count.answers
        total.failures += count.failures
        total.taken += count.taken
    return total


def is_believed(edition: DeliveryHealth, *, domain: str, in_a_row: int, tries: int) -> bool:
    """Tell whether a refusal by the relay is about its recipient.

    A relay that goes mad in the midst of a run refuses many in a row; those are tried again.

    Args:
        edition: its answers, with all refusals that are not believed yet.
        domain: of the recipient.
        in_a_row: refusals of the streak that it belongs to.
        tries: of this delivery.
    """
    return edition.counts(domain) and (in_a_row < STREAK or tries >= _BELIEVED)


def is_clear(kind: BounceKind, status: str, named: str, *, address: str) -> bool:
    """Tell whether a report to our return path declares this very address dead."""
    return (
        kind is BounceKind.HARD and status in DEAD and named.casefold() == address.casefold() != ""
    )


def next_state(
    kind: BounceKind, attempts: Sequence[Attempt], *, clear: bool, soft_limit: int
) -> State | None:
    """Return the state that follows from a bounce and what came before it; None: as before.

    Args:
        kind: of the bounce.
        attempts: newest first, those since the subscription began.
        clear: whether the bounce names this address as dead, and counts.
        soft_limit: how many bounces in a row end a subscription.
    """
    if kind is BounceKind.COMPLAINT:
        return State.COMPLAINED
    counted = [attempt for attempt in attempts if attempt.counts]
    hard = {attempt.edition for attempt in counted if attempt.kind is BounceKind.HARD}
    # From the last that came back on: of later ones nothing can have come back yet.
    back = [attempt.kind is not None for attempt in counted]
    first = back.index(True) if any(back) else len(back)
    in_a_row = sum(takewhile(bool, back[first:]))
    ended = clear or len(hard) >= _EDITIONS or in_a_row >= soft_limit
    return State.BOUNCED if ended else None


def begun(consents: Iterable[Consent]) -> datetime | None:
    """Return when a subscription last began; None: not in the log.

    Who undoes their leaving begins nothing anew. An operator who resumes one has seen it bounce.
    """
    return max((consent.at for consent in consents if _begins(consent)), default=None)


def _begins(consent: Consent) -> bool:
    return consent.what in _BEGINS or (consent.what, consent.how) == ("returned", "command")
