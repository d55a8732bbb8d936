"""Fetches sources and keeps what is new, and fetches unread and printed pages again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import compress
from operator import not_
from time import perf_counter

from briefing.app.collect.facts import deleted
from briefing.app.collect.plan import CollectContext, Collected, in_turn
from briefing.core.errors import (
    BriefingError,
    FetchError,
    InputError,
    OverloadError,
    StoreError,
)
from briefing.core.model import (
    Entry,
    FetchRecord,
    Item,
    Outcome,
    Source,
    SourceStatus,
    Validators,
)
from briefing.core.ports import Files, SourceKind, SourceListing
from briefing.sources import articles
from briefing.sources.decode import one_line
from briefing.sources.keys import Listed, distinct_reports
from briefing.store import Transaction, documents, facts, sources
from briefing.store.documents import DuePage, Kept, Known, keep_all
from briefing.store.facts import APART

#: Pages of one source read at the same time.
_PAGES_AT_ONCE = 4
#: After which time a failure is more likely the source's than ours.
_GONE = timedelta(days=1)
#: Characters of a reason that are kept; that of a plug-in may be long.
_REASON = 500


class Visits:
    """Visits sources, and keeps what they bring."""

    def __init__(
        self,
        context: CollectContext,
        *,
        kind: Callable[[str], SourceKind],
        in_doubt: frozenset[str] = frozenset(),
    ) -> None:
        self._context = context
        self._kind = kind
        # What these list is looked for, changed or not.
        self._in_doubt = in_doubt
        #: Sources that failed and did not say when to come back: since less than a day, and longer.
        self.failed: set[str] = set()
        self.gone: set[str] = set()

    async def visit(self, source_status: SourceStatus) -> FetchRecord:
        """Visit one source and record how it went."""
        at, began = self._context.clock(), perf_counter()
        if source_status.rests(at=at):
            return await self._end(_waiting(source_status, at=at), began)
        try:
            listing = await self._ask(source_status)
            return await self._read(listing, source_status.source, at=at, began=began)
        except StoreError:
            raise
        except OverloadError as error:
            # No fault of the source, which stands as before and is asked with the next run.
            failed = FetchRecord(source_status.source.url, at, Outcome.WAITING, reason=str(error))
        except BriefingError as error:
            failed = self._failed(source_status, error, at=at)
        except Exception as error:
            failed = self._failed(source_status, _fault(error), at=at)
        return await self._end(failed, began)

    async def _ask(self, source_status: SourceStatus) -> SourceListing:
        """Return what a source lists.

        Raises:
            BriefingError: it does not answer; never a StoreError, whatever a plug-in raises.
        """
        source = source_status.source
        asked = replace(source, url=source_status.moved_to or source.url)
        try:
            return await self._kind(source.kind)(
                asked,
                gateway=self._context.gateway,
                validators=Validators()
                if source.url in self._in_doubt
                else source_status.validators,
            )
        except BaseException as error:
            if _ends_the_run(error):
                raise
            if isinstance(error, BriefingError) and not isinstance(error, StoreError):
                raise
            raise _fault(error) from error

    async def _read(
        self, listing: SourceListing, source: Source, *, at: datetime, began: float
    ) -> FetchRecord:
        """Keep what is new of a listing: at once what needs no page, then page by page."""
        answer = listing.answer
        if answer is not None and answer.unchanged:
            visit = FetchRecord(
                source.url, at, Outcome.UNCHANGED, status=answer.status, moved_to=answer.moved_to
            )
            return await self._end(visit, began)
        if listing.files is not None:
            listing = await self._context.write(self._settle, listing, listing.files, source)
        items, wanting, doubtful = await asyncio.to_thread(self._unknown, listing.entries, source)
        if doubtful:
            await self._context.write(self._list, doubtful, source)
        results: list[Kept] = []
        if wanting:
            results, items = await self._keep(items, source), []
        pages = (self._read_page(report, source) for report in wanting)
        async for page in in_turn(pages, at_once=_PAGES_AT_ONCE):
            results += page
        ended = partial(_read, source, listing, at=at)
        return await self._context.write(self._keep_last, items, source, results, ended, began)

    def _settle(self, listing: SourceListing, files: Files, source: Source) -> SourceListing:
        """Record which reports of a folder are deleted; note in the listing what is not sure."""
        entries = distinct_reports(listing.entries, source=source)
        with self._context.begin() as tx:
            recalled = documents.recall(tx, [key for entry in entries for key in entry.keys])
            here = {
                recalled[key].number: entry.entry.file
                for entry in entries
                for key in entry.keys
                if key in recalled
            }
            absent = facts.absent(tx, source.url, present=here)
            gone = deleted(absent, folder=source.url, files=files)
            facts.place(tx, here)
            facts.miss(tx, gone.numbers, at=self._context.dated)
        return replace(listing, notes=(gone.note, *listing.notes)) if gone.note else listing

    def _failed(
        self, source_status: SourceStatus, error: BriefingError, *, at: datetime
    ) -> FetchRecord:
        failure = error if isinstance(error, FetchError) else FetchError("")
        if failure.retry_at is None:
            since = source_status.failing_since
            is_gone = since is not None and at - since >= _GONE
            (self.gone if is_gone else self.failed).add(source_status.source.url)
        return FetchRecord(
            source_status.source.url,
            at,
            Outcome.FAILED,
            reason=one_line(str(error), limit=_REASON),
            status=failure.status,
            retry_at=failure.retry_at
            or self._context.plan.next_try(source_status.failures + 1, at),
        )

    async def _end(self, visit: FetchRecord, began: float) -> FetchRecord:
        return await self._context.write(self._record, _timed(visit, began))

    def _record(self, visit: FetchRecord) -> FetchRecord:
        with self._context.begin() as tx:
            sources.record(tx, visit)
        return visit

    def _unknown(
        self, entries: Sequence[Entry], source: Source
    ) -> tuple[list[Item], list[Listed], dict[int, bool]]:
        """Return what the store does not know as it is listed now: whole, and wanting its page.

        Also the numbers of known reports in doubt, and whether each is listed as before.
        """
        reports = distinct_reports(entries, source=source)
        with self._context.store.read() as tx:
            recalled = documents.recall(tx, [key for report in reports for key in report.keys])
        unknown = [report for report in reports if not _is_known(report, recalled, source=source)]
        wanting = [articles.wants_page(report.entry, source=source) for report in unknown]
        now = self._context.clock()
        items = [
            articles.whole(report, source=source, now=now)
            for report in compress(unknown, map(not_, wanting))
        ]
        doubtful = {
            recalled[key].number: report not in unknown
            for report in reports
            for key in report.keys
            if key in recalled and recalled[key].in_doubt
        }
        return items, list(compress(unknown, wanting)), doubtful

    def _list(self, doubtful: Mapping[int, bool], source: Source) -> None:
        same = [number for number, is_same in doubtful.items() if is_same]
        with self._context.begin() as tx:
            facts.listed(tx, doubtful, same=same, source=source.url, at=self._context.dated)

    async def _read_page(self, report: Listed, source: Source) -> list[Kept]:
        item = await articles.with_page(
            report, source=source, gateway=self._context.gateway, now=self._context.clock()
        )
        return await self._keep([item], source)

    async def _keep(self, items: Sequence[Item], source: Source) -> list[Kept]:
        return await self._context.write(self._write, items, source) if items else []

    def _write(self, items: Sequence[Item], source: Source) -> list[Kept]:
        with self._context.begin() as tx:
            results = keep_all(tx, items, source=source.url, at=self._context.dated)
        self._context.note(items, results)
        return list(results)

    def _keep_last(
        self,
        items: Sequence[Item],
        source: Source,
        before: Sequence[Kept],
        ended: Callable[[Sequence[Kept]], FetchRecord],
        began: float,
    ) -> FetchRecord:
        """Keep the last reports of a visit, and in the same transaction how it went."""
        with self._context.begin() as tx:
            results = keep_all(tx, items, source=source.url, at=self._context.dated)
            visit = _timed(ended((*before, *results)), began)
            sources.record(tx, visit)
        self._context.note(items, results)
        return visit


def _timed(visit: FetchRecord, began: float) -> FetchRecord:
    return replace(visit, seconds=round(perf_counter() - began, 3))


def _is_known(entry: Listed, recalled: Mapping[str, Known], *, source: Source) -> bool:
    recorded = {recalled[key].listed_by(source.url) for key in entry.keys if key in recalled}
    return entry.digest in recorded


def _ends_the_run(error: BaseException) -> bool:
    """Tell whether this run itself is being canceled, not just the failing work."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is None or task.cancelling() > 0
    return isinstance(error, KeyboardInterrupt | GeneratorExit)


