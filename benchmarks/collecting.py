"""Feeds from a local server into a store, against a bare loop of the same client and parser."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import feedparser
import httpx2

from benchmarks.feedserver import serve_feeds
from briefing.app.collect.sources import add_sources
from briefing.core.model import Source
from briefing.settings import CollectSettings, Settings, StoreSettings
from briefing.setup import news
from briefing.setup.backups import open_the_store
from briefing.setup.clock import now
from briefing.store.audit import Actor

FEEDS = 500
ITEMS = 20
ROUNDS = 3
#: Feeds after which memory is looked at for the first time; what is bought once is bought by then.
FIRST = 200


@dataclass(slots=True)
class _Spent:
    """What collecting took."""

    seconds: float = 0.0
    #: Megabytes after the first feeds, and at the end.
    memory: list[float] = field(default_factory=list)


def bench() -> list[dict[str, Any]]:
    """Return the throughput of both, in items a second and as a ratio, and the memory taken.

    All take turns; the median counts.
    """
    with serve_feeds(items=ITEMS) as address:
        rounds = [
            (_bare_loop(address), _collect(address, analyzing=False), _collect(address))
            for _ in range(ROUNDS)
        ]
    first, last = rounds[0][2].memory
    return [
        _row("collect / loop", [(bare, ours.seconds) for bare, ours, _ in rounds]),
        _row("collect and analyze / loop", [(bare, ours.seconds) for bare, _, ours in rounds]),
        {
            "case": f"memory, {FIRST} to {FEEDS} feeds",
            "ratio": round(last / first, 2),
            "first_mb": round(first),
            "last_mb": round(last),
        },
    ]


def _row(case: str, seconds: Sequence[tuple[float, float]]) -> dict[str, Any]:
    items = FEEDS * ITEMS
    return {
        "case": case,
        "ratio": round(median(bare / ours for bare, ours in seconds), 2),
        "items_per_second": round(items / median(ours for _, ours in seconds)),
        "loop_per_second": round(items / median(bare for bare, _ in seconds)),
    }


def _bare_loop(address: str) -> float:
    began = time.perf_counter()
    with httpx2.Client(trust_env=False) as client:
        for number in range(FEEDS):
            answer = client.get(f"{address}{number}")
            feed = feedparser.parse(BytesIO(answer.content), response_headers=answer.headers)
            assert len(feed.entries) == ITEMS  # noqa: S101  a benchmark that finds nothing is none
    return time.perf_counter() - began


def _collect(address: str, *, analyzing: bool = True) -> _Spent:
    spent = _Spent()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as changed:
        settings = Settings(
            store=StoreSettings(at="bench.db"),
            collect=CollectSettings(
                per_host=16,
                delay=0,
                allow_hosts=("127.0.0.1",),
                allow_ports=(int(address.rstrip("/").rsplit(":", 1)[1]),),
            ),
        )
        if not analyzing:
            changed.enter_context(patch.object(news, "rule", lambda _settings: None))
        store = open_the_store(settings.within(Path(folder)))
        for first, last in ((0, FIRST), (FIRST, FEEDS)):
            with store.write() as tx:
                new = [Source(f"{address}{n}") for n in range(first, last)]
                add_sources(tx, new, actor=Actor("command", now()))
            began = time.perf_counter()
            done = news.collect_news(store, settings=settings)
            spent.seconds += time.perf_counter() - began
            spent.memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            fresh = sum(visit.fresh for visit in done.visits)
            assert fresh == (last - first) * ITEMS, f"{fresh} of {(last - first) * ITEMS} kept"  # noqa: S101
        store.close()
    return spent
