"""Ends subscriptions whose mail does not arrive, and brings back those that should not have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from briefing.app.bounces.policy import (
    Attempt,
    DeliveryHealth,
    DeliveryResult,
    begun,
    health,
    next_state,
)
from briefing.core.model import Bounce, BounceKind, Consent, Delivery, State
from briefing.store import Transaction, bounces, subscribers

#: How final a state is in which nothing is sent; a later mail never makes it less so.
_FINAL = {State.BOUNCED: 1, State.UNSUBSCRIBED: 2, State.COMPLAINED: 3}
_LOGGED = {
    State.BOUNCED: ("bounced", "bounce"),
    State.UNSUBSCRIBED: ("left", "mail"),
    State.COMPLAINED: ("complained", "bounce"),
}
#: Reason in the log for subscriptions that the program itself resumes.
_TOO_MANY = "too many came back with it: not the address's fault"
_ANY = (BounceKind.HARD, BounceKind.SOFT)


@dataclass(frozen=True, slots=True)
class RecordedBounce:
    """A bounce that has been recorded and may end a subscription."""

    delivery: Delivery
    bounce: Bounce
    #: It names this very address as dead.
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Effects on subscriptions."""

    ended: int = 0
    #: Subscriptions that went on again, since too many others failed with them.
    restored: int = 0
    #: Why bounces ended nothing, one line each.
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resumed:
    """Resumed subscriptions."""

    addresses: tuple[str, ...]
    #: Addresses taken off the list of those not written to, of forgotten subscribers too.
    lifted: int


def resume_ended(
    tx: Transaction, *, since: datetime, consent: Consent, dry: bool = False
) -> Resumed:
    """Resume subscriptions ended by bounces since a time; never those of readers who left.

    Args:
        tx: a transaction, a writing one unless it is dry.
        since: aware UTC.
        consent: who resumes them, and when.
        dry: only report them.
    """
    ended = subscribers.ended_by_bounces(tx, since=since)
    lifted = subscribers.count_bounced(tx, since=since)
    if not dry:
        for delivery in ended:
            subscribers.change_state(tx, delivery.id, State.ACTIVE, consent=consent)
        subscribers.lift_bounced(tx, since=since)
    return Resumed(tuple(delivery.address for delivery in ended), lifted)


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case."""
    return address.rpartition("@")[2].casefold()


def review(
    tx: Transaction, recorded: Sequence[RecordedBounce], *, soft_limit: int, at: datetime
) -> Reviewed:
    """End the subscriptions that bounces are to end.

    Called when all that came back together has been recorded: one that fails among many says
    nothing of its address. Those of the same edition that had ended before it turned out to be
    many go on again.
    """
    judge = _Judge(tx, soft_limit)
    ended = sum(judge.ends(item, at=at) for item in recorded if item.delivery.address)
    editions = sorted({item.delivery.edition for item in recorded})
    restored = sum(_restore(tx, name, judge.health(name), at=at) for name in editions)
    messages = (
        f"{name}: {line}; no subscription was ended"
        for name in editions
        for line in judge.health(name).words
    )
    return Reviewed(ended, restored, tuple(messages))


def end(tx: Transaction, delivery: Delivery, state: State, *, words: str, at: datetime) -> bool:
    """End a subscription, unless it ended in a way that is as final; tell whether it did."""
    subscriber = subscribers.get(tx, delivery.subscriber)
    if subscriber is None or _FINAL.get(subscriber.state, 0) >= _FINAL[state]:
        return False
    what, how = _LOGGED[state]
    consent = Consent(at, what, how, origin=delivery.edition, words=words)
    return subscribers.change_state(tx, subscriber.id, state, consent=consent, reason=words)


def answers_of(tx: Transaction, edition: str) -> tuple[DeliveryResult, ...]:
    """Return how an edition was answered so far."""
    counted = bounces.answers(tx, edition)
    return tuple(
        DeliveryResult(domain_of(address), status, kind) for address, status, kind in counted
    )


class _Judge:
    """Judges by what the store knows of each edition, read once."""

    def __init__(self, tx: Transaction, soft_limit: int) -> None:
        self._tx, self._soft_limit = tx, soft_limit
        self._answers: dict[str, tuple[DeliveryResult, ...]] = {}
        self._health: dict[tuple[str, bool], DeliveryHealth] = {}

    def health(self, edition: str, *, soft: bool = False) -> DeliveryHealth:
        key = edition, soft
        if key not in self._health:
            if edition not in self._answers:
                self._answers[edition] = answers_of(self._tx, edition)
            kinds = _ANY if soft else ()
            self._health[key] = health(self._answers[edition], kinds=kinds)
        return self._health[key]

    def ends(self, item: RecordedBounce, *, at: datetime) -> bool:
        """End the subscription if it is to end; tell whether it did."""
        delivery, kind = item.delivery, item.bounce.kind
        since = begun(subscribers.consents(self._tx, delivery.subscriber))
        if kind is not BounceKind.COMPLAINT and _is_past(delivery, since):
            return False
        domain = domain_of(delivery.address)
        attempts = [
            Attempt(edition, back, self._counts(edition, back, domain))
            for edition, back in bounces.last(self._tx, delivery.subscriber, since=since)
        ]
        clear = item.clear and self._counts(delivery.edition, kind, domain)
        state = next_state(kind, attempts, clear=clear, soft_limit=self._soft_limit)
        return state is not None and end(self._tx, delivery, state, words=item.bounce.words, at=at)

    def _counts(self, edition: str, kind: BounceKind | None, domain: str) -> bool:
        if kind is None:
            return True
        return self.health(edition, soft=kind is BounceKind.SOFT).counts(domain)


def _is_past(delivery: Delivery, begun_at: datetime | None) -> bool:
    """Tell whether a delivery was made before its subscription last began.

    What it says of the address was so before its owner proved, by confirming, that mail arrives.
    A complaint is a wish, and counts whenever it comes.
    """
    return begun_at is not None and (delivery.done or delivery.due) < begun_at


def _restore(tx: Transaction, edition: str, sound: DeliveryHealth, *, at: datetime) -> int:
    """Resume subscriptions ended by bounces of an edition that no longer count."""
    if not sound.words:
        return 0
    consent = Consent(at, "returned", "bounce", origin=edition, words=_TOO_MANY)
    return sum(
        subscribers.change_state(tx, subscriber.id, State.ACTIVE, consent=consent)
        for subscriber in subscribers.ended_by_bounces(tx, origin=edition)
        if not sound.counts(domain_of(subscriber.address))
    )
