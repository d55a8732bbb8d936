import asyncio
import errno
import gzip
import socket
import ssl
import struct
import tracemalloc

import httpcore2
import pytest

from briefing.core.errors import FetchError, UsageError
from briefing.core.model import Validators
from briefing.core.ports import Answer
from briefing.sources.web import client
from briefing.sources.web.client import Web
from tests.examples import examples
from tests.listener import free_port
from tests.mail.relays import proof, trust
from tests.newsserver import (
    RSS,
    Act,
    Exchange,
    News,
    NewsServer,
    atom,
    bomb,
    break_off,
    drip,
    drip_head,
    encoded,
    endless,
    give,
    hang,
    page,
    redirect,
    refuse,
    rss,
    say,
)
from tests.sources.web.asker import Names, ask, asking, run
from tests.sources.web.test_address import LOOPBACK_HOSTS

FEED = rss([News("Port opens again", "https://news.example/port", "Ships came in.")])
DAY = "Sun, 04 Jan 2026 06:00:00 GMT"
GZIP = [("Content-Encoding", "gzip")]


def failure(news: NewsServer, act: Act, *, path: str = "/feed", **changes: object) -> FetchError:
    """Return how it fails to ask for what a server does."""
    url = news.at(path, act)
    with pytest.raises(FetchError) as raised:
        ask(asking(news, **changes), url)  # type: ignore[arg-type]
    assert str(raised.value).isprintable()
    return raised.value


def test_an_answer_brings_all_that_is_kept_of_it(news: NewsServer) -> None:
    url = news.at("/feed", give(FEED, RSS, etag='"a"', modified=DAY))
    assert ask(asking(news), url + "#top") == Answer(
        url,
        200,
        FEED.encode(),
        content_type=RSS,
        validators=Validators('"a"', DAY),
        wire_bytes=len(FEED),
    )


def test_an_unchanged_answer_keeps_our_validators(news: NewsServer) -> None:
    url = news.at("/feed", lambda exchange: exchange.head(304))
    had = Validators('"a"', DAY)
    assert ask(asking(news), url, validators=had).validators == had
    error = failure(news, lambda exchange: exchange.head(304))
    assert (str(error), error.status) == ("127.0.0.1: answers 304 (Not Modified)", 304)


def test_any_body_is_returned_as_it_is_also_compressed(news: NewsServer) -> None:
    bodies: list[str | bytes] = ["", page("Not a feed", ["Words."]), atom([]), "é".encode("cp1252")]
    for body in bodies:
        raw = body.encode() if isinstance(body, str) else body
        assert ask(asking(news), news.at("/feed", give(body, RSS))).body == raw
    for encoding in ["gzip", "identity", " GZIP ", "x-gzip"]:
        sent = gzip.compress(FEED.encode()) + bytes(3) if "gzip" in encoding.lower() else FEED
        url = news.at("/feed", give(sent, headers=[("Content-Encoding", encoding)]))
        assert ask(asking(news), url).body == FEED.encode()


def test_a_feed_of_50_000_items_is_read(news: NewsServer) -> None:
    feed = rss(
        News(f"Ship {n} comes in", f"https://news.example/{n}", guid=str(n)) for n in range(50_000)
    )
    answer = ask(asking(news), news.at("/feed", encoded(feed, content_type=RSS)))
    assert answer.body == feed.encode()
    assert answer.wire_bytes < len(answer.body) / 4


