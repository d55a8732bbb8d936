import asyncio
import gc
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Event, get_ident
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import FetchError
from briefing.core.model import Host, Validators
from briefing.core.ports import Answer
from briefing.sources.web.crawl_policy import (
    CrawlPolicy,
    HostTurns,
    RateLimitedFetch,
    backoff,
    in_thread,
    next_try,
)
from tests.examples import examples
from tests.sources.web.virtual import (
    BEGIN,
    BUSY,
    LOST,
    NO_ROBOTS,
    NOT_FOUND,
    A,
    B,
    VirtualTime,
    Wire,
    ask_all,
    busy_until,
    crawl,
    fails,
    failures,
    fetcher,
    in_virtual_time,
    run,
)
from tests.waiting import PATIENCE


def test_requests_keep_delay_and_number_of_each_host() -> None:
    wire, _, _ = crawl([f"{A}/1", f"{A}/2", f"{A}/3", f"{B}/1"])
    assert wire.begins == [(0, f"{A}/1"), (0, f"{B}/1"), (1, f"{A}/2"), (2, f"{A}/3")]
    wire, _, _ = crawl([f"{A}/{n}" for n in range(5)], seconds=10)
    assert (wire.most["a.example"], wire.seconds_of("a.example")) == (2, [0, 1, 10, 11, 20])
    urls = [f"https://n{n}.example/" for n in range(20)]
    wire, _, _ = crawl(urls, seconds=5, policy=CrawlPolicy(at_once=4))
    assert (wire.most[""], len(wire.begins)) == (4, 40)


def test_hosts_do_not_hold_up_each_other() -> None:
    policy = CrawlPolicy(at_once=2, ignore_robots=("a.example", "b.example", "c.example"))
    urls = [f"{B}/1", "https://c.example/1", f"{A}/1", f"{A}/2"]
    wire, _, _ = crawl(urls, seconds=10, policy=policy)
    assert wire.seconds_of("a.example") == [10, 11]
    urls = [*(f"{A}/{n}" for n in range(50)), f"{B}/1"]
    wire, _, _ = crawl(urls, seconds=1, policy=replace(NO_ROBOTS, at_once=1))
    assert wire.seconds_of("b.example") == [1]
    urls = [f"{A}/1", "http://a.example/2", "https://A.example.:443/3", f"{A}:8443/4"]
    assert [at for at, _ in crawl(urls)[0].begins] == [0, 0, 1, 2]


@in_virtual_time
async def test_a_clock_that_is_set_back_makes_nobody_wait_for_long(clock: VirtualTime) -> None:
    wire = Wire(clock)
    ask = fetcher(wire, clock, policy=NO_ROBOTS)
    await ask(f"{A}/1")
    clock.set_by = timedelta(hours=-1)
    await ask(f"{A}/2")
    assert wire.seconds_of("a.example") == [0, 1]


@in_virtual_time
async def test_who_stops_waiting_leaves_no_seat_taken(clock: VirtualTime) -> None:
    wire = Wire(clock, seconds=5)
    ask = fetcher(wire, clock, policy=replace(NO_ROBOTS, at_once=2))
    asked = [asyncio.create_task(ask(f"{A}/{n}")) for n in range(9)]
    asked += [asyncio.create_task(ask(f"{B}/{n}")) for n in range(9)]
    await asyncio.sleep(2.5)
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    before = len(wire.begins)
    await ask_all(ask, [f"{A}/x", f"{A}/y", f"{B}/x", f"{B}/y"])
    assert len(wire.begins) - before == 4


@in_virtual_time
async def test_what_is_asked_with_is_passed_on(clock: VirtualTime) -> None:
    wire = Wire(clock)
    await fetcher(wire, clock)(f"{A}/1", validators=Validators('"x"', "then"))
    assert wire.validators == [Validators(), Validators('"x"', "then")]


