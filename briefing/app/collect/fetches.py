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
from briefing.sources.keys import Listed, listed, listing
from briefing.store import documents, folders, sources
from briefing.store.arrivals import keep_all
from briefing.store.documents import Kept, Known

#: Pages of one source read at the same time.
_PAGES_AT_ONCE = 4
#: After which time a failure is likelier the source's own than ours.
_GONE = timedelta(days=1)
#: Characters of a reason that are kept; a plug-in may say anything.
_REASON = 500


class Visits:
    """Visits sources, and keeps what they bring."""

    def __init__(self, desk: CollectContext, *, kind: Callable[[str], SourceKind]) -> None:
        self._desk = desk
        self._kind = kind
        #: Sources that failed and did not say when to come back: since less than a day, and longer.
        self.failed: set[str] = set()
        self.gone: set[str] = set()
        #: Reports of folders that were found deleted.
        self.vanished = 0

    async def visit(self, standing: SourceStatus) -> FetchRecord:
        """Visit one source and record how it went."""
        at, began = self._desk.clock(), perf_counter()
        if standing.rests(at=at):
            visit = _waiting(standing, at=at)
        else:
            visit = await self._try(standing, at=at)
        visit = replace(visit, seconds=round(perf_counter() - began, 3))
        await self._desk.write(self._record, visit)
        return visit

    async def _try(self, standing: SourceStatus, *, at: datetime) -> FetchRecord:
        try:
            offer = await self._ask(standing)
            return await self._read(offer, standing.source, at=at)
        except StoreError:
            raise
        except BriefingError as error:
            return self._failed(standing, error, at=at)
        except Exception as error:
            return self._failed(standing, _fault(error), at=at)

    async def _ask(self, standing: SourceStatus) -> SourceListing:
        """Return what a source lists.

        Raises:
            BriefingError: it does not answer; never a StoreError, whatever a plug-in raises.
        """
        source = standing.source
        asked = replace(source, url=standing.moved_to or source.url)
        try:
            return await self._kind(source.kind)(
                asked, reach=self._desk.reach, validators=standing.validators
            )
        except BaseException as error:
            if _ends_the_run(error):
                raise
            if isinstance(error, BriefingError) and not isinstance(error, StoreError):
                raise
            raise _fault(error) from error

    async def _read(self, offer: SourceListing, source: Source, *, at: datetime) -> FetchRecord:
        answer = offer.answer
        if answer is not None and answer.unchanged:
            return FetchRecord(
                source.url, at, Outcome.UNCHANGED, status=answer.status, moved_to=answer.moved_to
            )
        if offer.files is not None:
            offer = await self._desk.write(self._settle, offer, offer.files, source)
        return _read(source, offer, await self._take(offer, source=source), at=at)

    def _settle(self, offer: SourceListing, files: Files, source: Source) -> SourceListing:
        """Record which reports of a folder are deleted; return the offer with what is not sure."""
        found = listing(offer.entries, source=source)
        with self._desk.store.write() as tx:
            known = documents.recall(tx, [key for one in found for key in one.keys])
            here = {
                known[key].number: one.entry.file
                for one in found
                for key in one.keys
                if key in known
            }
            absent = folders.absent(tx, source.url, present=here)
            gone = deleted(absent, folder=source.url, files=files)
            folders.place(tx, here)
            folders.vanish(tx, gone.numbers, at=self._desk.dated)
        self.vanished += len(gone.numbers)
        return replace(offer, notes=(gone.note, *offer.notes)) if gone.note else offer

    def _failed(self, standing: SourceStatus, error: BriefingError, *, at: datetime) -> FetchRecord:
        told = error if isinstance(error, FetchError) else FetchError("")
        if told.retry_at is None:
            since = standing.failing_since
            is_gone = since is not None and at - since >= _GONE
            (self.gone if is_gone else self.failed).add(standing.source.url)
        return FetchRecord(
            standing.source.url,
            at,
            Outcome.FAILED,
            reason=one_line(str(error), limit=_REASON),
            status=told.status,
            retry_at=told.retry_at or self._desk.plan.next_try(standing.failures + 1, at),
        )

    def _record(self, visit: FetchRecord) -> None:
        with self._desk.store.write() as tx:
            sources.record(tx, visit)

    async def _take(self, offer: SourceListing, *, source: Source) -> list[Kept]:
        """Keep what is new of an offer: at once what needs no page, then page by page."""
        unknown = await asyncio.to_thread(self._unknown, offer.entries, source)
        wants = [articles.wants_page(one.entry, source=source) for one in unknown]
        with_page = list(compress(unknown, wants))
        whole = list(compress(unknown, map(not_, wants)))
        kept = await self._keep([await self._complete(one, source) for one in whole], source)
        pages = (self._read_page(one, source) for one in with_page)
        async for one in in_turn(pages, at_once=_PAGES_AT_ONCE):
            kept += one
        return kept

    def _unknown(self, entries: Sequence[Entry], source: Source) -> list[Listed]:
        """Return the entries that the store does not know as they are listed now."""
        found = listing(entries, source=source)
        with self._desk.store.read() as tx:
            known = documents.recall(tx, [key for one in found for key in one.keys])
        return [one for one in found if not _is_known(one, known, source=source)]

    async def _complete(self, one: Listed, source: Source) -> Item:
        item = await articles.complete(
            one.entry,
            source=source,
            reach=self._desk.reach,
            now=self._desk.clock(),
            known_by=one.keys,
        )
        return replace(item, beside=one.beside)

    async def _read_page(self, one: Listed, source: Source) -> list[Kept]:
        return await self._keep([await self._complete(one, source)], source)

    async def _keep(self, items: Sequence[Item], source: Source) -> list[Kept]:
        return await self._desk.write(self._write, items, source) if items else []

    def _write(self, items: Sequence[Item], source: Source) -> list[Kept]:
        with self._desk.store.write() as tx:
            return list(keep_all(tx, items, source=source.url, at=self._desk.dated))


def _is_known(one: Listed, known: Mapping[str, Known], *, source: Source) -> bool:
    told = {known[key].listed_by(source.url) for key in one.keys if key in known}
    return listed(one.entry) in told


def _ends_the_run(error: BaseException) -> bool:
    """Tell whether it is we who are to end, and not what raised."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is None or task.cancelling() > 0
    return isinstance(error, KeyboardInterrupt | GeneratorExit)


def _fault(error: BaseException) -> InputError:
    return InputError(f"a fault in what reads it ({type(error).__name__}: {error})")


def _waiting(standing: SourceStatus, *, at: datetime) -> FetchRecord:
    said = f"not asked before {standing.retry_at:%Y-%m-%d %H:%M} UTC"
    reason = f"{said}; last: {standing.reason}" if standing.reason else said
    return FetchRecord(
        standing.source.url, at, Outcome.WAITING, reason=reason, retry_at=standing.retry_at
    )


def _read(
    source: Source, offer: SourceListing, kept: Sequence[Kept], *, at: datetime
) -> FetchRecord:
    answer = offer.answer
    dated = [entry.published for entry in offer.entries if entry.published]
    visit = FetchRecord(
        source.url,
        at,
        Outcome.READ,
        reason=one_line("; ".join(offer.notes), limit=_REASON),
        items=len(offer.entries),
        fresh=kept.count(Kept.NEW),
        edited=kept.count(Kept.EDITED),
        newest=max((one for one in dated if one <= at + timedelta(days=1)), default=None),
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
