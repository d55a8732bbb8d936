"""Returned mail and refusals, and when they end a subscription."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from itertools import islice, takewhile

from briefing.core.frozen import frozen
from briefing.core.model import Bounce, BounceKind, Consent, Delivery, DeliveryStatus, State
from briefing.mail.bounce import IncomingKind, classify, on_return_path, owner_of
from briefing.mail.mailbox import Arrived, Mailbox
from briefing.mail.report import DEAD
from briefing.store import Store, Transaction, claims, deliveries, subscribers


class ReturnKind(StrEnum):
    """Kind of a returned mail."""

    #: The address is dead.
    HARD = "hard"
    #: The mail did not arrive, or not yet.
    SOFT = "soft"
    COMPLAINT = "complaint"
    #: A request to unsubscribe.
    LEFT = "left"
    #: An automatic reply to one of our mails; it has no effect.
    AUTOMATIC = "automatic"
    #: It was already known.
    KNOWN = "known"
    #: Not shown to concern one of our mails, or not understood: left for a person.
    FOREIGN = "foreign"
    #: It cannot be read: left for a person too.
    UNREADABLE = "unreadable"


#: Kinds that stay in the mailbox untouched.
_LEFT_IN_MAILBOX = {ReturnKind.FOREIGN, ReturnKind.UNREADABLE}
#: Mails in a batch; a batch is judged as a whole, then put away.
_BATCH = 1_000


@dataclass(slots=True)
class Returned:
    """The results of reading a mailbox."""

    #: Number of mails by kind; kinds without mails are missing.
    counts: Counter[ReturnKind] = field(default_factory=Counter)
    #: Subscriptions that ended.
    ended: int = 0
    #: Why mails could not be read: handle and reason.
    faults: list[tuple[str, str]] = field(default_factory=list)
    #: Why bounces ended no subscription, one line each: too many came from one edition.
    withheld: list[str] = field(default_factory=list)
    #: Subscriptions resumed for that reason.
    restored: int = 0


def take_back(
    store: Store,
    mailbox: Mailbox,
    *,
    read_path: Callable[[str], int | None],
    soft_limit: int,
    clock: Callable[[], datetime],
) -> Returned:
    """Process returned mail; each mail is put away once its result is committed.

    A mail that is read twice counts once.

    ``read_path`` returns the delivery of a correctly signed return path; None for any other
    address.

    BusyError: another process reads returned mail for this store; InputError: the mailbox cannot be
    read any further; StoreError: the store failed; mails not put away are read again next time.
    """
    done, recorded = Returned(), list[RecordedBounce]()
    with store.alone("bounces"):
        mails, read = iter(mailbox), [("", ReturnKind.KNOWN)]
        while read:
            read.clear()
            try:
                for mail in islice(mails, _BATCH):
                    kind = _take(store, mail, done, recorded, read_path=read_path, at=clock())
                    read.append((mail.handle, kind))
                    done.counts[kind] += 1
            finally:
                # Even if the mailbox fails midway, since what was recorded counts from now on.
                if recorded:
                    with store.write() as tx:
                        ended, restored, withheld = review(
                            tx, recorded, soft_limit=soft_limit, at=clock()
                        )
                    recorded.clear()
                    done.ended += ended
                    done.restored += restored
                    done.withheld += [line for line in withheld if line not in done.withheld]
            for handle, kind in read:
                mailbox.settle(handle, understood=kind not in _LEFT_IN_MAILBOX)
    return done


def _take(  # noqa: PLR0913  what is read, and where it is noted
    store: Store,
    mail: Arrived,
    done: Returned,
    recorded: list[RecordedBounce],
    *,
    read_path: Callable[[str], int | None],
    at: datetime,
) -> ReturnKind:
    """Record one mail; a bounce is added to ``recorded``, to be judged with others."""
    if mail.fault:
        done.faults.append((mail.handle, mail.fault))
        return ReturnKind.UNREADABLE
    verdict = classify(mail.raw)
    number = owner_of(verdict, read_path=read_path)
    verdict = verdict if number is None else on_return_path(verdict)
    if number is None or verdict.kind is IncomingKind.OTHER:
        return ReturnKind.FOREIGN
    if verdict.kind is IncomingKind.AUTOMATIC:
        return ReturnKind.AUTOMATIC
    with store.write() as tx:
        delivery, worst = deliveries.get(tx, number), verdict.worst
        if delivery and verdict.kind is IncomingKind.UNSUBSCRIBE:
            left = end(tx, delivery, State.UNSUBSCRIBED, words=verdict.reason, at=at)
            done.ended += left
            return ReturnKind.LEFT if left else ReturnKind.KNOWN
        if not delivery or not worst:
            return ReturnKind.FOREIGN
        words, to = worst.diagnostic or verdict.reason, (delivery.edition, delivery.subscriber)
        bounce = Bounce(worst.kind, *to, at, status=worst.status, words=words)
        new = claims.record_bounce(tx, delivery.id, bounce)
        clear = is_clear(worst.kind, worst.status, worst.address, address=delivery.address)
        # A bounce recorded before is judged again, in case the process died before judging it.
        recorded.append(RecordedBounce(delivery, bounce, clear))
        return ReturnKind(worst.kind) if new else ReturnKind.KNOWN


#: How final a state without mail is; a later mail never makes it less final.
_FINAL = {State.BOUNCED: 1, State.UNSUBSCRIBED: 2, State.COMPLAINED: 3}
_LOGGED = {
    State.BOUNCED: ("bounced", "bounce"),
    State.UNSUBSCRIBED: ("left", "mail"),
    State.COMPLAINED: ("complained", "bounce"),
}
#: Logged reason for subscriptions that the program itself resumes.
_TOO_MANY = "too many mails bounced at once: not the address's fault"


@frozen
class RecordedBounce:
    """A bounce that has been recorded and may end a subscription."""

    delivery: Delivery
    bounce: Bounce
    #: Whether it names this very address as dead.
    clear: bool = False


def resume_ended(
    tx: Transaction, *, since: datetime, consent: Consent, dry: bool = False
) -> tuple[tuple[str, ...], int]:
    """Resume subscriptions that bounces ended since a time; never those of readers who left.

    Return their addresses, and how many may be mailed again, including deleted subscribers. ``dry``
    only reports them, and needs no writing transaction.
    """
    ended = subscribers.ended_by_bounces(tx, since=since)
    lifted = subscribers.lift_bounced(tx, since=since, dry=dry)
    for delivery in () if dry else ended:
        subscribers.change_state(tx, delivery.id, State.ACTIVE, consent=consent)
    return tuple(delivery.address for delivery in ended), lifted


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case."""
    return address.rpartition("@")[2].casefold()


