"""How robots.txt is asked for, remembered and obeyed, in virtual time."""

import asyncio
from datetime import timedelta

import pytest

from briefing.core.errors import FetchError
from briefing.core.model import Host
from briefing.sources.web.crawl_policy import CrawlPolicy
from tests.sources.web.virtual import (
    BEGIN,
    BUSY,
    LOST,
    A,
    VirtualTime,
    Wire,
    ask_all,
    fails,
    fetcher,
    run,
)


def test_robots_txt_is_asked_once_and_remembered() -> None:
    async def main(clock: VirtualTime) -> tuple[int, tuple[Host, ...]]:
        wire = Wire(clock, {f"{A}/robots.txt": [b"User-agent: *\nDisallow: /x"]}, seconds=2)
        ask = fetcher(wire, clock)
        await ask_all(ask, [f"{A}/{n}" for n in range(5)])
        return wire.count(f"{A}/robots.txt"), ask.hosts

    count, hosts = run(main)
    assert count == 1
    read_at = BEGIN + timedelta(seconds=2)
    assert hosts == (Host("a.example", robots="User-agent: *\nDisallow: /x", robots_at=read_at),)


def test_what_robots_txt_forbids_is_not_asked() -> None:
    async def main(clock: VirtualTime) -> tuple[FetchError, list[tuple[float, str]]]:
        wire = Wire(clock, {f"{A}/robots.txt": [b"User-agent: briefing\nDisallow: /x"]})
        failed = await fails(fetcher(wire, clock), f"{A}/x/y")
        return failed, wire.begins

    failed, begins = run(main)
    assert begins == [(0, f"{A}/robots.txt")]
    assert not failed.passing
    assert str(failed) == (
        "robots.txt of a.example does not allow it; ask the publisher for permission, then add "
        "the host to ignore_robots in briefing.toml"
    )


@pytest.mark.parametrize("name", ["a.example", " A.Example", "a.example:8443"])
def test_a_host_that_gave_leave_is_not_asked_for_robots_txt(name: str) -> None:
    async def main(clock: VirtualTime) -> list[tuple[float, str]]:
        wire = Wire(clock, {f"{A}:8443/robots.txt": [b"User-agent: *\nDisallow: /"]})
        await fetcher(wire, clock, policy=CrawlPolicy(ignore_robots=(name,)))(f"{A}:8443/x")
        return wire.begins

    assert run(main) == [(0, f"{A}:8443/x")]


def test_leave_for_one_port_is_none_for_another() -> None:
    async def main(clock: VirtualTime) -> FetchError:
        wire = Wire(clock, {f"{A}/robots.txt": [b"User-agent: *\nDisallow: /"]})
        policy = CrawlPolicy(ignore_robots=("a.example:8443",))
        return await fails(fetcher(wire, clock, policy=policy), f"{A}/x")

    assert "robots.txt of a.example" in str(run(main))


@pytest.mark.parametrize(("hours", "asked"), [(0, 0), (23, 0), (24, 1), (500, 1), (-1, 1)], ids=str)
def test_robots_txt_is_believed_for_a_day(hours: int, asked: int) -> None:
    async def main(clock: VirtualTime) -> tuple[int, tuple[Host, ...]]:
        wire = Wire(clock, {f"{A}/robots.txt": [b""]})
        host = Host("a.example", robots="", robots_at=BEGIN - timedelta(hours=hours))
        ask = fetcher(wire, clock, hosts={"a.example": host})
        await ask(f"{A}/x")
        return wire.count(f"{A}/robots.txt"), ask.hosts

    count, hosts = run(main)
    assert count == asked
    assert len(hosts) == asked


def test_a_remembered_robots_txt_is_obeyed() -> None:
    async def main(clock: VirtualTime) -> FetchError:
        host = Host("a.example", robots="User-agent: *\nDisallow: /", robots_at=BEGIN)
        return await fails(fetcher(Wire(clock), clock, hosts={"a.example": host}), f"{A}/x")

    assert "does not allow it" in str(run(main))


