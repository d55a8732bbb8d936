"""Manners and the real client against a real server."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from briefing.core.errors import FetchError
from briefing.core.ports import Answer
from briefing.sources.web.address import make_rules
from briefing.sources.web.client import Asking, Web
from briefing.sources.web.crawl_policy import CrawlPolicy, RateLimitedFetch
from tests.newsserver import Exchange, NewsServer, give, redirect, refuse

T = TypeVar("T")


def _visit(
    news: NewsServer, work: Callable[[RateLimitedFetch], Awaitable[T]], *, delay: float = 0.0
) -> T:
    async def main() -> T:
        rules = make_rules(["127.0.0.1"], allow_ports=[news.port])
        asking = Asking("Briefing/1.0 (+desk@desk.example)", rules, deadline=300.0)
        async with Web(asking, clock=_now) as web:
            ask = RateLimitedFetch(
                web,
                policy=CrawlPolicy(agent=asking.agent, delay=delay),
                hosts={},
                clock=_now,
                sleep=asyncio.sleep,
                chance=random.random,
            )
            return await work(ask)

    return asyncio.run(main())


def _now() -> datetime:
    return datetime.now(UTC)


def test_a_real_robots_txt_is_asked_once_and_obeyed() -> None:
    async def work(ask: RateLimitedFetch) -> list[Answer | BaseException]:
        urls = [news.url("/open/1"), news.url("/shut/1"), news.url("/open/2")]
        results = await asyncio.gather(*map(ask, urls), return_exceptions=True)
        assert ask.hosts[0].name == f"127.0.0.1:{news.port}"
        assert ask.hosts[0].robots == "User-agent: Briefing\nDisallow: /shut/"
        return results

    with NewsServer() as news:
        news.at("/robots.txt", redirect("/real-robots.txt", status=301))
        news.at("/real-robots.txt", give("User-agent: Briefing\r\nDisallow: /shut/", "text/plain"))
        for path in ("/open/1", "/open/2", "/shut/1"):
            news.at(path, give("<p>News</p>"))
        first, shut, second = _visit(news, work)
        assert news.count("/robots.txt") == 1
        assert news.count("/shut/1") == 0
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert isinstance(shut, FetchError)


def test_a_real_retry_after_of_a_second_is_waited_out() -> None:
    def busy_once(exchange: Exchange) -> None:
        later = give("<p>News</p>") if news.count("/busy") > 1 else refuse(503, retry_after="1")
        later(exchange)

    async def work(ask: RateLimitedFetch) -> float:
        began = time.perf_counter()
        await ask(news.url("/busy"))
        return time.perf_counter() - began

    with NewsServer() as news:
        news.at("/busy", busy_once)
        assert _visit(news, work) >= 0.9
        assert news.count("/busy") == 2