def review(
    tx: Transaction, recorded: Sequence[RecordedBounce], *, soft_limit: int, at: datetime
) -> tuple[int, int, tuple[str, ...]]:
    """End subscriptions because of bounces.

    Call it once all mails that came back together are recorded: a failure among many tells nothing
    about its address. Subscriptions that the same edition had ended before there were so many are
    resumed.

    Returns:
        How many ended, how many were resumed, and why bounces ended nothing, one line each.
    """
    # Cached, so that the answers to each edition are read once.
    answers = cache(partial(answers_of, tx))

    @cache
    def judged(edition: str, *, soft: bool = False) -> DeliveryHealth:
        kinds = (BounceKind.HARD, BounceKind.SOFT) if soft else ()
        return health(answers(edition), kinds=kinds)

    def counts(edition: str, kind: BounceKind | None, domain: str) -> bool:
        return kind is None or judged(edition, soft=kind is BounceKind.SOFT).counts(domain)

    ended = 0
    for item in recorded:
        delivery, kind = item.delivery, item.bounce.kind
        since = begun(subscribers.consents(tx, delivery.subscriber))
        # A complaint is the reader's wish, and counts at any time. Other bounces of deliveries from
        # before the subscription date from before its owner proved that mail arrives.
        is_past = since is not None and (delivery.done or delivery.due) < since
        if not delivery.address or (is_past and kind is not BounceKind.COMPLAINT):
            continue
        domain = domain_of(delivery.address)
        attempts = [
            Attempt(edition, back, counts(edition, back, domain))
            for edition, back in claims.last_bounces(tx, delivery.subscriber, since=since)
        ]
        clear = item.clear and counts(delivery.edition, kind, domain)
        state = next_state(kind, attempts, clear=clear, soft_limit=soft_limit)
        ended += state is not None and end(tx, delivery, state, words=item.bounce.words, at=at)
    editions = sorted({item.delivery.edition for item in recorded})
    restored = 0
    for name in editions:
        # Resume those ended by bounces that no longer count.
        consent = Consent(at, "returned", "bounce", origin=name, words=_TOO_MANY)
        sound = judged(name)
        restored += sum(
            subscribers.change_state(tx, subscriber.id, State.ACTIVE, consent=consent)
            for subscriber in (subscribers.ended_by_bounces(tx, origin=name) if sound.words else ())
            if not sound.counts(domain_of(subscriber.address))
        )
    messages = (
        f"{name}: {line}; no subscription was ended"
        for name in editions
        for line in judged(name).words
    )
    return ended, restored, tuple(messages)


