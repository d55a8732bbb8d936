"""A host is asked by one worker at a time; what blocks runs in a thread, to its end."""

import asyncio
import gc
import logging
import threading
from collections.abc import Callable
from itertools import pairwise
from threading import Event, get_ident
from typing import TypeVar

import pytest

from briefing.core.errors import FetchError
from briefing.sources.web.crawl_policy import HostTurns, RateLimitedFetch, in_thread
from tests.sources.web.virtual import (
    BUSY,
    NO_ROBOTS,
    A,
    B,
    VirtualTime,
    Wire,
    ask_all,
    in_virtual_time,
)
from tests.waiting import PATIENCE

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
async def test_other_hosts_do_not_wait(clock: VirtualTime) -> None:
    workers = Workers(clock, seconds=3.0)
    ann, bo = workers.new("ann"), workers.new("bo")
    await asyncio.gather(ann(f"{A}/1"), bo(f"{B}/1"))
    await workers.close()
    assert workers.wire.begins == [(0, f"{A}/1"), (0, f"{B}/1")]


@in_virtual_time
async def test_one_worker_asks_a_host_as_if_it_were_alone(clock: VirtualTime) -> None:
    workers = Workers(clock, seconds=3.0)
    await ask_all(workers.new("ann"), [f"{A}/{number}" for number in range(4)])
    await workers.close()
    assert workers.wire.seconds_of("a.example") == [0, 1, 3, 4]


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
