"""What all visits of one run share: the store, the way outside, and the one pen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import ParamSpec, TypeAlias, TypeVar

from briefing.app.collect.plan import CollectPlan
from briefing.core.model import Item
from briefing.core.ports import Gateway
from briefing.sources.in_thread import in_thread
from briefing.store import Store, Transaction
from briefing.store.documents import Kept

#: Begins a writing transaction.
Begin: TypeAlias = Callable[[], AbstractContextManager[Transaction]]

#: Earlier than any report was collected.
_BEGIN = datetime.min.replace(tzinfo=UTC)

P = ParamSpec("P")
T = TypeVar("T")


class CollectContext:
    """Store, reach, plan and clock of one run."""

    def __init__(  # noqa: PLR0913  the parts of a run
        self,
        store: Store,
        *,
        begin: Begin,
        gateway: Gateway,
        plan: CollectPlan,
        clock: Callable[[], datetime],
        newest: datetime = _BEGIN,
    ) -> None:
        self.store = store
        #: Begins a writing transaction, on a connection that is kept for the run.
        self.begin = begin
        self.gateway = gateway
        self.plan = plan
        #: The time, aware UTC.
        self.clock = clock
        #: Ids of the texts that were new.
        self.brought: list[str] = []
        # By when the last report counts as collected.
        self._dated = newest
        # One writer at a time: SQLite has one, and waiting here is cheaper than in its lock.
        self._pen = asyncio.Lock()

    @property
    def dated(self) -> datetime:
        """By when a report that is kept now counts as collected: later if the clock went back."""
        now = self.clock()
        self._dated = now if now >= self._dated else self._dated + timedelta(microseconds=1)
        return self._dated

    def note(self, items: Sequence[Item], results: Sequence[Kept]) -> None:
        """Note which texts are new, once they are committed."""
        pairs = zip(items, results, strict=True)
        self.brought += [item.document.id for item, kept in pairs if kept is not Kept.KNOWN]

    async def write(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Run a function that writes to the store in its own thread, one writer at a time."""
        async with self._pen:
            return await in_thread(work, *args, **named)
