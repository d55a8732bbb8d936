"""A whole round over a real server, with the real client and the real box."""

from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest

from briefing.core.errors import FetchError
from briefing.core.model import Item, Source
from briefing.core.ports import Gateway
from briefing.sources import articles
from briefing.sources.discover import discover
from briefing.sources.kinds import feed
from briefing.sources.sandbox.pool import shared
from tests.newsserver import HTML, RSS, NewsServer, give, page, refuse, rss
from tests.newsserver import News as Told
from tests.sources.outside import NOW, WHOLE
from tests.sources.web.asker import asking, run

T = TypeVar("T")
LINK = '<link rel="alternate" type="application/rss+xml" href="/feed">'
PARAGRAPHS = WHOLE.split("\n")


@pytest.fixture
def news() -> Iterator[NewsServer]:
    with NewsServer() as server:
        server.at("/", give(page("Harbor Post", ["Welcome."], head=LINK), HTML))
        link = server.at("/port", give(page("Port opens again", PARAGRAPHS), HTML))
        listed = [Told("Port opens", link=link, text="The port opens …")]
        server.at("/feed", give(rss(listed), RSS, etag='"1"'))
        yield server


def through(news: NewsServer, work: Callable[[Gateway], Awaitable[T]]) -> T:
    return run(asking(news), lambda web: work(Gateway(web, shared())))


def test_from_the_front_page_to_a_document(news: NewsServer) -> None:
    async def round_once(gateway: Gateway) -> None:
        (source,) = await discover(news.url("/"), gateway=gateway)
        assert source.url == news.url("/feed")
        listing = await feed.ask(source, gateway=gateway)
        (entry,) = listing.entries
        item = await articles.complete(entry, source=source, gateway=gateway, now=NOW)
        assert item.document.text.endswith(WHOLE)
        assert (item.document.title, item.document.url) == ("Port opens", news.url("/port"))
        assert listing.answer is not None
        again = await feed.ask(source, gateway=gateway, validators=listing.answer.validators)
        assert again.answer is not None
        assert again.answer.unchanged

    through(news, round_once)
    assert news.count("/port") == 1


def test_a_page_that_fails_is_repaired_later(news: NewsServer) -> None:
    source = Source(news.url("/feed"))

    async def complete(gateway: Gateway) -> Item:
        (entry,) = (await feed.ask(source, gateway=gateway)).entries
        return await articles.complete(entry, source=source, gateway=gateway, now=NOW)

    whole = through(news, complete)
    news.at("/port", refuse(503))
    missed = through(news, complete)
    assert missed.document.text == "The port opens …"
    assert missed.retry_page == NOW + articles.RETRY
    assert set(missed.keys) & set(whole.keys)

    async def reread(gateway: Gateway) -> Item:
        return await articles.reread(missed.document, source=source, gateway=gateway, now=NOW)

    with pytest.raises(FetchError):
        through(news, reread)
    news.at("/port", give(page("Port opens again", PARAGRAPHS), HTML))
    assert through(news, reread).document.text == whole.document.text
