"""A store, a real server under as many host names as are wanted, and a clock that tests turn."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from briefing.app.collect import Collected, CollectPlan, Learned, Outside, collect
from briefing.core import model
from briefing.core.ports import Answer, Gateway, Parse, SourceKind
from briefing.setup.news import kind
from briefing.sources.sandbox.pool import shared
from briefing.sources.web.address import make_rules
from briefing.sources.web.client import Asking, Resolve, Web
from briefing.sources.web.crawl_policy import CrawlPolicy, RateLimitedFetch, next_try
from briefing.store import Store, documents, sources
from tests.fakes import Clock
from tests.newsserver import HTML, RSS, Act, News, NewsServer, give, page, rss
from tests.sources.outside import WHOLE
from tests.store.ready import look, ready_store
from tests.waiting import PATIENCE

#: When the first round begins.
MORNING = datetime(2026, 1, 4, 6, 30, tzinfo=UTC)


async def loopback(_host: str, _port: int) -> Sequence[str]:
    """Find every name on this machine."""
    return ["127.0.0.1"]


@dataclass
class Newsroom:
    """Everything that one round takes; hosts that are not named have "news.example"."""

    news: NewsServer
    store: Store
    clock: Clock = field(default_factory=lambda: Clock(MORNING))
    #: Ports beside the server's that may be asked, and hosts and networks that may.
    ports: tuple[int, ...] = ()
    allowed: tuple[str, ...] = ("127.0.0.1",)
    resolve: Resolve = loopback
    #: Ends of the addresses whose answer is not awaited for longer than five seconds; of others it
    #: is for as long as a busy machine may need.
    slow: tuple[str, ...] = ()
    kind: Callable[[str], SourceKind] = field(default_factory=lambda: cache(kind))
    parse: Parse = field(default_factory=shared)

    @asynccontextmanager
    async def outside(
        self, hosts: Mapping[str, model.Host]
    ) -> AsyncIterator[tuple[Gateway, Learned]]:
        """Open the way outside as the wiring does, with the clock and the names of the test."""
        rules = make_rules(self.allowed, allow_ports=(self.news.port, *self.ports))
        asking = Asking("Briefing/0", rules, deadline=PATIENCE, wire_limit=2_000_000)
        hurried = replace(asking, deadline=5.0)
        async with (
            Web(asking, clock=self.clock, resolve=self.resolve) as web,
            Web(hurried, clock=self.clock, resolve=self.resolve) as impatient,
        ):

            async def fetch(
                url: str, *, validators: model.Validators = model.Validators()
            ) -> Answer:
                ask = impatient if self.slow and url.endswith(self.slow) else web
                return await ask(url, validators=validators)

            fetcher = RateLimitedFetch(
                fetch,
                policy=CrawlPolicy(per_host=16, delay=0),
                hosts=hosts,
                clock=self.clock,
                sleep=self.clock.sleep,
                chance=lambda: 0.5,
            )
            yield Gateway(fetcher, self.parse), lambda: fetcher.hosts

    @property
    def plan(self) -> CollectPlan:
        return CollectPlan(
            self.outside,
            self.kind,
            recheck=timedelta(days=7),
            keep=timedelta(days=30),
            next_try=lambda failures, at: next_try(failures, after=at, jitter=1.0),
        )

    def add(
        self, act: Act | None, path: str = "/feed", *, host: str = "news.example", **told: str
    ) -> str:
        """Add a source and say what happens at its path; return its address."""
        if act is not None:
            self.news.at(path, act)
        return self.add_address(self.news.url(path, host=host), **told)

    def add_address(self, url: str, *, text: str = "auto", **told: Any) -> str:  # noqa: ANN401  of a source
        with self.store.write() as tx:
            sources.add(tx, model.Source(url, **told, text=model.TextFrom(text)), at=self.clock())
        return url

    def collect(self, *, outside: Outside | None = None, **later: float) -> Collected:
        """Do one round, so much later than the last."""
        self.clock.later(**later)
        return collect(
            self.store,
            replace(self.plan, outside=outside or self.outside),
            clock=self.clock,
        )

    def visit(self, url: str = "", **later: float) -> model.FetchRecord:
        """Do one round, so much later; return the visit to a source, to the only one if unnamed."""
        self.clock.later(**later)
        (visit,) = [one for one in self.collect().visits if one.source == url or not url]
        return visit

    def source_status(self, url: str) -> model.SourceStatus:
        with self.store.read() as tx:
            (found,) = [one for one in sources.source_statuses(tx) if one.source.url == url]
        return found

    def link(self, path: str) -> str:
        return self.news.url(path, host="news.example")

    def reports(self) -> dict[str, model.Document]:
        """Return the newest version of every report, by its title.

        No title may stand twice.
        """
        with self.store.read() as tx:
            found = sources.window(
                tx,
                since=datetime.min.replace(tzinfo=UTC),
                until=self.clock(),
                published_since=datetime.min.replace(tzinfo=UTC),
            ).documents
        by_title = {one.title: one for one in found}
        assert len(by_title) == len(found)
        return by_title

    def texts(self, *ids: str) -> list[str]:
        """Return the texts of versions, old ones too."""
        found = look(self.store, documents.texts, ids)
        return [found[one].text for one in ids]


@contextmanager
def opened(folder: Path) -> Iterator[Newsroom]:
    with NewsServer() as news, ready_store("desk.db", folder=folder) as store:
        yield Newsroom(news, store)


def report(place: str) -> str:
    """Return a whole report of 130 words about a place."""
    return WHOLE.replace("Northwick", place)


def whole(*places: str) -> Act:
    """Serve a feed with a whole report of each place."""
    items = [
        News(f"Port of {place} opens", f"/{place.lower()}", report(place), guid=place.lower())
        for place in places
    ]
    return give(rss(items), RSS)


def blurbs(*paths: str, etag: str = "") -> Act:
    """Serve a feed with the first words of reports that stand on pages."""
    items = [News(f"A port at {path}", path, f"The port at {path} opens …") for path in paths]
    return give(rss(items), RSS, etag=etag)


def article(place: str, *, more: Sequence[str] = (), head: str = "") -> Act:
    """Serve the page of a whole report about a place."""
    lines = (*report(place).split("\n"), *more)
    return give(page(f"Port of {place} opens", lines, head=head), HTML)