@pytest.mark.parametrize("status", [302, 401, 403, 404, 410])
def test_a_host_without_robots_txt_allows_everything(status: int) -> None:
    async def main(clock: VirtualTime) -> tuple[Host, ...]:
        wire = Wire(clock, {f"{A}/robots.txt": [FetchError("no", status=status)]})
        ask = fetcher(wire, clock)
        await ask(f"{A}/x")
        return ask.hosts

    assert run(main) == (Host("a.example", robots="", robots_at=BEGIN),)


@pytest.mark.parametrize(
    ("error", "asked", "passing"),
    [
        (BUSY, 3, True),
        (LOST, 3, True),
        (FetchError("answers 501", status=501), 1, True),
        (FetchError("a.example: 10.0.0.1 is not a public address"), 1, False),
    ],
    ids=["503", "lost", "501", "guarded"],
)
def test_nothing_is_asked_while_robots_txt_does_not_answer(
    error: FetchError,
    asked: int,
    passing: bool,  # noqa: FBT001  a row
) -> None:
    async def main(clock: VirtualTime) -> tuple[list[FetchError], list[str], tuple[Host, ...]]:
        wire = Wire(clock, {f"{A}/robots.txt": [error]})
        ask = fetcher(wire, clock)
        failed = [await fails(ask, f"{A}/{n}") for n in range(3)]
        return failed, [url for _, url in wire.begins], ask.hosts

    failed, urls, hosts = run(main)
    assert urls == [f"{A}/robots.txt"] * asked
    assert [str(failure) for failure in failed] == 3 * [
        f"robots.txt of a.example cannot be read, so nothing is fetched there in this run ({error})"
    ]
    assert [failure.passing for failure in failed] == [passing] * 3
    assert [failure.status for failure in failed] == [error.status] * 3
    assert hosts == ()


@pytest.mark.parametrize(("days", "believed"), [(2, True), (29, True), (31, False)])
def test_an_older_robots_txt_serves_while_it_does_not_answer(days: int, believed: bool) -> None:  # noqa: FBT001
    async def main(clock: VirtualTime) -> tuple[list[str], tuple[Host, ...]]:
        wire = Wire(clock, {f"{A}/robots.txt": [BUSY]})
        host = Host(
            "a.example",
            robots="User-agent: *\nDisallow: /x",
            robots_at=BEGIN - timedelta(days=days),
        )
        ask = fetcher(wire, clock, hosts={"a.example": host})
        await ask_all(ask, [f"{A}/x", f"{A}/y"])
        return [url for _, url in wire.begins if "robots" not in url], ask.hosts

    assert run(main) == ([f"{A}/y"] if believed else [], ())


def test_the_time_between_requests_that_a_host_asks_for_is_kept() -> None:
    async def main(clock: VirtualTime) -> list[float]:
        robots = b"User-agent: *\nCrawl-delay: 5"
        wire = Wire(clock, {f"{A}/robots.txt": [robots]})
        await ask_all(fetcher(wire, clock), [f"{A}/1", f"{A}/2"])
        return wire.seconds_of("a.example")

    assert run(main) == [0, 5, 10]


def test_no_host_is_asked_faster_than_our_own_delay() -> None:
    async def main(clock: VirtualTime) -> list[float]:
        wire = Wire(clock, {f"{A}/robots.txt": [b"User-agent: *\nCrawl-delay: 0.1"]})
        await ask_all(fetcher(wire, clock), [f"{A}/1", f"{A}/2"])
        return wire.seconds_of("a.example")

    assert run(main) == [0, 1, 2]


def test_who_stops_waiting_for_robots_txt_leaves_it_to_the_next() -> None:
    async def main(clock: VirtualTime) -> list[float]:
        wire = Wire(clock, seconds=5)
        ask = fetcher(wire, clock)
        first = asyncio.create_task(ask(f"{A}/1"))
        second = asyncio.create_task(ask(f"{A}/2"))
        await asyncio.sleep(2)
        first.cancel()
        await second
        return wire.seconds_of("a.example")

    assert run(main) == [0, 2, 7]
