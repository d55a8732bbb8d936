from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from briefing.core.errors import FetchError, UsageError
from briefing.core.model import Validators
from briefing.core.ports import Answer
from briefing.sources.web.address import make_rules
from briefing.sources.web.client import Web
from tests.newsserver import Exchange, NewsServer, give, redirect, say
from tests.ports import free_port
from tests.sources.web.asker import Names, ask, asking, run, serving, trusting

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "::1"])

HERE = Names(["127.0.0.1"])


def test_one_connection_serves_many_requests(news: NewsServer) -> None:
    url = news.at("/feed", give("News", etag='"a"'))

    async def thrice(web: Web) -> list[Answer]:
        first = await web(url)
        return [first, await web(url, validators=first.validators), await web(url)]

    assert [answer.status for answer in run(asking(news), thrice)] == [200, 304, 200]
    assert news.connections == 1


def test_many_requests_go_on_at_once(news: NewsServer) -> None:
    url = news.at("/feed", give("News"))

    async def many(web: Web) -> list[Answer]:
        return await asyncio.gather(*(web(url) for _ in range(60)))

    assert {answer.body for answer in run(asking(news), many)} == {b"News"}
    assert news.count("/feed") == 60


def test_a_failure_leaves_the_client_ready_for_the_next(news: NewsServer) -> None:
    news.at("/bad", say(b"nonsense"))
    news.at("/good", give("News"))

    async def both(web: Web) -> Answer:
        with pytest.raises(FetchError):
            await web(news.url("/bad"))
        return await web(news.url("/good"))

    assert run(asking(news), both).body == b"News"


def test_whoever_gives_up_leaves_the_client_ready_for_the_next(news: NewsServer) -> None:
    url = news.at("/feed", lambda exchange: exchange.drip([b""], every=60))

    async def give_up(web: Web) -> Answer:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await web(url)
        news.at("/feed", give("News"))
        return await web(url)

    assert run(asking(news), give_up).body == b"News"


def test_nobody_listening_is_told(news: NewsServer) -> None:
    port = free_port()
    with pytest.raises(FetchError) as raised:
        ask(
            asking(news, rules=make_rules(["127.0.0.1"], allow_ports=[port])),
            f"http://127.0.0.1:{port}/",
        )
    assert (str(raised.value), raised.value.passing) == ("127.0.0.1: connection refused", True)