def _fault(error: BaseException) -> InputError:
    return InputError(f"its reader failed ({type(error).__name__}: {error})")


def _waiting(source_status: SourceStatus, *, at: datetime) -> FetchRecord:
    reason = f"not read before {source_status.retry_at:%Y-%m-%d %H:%M} UTC"
    reason = f"{reason}; last: {source_status.reason}" if source_status.reason else reason
    return FetchRecord(
        source_status.source.url,
        at,
        Outcome.WAITING,
        reason=reason,
        retry_at=source_status.retry_at,
    )


def _read(
    source: Source, listing: SourceListing, results: Sequence[Kept], *, at: datetime
) -> FetchRecord:
    answer = listing.answer
    dated = [entry.published for entry in listing.entries if entry.published]
    visit = FetchRecord(
        source.url,
        at,
        Outcome.READ,
        reason=one_line("; ".join(listing.notes), limit=_REASON),
        items=len(listing.entries),
        fresh=results.count(Kept.NEW),
        edited=results.count(Kept.EDITED),
        newest=max((day for day in dated if day <= at + timedelta(days=1)), default=None),
    )
    if answer is None:
        return visit
    return replace(
        visit,
        status=answer.status,
        wire_bytes=answer.wire_bytes,
        decoded_bytes=len(answer.body),
        validators=answer.validators,
        moved_to=answer.moved_to,
    )


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
