"""Access to the network, and the use cases that bring news into the store and publish it."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, partial
from itertools import islice
from threading import BoundedSemaphore
from types import MappingProxyType
from typing import TypeVar

from briefing import __version__
from briefing.app.collect import Collected, CollectPart, CollectPlan, collect
from briefing.app.collect import Watch as CollectWatch
from briefing.app.collect.sources import Trial, TrialReport
from briefing.app.corrections import CorrectionPlan, mail_readers
from briefing.app.make import reprint
from briefing.app.publish import (
    Published,
    PublishPlan,
    ReportWindow,
    prepare,
    publish,
    publish_week,
)
from briefing.core import record
from briefing.core.edition import Watch
from briefing.core.errors import (
    BusyError,
    InputError,
    LayoutError,
    MissingPartError,
    OutputError,
    OverloadError,
)
from briefing.core.model import WEEK, Edition, Entry, Host, Source, Validators
from briefing.core.ports import Answer, Fetch, Gateway, Mails, SourceKind, SourceListing
from briefing.core.schedule import next_edition
from briefing.press.formats import FORMATS
from briefing.settings import CollectSettings, Settings
from briefing.setup import registry
from briefing.setup.clock import now
from briefing.setup.mailing import release_plan
from briefing.setup.parts import press, recipe, rule, signals, theme, written
from briefing.setup.post import mails_of
from briefing.sources import articles, language
from briefing.sources.discover import Health, check, discover
from briefing.sources.entries import is_blurb, words
from briefing.sources.formats import sniff
from briefing.sources.records import Failed, Outcome, ParsedDocument
from briefing.sources.sandbox.pool import Sandbox, shared
from briefing.sources.web.address import make_rules
from briefing.sources.web.client import Asking, Web
from briefing.sources.web.crawl_policy import (
    CrawlPolicy,
    HostLocks,
    HostTurns,
    RateLimitedFetch,
    next_try,
)
from briefing.store import Store, sources
from briefing.store.editions import StoredEdition

T = TypeVar("T")

LOG = logging.getLogger("briefing.publish")

#: The other common office paper.
_OTHER_PAPER = MappingProxyType({"a4": "Letter", "letter": "A4"})
#: Our name in robots.txt.
_AGENT = "Briefing"
#: Older than any news.
_ANY_AGE = timedelta(days=365 * 100)
#: How long after an edition its reports are fetched again: before a daily desk's next edition.
_LOOKS_AGAIN = timedelta(hours=20)
#: Most reports taken from a feed given to ``make``: a day of a busy feed.
_OF_A_FEED = 100


@asynccontextmanager
async def outside(
    hosts: Mapping[str, Host],
    *,
    settings: CollectSettings,
    locks: HostLocks | None = None,
    mails: Mails | None = None,
) -> AsyncIterator[tuple[Gateway, Callable[[], Sequence[Host]]]]:
    """Open access to the network: guarded, rate-limited and sandboxed.

    ``locks`` coordinate several workers that fetch from the same hosts.
    """
    turns = HostTurns(locks) if locks else None
    contact = f"; {settings.contact}" if settings.contact else ""
    asking = Asking(
        agent=f"{_AGENT}/{__version__} (news reader for one desk{contact})",
        rules=make_rules(settings.allow_hosts, allow_ports=settings.allow_ports),
        deadline=settings.deadline,
        proxy=settings.proxy,
    )
    async with Web(asking, clock=now) as web, AsyncExitStack() as ended:
        if turns:
            ended.push_async_callback(turns.close)
        fetcher = RateLimitedFetch(
            web,
            policy=CrawlPolicy(
                agent=_AGENT,
                per_host=settings.per_host,
                delay=settings.delay,
                ignore_robots=settings.ignore_robots,
            ),
            hosts=hosts,
            clock=now,
            sleep=asyncio.sleep,
            chance=random.random,
            turns=turns,
        )
        # A worker does many parts of a run: starting a sandbox takes as long as parsing a part.
        with nullcontext(shared()) if locks else Sandbox() as sandbox:
            yield Gateway(fetcher, sandbox, settings.allow_hosts, mails), lambda: fetcher.hosts


def kind(name: str) -> SourceKind:
    """Return what reads sources of a kind."""
    kind: SourceKind = registry.load("source", name)
    return kind


def collect_news(
    store: Store,
    *,
    settings: Settings,
    watch: CollectWatch = lambda _done, _of: None,
    part: CollectPart | None = None,
) -> Collected:
    """Fetch all sources, or those of a part; raise InputError if there are none."""
    with store.write() as tx:
        sources.end_pauses(tx, at=now())
        if not sources.active(tx):
            raise InputError(
                "all sources are paused; resume one: briefing sources resume ADDRESS"
                if sources.source_statuses(tx)
                else "no sources yet; add one: briefing sources add ADDRESS"
            )
    with store.host_locks() if part else nullcontext() as locks:
        plan = CollectPlan(
            outside=partial(
                outside, settings=settings.collect, locks=locks, mails=mails_of(settings)
            ),
            # Plug-ins are read from disk at each look-up, so cache one look-up per kind and run.
            kind=cache(kind),
            recheck=timedelta(days=settings.collect.recheck_days),
            keep=settings.store.keep,
            next_try=lambda failures, at: next_try(failures, after=at, jitter=random.random()),  # noqa: S311  no secret
            rule=rule(settings),
            signals=partial(signals, settings),
        )
        done = collect(store, plan, clock=now, watch=watch, part=part)
    if not part:
        with store.write() as tx:
            mail_readers(tx, correction_plan(settings), at=now())
    return done


def correction_plan(settings: Settings) -> CorrectionPlan:
    """Return whether and how readers are mailed about corrections of words sent to them."""
    return CorrectionPlan(
        settings.name,
        mails=settings.corrections.notify == "now" and bool(settings.mail.sender),
        web=settings.web.address,
        language=settings.language,
    )


def publish_edition(  # noqa: PLR0913  which edition, and how
    store: Store,
    *,
    settings: Settings,
    day: date | None,
    edition: str = "",
    late: bool = False,
    force: bool = False,
    watch: Watch = lambda _: None,
) -> Published:
    """Publish an edition of a day, by default today, or :data:`WEEK` for the week that ends on it.

    The manifest notes if it is made late. Raises UsageError if there is no edition of this name;
    the day is after the next scheduled edition and that is not forced; or the week is not over.
    """
    at, plan = now(), publish_plan(settings, late=late, edition=edition)
    on = day or plan.today(at)
    if edition == WEEK:
        return publish_week(store, plan, day=on, now=at, watch=watch)
    return publish(store, plan, day=on, now=at, force=force, watch=watch)


def prepare_editions(store: Store, *, settings: Settings) -> None:
    """Prepare the editions that are due before the next collection.

    A failure is only logged, since editions can be made without it.
    """
    at, timetable = now(), settings.timetable
    for slot in (timetable, *timetable.others):
        day, due = next_edition(slot, after=at)
        if due - at <= timetable.collect_every:
            try:
                plan = publish_plan(settings, edition=slot.edition)
                prepare(store, plan, day=day, due=due, now=at)
            except Exception as error:  # must not affect what was collected
                LOG.debug("the edition of %s is not prepared: %s", day, error)


def publish_plan(desk: Settings, *, late: bool = False, edition: str = "") -> PublishPlan:
    """Return how the editions of a name are published, with a separate press.

    Raises UsageError if there is no edition of this name.
    """
    settings, timetable = desk.of_edition(edition), desk.timetable

    def write(edition: Edition, pdf: bytes) -> Mapping[str, bytes]:
        kept = [
            each.name
            for each in FORMATS.values()
            if each.kept and each.writer and each.name != "spoken"
        ]
        files = {name: written(edition, name, settings=settings) for name in kept}
        papers = _on_other_papers(edition, settings=settings)
        return {"pdf": pdf, **files, **papers, **_read_aloud(edition, settings=settings)}

    return PublishPlan(
        briefing=settings.briefing,
        window=window(settings),
        recipe=partial(recipe, settings, late=late),
        press=press(settings),
        presses=partial(press, settings),
        write=write,
        release=release_plan(settings, edition),
        corrects=settings.corrections.notify != "off",
        grades=settings.page.grades,
        timetable=timetable if edition == WEEK else timetable.of(edition),
        rule=rule(settings),
    )


def _on_other_papers(edition: Edition, *, settings: Settings) -> Mapping[str, bytes]:
    """Return the edition as PDF on the other common paper, by file name, if it is on the web.

    If it does not fit there, it is not made: nothing is left out, and no type is made smaller.
    """
    wanted = _OTHER_PAPER.get(settings.page.paper.casefold())
    if wanted is None or not settings.web.address or wanted not in theme(settings).papers:
        return {}
    try:
        return {f"{wanted.lower()}.pdf": reprint(edition, press(settings, paper=wanted))}
    except LayoutError as error:
        LOG.warning("edition %s is not printed on %s: %s", edition.id, wanted, error)
        return {}


def _read_aloud(edition: Edition, *, settings: Settings) -> Mapping[str, bytes]:
    """Return the edition as an MP3, by file name; empty if not wanted or not possible."""
    if not settings.publish.spoken:
        return {}
    try:
        return {"spoken": written(edition, "spoken", settings=settings)}
    except (MissingPartError, OutputError) as error:
        LOG.warning("edition %s is published without an MP3: %s", edition.id, error)
        return {}


def stored_as(kind: str, stored: StoredEdition, *, settings: Settings) -> bytes:
    """Return a stored edition in a format: the file that was kept, or one made from its record.

    Raises InputError if its record cannot be read.
    """
    if kind == "json":
        return stored.record.encode()
    if kind in stored.files:
        return stored.files[kind]
    edition = record.read(stored.record, name=stored.id).edition
    return written(edition, kind, settings=settings)


def window(settings: Settings) -> ReportWindow:
    """Return which reports an edition is made of."""
    hours = settings.publish.oldest_hours
    return ReportWindow(
        first=timedelta(hours=settings.publish.first_hours),
        oldest=timedelta(hours=hours) if hours else _ANY_AGE,
        recheck=_LOOKS_AGAIN if settings.collect.recheck_days else None,
    )


def find_sources(address: str, *, settings: Settings) -> tuple[Source, ...]:
    """Return the feeds of a site, or the site itself as a source of pages."""
    return _run(lambda gateway: discover(address, gateway=gateway), settings)


def check_sources(asked: Sequence[Source], *, settings: Settings) -> tuple[Health, ...]:
    """Return the health of each source, in the given order."""

    async def look(gateway: Gateway) -> Sequence[Health]:
        return await asyncio.gather(
            *(check(each, gateway=gateway, now=now(), kind=kind) for each in asked)
        )

    return tuple(_run(look, settings))


def visit_once(
    addresses: Collection[str], *, settings: Settings
) -> Mapping[str, Sequence[Outcome]]:
    """Return the reports at web addresses: one for a page, all listed ones for a feed."""

    async def visit(gateway: Gateway) -> Sequence[Sequence[Outcome]]:
        return await asyncio.gather(*(_visit_once(address, gateway) for address in addresses))

    return dict(zip(addresses, _run(visit, settings), strict=True))


def fetch_once(address: str, *, settings: Settings) -> bytes:
    """Return the content of a web address.

    Raises InputError if it does not respond, or must not be fetched.
    """

    async def fetch(gateway: Gateway) -> bytes:
        return (await gateway.fetch(address)).body

    return _run(fetch, settings)


def _run(work: Callable[[Gateway], Awaitable[T]], settings: Settings) -> T:
    async def run() -> T:
        async with outside({}, settings=settings.collect, mails=mails_of(settings)) as (gateway, _):
            return await work(gateway)

    return asyncio.run(run())


async def _visit_once(address: str, gateway: Gateway) -> Sequence[Outcome]:
    try:
        once = replace(gateway, fetch=_once(gateway.fetch))
        ending = sniff((await once.fetch(address)).body)
        return await _reports(address, "feed" if ending in {".xml", ".json"} else "page", once)
    except InputError as error:
        # The address without user name and password.
        scheme, mark, rest = address.partition("://")
        host, slash, path = rest.partition("/")
        return [Failed(f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}", str(error))]


async def _reports(address: str, name: str, gateway: Gateway) -> list[Outcome]:
    source = Source(address, kind=name)
    listing = await kind(name)(source, gateway=gateway)
    reads = (
        articles.complete(entry, source=source, gateway=gateway, now=now())
        for entry in listing.entries[:_OF_A_FEED]
    )
    outcomes: list[Outcome] = []
    for entry, item in zip(listing.entries, await asyncio.gather(*reads), strict=False):
        where = entry.url or address
        if item.document.text:
            notes = listing.notes if not outcomes else ()
            outcomes.append(ParsedDocument(where, item.document, notes))
        else:
            outcomes.append(Failed(where, "its page cannot be read, and the feed gives no text"))
    return outcomes


#: Addresses tried concurrently: each occupies a thread of the web server and starts a sandbox.
AT_ONCE = 3
#: Time limit for an address in seconds: a site whose feed must be guessed is requested nine times,
#: a second apart, and a busy machine needs long to parse the responses.
SECONDS = 120.0
#: Most reports that are shown.
_SHOWN = 12


class SourceTrials:
    """Tries addresses like ``sources add`` and ``sources check``; web addresses only.

    Connections are checked as in collecting: internal addresses are refused unless the settings
    allow them. Thread-safe.
    """

    def __init__(self, settings: Settings, *, seconds: float = SECONDS) -> None:
        self._settings, self._seconds = settings, seconds
        self._places = BoundedSemaphore(AT_ONCE)

    def __call__(self, address: str, *, known: Source | None = None) -> Trial:
        """Try a web address or a mail sender, or a known source as its own kind.

        Raises InputError if nothing is found, or there is no response in time; and BusyError if
        three others are being tried, or this machine is too busy.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError("other addresses are being tried; try again in a moment")
        try:
            return asyncio.run(self._try(address, known))
        finally:
            self._places.release()

    async def _try(self, address: str, known: Source | None) -> Trial:
        settings, mails = self._settings.collect, mails_of(self._settings)
        try:
            async with (
                asyncio.timeout(self._seconds),
                outside({}, settings=settings, mails=mails) as (gateway, _),
            ):
                once = replace(gateway, fetch=_once(gateway.fetch))
                choice = (known,) if known else await discover(address, gateway=once)
                return await _trial(choice, gateway=once)
        except TimeoutError:
            raise InputError(
                f"not known after {self._seconds:.0f} seconds: the site is slow, or this machine "
                "is busy; try again, or give the address of its feed"
            ) from None
        except OverloadError as error:
            raise BusyError(str(error)) from error