def test_a_host_that_is_not_there_is_told(news: NewsServer) -> None:
    nobody = Names(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    with pytest.raises(FetchError) as raised:
        ask(asking(news), "http://nobody.example/", resolve=nobody)
    assert (str(raised.value), raised.value.passing) == ("nobody.example: no such host", True)


def test_a_connection_that_is_reset_is_told(news: NewsServer) -> None:
    def reset(exchange: Exchange) -> None:
        at_once = struct.pack("ii", 1, 0)
        exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        exchange.close_connection = True
        socket.close(exchange.connection.detach())

    with pytest.raises(FetchError) as raised:
        ask(asking(news), news.at("/feed", reset))
    assert str(raised.value) == "127.0.0.1: connection lost"
    assert raised.value.passing


def test_over_tls_the_name_is_verified_while_the_address_is_connected_to() -> None:
    with NewsServer(tls=serving()) as news:
        news.at("/feed", give("News"))
        how = asking(news, allow=["news.example"])
        answer = ask(how, news.url("/feed", host="news.example"), resolve=HERE, tls=trusting())
    assert answer.body == b"News"


def test_a_certificate_of_another_name_is_refused() -> None:
    with NewsServer(tls=serving()) as news:
        news.at("/feed", give("News"))
        how = asking(news, allow=["other.example"])
        with pytest.raises(FetchError) as raised:
            ask(how, news.url("/feed", host="other.example"), resolve=HERE, tls=trusting())
        assert not news.seen
    assert str(raised.value).startswith("other.example: certificate not valid: Hostname mismatch")
    assert raised.value.passing


def test_a_certificate_whose_signer_nobody_knows_is_refused() -> None:
    with NewsServer(tls=serving()) as news:
        news.at("/feed", give("News"))
        how = asking(news, allow=["news.example"])
        with pytest.raises(FetchError) as raised:
            ask(how, news.url("/feed", host="news.example"), resolve=HERE)
        assert not news.seen
    message = "news.example: certificate not valid: unable to get local issuer certificate"
    assert str(raised.value) == message


def test_a_server_that_speaks_no_tls_is_told(news: NewsServer) -> None:
    url = news.url("/feed").replace("http:", "https:")
    with pytest.raises(FetchError, match=r"127\.0\.0\.1: TLS connection failed \(") as raised:
        ask(asking(news), url)
    assert raised.value.passing


def test_from_https_to_http_no_validators_are_sent(news: NewsServer) -> None:
    news.at("/feed", give("News", etag='"a"'))
    with NewsServer(tls=serving()) as safe:
        safe.at("/feed", redirect(news.url("/feed", host="news.example"), status=301))
        rules = make_rules(["news.example"], allow_ports=[news.port, safe.port])
        answer = ask(
            asking(safe, rules=rules),
            safe.url("/feed", host="news.example"),
            validators=Validators('"a"'),
            resolve=HERE,
            tls=trusting(),
        )
        assert safe.last("/feed")["If-None-Match"] == '"a"'
    assert (answer.status, answer.body, answer.moved_to) == (200, b"News", "")
    assert news.last("/feed")["If-None-Match"] is None


def test_a_proxy_is_asked_for_the_whole_address(news: NewsServer) -> None:
    news.at("/feed", give("News"))
    how = asking(news, proxy=f"http://me:secret@127.0.0.1:{news.port}")
    assert ask(how, "http://news.example/feed").body == b"News"
    assert news.seen[0].target == "http://news.example/feed"
    assert news.seen[0].headers["Host"] == "news.example"
    assert news.seen[0].headers["Proxy-Authorization"] == "Basic bWU6c2VjcmV0"


def test_a_proxy_is_not_asked_for_addresses_inside(news: NewsServer) -> None:
    how = asking(news, allow=[], proxy=f"http://127.0.0.1:{news.port}")
    news.at("/", redirect("http://10.0.0.1/"))
    for url in ("http://127.0.0.1/", "http://[::1]/", "http://0x7f.1/", "http://news.example/"):
        with pytest.raises(FetchError, match=r"not a public address|neither a name nor"):
            ask(how, url)
    assert [request.target for request in news.seen] == ["http://news.example/"]


def test_a_proxy_that_opens_no_tunnel_is_told(news: NewsServer) -> None:
    how = asking(news, proxy=f"http://127.0.0.1:{news.port}")
    with pytest.raises(FetchError, match=r"news\.example: proxy: 501") as raised:
        ask(how, "https://news.example/feed")
    assert raised.value.passing


def test_a_proxy_that_is_not_there_is_told(news: NewsServer) -> None:
    how = asking(news, proxy=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(FetchError, match=r"news\.example: proxy: connection refused"):
        ask(how, "http://news.example/feed")


def test_a_proxy_may_be_asked_over_tls() -> None:
    with NewsServer(tls=serving()) as news:
        news.at("/feed", give("News"))
        how = asking(news, proxy=f"https://127.0.0.1:{news.port}")
        with pytest.raises(FetchError, match="certificate not valid: IP address mismatch"):
            ask(how, "http://news.example/feed", tls=trusting())


@pytest.mark.parametrize(
    "proxy", ["proxy.example:3128", "socks5://me:secret@proxy.example", "http://", "http://a:b"]
)
def test_a_proxy_must_have_an_address(news: NewsServer, proxy: str) -> None:
    with pytest.raises(UsageError, match=r"collect\.proxy") as raised:
        ask(asking(news, proxy=proxy), "http://news.example/")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("agent", ["", " ", "briefing\r\nX: y", "Nachrichtenbüro"])
def test_a_user_agent_is_one_line_of_ascii(news: NewsServer, agent: str) -> None:
    with pytest.raises(UsageError, match=r"collect\.contact"):
        asking(news, agent=agent)


def test_the_environment_names_no_proxy(news: NewsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert ask(asking(news), news.at("/feed", give("News"))).body == b"News"
