"""Visits sources: asks each for what it lists, and keeps what is new of that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import compress
from operator import not_
from time import perf_counter

from briefing.collect.desk import Desk
from briefing.collect.turns import in_turn
from briefing.errors import BriefingError, FetchError, InputError, StoreError
from briefing.model import Entry, Item, Outcome, Source, Standing, Visit
from briefing.ports import Offer, SourceKind
from briefing.sources import articles
from briefing.sources.decode import one_line
from briefing.store import documents, sources
from briefing.store.arrivals import keep_all
from briefing.store.documents import Kept

#: Pages of one source read at the same time.
_PAGES_AT_ONCE = 4
#: Characters of a reason that are kept; a plug-in may say anything.
_REASON = 500


@dataclass(frozen=True, slots=True)
class _Listed:
    """An entry that the store does not know as it is listed now."""

    entry: Entry
    #: All by which it is known again.
    keys: tuple[str, ...]


class Visits:
    """Visits sources, and keeps what they bring."""

    def __init__(self, desk: Desk, *, kind: Callable[[str], SourceKind]) -> None:
        self._desk = desk
        self._kind = kind

    async def visit(self, standing: Standing) -> Visit:
        """Visit one source and record how it went."""
        at, began = self._desk.clock(), perf_counter()
        if standing.retry_at and standing.retry_at > at:
            visit = _waiting(standing, at=at)
        else:
            visit = await self._try(standing, at=at)
        visit = replace(visit, seconds=round(perf_counter() - began, 3))
        await self._desk.write(self._record, visit)
        return visit

    async def _try(self, standing: Standing, *, at: datetime) -> Visit:
        try:
            offer = await self._ask(standing)
            return await self._read(offer, standing.source, at=at)
        except StoreError:
            raise
        except BriefingError as error:
            return self._failed(standing, error, at=at)
        except Exception as error:
            return self._failed(standing, _fault(error), at=at)

    async def _ask(self, standing: Standing) -> Offer:
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

    async def _read(self, offer: Offer, source: Source, *, at: datetime) -> Visit:
        answer = offer.answer
        if answer is not None and answer.unchanged:
            return Visit(
                source.url, at, Outcome.UNCHANGED, status=answer.status, moved_to=answer.moved_to
            )
        return _read(source, offer, await self._take(offer, source=source), at=at)

    def _failed(self, standing: Standing, error: BriefingError, *, at: datetime) -> Visit:
        told = error if isinstance(error, FetchError) else FetchError("")
        return Visit(
            standing.source.url,
            at,
            Outcome.FAILED,
            reason=one_line(str(error), limit=_REASON),
            status=told.status,
            retry_at=told.retry_at or self._desk.plan.next_try(standing.failures + 1, at),
        )

    def _record(self, visit: Visit) -> None:
        with self._desk.store.write() as tx:
            sources.record(tx, visit)

    async def _take(self, offer: Offer, *, source: Source) -> list[Kept]:
        """Keep what is new of an offer: at once what needs no page, then page by page."""
        unknown = await asyncio.to_thread(self._unknown, offer.entries, source)
        wants = [articles.wants_page(one.entry, source=source) for one in unknown]
        with_page = list(compress(unknown, wants))
        listed = list(compress(unknown, map(not_, wants)))
        kept = await self._keep([await self._complete(one, source) for one in listed], source)
        pages = (self._read_page(one, source) for one in with_page)
        async for one in in_turn(pages, at_once=_PAGES_AT_ONCE):
            kept += one
        return kept

    def _unknown(self, entries: Sequence[Entry], source: Source) -> list[_Listed]:
        """Return the entries that the store does not know as they are listed now."""
        keyed = [(entry, articles.keys(entry, source=source)) for entry in entries]
        with self._desk.store.read() as tx:
            known = documents.recall(tx, [key for _, keys in keyed for key in keys])
        unknown: dict[tuple[str, ...], _Listed] = {}
        for entry, keys in keyed:
            listed = articles.listed(entry)
            told = {known[key].listed_by(source.url) for key in keys if key in known}
            if listed not in told:
                # What nothing names is told apart by its words.
                unknown.setdefault(keys or (listed,), _Listed(entry, keys))
        return list(unknown.values())

    async def _complete(self, one: _Listed, source: Source) -> Item:
        return await articles.complete(
            one.entry,
            source=source,
            reach=self._desk.reach,
            now=self._desk.clock(),
            known_by=one.keys,
        )

    async def _read_page(self, one: _Listed, source: Source) -> list[Kept]:
        return await self._keep([await self._complete(one, source)], source)

    async def _keep(self, items: Sequence[Item], source: Source) -> list[Kept]:
        return await self._desk.write(self._write, items, source) if items else []

    def _write(self, items: Sequence[Item], source: Source) -> list[Kept]:
        with self._desk.store.write() as tx:
            return list(keep_all(tx, items, source=source.url, at=self._desk.clock()))


def _ends_the_run(error: BaseException) -> bool:
    """Tell whether it is we who are to end, and not what raised."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is None or task.cancelling() > 0
    return isinstance(error, KeyboardInterrupt | GeneratorExit)


def _fault(error: BaseException) -> InputError:
    return InputError(f"a fault in what reads it ({type(error).__name__}: {error})")


def _waiting(standing: Standing, *, at: datetime) -> Visit:
    said = f"not asked before {standing.retry_at:%Y-%m-%d %H:%M} UTC"
    reason = f"{said}; last: {standing.reason}" if standing.reason else said
    return Visit(
        standing.source.url, at, Outcome.WAITING, reason=reason, retry_at=standing.retry_at
    )


def _read(source: Source, offer: Offer, kept: Sequence[Kept], *, at: datetime) -> Visit:
    answer = offer.answer
    dated = [entry.published for entry in offer.entries if entry.published]
    visit = Visit(
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
