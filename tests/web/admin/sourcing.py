"""A desk whose sources are tried for real, against a server of news on loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from briefing.app.rounds.runs import RunRequests
from briefing.core.model import SourceStatus
from briefing.settings import CollectSettings, Settings
from briefing.setup.news import SourceTrials
from briefing.store import sources
from briefing.web.admin.sources import key_of
from tests.newsserver import News, NewsServer, give, page, rss
from tests.small_day import DAY
from tests.store.ready import look
from tests.web.admin.sessions import Seated, seated
from tests.web.served import Served, served

#: What the paper calls itself.
PAPER = "Ostra Courier"


@dataclass
class Sourcing:
    """The desk, its operator, and the news outside."""

    web: Served
    session: Seated
    news: NewsServer
    requests: RunRequests

    def attempt(self, address: str) -> httpx2.Response:
        return self.session.post("/admin/sources/try", {"address": address})

    def tried(self, address: str) -> str:
        """Try an address; return the path of the preview."""
        answer = self.attempt(address)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def send(self, content: bytes) -> httpx2.Response:
        return self.session.post("/admin/sources/import", files={"file": ("a.opml", content)})

    def path(self, url: str) -> str:
        return f"/admin/sources/{key_of(url)}"

    def statuses(self) -> tuple[SourceStatus, ...]:
        return look(self.web.store, sources.source_statuses)


@contextmanager
def sourcing(folder: Path, *, seconds: float = 60, **told: Any) -> Iterator[Sourcing]:  # noqa: ANN401
    """Serve the desk beside a paper with a home page and a feed."""
    requests = RunRequests()
    with NewsServer() as news:
        fill(news)
        collect = CollectSettings(allow_hosts=("127.0.0.1",), allow_ports=(news.port,), delay=0)
        trials = SourceTrials(Settings(collect=collect), seconds=seconds)
        with served(folder, trials=trials, requests=requests, **told) as web:
            yield Sourcing(web, seated(web), news, requests)


def fill(news: NewsServer) -> None:
    """Put a home page, its feed and its reports on a server."""
    items = []
    for line in DAY:
        news.at(f"/{line['id']}", give(page(line["title"], line["text"].split("\n\n"))))
        items.append(News(line["title"], news.url(f"/{line['id']}"), "Read more…"))
    news.at("/feed", give(rss(items, title=PAPER), "application/rss+xml"))
    link = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    news.at("/", give(page(PAPER, ["All the news."], head=link)))