_ERRORS = st.sampled_from(
    [b"page", NOT_FOUND, LOST, BUSY, busy_until(4), busy_until(9, status=429), busy_until(99)]
)
_ROBOTS = st.sampled_from(
    [b"", b"User-agent: *\nCrawl-delay: 3", b"User-agent: *\nDisallow: /2", NOT_FOUND, BUSY]
)


@given(
    st.lists(st.tuples(st.sampled_from([A, B]), st.integers(0, 4), st.integers(0, 6)), max_size=12),
    st.tuples(_ROBOTS, _ROBOTS),
    st.lists(_ERRORS, min_size=1, max_size=8),
    st.sampled_from([0.0, 0.1, 1.0, 7.0]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.7, 3.0]),
)
def test_whatever_is_asked_hosts_are_not_pressed(  # noqa: PLR0917  drawn
    requests: list[tuple[str, int, int]],
    robots: tuple[bytes | FetchError, bytes | FetchError],
    answers: list[bytes | FetchError],
    delay: float,
    per_host: int,
    at_once: int,
    seconds: float,
) -> None:
    async def main(clock: VirtualTime) -> Wire:
        scripted = {f"{host}/{n}": answers[n:] or answers for host in (A, B) for n in range(5)}
        scripted |= {
            f"{host}/robots.txt": [text] for host, text in zip((A, B), robots, strict=True)
        }
        wire = Wire(clock, scripted, seconds=seconds)
        policy = CrawlPolicy(delay=delay, per_host=per_host, at_once=at_once)
        ask = fetcher(wire, clock, policy=policy, chance=0.5)

        async def later(host: str, path: int, after: int) -> Answer:
            await asyncio.sleep(after)
            return await ask(f"{host}/{path}")

        await asyncio.gather(*(later(*request) for request in requests), return_exceptions=True)
        return wire

    wire = run(main)
    assert wire.most[""] <= at_once
    for host, text in zip(("a.example", "b.example"), robots, strict=True):
        asked = isinstance(text, bytes) and b"Crawl-delay" in text
        begins = wire.seconds_of(host)
        # The clock tells microseconds.
        assert all(later - sooner > delay - 1e-5 for sooner, later in pairwise(begins))
        if asked:
            assert all(later - sooner > 3 - 1e-5 for sooner, later in pairwise(begins))
        assert wire.most[host] <= per_host
        assert wire.count(f"https://{host}/robots.txt") <= (3 if text is BUSY else 1)
        if text is BUSY:
            assert len(begins) <= 3


@pytest.mark.parametrize(
    "url",
    ["", "news", "ftp://a.example/", "https:///x", "http://[::1/", "http://a\0b/", "http://./"],
)
def test_what_is_no_address_of_the_web_is_told(url: str) -> None:
    wire, came, _ = crawl([url])
    (failed,) = failures(came)
    assert wire.begins == []
    assert "is not a web address" in str(failed)
    assert str(failed).isprintable()


@examples("url, robots")
def test_robots_txt_is_asked_of_the_very_host(url: str, robots: str) -> None:
    assert crawl([url], policy=CrawlPolicy())[0].begins[0][1] == robots


def test_an_address_with_a_password_is_not_asked_and_not_told() -> None:
    wire, came, _ = crawl(["https://desk:hidden@a.example/feed"])
    assert wire.begins == []
    assert "hidden" not in str(failures(came)[0])


@examples("failures, jitter, minutes")
def test_a_failing_source_is_asked_less_often(failures: int, jitter: float, minutes: float) -> None:
    assert next_try(failures, after=BEGIN, jitter=jitter) == BEGIN + timedelta(minutes=minutes)


