"""Visits sources: asks each for what it lists, and keeps what is new of that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import compress
from operator import not_
from time import perf_counter

from briefing.app.collect.concurrency import in_turn
from briefing.app.collect.context import CollectContext
from briefing.app.collect.deleted import deleted
from briefing.core.errors import BriefingError, FetchError, InputError, StoreError
from briefing.core.model import Entry, FetchRecord, Item, Outcome, Source, SourceStatus
from briefing.core.ports import Files, SourceKind, SourceListing
from briefing.sources import articles
from briefing.sources.decode import one_line
from briefing.sources.keys import Listed, distinct_reports
from briefing.store import documents, folders, sources
from briefing.store.arrivals import keep_all
from briefing.store.documents import Kept, Known

#: Pages of one source read at the same time.
_PAGES_AT_ONCE = 4
#: After which time a failure is more likely the source's than ours.
_GONE = timedelta(days=1)
#: Characters of a reason that are kept; that of a plug-in may be long.
_REASON = 500


class Visits:
    """Visits sources, and keeps what they bring."""

    def __init__(self, context: CollectContext, *, kind: Callable[[str], SourceKind]) -> None:
        self._context = context
        self._kind = kind
        #: Sources that failed and did not say when to come back: since less than a day, and longer.
        self.failed: set[str] = set()
        self.gone: set[str] = set()
        #: Reports of folders that were found deleted.
        self.vanished = 0

    async def visit(self, source_status: SourceStatus) -> FetchRecord:
        """Visit one source and record how it went."""
        at, began = self._context.clock(), perf_counter()
        if source_status.rests(at=at):
            visit = _waiting(source_status, at=at)
        else:
            visit = await self._try(source_status, at=at)
        visit = replace(visit, seconds=round(perf_counter() - began, 3))
        await self._context.write(self._record, visit)
        return visit

    async def _try(self, source_status: SourceStatus, *, at: datetime) -> FetchRecord:
        try:
            listing = await self._ask(source_status)
            return await self._read(listing, source_status.source, at=at)
        except StoreError:
            raise
        except BriefingError as error:
            return self._failed(source_status, error, at=at)
        except Exception as error:
            return self._failed(source_status, _fault(error), at=at)

    async def _ask(self, source_status: SourceStatus) -> SourceListing:
        """Return what a source lists.

        Raises:
            BriefingError: it does not answer; never a StoreError, whatever a plug-in raises.
        """
        source = source_status.source
        asked = replace(source, url=source_status.moved_to or source.url)
        try:
            return await self._kind(source.kind)(
                asked, gateway=self._context.gateway, validators=source_status.validators
            )
        except BaseException as error:
            if _ends_the_run(error):
                raise
            if isinstance(error, BriefingError) and not isinstance(error, StoreError):
                raise
            raise _fault(error) from error

    async def _read(self, listing: SourceListing, source: Source, *, at: datetime) -> FetchRecord:
        answer = listing.answer
        if answer is not None and answer.unchanged:
            return FetchRecord(
                source.url, at, Outcome.UNCHANGED, status=answer.status, moved_to=answer.moved_to
            )
        if listing.files is not None:
            listing = await self._context.write(self._settle, listing, listing.files, source)
        return _read(source, listing, await self._take(listing, source=source), at=at)

    def _settle(self, listing: SourceListing, files: Files, source: Source) -> SourceListing:
        """Record which reports of a folder are deleted; note in the listing what is not sure."""
        entries = distinct_reports(listing.entries, source=source)
        with self._context.store.write() as tx:
            recalled = documents.recall(tx, [key for entry in entries for key in entry.keys])
            here = {
                recalled[key].number: entry.entry.file
                for entry in entries
                for key in entry.keys
                if key in recalled
            }
            absent = folders.absent(tx, source.url, present=here)
            gone = deleted(absent, folder=source.url, files=files)
            folders.place(tx, here)
            folders.vanish(tx, gone.numbers, at=self._context.dated)
        self.vanished += len(gone.numbers)
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

    def _record(self, visit: FetchRecord) -> None:
        with self._context.store.write() as tx:
            sources.record(tx, visit)

    async def _take(self, listing: SourceListing, *, source: Source) -> list[Kept]:
        """Keep what is new of a listing: at once what needs no page, then page by page."""
        unknown = await asyncio.to_thread(self._unknown, listing.entries, source)
        wants = [articles.wants_page(entry.entry, source=source) for entry in unknown]
        with_page = list(compress(unknown, wants))
        whole = list(compress(unknown, map(not_, wants)))
        items = [await self._complete(entry, source, wanted=False) for entry in whole]
        results = await self._keep(items, source)
        pages = (self._read_page(entry, source) for entry in with_page)
        async for page in in_turn(pages, at_once=_PAGES_AT_ONCE):
            results += page
        return results

    def _unknown(self, entries: Sequence[Entry], source: Source) -> list[Listed]:
        """Return the entries that the store does not know as they are listed now."""
        reports = distinct_reports(entries, source=source)
        with self._context.store.read() as tx:
            recalled = documents.recall(tx, [key for report in reports for key in report.keys])
        return [report for report in reports if not _is_known(report, recalled, source=source)]

    async def _complete(self, entry: Listed, source: Source, *, wanted: bool) -> Item:
        item = await articles.complete(
            entry.entry,
            source=source,
            gateway=self._context.gateway,
            now=self._context.clock(),
            own=entry,
            wanted=wanted,
        )
        return replace(item, beside=entry.beside)

    async def _read_page(self, entry: Listed, source: Source) -> list[Kept]:
        return await self._keep([await self._complete(entry, source, wanted=True)], source)

    async def _keep(self, items: Sequence[Item], source: Source) -> list[Kept]:
        return await self._context.write(self._write, items, source) if items else []

    def _write(self, items: Sequence[Item], source: Source) -> list[Kept]:
        with self._context.store.write() as tx:
            results = keep_all(tx, items, source=source.url, at=self._context.dated)
        self._context.note(items, results)
        return list(results)


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
    reason = f"not asked before {source_status.retry_at:%Y-%m-%d %H:%M} UTC"
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
