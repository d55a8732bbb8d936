"""Fetches sources, fetches printed pages again, and confirms changes seen twice."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from itertools import compress
from operator import not_
from pathlib import PurePath
from time import perf_counter

from briefing.app.collect.plan import CollectContext, Collected, in_turn
from briefing.core.errors import BriefingError, FetchError, InputError, OverloadError, StoreError
from briefing.core.frozen import frozen
from briefing.core.messages import counted
from briefing.core.model import (
    MOST_GONE,
    Document,
    Entry,
    FetchRecord,
    Item,
    Outcome,
    Source,
    SourceStatus,
    Validators,
)
from briefing.core.ports import Files, SourceListing
from briefing.sources import articles
from briefing.sources.decode import one_line
from briefing.sources.keys import Listed, distinct_reports, host_name
from briefing.store import Transaction, documents, facts, sources
from briefing.store.documents import DuePage, Kept, keep_all
from briefing.store.facts import APART, Doubt

#: Pages of one source fetched concurrently.
_PAGES_AT_ONCE = 4
#: Time after which a failure is more likely the source's than ours.
_GONE = timedelta(days=1)
#: Longest reason stored, in characters; a plug-in may give a long one.
_REASON = 500


@frozen
class Visits:
    """Fetches sources and stores what they list."""

    context: CollectContext
    #: Addresses of sources with reports in doubt; they are fetched without validators.
    in_doubt: frozenset[str] = frozenset()
    #: Sources that failed and gave no time for a retry: for less than a day, and for longer.
    failed: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    async def visit(self, source_status: SourceStatus) -> FetchRecord:
        """Fetch one source, and record the result."""
        at, began = self.context.clock(), perf_counter()
        if source_status.rests(at=at):
            retry_at = source_status.retry_at
            reason = f"not read before {retry_at:%Y-%m-%d %H:%M} UTC"
            reason += f"; last: {source_status.reason}" if source_status.reason else ""
            waiting = FetchRecord(
                source_status.source.url, at, Outcome.WAITING, reason=reason, retry_at=retry_at
            )
            return await self.context.write(_end, waiting, began)
        try:
            listing = await self._ask(source_status)
            return await self._read(listing, source_status.source, at=at, began=began)
        except StoreError:
            raise
        except OverloadError as error:
            # Not the source's fault: its status stays as it is, and the next run fetches it.
            failed = FetchRecord(source_status.source.url, at, Outcome.WAITING, reason=str(error))
        except BriefingError as error:
            failed = self._failed(source_status, error, at=at)
        except Exception as error:
            failed = self._failed(source_status, _fault(error), at=at)
        return await self.context.write(_end, failed, began)

    async def _ask(self, source_status: SourceStatus) -> SourceListing:
        """Return what a source lists; a plug-in may raise anything, but not a StoreError."""
        source = source_status.source
        asked = replace(source, url=source_status.moved_to or source.url)
        try:
            return await self.context.plan.kind(source.kind)(
                asked,
                gateway=self.context.gateway,
                validators=Validators()
                if source.url in self.in_doubt
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
        """Store what is new in a listing: at once if complete, else page by page."""
        answer = listing.answer
        if answer is not None and answer.unchanged:
            visit = FetchRecord(
                source.url, at, Outcome.UNCHANGED, status=answer.status, moved_to=answer.moved_to
            )
            return await self.context.write(_end, visit, began)
        if listing.files is not None:
            listing = await self.context.write(self._settle, listing, listing.files, source)
        items, wanting, doubtful = await asyncio.to_thread(self._unknown, listing.entries, source)
        if doubtful:
            same = [number for number, is_same in doubtful.items() if is_same]

            def note_listed(tx: Transaction) -> None:
                facts.listed(tx, doubtful, same=same, source=source.url, at=self.context.dated)

            await self.context.write(note_listed)
        results: list[Kept] = []
        if wanting:
            results, items = await self._keep(items, source), []

        async def read_page(report: Listed) -> list[Kept]:
            item = await articles.with_page(
                report, source=source, gateway=self.context.gateway, now=self.context.clock()
            )
            return await self._keep([item], source)

        pages = map(read_page, wanting)
        async for page in in_turn(pages, at_once=_PAGES_AT_ONCE):
            results += page

        def keep_last(tx: Transaction) -> tuple[tuple[Kept, ...], FetchRecord]:
            """Store the last reports of a fetch and, in the same transaction, its result."""
            last = keep_all(tx, items, source=source.url, at=self.context.dated)
            return last, _end(tx, _read(source, listing, (*results, *last), at=at), began)

        last, visit = await self.context.write(keep_last)
        self.context.note(items, last)
        return visit

    def _settle(
        self, tx: Transaction, listing: SourceListing, files: Files, source: Source
    ) -> SourceListing:
        """Record which reports of a folder are deleted; add to the listing what is uncertain."""
        entries = distinct_reports(listing.entries, source=source)
        recalled = documents.recall(tx, [key for entry in entries for key in entry.keys])
        here = {
            recalled[key].number: entry.entry.file
            for entry in entries
            for key in entry.keys
            if key in recalled
        }
        absent = facts.absent(tx, source.url, present=here)
        gone, note = deleted(absent, folder=source.url, files=files)
        facts.place(tx, here)
        facts.miss(tx, gone, at=self.context.dated)
        return replace(listing, notes=(note, *listing.notes)) if note else listing

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
            retry_at=failure.retry_at or self.context.plan.next_try(source_status.failures + 1, at),
        )

    def _unknown(
        self, entries: Sequence[Entry], source: Source
    ) -> tuple[list[Item], list[Listed], dict[int, bool]]:
        """Return the entries that are new or changed: complete ones, and those that need a page.

        Also return the numbers of known reports in doubt, and whether each is listed as before.
        """
        reports = distinct_reports(entries, source=source)
        recalled = self.context.store.look(
            documents.recall, [key for report in reports for key in report.keys]
        )
        unknown = [
            report
            for report in reports
            if report.digest
            not in {recalled[key].listed_by(source.url) for key in report.keys if key in recalled}
        ]
        wanting = [articles.wants_page(report.entry, source=source) for report in unknown]
        now = self.context.clock()
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

    async def _keep(self, items: Sequence[Item], source: Source) -> list[Kept]:
        def keep(tx: Transaction) -> tuple[Kept, ...]:
            return keep_all(tx, items, source=source.url, at=self.context.dated)

        results = await self.context.write(keep) if items else ()
        self.context.note(items, results)
        return [*results]


def _end(tx: Transaction, visit: FetchRecord, began: float) -> FetchRecord:
    """Record a fetch, and how long it took."""
    visit = replace(visit, seconds=round(perf_counter() - began, 3))
    sources.record(tx, visit)
    return visit


def _ends_the_run(error: BaseException) -> bool:
    """Return whether this run itself is being canceled, not just the failing work."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is None or task.cancelling() > 0
    return isinstance(error, KeyboardInterrupt | GeneratorExit)