def test_a_bomb_takes_little_memory_and_little_time(news: NewsServer) -> None:
    url, how = news.at("/feed", bomb()), asking(news, decoded_limit=1_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(FetchError, match=r"127\.0\.0\.1: larger than 1 MB"):
            ask(how, url)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.parametrize(
    ("act", "reason", "passing"),
    [
        (encoded(FEED, cut=9), "the gzip data ends too early", True),
        (give(FEED, headers=GZIP), "its gzip data is damaged", False),
        (give(gzip.compress(b"") * 101, headers=GZIP), "its gzip data has more than", False),
        (give(FEED, headers=[("Content-Encoding", "br")]), "unknown encoding 'br'", False),
        (break_off(FEED, announced=10_000), "the response ended early", True),
        (break_off(b"", announced=10**12), "larger than 15 MB", False),
        (say(b""), "connection closed without a response", True),
        (say(b"220 smtp.example\r\n\r\n"), "not a valid HTTP response (illegal status line", True),
        (say(b"HTTP/1.1 200 OK\r\nA\x1b[31m: b\r\n\r\n"), "not a valid HTTP response", True),
        (say(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000), "not a valid HTTP response", True),
        (say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz"), "not a valid", True),
        (say(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"), "not a valid HTTP response", True),
        (say(b"HTTP/1.1 799 \x1b[31mOdd\r\n\r\n"), "answers 799", False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_unreadable_bodies_fail(news: NewsServer, act: Act, reason: str, *, passing: bool) -> None:
    error = failure(news, act)
    assert str(error).startswith(f"127.0.0.1: {reason}")
    assert error.passing == passing


def test_a_body_without_end_is_read_up_to_the_limit(news: NewsServer) -> None:
    error = failure(news, endless(), wire_limit=300_000)
    assert (str(error), error.passing) == ("127.0.0.1: larger than 0.3 MB", False)


@pytest.mark.parametrize(
    "act",
    [
        drip(FEED),
        drip_head(),
        hang(),
        redirect("/feed?again"),
        say(b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + b"HTTP"),
    ],
    ids=["body", "head", "silence", "redirect", "interim"],
)
def test_the_deadline_holds_for_all_of_it(news: NewsServer, act: Act) -> None:
    news.at("/feed?again", drip(FEED))
    # Without a deadline it never ends.
    assert failure(news, act, deadline=0.4).passing


def test_the_deadline_is_told_and_a_slow_name_server_not_waited_for(news: NewsServer) -> None:
    error = failure(news, hang(), deadline=0.2)
    assert str(error) == "127.0.0.1: no complete response in 0.2 seconds"

    async def silent(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(FetchError, match=r"news\.example: no complete response in 0\.2 seconds"):
        ask(asking(news, deadline=0.2), news.url("/", host="news.example"), resolve=silent)


def test_other_statuses_are_failures_some_of_which_pass_or_are_final(news: NewsServer) -> None:
    for status in [204, 206, 300, 400, 401, 403, 408, 425, 429, 451, 500, 503]:
        error = failure(news, refuse(status))
        passing = status in {408, 425, 429, 500, 503}
        assert str(error).startswith(f"127.0.0.1: answers {status} (")
        assert (error.status, error.passing) == (status, passing)
        assert not error.gone
        assert error.retry_at is None
    for status in [404, 410]:
        assert failure(news, refuse(status)).gone


def test_validators_are_not_sent_to_another_host(news: NewsServer) -> None:
    first = news.at("/a", redirect(news.url("/b", host="other.example")))
    news.at("/b", give(FEED, etag='"a"'))
    how = asking(news, allow=["127.0.0.1", "other.example"])
    assert ask(how, first, validators=Validators('"a"'), resolve=Names(["127.0.0.1"])).status == 200
    assert news.last("/a")["If-None-Match"] == '"a"'
    assert news.last("/b")["If-None-Match"] is None


def test_a_redirect_to_a_name_that_leads_inside_is_refused(news: NewsServer) -> None:
    url = news.at("/feed", redirect(news.url("/secret", host="inside.example")))
    news.at("/secret", give("secret"))
    how = asking(news, allow=["news.example"])
    with pytest.raises(FetchError) as raised:
        ask(how, url.replace("127.0.0.1", "news.example"), resolve=Names(["127.0.0.1"]))
    assert str(raised.value) == (
        "inside.example: 127.0.0.1 is not a public address; collect.allow_hosts can allow it"
        ': allow_hosts = ["inside.example"]'
        " (redirected from news.example)"
    )
    assert news.count("/secret") == 0


def test_no_spelling_of_this_machine_reaches_it_nor_a_redirect_to_it(news: NewsServer) -> None:
    news.at("/", give("secret"))
    how = asking(news, allow=["news.example"])
    for host in LOOPBACK_HOSTS:
        with pytest.raises(FetchError):
            ask(asking(news, allow=[]), news.url("/", host=host))
        url = news.at("/from", redirect(news.url("/", host=host)))
        with pytest.raises(FetchError, match=r"^news\.example: redirects to"):
            ask(how, url.replace("127.0.0.1", "news.example"), resolve=Names(["127.0.0.1"]))
    assert [request.path for request in news.seen] == ["/from"] * len(LOOPBACK_HOSTS)


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


def test_a_failure_or_giving_up_leaves_the_client_ready_for_the_next(news: NewsServer) -> None:
    news.at("/bad", say(b"nonsense"))
    news.at("/good", give("News"))

    async def both(web: Web) -> Answer:
        with pytest.raises(FetchError):
            await web(news.url("/bad"))
        return await web(news.url("/good"))

    assert run(asking(news), both).body == b"News"
    url = news.at("/feed", lambda exchange: exchange.drip([b""], every=60))

    async def give_up(web: Web) -> Answer:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await web(url)
        news.at("/feed", give("News"))
        return await web(url)

    assert run(asking(news), give_up).body == b"News"


def test_a_connection_that_is_reset_or_speaks_no_tls_is_told(news: NewsServer) -> None:
    def reset(exchange: Exchange) -> None:
        exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        exchange.close_connection = True
        socket.close(exchange.connection.detach())

    with pytest.raises(FetchError) as raised:
        ask(asking(news), news.at("/feed", reset))
    assert str(raised.value) == "127.0.0.1: connection lost"
    assert raised.value.passing
    url = news.url("/feed").replace("http:", "https:")
    with pytest.raises(FetchError, match=r"127\.0\.0\.1: TLS connection failed \(") as raised:
        ask(asking(news), url)
    assert raised.value.passing


def test_over_tls_the_name_is_verified_while_the_address_is_connected_to() -> None:
    with NewsServer(tls=proof("news.example")) as news:
        news.at("/feed", give("News"))
        how = asking(news, allow=["news.example"])
        answer = ask(how, news.url("/feed", host="news.example"), resolve=HERE, tls=trust())
    assert answer.body == b"News"


@examples("name, trusted, reason")
def test_a_wrong_or_unknown_certificate_is_told(name: str, *, trusted: bool, reason: str) -> None:
    tls = trust() if trusted else None
    with NewsServer(tls=proof("news.example")) as news:
        news.at("/feed", give("News"))
        with pytest.raises(FetchError) as raised:
            ask(asking(news, allow=[name]), news.url("/feed", host=name), resolve=HERE, tls=tls)
        assert not news.seen
    assert str(raised.value).startswith(f"{name}: certificate not valid: {reason}")
    assert raised.value.passing


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


def test_a_proxy_without_a_tunnel_or_certificate_is_told(news: NewsServer) -> None:
    how = asking(news, proxy=f"http://127.0.0.1:{news.port}")
    with pytest.raises(FetchError, match=r"news\.example: proxy: 501") as raised:
        ask(how, "https://news.example/feed")
    assert raised.value.passing
    with NewsServer(tls=proof("news.example")) as safe:
        safe.at("/feed", give("News"))
        how = asking(safe, proxy=f"https://127.0.0.1:{safe.port}")
        with pytest.raises(FetchError, match="certificate not valid: IP address mismatch"):
            ask(how, "http://news.example/feed", tls=trust())


def test_a_proxy_must_have_an_address_and_a_user_agent_one_line_of_ascii(news: NewsServer) -> None:
    for proxy in [
        "proxy.example:3128",
        "socks5://me:secret@proxy.example",
        "http://",
        "http://a:b",
    ]:
        with pytest.raises(UsageError, match=r"collect\.proxy") as raised:
            ask(asking(news, proxy=proxy), "http://news.example/")
        assert "secret" not in str(raised.value)
    for agent in ["", " ", "briefing\r\nX: y", "Nachrichtenbüro"]:
        with pytest.raises(UsageError, match=r"collect\.contact"):
            asking(news, agent=agent)


def test_the_environment_names_no_proxy(news: NewsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert ask(asking(news), news.at("/feed", give("News"))).body == b"News"


def not_connected(*causes: Exception) -> Exception:
    """Return what httpcore raises when it cannot connect."""
    return caused(httpcore2.ConnectError("?"), *causes)


def caused(outer: Exception, *causes: Exception) -> Exception:
    """Return an error with what it came from, as httpcore leaves it: a chain of contexts."""
    error = outer
    for cause in causes:
        error.__context__ = cause
        error = cause
    return outer


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (not_connected(OSError("all"), ConnectionRefusedError()), "connection refused"),
        (not_connected(OSError(errno.EHOSTUNREACH, "?")), "not reachable (no route"),
        (httpcore2.ConnectTimeout("?"), "connection timed out"),
        (httpcore2.ConnectError("?"), "connection could not be established"),
        (not_connected(ssl.SSLError(1, "odd")), "TLS connection failed (odd)"),
        (ssl.SSLError(1, "[SSL: BAD\x1b] ?"), "TLS connection failed ([SSL: BAD�] ?)"),
        (httpcore2.ReadError("?"), "connection lost"),
        (httpcore2.WriteError("?"), "connection lost"),
        (ConnectionResetError(), "connection lost"),
        (httpcore2.RemoteProtocolError("odd\n" * 99), "not a valid HTTP response (odd�"),
        (httpcore2.LocalProtocolError("odd"), "not a valid HTTP response (odd)"),
        (httpcore2.ProxyError("407 \x1b[31m"), "proxy: 407 �[31m"),
    ],
    ids=str,
)
def test_every_error_of_the_connection_is_one_plain_line(error: Exception, message: str) -> None:
    reported = client.failure(error)
    assert str(reported).startswith(message)
    assert str(reported).isprintable()
    assert reported.passing


def test_through_a_proxy_it_is_the_proxy_that_cannot_be_reached() -> None:
    refused = not_connected(ConnectionRefusedError())
    assert str(client.failure(refused, proxied=True)) == "proxy: connection refused"
    assert str(client.failure(httpcore2.ReadError("?"), proxied=True)) == "connection lost"
