"""VERB: what was collected since the last edition to the next one, made once and kept whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from briefing.edition import Unprinted, Watch, slug
from briefing.errors import InputError, UsageError
from briefing.make import Printed, Printer, make
from briefing.model import Choice, Correction, Document, Edition, Standing, Status
from briefing.ports import Recipe
from briefing.press import record
from briefing.store import Store, Transaction, choices, documents, editions, sources
from briefing.store.editions import StoredEdition

#: Why a report that was collected is not read, in the words of the ledger.
TOO_OLD = "published too long ago"

#: Notes to whom an edition goes.
Release = Callable[[Transaction, Edition], None]


@dataclass(frozen=True, slots=True)
class Window:
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
    printed: Printed | None


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
class Draft:
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


@dataclass(frozen=True, slots=True)
class _Desk:
    """All that lies on the desk before an edition is made."""

    since: datetime
    documents: tuple[Document, ...]
    too_old: int
    previous: Edition | None
    corrections: tuple[Correction, ...]
    failed: tuple[tuple[str, str], ...]
    #: What editors chose for this day, as it stands.
    choices: tuple[Choice, ...]


def publish(  # noqa: PLR0913  what a published edition is made of
    store: Store,
    *,
    name: str,
    day: date,
    now: datetime,
    window: Window,
    recipe: Callable[[Sequence[Document]], Recipe],
    press: Printer,
    write: Callable[[Edition, bytes], Mapping[str, bytes]],
    release: Release = lambda _tx, _edition: None,
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
        watch: told each step as it begins.

    Raises:
        BusyError: another process publishes from this store now.
        UsageError: an edition of a later day is published already.
        ChoiceError: choices of editors cannot all be met.
        InputError: there is nothing to print.
        LayoutError: the page cannot be laid out.
        StoreError: the store cannot be read or written; no edition is kept.
    """
    briefing = slug(name)
    with store.alone("publish"):
        watch("read")
        found = _look(store, briefing=briefing, day=day, now=now, window=window)
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
    window: Window,
    recipe: Callable[[Sequence[Document]], Recipe],
    press: Printer,
    watch: Watch = lambda _: None,
) -> Draft:
    """Lay out the edition of one day as :func:`publish` would now; keep nothing.

    It may run beside a publication, since it changes nothing.

    Raises:
        UsageError: an edition of this day or of a later one is published already.
        ChoiceError: choices of editors cannot all be met; nothing was laid out.
        InputError: there is nothing to print.
        LayoutError: the page cannot be laid out.
        StoreError: the store cannot be read.
    """
    watch("read")
    found = _look(store, briefing=slug(name), day=day, now=now, window=window)
    if isinstance(found, StoredEdition):
        raise UsageError(f"the edition of {day} is published already; look at a later day")
    printed = _print(found, day=day, recipe=recipe, press=press, watch=watch)
    return Draft(
        edition=printed.edition,
        pdf=printed.pdf,
        fill=printed.fit.fill,
        waiting=tuple(map(_waiting, printed.unprinted)),
        made=now,
        until=_newest(found),
    )


def _print(
    found: _Desk,
    *,
    day: date,
    recipe: Callable[[Sequence[Document]], Recipe],
    press: Printer,
    watch: Watch,
) -> Printed:
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


def _look(
    store: Store, *, briefing: str, day: date, now: datetime, window: Window
) -> StoredEdition | _Desk:
    """Return the edition of this day, else what it is to be made of, all as of one moment."""
    with store.read() as tx:
        kept = editions.on(tx, briefing, day)
        if kept is not None:
            return kept
        last = editions.last(tx, briefing)
        if last is not None and last.day > day:
            raise UsageError(
                f"the edition of {last.day} is published already and editions follow each other; "
                f"none can be made for {day}: give a later --date"
            )
        since = last.until if last else now - window.first
        came_in = documents.window(tx, since=since, until=now, published_since=now - window.oldest)
        if not came_in.documents:
            raise InputError(_nothing(since, too_old=came_in.too_old))
        return _Desk(
            since=since,
            documents=came_in.documents,
            too_old=came_in.too_old,
            previous=record.read(last.record, name=last.id).edition if last else None,
            corrections=editions.untold(tx, briefing),
            failed=tuple(_failing(sources.standings(tx))),
            choices=choices.standing(tx, briefing, day),
        )


def _nothing(since: datetime, *, too_old: int) -> str:
    reports = f"no new report since {_moment(since)}"
    beside = f" but {too_old} {TOO_OLD}" if too_old else ""
    return f"nothing to publish: {reports}{beside}; run `briefing collect` first"


def _failing(standings: Sequence[Standing]) -> Iterator[tuple[str, str]]:
    """Yield each source that does not answer, with since when and why."""
    for one in standings:
        if one.failing_since is not None:
            since = _moment(one.failing_since)
            # An address may hold a key of the operator's behind its question mark.
            yield (
                one.source.name or one.source.url.partition("?")[0],
                f"not answered since {since}: {one.reason}",
            )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _newest(desk: _Desk) -> datetime:
    """Return when the last of the reports was collected: the next edition begins right behind it.

    Were it now, a report that is being kept at this moment would be in neither of the two.
    """
    return max((one.collected for one in desk.documents if one.collected), default=desk.since)


def _keep(
    store: Store,
    stored: StoredEdition,
    *,
    printed: Printed,
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
    return Published(stored, printed)