def end(tx: Transaction, delivery: Delivery, state: State, *, words: str, at: datetime) -> bool:
    """End a subscription unless it has ended as finally already; return whether it did."""
    subscriber = subscribers.get(tx, delivery.subscriber)
    if not subscriber or _FINAL.get(subscriber.state, 0) >= _FINAL[state]:
        return False
    what, how = _LOGGED[state]
    consent = Consent(at, what, how, origin=delivery.edition, words=words)
    return subscribers.change_state(tx, subscriber.id, state, consent=consent, reason=words)


def answers_of(tx: Transaction, edition: str) -> tuple[DeliveryResult, ...]:
    """Return the answers to an edition so far."""
    counted = claims.answers(tx, edition)
    return tuple(
        DeliveryResult(domain_of(address), status, kind) for address, status, kind in counted
    )


#: Fewer failures than this do not count as many. If two of two addresses fail, the cause is
#: unknown; but three strangers' addresses do not die on one day.
_MANY = 3
#: Acceptances needed for each failure of an edition. Active lists lose a few percent a month;
#: mail providers stop senders with more than one failure in ten.
_ACCEPTED = 3
#: Consecutive refusals from which on each may be the relay's fault.
STREAK = 5
#: Attempts after which a refusal among consecutive ones is believed.
_BELIEVED = 4
#: Editions with a hard bounce after which an address counts as dead.
_EDITIONS = 2
#: Log entries that begin a subscription.
_BEGINS = {"confirmed", "imported"}


@frozen
class DeliveryResult:
    """The status of one delivery of an edition."""

    #: Domain of the recipient, in lower case.
    domain: str
    #: SENT or REFUSED.
    status: DeliveryStatus
    #: The bounce; None: nothing came back.
    kind: BounceKind | None = None


@frozen
class Attempt:
    """The result of one delivery to a subscriber."""

    edition: str
    #: The bounce; None: nothing came back.
    kind: BounceKind | None
    #: False if too many others of this edition or domain failed too.
    counts: bool = True


@frozen
class DeliveryHealth:
    """Whether the failures of an edition are due to single recipients."""

    #: Number of answers, and how many of them were failures.
    answers: int
    failures: int
    #: False if the relay, or we, failed for everybody.
    sound: bool
    #: Domains that failed for nearly everybody, with failures and answers.
    unsound: tuple[tuple[str, int, int], ...] = ()

    def counts(self, domain: str) -> bool:
        """Return whether a failure at a domain is due to its recipient."""
        return self.sound and domain not in {name for name, *_ in self.unsound}

    @property
    def words(self) -> tuple[str, ...]:
        """One line for each refusing domain; empty if all is well."""
        if not self.sound:
            return (f"{self.failures:,} of {self.answers:,} mails bounced",)
        return tuple(
            f"{name}: {bad:,} of {all_:,} mails bounced" for name, bad, all_ in self.unsound
        )


