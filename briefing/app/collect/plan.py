"""The plan and the result of a collection run, and what its fetches share."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from briefing.core.frozen import frozen
from briefing.core.model import FetchRecord, Host, Item, Outcome, SourceStatus
from briefing.core.ports import Gateway, SourceKind
from briefing.core.text.analysis import AnalysisRule
from briefing.core.text.signals import SignalRule
from briefing.sources.web.crawl_policy import in_thread
from briefing.store import Store, Transaction
from briefing.store.documents import Kept

#: A source that responds without a new report for this long is reported as silent.
_SILENT = timedelta(days=7)
#: Returns what was learned about hosts in this run.
Learned: TypeAlias = Callable[[], Sequence[Host]]
#: Opens access to the network for one run, given the hosts known from earlier ones.
Outside: TypeAlias = Callable[
    [Mapping[str, Host]], AbstractAsyncContextManager[tuple[Gateway, Learned]]
]


@frozen
class CollectPlan:
    """How sources are reached, how long reports are kept, and how long retries wait."""

    outside: Outside
    #: Returns what reads sources of a kind.
    kind: Callable[[str], SourceKind]
    #: For how long printed reports are fetched again, once a day, to find corrections.
    recheck: timedelta
    #: Texts that were never printed are deleted after this time; None: never.
    keep: timedelta | None
    #: Returns the next fetch of a source, given its consecutive failures and the time of the last.
    next_try: Callable[[int, datetime], datetime]
    #: Identifies how documents are analyzed once stored; None: editions analyze them.
    rule: AnalysisRule | None = None
    #: Loads the rule for the sections and importance of reports; None: editions compute them.
    signals: Callable[[], SignalRule | None] = lambda: None


@frozen
class CollectPart:
    """What one of several workers does in a run."""

    #: Addresses of the sources that it fetches.
    sources: frozenset[str]
    #: Whether it fetches the pages that are due again.
    owed: bool


@frozen
class Collected:
    """The result of one run."""

    #: One fetch for each source, in the order in which they ended.
    visits: tuple[FetchRecord, ...]
    #: The current status of the sources.
    source_statuses: tuple[SourceStatus, ...]
    #: Pages read in a later fetch; printed reports newly known to be gone.
    repaired: int = 0
    vanished: int = 0
    #: New versions of printed reports found in such fetches.
    edited: int = 0
    #: Number of old texts deleted.
    pruned: int = 0
    #: Sources that failed and gave no time for a retry: for less than a day, and for longer.
    failed: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    #: When it began, aware UTC.
    at: datetime | None = None
    #: Ids of new texts.
    brought: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """Return how many fetches ended in this way."""
        return sum(visit.outcome is outcome for visit in self.visits)

    @property
    def answered(self) -> int:
        """Number of sources that responded in this run."""
        return self.count(Outcome.READ) + self.count(Outcome.UNCHANGED)

    @property
    def failing(self) -> tuple[SourceStatus, ...]:
        """Sources whose last fetch failed; longest failing first."""
        failing = [status for status in self.source_statuses if status.failing_since]
        return tuple(sorted(failing, key=lambda status: (status.failing_since, status.source.url)))

    @property
    def silent(self) -> tuple[SourceStatus, ...]:
        """Sources that respond, but have had nothing new for a week; longest silent first."""
        silent = [
            status
            for status in self.source_statuses
            if self.at and not status.failing_since and self.at - _last_news(status) > _SILENT
        ]
        return tuple(sorted(silent, key=lambda status: (_last_news(status), status.source.url)))


#: Called with the number of sources done, and of all.
Watch: TypeAlias = Callable[[int, int], None]


def _last_news(source_status: SourceStatus) -> datetime:
    return source_status.fresh_at or source_status.added


#: Begins a writing transaction.
Begin: TypeAlias = Callable[[], AbstractContextManager[Transaction]]

#: Earlier than any report was collected.
_BEGIN = datetime.min.replace(tzinfo=UTC)

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class CollectContext:
    """Store, gateway, plan and clock of one run."""

    store: Store
    #: Begins a writing transaction, on a connection that is kept for the run.
    begin: Begin
    gateway: Gateway
    plan: CollectPlan
    #: Returns the time, aware UTC.
    clock: Callable[[], datetime]
    #: Time of collection recorded for the last report.
    newest: datetime = _BEGIN
    #: Ids of new texts.
    brought: list[str] = field(default_factory=list)
    # One writer at a time: SQLite allows no more, and waiting here is cheaper than for its lock.
    _pen: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def dated(self) -> datetime:
        """The time of collection for a report stored now; it never goes back with the clock."""
        now = self.clock()
        self.newest = now if now >= self.newest else self.newest + timedelta(microseconds=1)
        return self.newest

    def note(self, items: Sequence[Item], results: Sequence[Kept]) -> None:
        """Note which texts are new, once they are committed."""
        pairs = zip(items, results, strict=True)
        self.brought += [item.document.id for item, kept in pairs if kept is not Kept.KNOWN]

    async def write(
        self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **named: P.kwargs
    ) -> T:
        """Do some work in a transaction, in a thread of its own, one writer at a time."""

        def within() -> T:
            with self.begin() as tx:
                return work(tx, *args, **named)

        async with self._pen:
            return await in_thread(within)


async def in_turn(works: Iterable[Coroutine[Any, Any, T]], *, at_once: int) -> AsyncIterator[T]:
    """Yield the result of each work as it ends, running at most ``at_once`` at a time.

    The first exception cancels the others.
    """
    waiting = iter(works)
    running: set[asyncio.Task[T]] = set()
    ended: set[asyncio.Task[T]] = set()
    try:
        while True:
            running |= {
                asyncio.create_task(work) for work in islice(waiting, at_once - len(running))
            }
            if not running:
                return
            ended, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        # Others may have raised an exception too; only the first is reported.
        await asyncio.gather(*running, *ended, return_exceptions=True)
