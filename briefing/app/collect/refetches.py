"""Visits pages again: those that could not be read, and those that were printed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from briefing.app.collect.concurrency import in_turn
from briefing.app.collect.context import CollectContext
from briefing.app.collect.plan import Collected
from briefing.core.errors import FetchError, OverloadError
from briefing.core.model import Item, Source
from briefing.sources import articles
from briefing.store import Transaction, documents, facts
from briefing.store.documents import DuePage, Kept
from briefing.store.facts import APART

#: Pages visited at the same time.
_AT_ONCE = 32
#: Pages visited again in one run, the oldest debts first; the rest waits for the next run.
_DUE = 500
#: Visits to a page that is missing before we keep what the feed said for good: with the wait
#: doubling from an hour (1 + 2 + 4 + 8 + 16) these span more than a day.
_TRIES = 5
_DAY = timedelta(days=1)


class Revisits:
    """Visits the pages that are owed."""

    def __init__(self, context: CollectContext, sources: Mapping[str, Source]) -> None:
        """Take the sources that there are, by their addresses."""
        self._context = context
        self._sources = sources

    async def all(self) -> Collected:
        """Visit every page that is due."""
        with self._context.store.read() as tx:
            owed = documents.due(tx, at=self._context.clock(), limit=_DUE)
        visits = (
            self._visit(due, self._sources.get(due.source, Source(due.source))) for due in owed
        )
        outcomes = [outcome async for outcome in in_turn(visits, at_once=_AT_ONCE)]
        return Collected(
            (),
            (),
            repaired=outcomes.count("repaired"),
            edited=outcomes.count("edited"),
        )

    async def _visit(self, due: DuePage, source: Source) -> str:
        """Visit one page again; return what came of it in a word, empty for nothing new."""
        try:
            item = await self._look(due, source)
        except Exception as error:
            await self._context.write(self._missed, due, error)
            return ""
        result = await self._context.write(self._store_page, due, item, source)
        if result is not Kept.EDITED:
            return ""
        return "edited" if due.printed else "repaired"

    async def _look(self, due: DuePage, source: Source) -> Item | None:
        """Return the page as it is now; of a report whose text is the feed's, only ask for it."""
        gateway = self._context.gateway
        if due.printed and not due.from_page:
            await gateway.fetch(due.document.url)
            return None
        return await articles.reread(
            due.document, source=source, gateway=gateway, now=self._context.clock()
        )

    def _store_page(self, due: DuePage, item: Item | None, source: Source) -> Kept:
        at, result = self._context.dated, Kept.KNOWN
        with self._context.begin() as tx:
            facts.answered(tx, due.number)
            if item is not None:
                result = documents.keep(tx, item, source=source.url, at=at, number=due.number)
            documents.put_off(tx, due.number, until=self._next_look(tx, due, at=at))
        if item is not None:
            self._context.note([item], [result])
        return result

    def _missed(self, due: DuePage, error: Exception) -> None:
        """Put the page off, and record whether it was printed and is gone."""
        at = self._context.dated
        with self._context.begin() as tx:
            if isinstance(error, FetchError) and error.gone and due.printed:
                facts.miss(tx, [due.number], at=at)
            until = self._next_look(tx, due, at=at) if due.printed else self._next_try(due, error)
            documents.put_off(tx, due.number, until=until)

    def _next_look(self, tx: Transaction, due: DuePage, *, at: datetime) -> datetime | None:
        """Return when a printed page is fetched again: daily at one time, while allowed.

        Earlier to see again what was seen for the first time.
        """
        if due.printed and facts.is_new(tx, due.number, at=at):
            return self._context.clock() + APART
        passed = self._context.clock() - due.since
        if not due.printed or passed > self._context.plan.recheck:
            return None
        # Not a day after this look: it would drift behind the edition that could print it.
        return due.since + (passed // _DAY + 1) * _DAY

    def _next_try(self, due: DuePage, error: Exception) -> datetime | None:
        if isinstance(error, OverloadError):
            return self._context.clock() + articles.RETRY
        if not (isinstance(error, FetchError) and error.passing) or due.tries + 1 >= _TRIES:
            return None
        later = self._context.clock() + articles.RETRY * 2.0 ** (due.tries + 1)
        return max(later, error.retry_at or later)