def health(
    answers: Iterable[DeliveryResult], *, kinds: Collection[BounceKind] = ()
) -> DeliveryHealth:
    """Judge the answers to an edition, overall and by domain.

    A domain with at least three failures is at fault if most of its answers are failures: a
    provider that rejects everybody. An edition is sound if at least three quarters arrived at the
    other domains.

    ``kinds`` of bounces count as failures, in addition to refusals; empty: hard ones.
    """
    failing = set(kinds) or {BounceKind.HARD}
    # What arrived, what failed, and what the relay accepted at first.
    domains: dict[str, list[int]] = {}
    for answer in answers:
        counts = domains.setdefault(answer.domain, [0, 0, 0])
        counts[answer.status is DeliveryStatus.REFUSED or answer.kind in failing] += 1
        counts[2] += answer.status is DeliveryStatus.SENT
    # Domains with mostly failures.
    unsound = {
        name
        for name, (arrived, failed, _) in domains.items()
        if failed >= _MANY and arrived < failed
    }
    rest = [counts for name, counts in domains.items() if name not in unsound]
    arrived, failed, taken = map(sum, zip(*rest, strict=True)) if rest else (0, 0, 0)
    enough = taken >= failed if failed < _MANY else arrived >= _ACCEPTED * failed
    return DeliveryHealth(
        sum(arrived + failed for arrived, failed, _ in domains.values()),
        sum(failed for _, failed, _ in domains.values()),
        enough if rest else not unsound,
        tuple((name, domains[name][1], sum(domains[name][:2])) for name in sorted(unsound)),
    )


def is_believed(edition: DeliveryHealth, *, domain: str, in_a_row: int, tries: int) -> bool:
    """Return whether a refusal by the relay is due to its recipient.

    A relay that breaks down during a run refuses many mails in a row; these are retried.

    ``edition`` counts all refusals that are not believed yet.
    """
    return edition.counts(domain) and (in_a_row < STREAK or tries >= _BELIEVED)


def is_clear(kind: BounceKind, status: str, named: str, *, address: str) -> bool:
    """Return whether a report to our return path declares this very address dead."""
    return (
        kind is BounceKind.HARD and status in DEAD and named.casefold() == address.casefold() != ""
    )


def next_state(
    kind: BounceKind, attempts: Sequence[Attempt], *, clear: bool, soft_limit: int
) -> State | None:
    """Return the state that follows from a bounce and earlier ones; None: unchanged.

    ``attempts`` are those since the subscription began, newest first. ``clear`` means that the
    bounce names this address as dead, and counts.
    """
    if kind is BounceKind.COMPLAINT:
        return State.COMPLAINED
    counted = [attempt for attempt in attempts if attempt.counts]
    hard = {attempt.edition for attempt in counted if attempt.kind is BounceKind.HARD}
    # Begin with the last mail that came back: later ones may still come back.
    back = [attempt.kind is not None for attempt in counted]
    first = back.index(True) if any(back) else len(back)
    in_a_row = sum(takewhile(bool, back[first:]))
    ended = clear or len(hard) >= _EDITIONS or in_a_row >= soft_limit
    return State.BOUNCED if ended else None


def begun(consents: Iterable[Consent]) -> datetime | None:
    """Return when a subscription last began; None: not in the log.

    Undoing an unsubscribe begins no subscription. Nor does an operator who resumes one: they know
    that it had bounced.
    """
    return max(
        (
            consent.at
            for consent in consents
            if consent.what in _BEGINS or (consent.what, consent.how) == ("returned", "command")
        ),
        default=None,
    )
