"""Feeds from a local server into a store, against a bare loop of the same client and parser."""

from __future__ import annotations

import resource
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser
import httpx2

from benchmarks.feedserver import serve_feeds
from briefing.app.actor import Actor
from briefing.app.collect.sources import add_sources
from briefing.core.model import Source
from briefing.setup.clock import now
from briefing.setup.keeping import open_the_store
from briefing.setup.news import collect_news
from briefing.setup.settings import CollectSettings, Settings, StoreSettings

FEEDS = 1000
ITEMS = 20
#: Feeds after which memory is looked at for the first time; what is bought once is bought by then.
FIRST = 200


def bench_collecting() -> list[dict[str, Any]]:
    """Return the throughput of both, in items a second and as a ratio, and the memory taken."""
    with serve_feeds(items=ITEMS) as address:
        bare = _bare_loop(address)
        first, grown, ours = _collect(address)
    items = FEEDS * ITEMS
    return [
        {
            "case": "collect / loop",
            "ratio": round(bare / ours, 2),
            "items_per_second": round(items / ours),
            "loop_per_second": round(items / bare),
        },
        {
            "case": f"memory, {FIRST} to {FEEDS} feeds",
            "ratio": round(grown / first, 2),
            "first_mb": round(first),
            "last_mb": round(grown),
        },
    ]


def _bare_loop(address: str) -> float:
    began = time.perf_counter()
    with httpx2.Client(trust_env=False) as client:
        for number in range(FEEDS):
            answer = client.get(f"{address}{number}")
            found = feedparser.parse(BytesIO(answer.content), response_headers=answer.headers)
            assert len(found.entries) == ITEMS  # noqa: S101  a benchmark that finds nothing is none
    return time.perf_counter() - began


def _collect(address: str) -> tuple[float, float, float]:
    """Return the memory after the first feeds and at the end, in MB, and the seconds of all."""
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
        seconds, memory = 0.0, []
        for first, last in ((0, FIRST), (FIRST, FEEDS)):
            with store.write() as tx:
                new = [Source(f"{address}{n}") for n in range(first, last)]
                add_sources(tx, new, actor=Actor("command"), at=now())
            began = time.perf_counter()
            done = collect_news(store, settings=settings)
            seconds += time.perf_counter() - began
            fresh = sum(visit.fresh for visit in done.visits)
            assert fresh == (last - first) * ITEMS, f"{fresh} of {(last - first) * ITEMS} kept"  # noqa: S101
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        store.close()
    return memory[0], memory[1], seconds
