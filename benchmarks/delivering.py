"""Mails from the store to a local relay: against a bare smtplib loop, and against rate limits."""

from __future__ import annotations

import resource
import smtplib
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.rates import bench_rates
from benchmarks.sink import sink
from benchmarks.subscribers import envelope, letter, release
from briefing.app.deliver import DeliveryPlan, Dispatch, deliver
from briefing.mail.relay import Relay
from briefing.mail.smtp import RelaySession
from briefing.store import Store, open_store

SUBSCRIBERS = 100_000
#: Bytes of a mail: text and HTML; and with the PDF, the form that subscribers have unless they
#: choose.
SIZES = (30_000, 150_000)
#: Connections of the pool.
POOL = 8
#: Mails of a round, and rounds of a case: both sides take turns, and the median counts.
ROUND, ROUNDS = 2_000, 5


def bench_delivering() -> list[dict[str, Any]]:
    """Return rates in mails a second, as ratios to smtplib with as many connections, and memory.

    Each outcome is on disk before its connection goes on (synchronous FULL), but for the row that
    shows what that costs.
    """
    with sink() as port:
        rows = [
            _against_smtplib(port, size=size, connections=connections, durable=True)
            for size in SIZES
            for connections in (1, POOL)
        ]
        rows.append(_against_smtplib(port, size=SIZES[0], connections=1, durable=False))
        rest = letter(size=SIZES[-1])
        _deliver(port, rest, number=SUBSCRIBERS, connections=POOL, durable=True)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows.append({"case": "memory", "ratio": round(memory / 250, 2), "peak_mb": round(memory)})
    return [*rows, *bench_rates()]


def _against_smtplib(port: int, *, size: int, connections: int, durable: bool) -> dict[str, Any]:
    rest, number = letter(size=size), min(ROUND, SUBSCRIBERS)
    pairs = [
        (
            _bare(port, rest, number=number, connections=connections),
            _deliver(port, rest, number=number, connections=connections, durable=durable),
        )
        for _ in range(ROUNDS)
    ]
    case = f"deliver {size // 1000}kB x{connections}{'' if durable else ' NORMAL'} / smtplib"
    return {
        "case": case,
        "ratio": round(median(ours.wall / bare.wall for bare, ours in pairs), 2),
        "cpu_ratio": round(median(ours.cpu / bare.cpu for bare, ours in pairs), 2),
        "mails_per_second": round(median(ours.wall for _, ours in pairs)),
        "smtplib_per_second": round(median(bare.wall for bare, _ in pairs)),
    }


@dataclass(frozen=True, slots=True)
class _Rate:
    """Mails a second, and a second of CPU of this process."""

    wall: float
    cpu: float


@contextmanager
def _timed(number: int) -> Iterator[list[_Rate]]:
    rates: list[_Rate] = []
    wall, cpu = time.perf_counter(), time.process_time()
    yield rates
    taken = time.perf_counter() - wall, time.process_time() - cpu
    rates.append(_Rate(number / taken[0], number / taken[1]))


def _bare(port: int, rest: bytes, *, number: int, connections: int) -> _Rate:
    lots = [range(first, number, connections) for first in range(connections)]
    with _timed(number) as rates, ThreadPoolExecutor(connections) as pool:
        list(pool.map(partial(_loop, port, rest), lots))
    return rates[0]


def _loop(port: int, rest: bytes, numbers: Iterable[int]) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="desk.example") as relay:
        for one in numbers:
            to = f"reader{one}@town{one % 50}.example"
            own = f"Message-ID: <{one}@desk.example>\r\nTo: {to}\r\n".encode()
            relay.sendmail(f"bounce+{one}@desk.example", [to], own + rest)


def _deliver(port: int, rest: bytes, *, number: int, connections: int, durable: bool) -> _Rate:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store("bench.db", folder=Path(folder))
        if not durable:
            _relax(store)
        release(store, number=number)
        dispatch = Dispatch(
            letters=partial(envelope, rest=rest),
            connect=lambda: RelaySession(
                Relay("127.0.0.1", port, security="none", renew_after=10_000)
            ),
            plan=DeliveryPlan(connections=connections, longest=timedelta(minutes=5)),
            clock=lambda: datetime.now(UTC),
        )
        with _timed(number) as rates:
            done = deliver(store, dispatch)
        store.close()
    assert done.sent == number, done  # noqa: S101  a benchmark that loses mails is none
    return rates[0]


def _relax(store: Store) -> None:
    """Let commits not wait for the disk, on the one connection that the store keeps open."""
    pooled = store._engine.raw_connection()
    pooled.cursor().execute("PRAGMA synchronous = NORMAL")
    pooled.close()
