"""Mails from the store to a local relay: against a bare smtplib loop, and against rate limits."""

from __future__ import annotations

import resource
import smtplib
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.rates import bench_rates
from benchmarks.sink import sink
from benchmarks.subscribers import envelope, letter, release
from briefing.app.deliver import DeliveryPlan, Dispatch, deliver
from briefing.mail.relay import Relay
from briefing.mail.smtp import RelaySession
from briefing.store import Store, open_store

SUBSCRIBERS = 100_000
#: Mails of the bare loop; its rate does not change with their number.
BARE = 5_000
#: Bytes of a mail: text, HTML and the PDF, the form that subscribers have unless they choose.
SIZE = 150_000
#: Connections of the pool.
POOL = 8
#: Mails of each run with one connection, on which every commit waits for the disk.
ONE = 3_000


def bench_delivering() -> list[dict[str, Any]]:
    """Return rates in mails a second, as ratios to the bare loop, and the memory taken."""
    rest = letter(size=SIZE)
    with sink() as port:
        bare = _bare(port, rest, number=min(BARE, SUBSCRIBERS))
        rows = [{"case": "bare smtplib loop", "ratio": 1.0, "mails_per_second": round(bare)}]
        few = min(ONE, SUBSCRIBERS)
        for case, number, connections, durable in (
            ("one connection, FULL", few, 1, True),
            ("one connection, NORMAL", few, 1, False),
            (f"{POOL} connections, NORMAL", SUBSCRIBERS, POOL, False),
            (f"{POOL} connections, FULL", SUBSCRIBERS, POOL, True),
        ):
            rate = _deliver(port, rest, number=number, connections=connections, durable=durable)
            ratio = round(rate / bare, 2)
            rows.append({"case": case, "ratio": ratio, "mails_per_second": round(rate)})
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows.append({"case": "memory", "ratio": round(memory / 250, 2), "peak_mb": round(memory)})
    return [*rows, *bench_rates()]


def _bare(port: int, rest: bytes, *, number: int) -> float:
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="desk.example") as relay:
        for one in range(number):
            to = f"reader{one}@town{one % 50}.example"
            own = f"Message-ID: <{one}@desk.example>\r\nTo: {to}\r\n".encode()
            relay.sendmail(f"bounce+{one}@desk.example", [to], own + rest)
    return number / (time.perf_counter() - began)


def _deliver(port: int, rest: bytes, *, number: int, connections: int, durable: bool) -> float:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store("bench.db", folder=Path(folder))
        if not durable:
            _relax(store)
        release(store, number=number)
        began = time.perf_counter()
        dispatch = Dispatch(
            letters=partial(envelope, rest=rest),
            connect=lambda: RelaySession(
                Relay("127.0.0.1", port, security="none", renew_after=10_000)
            ),
            plan=DeliveryPlan(connections=connections, longest=timedelta(minutes=5)),
            clock=lambda: datetime.now(UTC),
        )
        done = deliver(store, dispatch)
        seconds = time.perf_counter() - began
        store.close()
    assert done.sent == number, done  # noqa: S101  a benchmark that loses mails is none
    return number / seconds


def _relax(store: Store) -> None:
    """Let commits not wait for the disk, on the one connection that the store keeps open."""
    pooled = store._engine.raw_connection()
    pooled.cursor().execute("PRAGMA synchronous = NORMAL")
    pooled.close()