@given(st.integers(1, 100), st.floats(0, 1), st.datetimes(BEGIN.replace(tzinfo=None)))
def test_a_failing_source_is_asked_hourly(failures: int, jitter: float, after: datetime) -> None:
    after = min(after, datetime(9000, 1, 1)).replace(tzinfo=BEGIN.tzinfo)  # noqa: DTZ001
    wait = next_try(failures, after=after, jitter=jitter) - after
    assert timedelta(minutes=7) < wait <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("tried", "jitter", "seconds"), [(1, 1, 0.5), (2, 1, 1), (2, 0.5, 0.5), (2, 0, 0), (9, 1, 8)]
)
def test_waits_grow_to_a_cap_with_jitter(tried: int, jitter: float, seconds: float) -> None:
    assert backoff(tried, jitter=jitter) == seconds


def test_a_host_that_asks_to_be_left_alone_for_long_is_left_alone() -> None:
    urls = [f"{A}/1", f"{A}/2"]
    wire, came, hosts = crawl(urls, {f"{A}/1": [busy_until(3_600)]}, in_turn=True)
    failed = failures(came)
    until = BEGIN + timedelta(hours=1)
    assert len(wire.begins) == 1
    assert [str(error) for error in failed] == [
        "answers 503",
        "a.example asked to wait until 2026-03-12 07:30 UTC",
    ]
    assert [(error.passing, error.retry_at) for error in failed] == [(True, until)] * 2
    assert hosts == (Host("a.example", retry_at=until),)


@in_virtual_time
async def test_the_next_run_leaves_it_alone_too_until_its_time_has_come(clock: VirtualTime) -> None:
    wire = Wire(clock)
    host = Host("a.example", retry_at=BEGIN + timedelta(minutes=5))
    ask = fetcher(wire, clock, hosts={"a.example": host})
    failed = await fails(ask, f"{A}/1")
    await asyncio.sleep(300)
    await ask(f"{A}/1")
    assert failed.retry_at == BEGIN + timedelta(minutes=5)
    assert len(wire.begins) == 2


def test_waits_that_hosts_ask_for_are_kept_within_a_day_and_by_all_that_had_no_seat() -> None:
    urls = [f"{A}/1", f"{A}/2", f"{B}/1"]
    wire, came, _ = crawl(urls, {f"{A}/1": [busy_until(8), b"page"]})
    assert all(isinstance(answer, Answer) for answer in came)
    assert wire.begins[:2] == [(0, f"{A}/1"), (0, f"{B}/1")]
    assert sorted(wire.begins[2:]) == [(8, f"{A}/2"), (9, f"{A}/1")]
    _, came, hosts = crawl([f"{A}/1"], {f"{A}/1": [busy_until(1e9)]})
    assert failures(came)[0].retry_at == hosts[0].retry_at == BEGIN + timedelta(days=1)
    too_many = FetchError("answers 429", status=429, passing=True)
    wire, came, _ = crawl([f"{A}/1"], {f"{A}/1": [too_many]})
    assert len(wire.begins) == 1
    assert failures(came)[0].retry_at == BEGIN + timedelta(minutes=15)
    urls = [f"{A}/1", f"{A}/2", f"{B}/1", f"{B}/2"]
    policy = replace(NO_ROBOTS, at_once=1)
    wire, came, _ = crawl(urls, {f"{A}/1": [busy_until(60)]}, seconds=3, policy=policy)
    assert [url for _, url in wire.begins] == [f"{A}/1", f"{B}/1", f"{B}/2"]
    waiting = "a.example asked to wait until 2026-03-12 06:31 UTC"
    assert [str(error) for error in came[:2]] == ["answers 503", waiting]
    answers = {f"{A}/robots.txt": [busy_until(60, status=429)]}
    wire, came, hosts = crawl([f"{A}/1"] * 2, answers, policy=CrawlPolicy(), in_turn=True)
    first, second = failures(came)
    assert len(wire.begins) == 1
    assert str(first).startswith("robots.txt of a.example cannot be read")
    assert first.retry_at == second.retry_at == BEGIN + timedelta(minutes=1)
    assert hosts == (Host("a.example", retry_at=first.retry_at),)