def _fault(error: BaseException) -> InputError:
    return InputError(f"its source kind failed ({type(error).__name__}: {error})")


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


#: Pages fetched concurrently.
_AT_ONCE = 32
#: Pages fetched again in one run, those that have waited longest first; the rest wait.
_DUE = 500
#: Failed fetches of a missing page after which the feed's text is kept for good: with waits that
#: double from an hour (1 + 2 + 4 + 8 + 16), they span more than a day.
_TRIES = 5
_DAY = timedelta(days=1)


@frozen
class Revisits:
    """Fetches the pages that are due again."""

    context: CollectContext
    #: All sources, by address.
    sources: Mapping[str, Source]

    async def all(self) -> Collected:
        """Fetch every page that is due."""
        owed = self.context.store.look(documents.due, at=self.context.clock(), limit=_DUE)
        visits = (
            self._visit(due, self.sources.get(due.source, Source(due.source))) for due in owed
        )
        outcomes = [outcome async for outcome in in_turn(visits, at_once=_AT_ONCE)]
        return Collected(
            (), (), repaired=outcomes.count("repaired"), edited=outcomes.count("edited")
        )

    async def _visit(self, due: DuePage, source: Source) -> str:
        """Fetch one page again; return the result in a word, empty for nothing new."""
        gateway, item = self.context.gateway, None
        try:
            if due.printed and not due.from_page:
                # The text comes from the feed, so only check that the page still exists.
                await gateway.fetch(due.document.url)
            else:
                item = await articles.reread(
                    due.document, source=source, gateway=gateway, now=self.context.clock()
                )
        except Exception as error:
            await self.context.write(self._missed, due, error)
            return ""
        result = await self.context.write(self._store_page, due, item, source)
        if item is not None:
            self.context.note([item], [result])
        if result is not Kept.EDITED:
            return ""
        return "edited" if due.printed else "repaired"

    def _store_page(self, tx: Transaction, due: DuePage, item: Item | None, source: Source) -> Kept:
        at, result = self.context.dated, Kept.KNOWN
        facts.answered(tx, due.number)
        if item:
            result = documents.keep(tx, item, source=source.url, at=at, number=due.number)
        documents.put_off(tx, due.number, until=self._next_look(tx, due, at=at))
        return result

    def _missed(self, tx: Transaction, due: DuePage, error: Exception) -> None:
        """Postpone the page; if it was printed and is gone, record that."""
        at = self.context.dated
        if isinstance(error, FetchError) and error.gone and due.printed:
            facts.miss(tx, [due.number], at=at)
        until = self._next_look(tx, due, at=at) if due.printed else self._next_try(due, error)
        documents.put_off(tx, due.number, until=until)

    def _next_look(self, tx: Transaction, due: DuePage, *, at: datetime) -> datetime | None:
        """Return when a printed page is fetched again: daily at the same time, while allowed.

        It is fetched sooner to confirm what was seen for the first time.
        """
        if due.printed and facts.is_new(tx, due.number, at=at):
            return self.context.clock() + APART
        passed = self.context.clock() - due.since
        if not due.printed or passed > self.context.plan.recheck:
            return None
        # Not a day after this fetch, or the time would drift past that of the next edition.
        return due.since + (passed // _DAY + 1) * _DAY

    def _next_try(self, due: DuePage, error: Exception) -> datetime | None:
        if isinstance(error, OverloadError):
            return self.context.clock() + articles.RETRY
        if not (isinstance(error, FetchError) and error.passing) or due.tries + 1 >= _TRIES:
            return None
        later = self.context.clock() + articles.RETRY * 2.0 ** (due.tries + 1)
        return max(later, error.retry_at or later)


#: Number of texts of a report since it was printed that make its source unstable.
_OFTEN = 4
#: Share of a new text found in other new texts of its host that makes it an error page.
_SHARED = 0.5


def settle(tx: Transaction, *, at: datetime) -> int:
    """Confirm changes that are certain by now; return how many reports are newly gone.

    A page or file is gone if it was missing in two fetches an hour apart and its source no longer
    lists it, unless more reports of its host are missing at the same time. A new text counts if it
    was seen in two such fetches or, if it differs each time, after a day; unless other reports of
    its host have it too, as with an error page or a paywall. A source is recorded as unstable if
    one of its reports has had many texts since it was printed.
    """
    doubts = facts.doubts(tx, at=at)
    gone: list[Doubt] = []
    failed: list[int] = []
    other: list[Doubt] = []
    often: list[str] = []
    missed = [doubt for doubt in doubts if doubt.missed]
    for doubt in doubts:
        if doubt.confirmed:
            continue
        twice = doubt.seen - doubt.since >= APART
        if not doubt.missed:
            if twice or doubt.seen - doubt.other >= _DAY:
                other.append(doubt)
            if doubt.texts >= _OFTEN:
                often.append(doubt.source)
        elif (
            # reports of its host that are missing at the same time, including itself
            sum(
                _place(other) == _place(doubt) and abs(other.since - doubt.since) < _DAY
                for other in missed
            )
            > MOST_GONE
        ):
            failed.append(doubt.number)
        elif doubt.unlisted and twice:
            gone.append(doubt)
    # What was seen while a site was failing proves nothing, so it must be confirmed anew.
    facts.doubt_anew(tx, failed, at=at)
    versions = {name for doubt in doubts for name in (doubt.was, doubt.now) if other}
    texts = documents.texts(tx, versions)
    walls = _walls([doubt for doubt in doubts if not doubt.missed], texts) if other else ()
    facts.confirm(tx, [doubt.number for doubt in (*gone, *other) if doubt.number not in walls])
    facts.note_unstable(tx, often, at=at)
    return len(gone)


def _walls(doubts: Sequence[Doubt], texts: Mapping[str, Document]) -> frozenset[int]:
    """Return the numbers of those whose new text is mostly shared with others of their host."""
    new = {doubt.number: _lines(texts, doubt.now) - _lines(texts, doubt.was) for doubt in doubts}
    walls = set()
    for doubt in doubts:
        others = {
            line
            for other in doubts
            if other.number != doubt.number and _place(other) == _place(doubt)
            for line in new[other.number]
        }
        shared = sum(map(len, new[doubt.number] & others))
        if shared and shared >= _SHARED * sum(map(len, _lines(texts, doubt.now))):
            walls.add(doubt.number)
    return frozenset(walls)


def _lines(texts: Mapping[str, Document], version: str) -> frozenset[str]:
    text = texts[version].text if version in texts else ""
    return frozenset(filter(None, (" ".join(line.split()) for line in text.splitlines())))


def _place(doubt: Doubt) -> str:
    """Return the host of a report, or its source if it has none."""
    return host_name(doubt.url) if doubt.url else doubt.source


def deleted(absent: Mapping[int, str], *, folder: str, files: Files) -> tuple[tuple[int, ...], str]:
    """Return the numbers of deleted reports, and in words which files may be only unreachable.

    ``absent`` has the files of reports that are not listed now, by number. A report whose file
    still exists was only dropped from the listing, as from a feed. Nothing counts as deleted below
    a folder that cannot be opened, or that is empty like the mount point of an unmounted disk.

    InputError: the whole folder is empty, though reports came from it.
    """
    missing = {number: path for number, path in absent.items() if path not in files.paths}
    bare = frozenset(files.bare)
    if missing and str(PurePath(folder)) in bare:
        raise InputError(
            f"the folder is empty, but {counted(len(missing), 'report')} came from files in it: "
            "mount it; if they were deleted, put an empty file named .keep there"
        )
    if missing and files.unread:
        where = f"{one_line(files.unread[0], limit=200)} cannot be opened"
        return (), f"{counted(len(missing), 'report')} not counted as deleted: {where}"
    # The empty folder that contained each file, if there is one.
    held = {
        number: next((str(above) for above in PurePath(path).parents if str(above) in bare), "")
        for number, path in missing.items()
    }
    gone = tuple(number for number, where in held.items() if not where)
    stored = sorted(where for where in held.values() if where)
    if not stored:
        return gone, ""
    where = f"{one_line(stored[0], limit=200)} is empty; mount it, or remove it if they are deleted"
    return gone, f"{counted(len(stored), 'report')} not counted as deleted: {where}"
