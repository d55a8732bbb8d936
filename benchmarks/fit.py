"""What one of each thing costs on a real PostgreSQL, for the plan of ``benchmarks.grow``."""

from __future__ import annotations

import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.feedserver import serve_feeds
from benchmarks.grow import COSTS, Costs
from benchmarks.sink import sink
from benchmarks.subscribers import envelope, letter, release, subscribe
from briefing.app.collect.sources import add_sources
from briefing.app.deliver import DeliveryPlan, Dispatch, deliver
from briefing.app.publish import publish
from briefing.core.model import Source
from briefing.mail.relay import Relay
from briefing.mail.smtp import RelaySession
from briefing.settings import CollectSettings, PublishSettings, Settings
from briefing.setup.clock import now
from briefing.setup.news import collect_news, publish_plan
from briefing.store import Store, open_store
from briefing.store.audit import Actor
from tests.store.postgres import Server, connect, running

#: Feeds of a small and of a large day, and reports of each feed.
FEEDS, ITEMS = (10, 50), 20
MAILS = 5_000
#: Bytes of a mail without its PDF, as most readers have it.
SIZE = 30_000
#: Pages made durable, one after the other.
_TRIES = 200


def bench() -> list[dict[str, Any]]:
    """Return a row for each unit cost, and write them where the plan reads them.

    Seconds are CPU of this process and its children, or of all processes of the server.
    """
    with running() as server:
        cost = Costs(**_gathered(server), **_delivered(server))
    measured = {name: float(f"{value:.3g}") for name, value in asdict(cost).items()}
    COSTS.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return [{"case": name.replace("_", " "), "value": value} for name, value in measured.items()]


class _Spent:
    """CPU seconds that passed, of this process and of the server."""

    ours = 0.0
    server = 0.0


@contextmanager
def _spending(server: Server) -> Iterator[_Spent]:
    spent = _Spent()
    ours, its = cpu_seconds(), _its(server)
    yield spent
    spent.ours, spent.server = cpu_seconds() - ours, _its(server) - its


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _its(server: Server) -> float:
    """Return the CPU seconds of the server and its processes, also of those that have ended."""
    folder = Path(server.url("").rsplit("=", 1)[1])
    first = (folder / "cluster" / "postmaster.pid").read_text("utf-8").split()[0]
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # after the name, which may hold spaces: state, parent, ...
            columns = stat.read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if stat.parent.name == first:
            ticks += sum(map(int, columns[11:15]))
        elif columns[1] == first:
            ticks += sum(map(int, columns[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def _opened(server: Server) -> Iterator[tuple[Store, str]]:
    url = server.make_database()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(url, folder=Path(folder)) as store,
    ):
        yield store, url


def _bytes(url: str) -> int:
    with connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert size is not None  # noqa: S101  a query for one number
    return int(size[0])


def _gathered(server: Server) -> dict[str, float]:
    """Collect and publish a small and a large day: what is fixed, and what grows with reports."""
    # A first, small day loads models, fonts and modules.
    _day(server, feeds=1)
    (few, small), (many, large) = (_day(server, feeds=feeds) for feeds in FEEDS)
    each = max(0.0, (large["edition"] - small["edition"]) / (many - few))
    return {
        **{name: value for name, value in large.items() if name != "edition"},
        "edition_seconds": large["edition"] - many * each,
        "edition_report_seconds": each,
    }


def _day(server: Server, *, feeds: int) -> tuple[int, dict[str, float]]:
    """Collect the feeds, ask them again, when they have nothing new, and publish."""
    reports = feeds * ITEMS
    with _opened(server) as (store, url), serve_feeds(items=ITEMS) as address:
        settings = _local(address)
        with store.write() as tx:
            new = [Source(f"{address}{number}") for number in range(feeds)]
            add_sources(tx, new, actor=Actor("command", now()))
        sizes = [_bytes(url)]
        with _spending(server) as first:
            collect_news(store, settings=settings)
        sizes.append(_bytes(url))
        with _spending(server) as again:
            collect_news(store, settings=settings)
        at = now()
        with _spending(server) as edition:
            publish(store, publish_plan(settings), day=at.date(), now=at)
        sizes.append(_bytes(url))
    return reports, {
        "visit_seconds": again.ours / feeds,
        "report_seconds": (first.ours - again.ours) / reports,
        "report_store_seconds": (first.server - again.server) / reports,
        "report_bytes": (sizes[1] - sizes[0]) / reports,
        "edition": edition.ours,
        "edition_bytes": sizes[2] - sizes[1],
    }


def _local(address: str) -> Settings:
    port = int(address.rstrip("/").rsplit(":", 1)[1])
    collect = CollectSettings(per_host=16, delay=0, allow_hosts=("127.0.0.1",), allow_ports=(port,))
    return Settings(name="World Desk", collect=collect, publish=PublishSettings(oldest_hours=0))


def _delivered(server: Server) -> dict[str, float]:
    """Send an edition to readers by a relay that takes everything."""
    with _opened(server) as (store, url), sink() as port:
        empty = _bytes(url)
        subscribe(store, number=MAILS, at=now())
        readers = _bytes(url) - empty
        release(store)
        commits = _commits(url)
        with _spending(server) as spent:
            done = deliver(store, _dispatch(port))
        commits = _commits(url) - commits
        size = _bytes(url) - empty - readers
    assert done.sent == MAILS, done  # noqa: S101  a benchmark that loses mails is none
    return {
        "mail_seconds": spent.ours / MAILS,
        "mail_store_seconds": spent.server / MAILS,
        "mail_commits": commits / MAILS,
        "commit_seconds": _durable(),
        "delivery_bytes": size / MAILS,
        "subscriber_bytes": readers / MAILS,
    }


def _commits(url: str) -> int:
    """Return how many transactions of a database have written."""
    with connect(url, autocommit=True) as connection:
        number = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())").fetchone()
    assert number is not None  # noqa: S101  a query for one number
    return int(number[0])


def _durable() -> float:
    """Return the median seconds in which a page is durable on the disk of temporary files."""
    taken = []
    with tempfile.TemporaryFile() as file:
        for _ in range(_TRIES):
            began = time.perf_counter()
            file.write(bytes(8192))
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _dispatch(port: int) -> Dispatch:
    return Dispatch(
        letters=partial(envelope, rest=letter(size=SIZE)),
        connect=lambda: RelaySession(Relay("127.0.0.1", port, security="none", renew_after=10_000)),
        plan=DeliveryPlan(connections=8, longest=timedelta(minutes=5)),
        clock=lambda: datetime.now(UTC),
    )
