"""What a relay refuses in a run, believed only when the run as a whole has gone well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from briefing.app.bounces.policy import STREAK, DeliveryHealth, DeliveryResult, health, is_believed
from briefing.app.bounces.suppression import RecordedBounce, answers_of, domain_of, review
from briefing.app.deliver.outcome import AttemptOutcome
from briefing.core.model import Bounce, DeliveryStatus
from briefing.mail.relay import Result, ResultKind
from briefing.mail.rules import bounce_kind
from briefing.store import Transaction, bounces, claims
from briefing.store.claims import Settlement

#: After what time a refusal that is not believed is tried again, within the life of its mail.
RETRY = timedelta(minutes=30)


@dataclass(slots=True)
class _Refusal:
    outcome: AttemptOutcome
    #: The streak of refusals that it belongs to.
    streak: int
    believed: bool = False

    @property
    def domain(self) -> str:
        return domain_of(self.outcome.claimed.to.address)

    @property
    def edition(self) -> str:
        return self.outcome.claimed.delivery.edition

    @property
    def result(self) -> Result:
        return self.outcome.result


@dataclass(frozen=True, slots=True)
class RefusalReview:
    """What the refusals of a run come to."""

    #: Why the relay, or we ourselves, must be at fault; empty when it is not so.
    paused: str = ""
    #: Which domains refuse, and what else is tried again, one line each.
    refusing: tuple[str, ...] = ()


class Refusals:
    """The refusals of one run: each is due again until the run has ended."""

    def __init__(self, *, limit: int, connections: int) -> None:
        """Begin a run.

        Args:
            limit: refusals in a row after which it must be us.
            connections: to the relay at once. Each may have had a mail under way when the relay
                began to refuse all, and report it late: only as many acceptances, with no refusal
                between, end a streak of refusals.
        """
        self._limit, self._connections = limit, connections
        self._held: dict[int, _Refusal] = {}
        self._streak = 0
        self._length: Counter[int] = Counter()
        #: Acceptances, refusals and domains that refuse, since the last answer of the other kind.
        self._accepted = 0
        self._refused = 0
        self._domains: set[str] = set()
        self._answers = 0

    def note(self, outcome: AttemptOutcome) -> None:
        """Note one answer of the relay, in the order in which they came."""
        kind = outcome.result.kind
        if kind is ResultKind.SENT:
            self._answers += 1
            self._accepted += 1
            self._refused = 0
            self._domains.clear()
            if self._accepted == self._connections:
                self._streak += 1
        elif is_answer(outcome.result):
            self._answers += 1
            refusal = _Refusal(outcome, self._streak)
            self._held[outcome.claimed.delivery.id] = refusal
            self._length[self._streak] += 1
            self._accepted = 0
            self._refused += 1
            self._domains.add(refusal.domain)

    @property
    def too_many(self) -> int:
        """Refusals in a row, when they are so many that it must be us; else 0.

        One provider that refuses all of its readers does not cost others their edition so soon.
        """
        limit = self._limit if len(self._domains) != 1 or self._accepts_none else 4 * self._limit
        return self._refused if self._refused >= limit else 0

    @property
    def _accepts_none(self) -> bool:
        return self._answers == len(self._held)

    def judge(self, tx: Transaction, *, soft_limit: int, at: datetime) -> RefusalReview:
        """Record those that are believed for good, and end subscriptions that have too many."""
        if not self._held:
            return RefusalReview()
        by_edition = {name: self._health(tx, name) for name in self._editions()}
        for refusal in self._held.values():
            refusal.believed = is_believed(
                by_edition[refusal.edition],
                domain=refusal.domain,
                in_a_row=self._length[refusal.streak],
                tries=refusal.outcome.claimed.delivery.tries + 1,
            )
        believed = [refusal for refusal in self._held.values() if refusal.believed]
        claims.settle_all(tx, [_refused(refusal, at=at) for refusal in believed])
        recorded = [_recorded(tx, refusal, at=at) for refusal in believed]
        addressed = [bounce for bounce in recorded if bounce]
        review(tx, addressed, soft_limit=soft_limit, at=at)
        return self._judged(by_edition)

    def _editions(self) -> list[str]:
        return sorted({refusal.edition for refusal in self._held.values()})

    def _health(self, tx: Transaction, edition: str) -> DeliveryHealth:
        """Judge an edition by all its answers, those of this run among them."""
        refused = [
            DeliveryResult(refusal.domain, DeliveryStatus.REFUSED)
            for refusal in self._held.values()
            if refusal.edition == edition
        ]
        return health((*answers_of(tx, edition), *refused))

    def _judged(self, by_edition: Mapping[str, DeliveryHealth]) -> RefusalReview:
        doubted = [refusal for refusal in self._held.values() if not refusal.believed]
        if not doubted:
            return RefusalReview()
        last = doubted[-1].result
        ill = any(not by_edition[refusal.edition].sound for refusal in doubted)
        if ill or self.too_many:
            return RefusalReview(
                f"the relay refuses {len(self._held):,} of {self._answers:,}; no subscription was "
                f"ended, and what it refused is tried again; the last: {last}"
            )
        return RefusalReview(refusing=tuple(_by_domain(doubted)))


def is_answer(result: Result) -> bool:
    """Tell whether the relay itself has refused a mail for good."""
    return result.kind is ResultKind.REFUSED and result.code > 0


def provisional(settled: Settlement) -> Settlement:
    """Return what is recorded of a refusal before the run has ended: it is due again."""
    return replace(settled, status=DeliveryStatus.DUE, again=settled.at + RETRY)


def _by_domain(doubted: Sequence[_Refusal]) -> list[str]:
    counts = Counter(refusal.domain for refusal in doubted)
    last = {refusal.domain: refusal.result for refusal in doubted}
    if len(counts) > STREAK:
        words = "in a row were refused; no subscription was ended, and they are tried again"
        return [f"{len(doubted):,} {words}; the last: {doubted[-1].result}"]
    return [
        f"{name} refuses {number:,}; no subscription was ended, and they are tried again; the "
        f"last: {last[name]}"
        for name, number in sorted(counts.items())
    ]


def _refused(refusal: _Refusal, *, at: datetime) -> Settlement:
    return Settlement(
        refusal.outcome.claimed.delivery.id, DeliveryStatus.REFUSED, at, reason=str(refusal.result)
    )


def _recorded(tx: Transaction, refusal: _Refusal, *, at: datetime) -> RecordedBounce | None:
    """Record a refusal that is about the address."""
    kind, status = bounce_kind(refusal.result)
    if kind is None:
        return None
    delivery = refusal.outcome.claimed.delivery
    bounce = Bounce(kind, delivery.edition, delivery.subscriber, at, status, str(refusal.result))
    bounces.record(tx, delivery.id, bounce)
    return RecordedBounce(replace(delivery, done=at), bounce)
