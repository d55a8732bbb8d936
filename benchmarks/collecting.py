"""Feeds from a local server into a store, against a bare loop of the same client and parser."""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser
import httpx2
from sqlalchemy import delete, select

from benchmarks.feedserver import serve_feeds
from briefing.app.actor import Actor
from briefing.app.analyses import analyze_collected
from briefing.app.collect.sources import add_sources
from briefing.core.model import Source
from briefing.setup.clock import now
from briefing.setup.keeping import open_the_store
from briefing.setup.news import collect_news
from briefing.setup.parts import rule
from briefing.setup.settings import CollectSettings, Settings, StoreSettings
from briefing.store import Store
from briefing.store.tables import ANALYSIS, VERSION

FEEDS = 1000
ITEMS = 20
#: Feeds after which memory is looked at for the first time; what is bought once is bought by then.
FIRST = 200


@dataclass(slots=True)
class _Spent:
    """What collecting took."""

    #: Of all, and of it to analyze what was collected, which an edition would do otherwise.
    seconds: float = 0.0
    analyzing: float = 0.0
    #: Megabytes after the first feeds, and at the end.
    memory: list[float] = field(default_factory=list)


def bench_collecting() -> list[dict[str, Any]]:
    """Return the throughput of both, in items a second and as a ratio, and the memory taken."""
    with serve_feeds(items=ITEMS) as address:
        bare = _bare_loop(address)
        ours = _collect(address)
    first, last = ours.memory
    return [
        _row("collect / loop", ours.seconds - ours.analyzing, bare),
        _row("collect and analyze / loop", ours.seconds, bare),
        {
            "case": f"memory, {FIRST} to {FEEDS} feeds",
            "ratio": round(last / first, 2),
            "first_mb": round(first),
            "last_mb": round(last),
        },
    ]


def _row(case: str, ours: float, bare: float) -> dict[str, Any]:
    items = FEEDS * ITEMS
    return {
        "case": case,
        "ratio": round(bare / ours, 2),
        "items_per_second": round(items / ours),
        "loop_per_second": round(items / bare),
    }


def _bare_loop(address: str) -> float:
    began = time.perf_counter()
    with httpx2.Client(trust_env=False) as client:
        for number in range(FEEDS):
            answer = client.get(f"{address}{number}")
            found = feedparser.parse(BytesIO(answer.content), response_headers=answer.headers)
            assert len(found.entries) == ITEMS  # noqa: S101  a benchmark that finds nothing is none
    return time.perf_counter() - began


def _collect(address: str) -> _Spent:
    spent = _Spent()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            store=StoreSettings(at="bench.db"),
            collect=CollectSettings(
                per_host=16,
                delay=0,
                allow_hosts=("127.0.0.1",),
                allow_ports=(int(address.rstrip("/").rsplit(":", 1)[1]),),
            ),
        )
        store = open_the_store(settings, folder=Path(folder))
        for first, last in ((0, FIRST), (FIRST, FEEDS)):
            with store.write() as tx:
                new = [Source(f"{address}{n}") for n in range(first, last)]
                add_sources(tx, new, actor=Actor("command"), at=now())
            since, began = now(), time.perf_counter()
            done = collect_news(store, settings=settings)
            spent.seconds += time.perf_counter() - began
            spent.memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            spent.analyzing += _analyze_again(store, settings, since=since)
            fresh = sum(visit.fresh for visit in done.visits)
            assert fresh == (last - first) * ITEMS, f"{fresh} of {(last - first) * ITEMS} kept"  # noqa: S101
        store.close()
    return spent


def _analyze_again(store: Store, settings: Settings, *, since: datetime) -> float:
    """Return the seconds in which what was collected since a time is analyzed."""
    with store.write() as tx:
        tx.execute(delete(ANALYSIS))
        brought = tx.scalars(select(VERSION.c.id).where(VERSION.c.collected >= since)).all()
    began = time.perf_counter()
    analyze_collected(store, brought, rule=rule(settings), at=since)
    return time.perf_counter() - began
