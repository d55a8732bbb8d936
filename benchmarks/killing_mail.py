"""Kills a delivery at random moments until all is sent, and counts what was lost or doubled.

``python -m benchmarks.killing_mail [--mails 3000] [--kills 200] [--connections 2] [--hold]``, with
``--at postgresql://USER@HOST/DATABASE`` in an empty database instead of a file
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeAlias

from benchmarks.subscribers import EDITION_ID, envelope, letter, release
from briefing.app.deliver import DeliveryPlan, Dispatch, deliver
from briefing.core.errors import BusyError
from briefing.core.model import DeliveryStatus
from briefing.mail.relay import Relay
from briefing.mail.smtp import RelaySession
from briefing.store import Store, deliveries, open_store

#: A child is forked from a process that has imported everything but runs no threads.
_FORKS = multiprocessing.get_context("forkserver")
_SIZE = 2_000
#: Seconds until a child that does not get on counts as broken.
_PATIENCE = 300
#: Seconds within which a kill comes after a mail has arrived: about what the next one takes.
_MOMENT = 0.004
#: Seconds between two looks at how far it has come.
_LOOK = 0.0005

#: What a process is told: the store, its folder, the port of the relay, how many connections, and
#: whether mails in doubt are held.
Work: TypeAlias = tuple[str, str, int, int, bool]


@dataclass(frozen=True, slots=True)
class Killed:
    """What became of the mails."""

    mails: int
    kills: int
    connections: int
    #: Neither arrived nor held.
    lost: int
    #: Arrived more often than once, each arrival too many counted.
    doubled: int
    #: Held for a person to decide.
    held: int
    #: Held and not arrived: what a person would have to send.
    missing: int


def kill_mail(  # noqa: PLR0913  what a run of kills is made of
    *,
    mails: int,
    kills: int,
    connections: int,
    hold: bool,
    at: str = "killed.db",
    seed: int = 1,
) -> Killed:
    """Deliver so many mails with so many kills -9 of the process that sends them.

    Args:
        mails: to be delivered.
        kills: of the process, spread over all of the mails.
        connections: of the process.
        hold: whether mails in doubt are held, not sent again.
        at: where the store is: a file, or the address of an empty PostgreSQL database.
        seed: of the moments.
    """
    chance = random.Random(seed)  # noqa: S311  moments, not secrets
    with tempfile.TemporaryDirectory() as folder, _sink() as (port, arrived):
        store = open_store(at, folder=Path(folder))
        release(store, number=mails)
        work = (at, folder, port, connections, hold)
        for number in range(kills):
            share = (mails - len(set(arrived))) / (kills - number)
            goal = len(arrived) + chance.randint(0, int(2 * share))
            _kill(work, arrived, goal=goal, wait=chance.random() * _MOMENT)
            wait_until_free(store)
        last = start(work)
        last.join(_PATIENCE)
        with store.read() as tx:
            counts = deliveries.audience(tx, EDITION_ID).counts
            held = {
                waiting.id for waiting in deliveries.of(tx, EDITION_ID, status=DeliveryStatus.HELD)
            }
        store.close()
    assert set(counts) <= {DeliveryStatus.SENT, DeliveryStatus.HELD}, counts  # noqa: S101  it has come to its end
    seen = Counter(arrived)
    missing = held - set(seen)
    return Killed(
        mails,
        kills,
        connections,
        lost=mails - len(seen) - len(missing),
        doubled=sum(times - 1 for times in seen.values()),
        held=len(held),
        missing=len(missing),
    )


def _kill(work: Work, arrived: list[int], *, goal: int, wait: float) -> None:
    child = start(work)
    end = time.monotonic() + _PATIENCE
    while len(arrived) < goal and child.is_alive() and time.monotonic() < end:
        time.sleep(_LOOK)
    time.sleep(wait)
    child.kill()
    child.join()


def wait_until_free(store: Store) -> None:
    """Wait until a PostgreSQL server has seen, a moment later, that a process is no more."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            with store.alone("deliver"):
                return
        except BusyError:
            if time.monotonic() > end:
                raise
            time.sleep(_LOOK)


def start(work: Work) -> BaseProcess:
    """Start a process that sends all that is due."""
    _FORKS.set_forkserver_preload(["benchmarks.subscribers", "briefing.mail.smtp"])
    child = _FORKS.Process(target=send_all, args=work)
    child.start()
    return child


def send_all(at: str, folder: str, port: int, connections: int, hold: bool) -> None:  # noqa: FBT001  of a process
    """Send all that is due; the work of the process that is killed."""
    store = open_store(at, folder=Path(folder))
    dispatch = Dispatch(
        letters=partial(envelope, rest=letter(size=_SIZE)),
        connect=lambda: RelaySession(Relay("127.0.0.1", port, security="none")),
        plan=DeliveryPlan(connections=connections, resend=not hold, longest=timedelta(minutes=5)),
        clock=lambda: datetime.now(UTC),
    )
    deliver(store, dispatch)
    store.close()


@contextmanager
def _sink() -> Iterator[tuple[int, list[int]]]:
    """Run a relay in a thread; yield its port and the deliveries in the order they arrived."""
    arrived: list[int] = []
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        asyncio.start_server(partial(_take, arrived), "127.0.0.1", 0, limit=1 << 20)
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1], arrived
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(_PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for waiting in rest:
        waiting.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


async def _take(
    arrived: list[int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        writer.write(b"220 sink.example ESMTP\r\n")
        while line := await reader.readline():
            answer = b"250 OK\r\n"
            if line.startswith(b"DATA"):
                writer.write(b"354 Go on\r\n")
                message = await reader.readuntil(b"\r\n.\r\n")
                arrived.append(int(message.partition(b"<")[2].partition(b"@")[0]))
            writer.write(answer)
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass  # killed
    finally:
        writer.close()


def main() -> None:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=3_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--hold", action="store_true")
    parser.add_argument("--at", default="killed.db")
    print(json.dumps(asdict(kill_mail(**vars(parser.parse_args())))))


if __name__ == "__main__":
    main()