async def _trial(choice: tuple[Source, ...], *, gateway: Gateway) -> Trial:
    first, listings = choice[0], list[SourceListing]()
    read = kind(first.kind)

    async def ask(
        source: Source, *, gateway: Gateway, validators: Validators = Validators()
    ) -> SourceListing:
        listing = await read(source, gateway=gateway, validators=validators)
        listings.append(listing)
        return listing

    health = await check(first, gateway=gateway, now=now(), kind=lambda _: ask)
    entries = tuple(islice((entry for listing in listings for entry in listing.entries), _SHOWN))
    spoken = await asyncio.to_thread(_language, entries)
    reports = tuple(
        TrialReport(
            title=entry.title,
            url=entry.url,
            published=entry.published,
            words=len(words(entry.text)),
            whole=bool(entry.text) and not is_blurb(entry.text),
        )
        for entry in entries
    )
    return Trial(choice, health, reports, spoken)


def _once(fetch: Fetch) -> Fetch:
    """Cache a fetch by address, since discovery and checking read the same feed."""
    answers: dict[str, Answer] = {}

    async def remembering(url: str, *, validators: Validators = Validators()) -> Answer:
        if url not in answers:
            answers[url] = await fetch(url, validators=validators)
        return answers[url]

    return remembering


def _language(entries: Sequence[Entry]) -> str:
    """Return the most frequent language of entries, the first on ties."""
    codes = Counter(
        entry.language or language.detect(f"{entry.title}\n{entry.text}") for entry in entries
    )
    del codes[""]
    return next((code for code, _ in codes.most_common(1)), "")
