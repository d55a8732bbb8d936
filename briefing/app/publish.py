"""VERB: what was collected since the last edition to the next one, made once and kept whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from briefing.app.corrections import due_corrections
from briefing.app.make import PrintedEdition, Printer, make
from briefing.core.edition import Unprinted, Watch, slug
from briefing.core.errors import NothingToPrintError, UsageError
from briefing.core.model import Choice, Corrections, Document, Edition, Serial, SourceStatus, Status
from briefing.core.ports import Recipe
from briefing.core.schedule import Timetable, local_date, refuse_ahead
from briefing.press import record
from briefing.store import (
    Store,
    Transaction,
    choices,
    documents,
    editions,
    sources,
    withdrawals,
)
from briefing.store.editions import StoredEdition

#: Why a report that was collected is not read, in the words of the ledger.
TOO_OLD = "published too long ago"

#: Notes to whom an edition goes.
Release = Callable[[Transaction, Edition], None]


@dataclass(frozen=True, slots=True)
class ReportWindow:
    """Which reports an edition is made of, and how long they are looked at afterwards."""

    #: How far back it reaches when there is no edition before.
    first: timedelta
    #: Reports published longer ago are not read.
    oldest: timedelta
    #: When the printed reports are first looked at again, from the edition on; None: never.
    recheck: timedelta | None


@dataclass(frozen=True, slots=True)
class Published:
    """An edition as it is kept."""

    stored: StoredEdition
    #: How it was printed; None when it was published before and nothing was made.
    printed: PrintedEdition | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A story that is not on the page."""

    #: Section it would stand in.
    section: str
    #: The first headline of its reports that can be set; empty without any.
    headline: str
    #: Id and address of its first report.
    document: str
    url: str
    reports: int
    #: Why it is not printed, in words: "no room", "dropped by NAME".
    why: str
    #: Publisher families behind the reports.
    publishers: int = 0
    #: Against the edition before; None when that was not looked at.
    status: Status | None = None
    #: Id of the story within the draft.
    story: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """A page as it would be published now; kept nowhere."""

    edition: Edition
    pdf: bytes
    #: Height of the news over the height it could have, 1 when the page is full.
    fill: float
    #: What is not on it, best first.
    waiting: tuple[Waiting, ...]
    #: When it was laid out, aware UTC.
    made: datetime
    #: When the newest of its reports was collected, aware UTC; None when nobody says.
    until: datetime | None = None
    #: Id of the edition before it; empty: there is none.
    previous: str = ""


@dataclass(frozen=True, slots=True)
class _Context:
    """All that lies on the desk before an edition is made."""

    since: datetime
    serial: Serial
    documents: tuple[Document, ...]
    too_old: int
    previous: Edition | None
    corrections: Corrections
    failed: tuple[tuple[str, str], ...]
    #: What editors chose for this day, as it stands.
    choices: tuple[Choice, ...]


def publish(  # noqa: PLR0913  what a published edition is made of
    store: Store,
    *,
    name: str,
    day: date,
    now: datetime,
    window: ReportWindow,
    recipe: Callable[[Sequence[Document]], Recipe],
    press: Printer,
    write: Callable[[Edition, bytes], Mapping[str, bytes]],
    release: Release = lambda _tx, _edition: None,
    timetable: Timetable | None = None,
    force: bool = False,
    watch: Watch = lambda _: None,
) -> Published:
    """Make the edition of one day from the store and keep it, or return the one that is kept.

    Args:
        store: holds the reports, and takes the edition whole or not at all.
        name: of the briefing, as on the nameplate.
        day: the local date of the edition.
        now: aware UTC; what is collected afterwards is for the next edition.
        window: which reports are read.
        recipe: what the operator has decided, given the reports.
        press: prints the page.
        write: the files of an edition that are kept ("pdf", "html", "text"), given its PDF.
        release: notes to whom a new edition goes, in the transaction that keeps it.
        timetable: says which days may have an edition by now; None: any, and days are those of UTC.
        force: also a day later than the next scheduled edition.
        watch: told each step as it begins.

    Raises:
        BusyError: another process publishes from this store now.
        UsageError: the day is later than the next scheduled edition, or one that came out follows
            it.
        ChoiceError: choices of editors cannot all be met.
        NothingToPrintError: there is nothing to print.
        LayoutError: the page cannot be laid out.
        StoreError: the store cannot be read or written; no edition is kept.
    """
    briefing = slug(name)
    if timetable and not force:
        refuse_ahead(timetable, day, now=now)
    today = _today(timetable, now)
    with store.alone("publish"):
        watch("read")
        found = _look(store, briefing=briefing, day=day, today=today, now=now, window=window)
        if isinstance(found, StoredEdition):
            return Published(found, None)
        printed = _print(found, day=day, recipe=recipe, press=press, watch=watch)
        stored = StoredEdition(
            id=printed.edition.id,
            briefing=briefing,
            day=day,
            number=printed.edition.number,
            made=now,
            since=found.since,
            until=_newest(found),
            record=record.write(printed.edition),
            files=write(printed.edition, printed.pdf),
        )
        recheck_at = None if window.recheck is None else now + window.recheck
        watch("keep")
        return _keep(store, stored, printed=printed, recheck_at=recheck_at, release=release)