def test_a_failure_that_may_pass_is_tried_twice_again_and_others_are_not() -> None:
    policy = replace(NO_ROBOTS, delay=0.0)
    wire, came, _ = crawl([f"{A}/1"], {f"{A}/1": [LOST, BUSY, b"page"]}, policy=policy, chance=1.0)
    assert wire.seconds_of("a.example") == [0, 0.5, 1.5]
    assert came == [Answer(f"{A}/1", 200, b"page")]
    answers = {f"{A}/1": [LOST], f"{A}/2": [NOT_FOUND]}
    wire, came, _ = crawl(list(answers), answers, in_turn=True)
    lost, none = failures(came)
    assert (str(lost), lost.passing, str(none), none.gone) == (
        "connection lost",
        True,
        "answers 404",
        True,
    )
    assert [url for _, url in wire.begins] == [f"{A}/1"] * 3 + [f"{A}/2"]


def test_a_host_that_only_fails_is_given_up_for_the_run() -> None:
    answers = {f"{A}/{n}": [LOST] for n in range(40)}
    wire, came, hosts = crawl(list(answers), answers, seconds=1)
    errors = failures(came)
    assert all(error.passing for error in errors)
    assert 9 <= len(wire.begins) <= 10
    assert any("times in a row and is skipped until the next run" in str(error) for error in errors)
    assert hosts == ()


@pytest.mark.parametrize("answer", [b"page", NOT_FOUND], ids=["page", "404"])
def test_a_host_that_answers_now_and_then_is_not_given_up(answer: bytes | FetchError) -> None:
    answers = {f"{A}/{n}": [LOST if n % 2 else answer] for n in range(20)}
    assert len(crawl(list(answers), answers, in_turn=True)[0].begins) == 10 + 3 * 10


T = TypeVar("T")


class OwnLocks:
    """The locks of a server as one worker has them."""

    def __init__(self, holders: dict[str, str], worker: str) -> None:
        self._holders, self._worker = holders, worker

    def take(self, host: str) -> bool:
        # A server would let the same worker take it twice: that must never be asked.
        assert self._holders.get(host) != self._worker
        return self._holders.setdefault(host, self._worker) == self._worker

    def free(self, host: str) -> None:
        assert self._holders.pop(host) == self._worker


async def at_once(work: Callable[..., T], *words: object) -> T:
    """Stand for a thread: in virtual time nothing blocks."""
    return work(*words)


class Workers:
    """Workers who share a web and the locks of a server."""

    def __init__(self, clock: VirtualTime, *, seconds: float = 0.0, fails: bool = False) -> None:
        answers = {f"{A}/1": [BUSY]} if fails else {}
        self.wire, self._clock = Wire(clock, answers, seconds=seconds), clock
        self.holders: dict[str, str] = {}
        self.turns: list[HostTurns] = []

    def new(self, name: str) -> RateLimitedFetch:
        turns = HostTurns(OwnLocks(self.holders, name), in_thread=at_once)
        self.turns.append(turns)
        return RateLimitedFetch(
            self.wire,
            policy=NO_ROBOTS,
            hosts={},
            clock=self._clock.now,
            sleep=asyncio.sleep,
            chance=lambda: 0.0,
            turns=turns,
        )

    async def close(self) -> None:
        for turns in self.turns:
            await turns.close()
        assert self.holders == {}


@in_virtual_time
async def test_workers_ask_a_host_one_after_the_other_and_a_delay_apart(clock: VirtualTime) -> None:
    workers = Workers(clock, seconds=3.0)
    asked = [workers.new(name)(f"{A}/{name}") for name in ("ann", "bo", "cem")]
    await asyncio.gather(*asked)
    await workers.close()
    wire = workers.wire
    begins = wire.seconds_of("a.example")
    assert wire.most["a.example"] == 1
    # Three seconds for the answer, one second's delay, and at most a look.
    assert all(4.0 <= late - early <= 4.25 for early, late in pairwise(begins))


