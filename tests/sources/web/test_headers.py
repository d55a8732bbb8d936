import asyncio
import socket
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpcore2
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import FetchError
from briefing.core.model import Validators
from briefing.sources.web.address import AddressRules, make_rules
from briefing.sources.web.client import (
    LONGEST_WAIT,
    MOST_REDIRECTS,
    GuardedNetwork,
    Trail,
    Web,
    content_type_of,
    follow,
    length_of,
    request_headers,
    retry_at,
    validators_of,
)
from tests.examples import examples
from tests.newsserver import NewsServer, give
from tests.sources.web.asker import Names, ask, asking, run

NOW = datetime(2026, 1, 4, 6, 30, tzinfo=UTC)
URL = httpx2.URL("http://[2606:4700::1111]:8080/feed")


def answered(name: str, value: str) -> httpx2.Headers:
    return httpx2.Headers([(name.encode(), value.encode("utf-8", "replace"))])


def asked(validators: Validators) -> dict[str | bytes, str | bytes]:
    return dict(request_headers(URL, agent="briefing/0", validators=validators))


def test_a_request_says_who_asks_and_what_it_can_read() -> None:
    headers = asked(Validators('W/"a"', "Sun, 04 Jan 2026 06:00:00 GMT"))
    assert headers.pop("Accept")
    assert headers == {
        "Host": "[2606:4700::1111]:8080",
        "User-Agent": "briefing/0",
        "Accept-Encoding": "gzip",
        "If-None-Match": 'W/"a"',
        "If-Modified-Since": "Sun, 04 Jan 2026 06:00:00 GMT",
    }


def test_what_an_answer_says_of_itself_is_kept_if_it_can_be_printed() -> None:
    answer = httpx2.Headers(
        {"ETag": ' "a" ', "Last-Modified": "x", "Content-Type": "text/html", "Content-Length": "12"}
    )
    assert validators_of(answer) == Validators('"a"', "x")
    assert content_type_of(answer) == "text/html"
    assert length_of(answer) == 12
    for value in ("text/html; charset=\u202e", "a" * 201):
        assert content_type_of(answered("content-type", value)) == ""
    for value, length in [("", 0), ("x", 0), ("٣", 0), ("9" * 30, 10**20 - 1)]:
        assert length_of(answered("content-length", value)) == length
    for value in ["", " ", '"a\r\nX: y"', '"ä"', "\x7f", "a" * 257]:
        assert not {"If-None-Match", "If-Modified-Since"} & set(asked(Validators(value, value)))
        for name in ("etag", "last-modified"):
            assert validators_of(answered(name, value)) == Validators()


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 1 ", timedelta(seconds=1)),
        ("9" * 60, LONGEST_WAIT),
        ("Sun, 04 Jan 2026 07:00:00 GMT", timedelta(minutes=30)),
        ("Sun, 04 Jan 2026 09:00:00 +0200", timedelta(minutes=30)),
        ("Sun, 04 Jan 2026 07:00:00 -0000", timedelta(minutes=30)),
        ("Sun Jan  4 07:00:00 2026", timedelta(minutes=30)),
        ("Mon, 04 Jan 2036 07:00:00 GMT", LONGEST_WAIT),
    ],
)
def test_a_server_says_when_to_return_in_seconds_or_a_date(value: str, wait: timedelta) -> None:
    assert retry_at(answered("retry-after", value), now=NOW) == NOW + wait


@examples("value")
def test_a_time_that_is_none_or_over_is_no_reason_to_wait(value: str) -> None:
    assert retry_at(answered("retry-after", value), now=NOW) is None