def draft(  # noqa: PLR0913  what a published edition is made of
    store: Store,
    *,
    name: str,
    day: date,
    now: datetime,
    window: ReportWindow,
    recipe: Callable[[Sequence[Document]], Recipe],
    press: Printer,
    timetable: Timetable | None = None,
    watch: Watch = lambda _: None,
) -> Preview:
    """Lay out the edition of one day as :func:`publish` would now; keep nothing.

    It may run beside a publication, since it changes nothing.

    Raises:
        UsageError: an edition of this day is published already, or one that came out follows it.
        ChoiceError: choices of editors cannot all be met; nothing was laid out.
        NothingToPrintError: there is nothing to print.
        LayoutError: the page cannot be laid out.
        StoreError: the store cannot be read.
    """
    watch("read")
    today = _today(timetable, now)
    found = _look(store, briefing=slug(name), day=day, today=today, now=now, window=window)
    if isinstance(found, StoredEdition):
        raise UsageError(f"the edition of {day} is published already; look at a later day")
    printed = _print(found, day=day, recipe=recipe, press=press, watch=watch)
    return Preview(
        edition=printed.edition,
        pdf=printed.pdf,
        fill=printed.fit.fill,
        waiting=tuple(map(_waiting, printed.unprinted)),
        made=now,
        until=_newest(found),
        previous=found.previous.id if found.previous else "",
    )


def _today(timetable: Timetable | None, now: datetime) -> date:
    return local_date(timetable, at=now) if timetable else now.date()


def _print(
    found: _Context,
    *,
    day: date,
    recipe: Callable[[Sequence[Document]], Recipe],
    press: Printer,
    watch: Watch,
) -> PrintedEdition:
    """Make and print an edition of all that lies on the desk."""
    return make(
        found.documents,
        day=day,
        recipe=recipe(found.documents),
        press=press,
        previous=found.previous,
        watch=watch,
        failed=found.failed,
        left_out={TOO_OLD: found.too_old},
        corrections=found.corrections,
        choices=found.choices,
        serial=found.serial,
    )


def _waiting(one: Unprinted) -> Waiting:
    told = one.story.documents
    first = told[0]
    return Waiting(
        section=one.section,
        headline=next((one.headline for one in told if one.headline), ""),
        document=first.id,
        url=first.url,
        reports=one.story.reports,
        why=one.why,
        publishers=one.story.publishers,
        status=one.status,
        story=one.story.id,
    )


def _look(  # noqa: PLR0913  which edition, as of when
    store: Store, *, briefing: str, day: date, today: date, now: datetime, window: ReportWindow
) -> StoredEdition | _Context:
    """Return the edition of this day, else what it is to be made of, all as of one moment."""
    with store.read() as tx:
        kept = editions.on(tx, briefing, day)
        if kept is not None:
            return kept
        withdrawn = withdrawals.on(tx, briefing, day)
        since = editions.reached(tx, briefing, before=day) or min(
            now - window.first, withdrawals.earliest(tx, briefing) or now
        )
        until = _until(tx, briefing, day, today=today, now=now, again=bool(withdrawn))
        came_in = documents.window(
            tx, since=since, until=until, published_since=now - window.oldest
        )
        corrections = due_corrections(tx, briefing)
        if not came_in.documents and not corrections.briefs:
            raise NothingToPrintError(_nothing(since, too_old=came_in.too_old))
        last = editions.last(tx, briefing, before=day)
        return _Context(
            since=since,
            serial=Serial(withdrawals.last_number(tx, briefing) + 1, len(withdrawn) + 1),
            documents=came_in.documents,
            too_old=came_in.too_old,
            previous=record.read(last.record, name=last.id).edition if last else None,
            corrections=corrections,
            failed=tuple(_failing(sources.source_statuses(tx))),
            choices=choices.source_status(tx, briefing, day),
        )


def _until(  # noqa: PLR0913  which edition, as of when
    tx: Transaction, briefing: str, day: date, *, today: date, now: datetime, again: bool
) -> datetime:
    """Return until when an edition takes reports; one that replaces another leaves the next's.

    An edition that is dated later than today has not come out yet, and does not count.

    Raises:
        UsageError: an edition that came out follows the day, on which none was withdrawn.
    """
    after = editions.following(tx, briefing, after=day, upto=today)
    if after is None:
        return now
    if not again:
        raise UsageError(
            f"the edition of {after[0]} is published already and editions follow each other; none "
            f"can be made for {day}: give a later --date, or withdraw what follows it first"
        )
    return after[1]


def _nothing(since: datetime, *, too_old: int) -> str:
    reports = f"no new report since {_moment(since)}"
    if not too_old:
        return f"nothing to publish: {reports}; run `briefing collect` first"
    remedy = "to print them set publish.oldest_hours = 0, or a larger number"
    return f"nothing to publish: {reports} but {too_old:,} {TOO_OLD}; {remedy}"


def _failing(source_statuses: Sequence[SourceStatus]) -> Iterator[tuple[str, str]]:
    """Yield each source that does not answer, with since when and why."""
    for one in source_statuses:
        if one.failing_since is not None:
            since = _moment(one.failing_since)
            # An address may hold a key of the operator's behind its question mark.
            yield (
                one.source.name or one.source.url.partition("?")[0],
                f"not answered since {since}: {one.reason}",
            )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _newest(context: _Context) -> datetime:
    """Return when the last of the reports was collected: the next edition begins right behind it.

    Were it now, a report that is being kept at this moment would be in neither of the two.
    """
    return max((one.collected for one in context.documents if one.collected), default=context.since)


def _keep(
    store: Store,
    stored: StoredEdition,
    *,
    printed: PrintedEdition,
    recheck_at: datetime | None,
    release: Release,
) -> Published:
    """Keep an edition in one step, unless another process has kept one of this day meanwhile."""
    with store.write() as tx:
        kept = editions.on(tx, stored.briefing, stored.day)
        if kept is not None:
            return Published(kept, None)
        editions.keep(tx, stored, edition=printed.edition, recheck_at=recheck_at)
        release(tx, printed.edition)
    # A copy of the store from before this edition is then known to be older.
    store.remember()
    return Published(stored, printed)
