import asyncio
import socket
from collections.abc import Iterable
from typing import Any

import httpcore2
import pytest

from briefing.core.errors import FetchError
from briefing.sources.web.address import AddressRules, make_rules
from briefing.sources.web.client import GuardedNetwork, Web
from tests.examples import examples
from tests.newsserver import NewsServer, give
from tests.sources.web.asker import Names, ask, asking, run


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


def test_a_name_is_tried_eight_times_and_the_last_failure_is_told() -> None:
    net = Net("8.8.8.8", "1.1.1.1")
    with pytest.raises(httpcore2.ConnectTimeout, match=r"1\.1\.1\.1"):
        connect(Names(["8.8.8.8", "1.1.1.1"]), net=net)
    addresses = [f"8.8.8.{last}" for last in range(100)]
    net = Net(*addresses)
    with pytest.raises(httpcore2.ConnectTimeout):
        connect(Names(addresses), net=net)
    assert net.reached == addresses[:8]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "169.254.169.254", "::ffff:10.0.0.1"])
def test_a_name_that_leads_only_inside_is_refused(address: str) -> None:
    net = Net()
    with pytest.raises(FetchError, match=f"{address} is not a public address") as raised:
        connect(Names([address]), net=net)
    assert (net.reached, raised.value.passing) == ([], False)


def test_an_allowed_name_may_lead_anywhere_but_not_nowhere() -> None:
    net = Net()
    connect(Names(["10.0.0.1"]), net=net, rules=make_rules(["news.example"]))
    assert net.reached == ["10.0.0.1"]
    with pytest.raises(httpcore2.ConnectError):
        connect(Names([]), net=Net())


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