@in_virtual_time
async def test_each_asks_a_host_of_its_own_as_if_it_were_alone(clock: VirtualTime) -> None:
    workers = Workers(clock, seconds=3.0)
    ann, bo = workers.new("ann"), workers.new("bo")
    await asyncio.gather(ask_all(ann, [f"{A}/{number}" for number in range(4)]), bo(f"{B}/1"))
    await workers.close()
    assert workers.wire.seconds_of("a.example") == [0, 1, 3, 4]
    assert workers.wire.seconds_of("b.example") == [0]


@in_virtual_time
async def test_workers_that_want_the_hosts_of_each_other_both_get_them(clock: VirtualTime) -> None:
    workers = Workers(clock, seconds=3.0)
    ann, bo = workers.new("ann"), workers.new("bo")
    urls = [f"{host}/{number}" for number in range(3) for host in (A, B)]
    await asyncio.gather(ask_all(ann, urls), ask_all(bo, urls[::-1]))
    await workers.close()
    assert len(workers.wire.begins) == 12


@in_virtual_time
async def test_a_host_that_fails_is_free_again(clock: VirtualTime) -> None:
    workers = Workers(clock, fails=True)
    with pytest.raises(FetchError):
        await workers.new("ann")(f"{A}/1")
    await workers.new("bo")(f"{A}/2")
    await workers.close()


@in_virtual_time
async def test_who_stops_waiting_leaves_no_host_taken(clock: VirtualTime) -> None:
    workers = Workers(clock, seconds=3.0)
    ann, bo = workers.new("ann"), workers.new("bo")
    asking = asyncio.create_task(ann(f"{A}/1"))
    await asyncio.sleep(0.1)
    waiting = asyncio.create_task(bo(f"{A}/2"))
    await asyncio.sleep(0.5)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await asking
    await workers.close()
    assert len(workers.wire.begins) == 1


class SlowLocks(OwnLocks):
    """Locks of a server that takes its time."""

    def __init__(self, holders: dict[str, str]) -> None:
        super().__init__(holders, "ann")
        self.asked, self.go_on = threading.Event(), threading.Event()

    def take(self, host: str) -> bool:
        self.asked.set()
        self.go_on.wait(PATIENCE)
        return super().take(host)


def test_who_is_canceled_while_the_server_gives_a_host_frees_it() -> None:
    holders: dict[str, str] = {}

    async def main() -> None:
        locks = SlowLocks(holders)
        turns = HostTurns(locks)

        async def have() -> None:
            async with turns.of("a.example", pause=0.0):
                raise AssertionError

        asking = asyncio.create_task(have())
        await asyncio.to_thread(locks.asked.wait, PATIENCE)
        asking.cancel()
        # Turns enough for one who would go on at once.
        for _ in range(9):
            await asyncio.sleep(0)
        locks.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await turns.close()

    # Has all threads end.
    asyncio.run(main())
    assert holders == {}


def test_work_is_done_in_a_thread_and_what_it_raises_is_raised() -> None:
    def work(number: int, *, more: int) -> tuple[int, int]:
        return number + more, get_ident()

    async def main() -> tuple[int, int]:
        return await in_thread(work, 1, more=2)

    made, thread = asyncio.run(main())
    assert made == 3
    assert thread != get_ident()
    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(in_thread(int, "x"))


@pytest.mark.parametrize("fails", [False, True])
def test_who_is_canceled_waits_for_work(caplog: pytest.LogCaptureFixture, *, fails: bool) -> None:
    begun, go_on, ended = Event(), Event(), Event()

    def work() -> None:
        begun.set()
        go_on.wait(PATIENCE)
        ended.set()
        if fails:
            raise ValueError

    async def main() -> None:
        waiting = asyncio.create_task(in_thread(work))
        await asyncio.to_thread(begun.wait, PATIENCE)
        waiting.cancel()
        try:
            # Turns enough for one who would go on at once.
            for _ in range(9):
                await asyncio.sleep(0)
            assert not waiting.done()
        finally:
            go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert ended.is_set()

    asyncio.run(main())
    gc.collect()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