@given(st.text(max_size=80) | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ [\d:]+ \S+"))
def test_any_text_gives_a_time_within_a_week_or_none(value: str) -> None:
    when = retry_at(answered("retry-after", value), now=NOW)
    assert when is None or NOW < when <= NOW + LONGEST_WAIT


HAD = Validators('"a"', "yesterday")
START = Trail(httpx2.URL("https://news.example/feed?x=1"), HAD)


def walk(*steps: tuple[int, str], start: Trail = START, rules: AddressRules | None = None) -> Trail:
    trail = start
    for status, location in steps:
        trail = follow(trail, location, status=status, rules=rules or AddressRules())
    return trail


@examples("location, url")
def test_a_redirect_leads_on_from_where_it_was_given(location: str, url: str) -> None:
    assert str(walk((302, location)).url) == url


def test_a_move_for_good_is_remembered_if_it_comes_first() -> None:
    for status in [301, 308]:
        assert walk((status, "/a")).moved_to == "https://news.example/a"
        assert walk((status, "/a"), (status, "/b")).moved_to == "https://news.example/b"
    for status in [302, 303, 307]:
        assert walk((status, "/a")).moved_to == ""
        assert walk((status, "/a"), (301, "/b")).moved_to == ""
        assert walk((301, "/a"), (status, "/b"), (301, "/c")).moved_to == "https://news.example/a"


def test_redirects_keep_validators_at_home_and_end_where_the_operator_allows() -> None:
    assert walk((302, "/a")).validators == HAD
    assert walk((302, "//other.example/")).validators == Validators()
    assert walk((302, "//other.example/"), (302, START.url.path)).validators == Validators()
    trail = walk((301, "http://news.example/feed"))
    assert (str(trail.url), trail.validators, trail.moved_to) == (
        "http://news.example/feed",
        Validators(),
        "",
    )
    assert walk((301, "http://news.example/a"), (301, "https://news.example/b")).moved_to == ""
    lower = Trail(httpx2.URL("http://news.example/feed"), HAD)
    assert walk((301, "https://news.example/feed"), start=lower).validators == HAD
    for steps in ([(302, "/feed?x=1")], [(301, "/a"), (302, "/b"), (302, "/a#again")]):
        with pytest.raises(FetchError, match="redirects in a circle") as raised:
            walk(*steps)
        assert raised.value.status == 302
    steps = [(302, f"/{number}") for number in range(MOST_REDIRECTS)]
    assert str(walk(*steps).url) == "https://news.example/7"
    with pytest.raises(FetchError, match="redirects more than 8 times"):
        walk(*steps, (302, "/8"))
    rules = make_rules(["10.1.0.0/16"], allow_ports=[8080])
    assert str(walk((302, "http://10.1.2.3:8080/"), rules=rules).url) == "http://10.1.2.3:8080/"


@examples("location, reason")
def test_a_redirect_to_where_we_may_not_ask_is_refused(location: str, reason: str) -> None:
    with pytest.raises(FetchError) as raised:
        walk((302, location))
    assert reason in str(raised.value)
    assert str(raised.value).isprintable()
    assert not raised.value.passing


class Net(httpcore2.AsyncNetworkBackend):
    """A network without wires: it notes where it is asked to connect, and some hosts are down."""

    def __init__(self, *down: str) -> None:
        self._down = down
        self.reached: list[str] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.reached.append(host)
        if host in self._down:
            raise httpcore2.ConnectTimeout(host)
        return httpcore2.AsyncMockStream([])


def connect(names: Names, *, net: Net, rules: AddressRules | None = None) -> None:
    guard = GuardedNetwork(rules or AddressRules(), resolve=names, net=net)
    asyncio.run(guard.connect_tcp("news.example", 80))


@examples("addresses, down, reached")
def test_the_first_allowed_that_answers_is_used(addresses: str, down: str, reached: str) -> None:
    net = Net(*down.split())
    connect(Names(addresses.split()), net=net)
    assert net.reached == reached.split()


def test_a_name_is_tried_eight_times_and_leads_inside_only_if_it_is_allowed() -> None:
    net = Net("8.8.8.8", "1.1.1.1")
    with pytest.raises(httpcore2.ConnectTimeout, match=r"1\.1\.1\.1"):
        connect(Names(["8.8.8.8", "1.1.1.1"]), net=net)
    addresses = [f"8.8.8.{last}" for last in range(100)]
    net = Net(*addresses)
    with pytest.raises(httpcore2.ConnectTimeout):
        connect(Names(addresses), net=net)
    assert net.reached == addresses[:8]
    net = Net()
    connect(Names(["10.0.0.1"]), net=net, rules=make_rules(["news.example"]))
    assert net.reached == ["10.0.0.1"]
    with pytest.raises(httpcore2.ConnectError):
        connect(Names([]), net=Net())
    for address in ["127.0.0.1", "::1", "169.254.169.254", "::ffff:10.0.0.1"]:
        net = Net()
        with pytest.raises(FetchError, match=f"{address} is not a public address") as raised:
            connect(Names([address]), net=net)
        assert (net.reached, raised.value.passing) == ([], False)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "?"), "no such host"),
        (socket.gaierror(socket.EAI_AGAIN, "?"), "its name cannot be resolved now"),
        (OSError("?"), "its name cannot be resolved now"),
    ],
)
def test_a_failed_lookup_is_told(error: OSError, reason: str) -> None:
    with pytest.raises(FetchError, match=reason) as raised:
        connect(Names(error), net=Net())
    assert raised.value.passing


def test_a_name_that_changes_its_mind_never_reaches_a_real_server(news: NewsServer) -> None:
    news.at("/feed", give("secret"))
    names = Names(["127.0.0.2"], ["127.0.0.1"])
    how = asking(news, allow=["127.0.0.2"])
    url = news.url("/feed", host="rebinding.example")
    with pytest.raises(FetchError, match=r"rebinding\.example: connection refused"):
        ask(how, url, resolve=names)
    with pytest.raises(FetchError, match=r"127\.0\.0\.1 is not a public address"):
        ask(how, url, resolve=names)
    assert names.asked == ["rebinding.example"] * 2
    assert not news.seen


def test_one_connection_needs_one_lookup(news: NewsServer) -> None:
    url = news.at("/feed", give("News")).replace("127.0.0.1", "news.example")
    names = Names(["127.0.0.1"], ["8.8.8.8"])

    async def twice(web: Web) -> None:
        await web(url)
        await web(url)

    run(asking(news, allow=["news.example"]), twice, resolve=names)
    assert (names.asked, news.count("/feed"), news.connections) == (["news.example"], 2, 1)


def test_the_name_of_this_machine_is_refused_once_it_is_looked_up(news: NewsServer) -> None:
    news.at("/", give("secret"))
    with pytest.raises(FetchError, match=r"localhost: (127\.0\.0\.1|::1) is not a public address"):
        ask(asking(news, allow=[]), news.url("/", host="localhost"))
    assert not news.seen
