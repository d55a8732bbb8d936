"""What a day of a desk costs, from its first round to its last mail, and what its store keeps."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.feedserver import serve_feeds
from benchmarks.fit import cpu_seconds
from benchmarks.rendering import render
from benchmarks.sink import sink
from briefing.app.collect.sources import add_sources
from briefing.app.publish import publish
from briefing.core.model import Source
from briefing.setup.channels import deliver_due
from briefing.setup.clock import now
from briefing.setup.news import collect_news, publish_plan
from briefing.store import Store
from briefing.store.audit import Actor
from tests import mailroom

#: Feeds, reports that each lists, rounds in which all are asked, and readers.
FEEDS, ITEMS, ROUNDS, READERS = 40, 20, 48, 500
_COLLECT = """
[collect]
per_host = 16
delay = 0
allow_hosts = ["127.0.0.1"]
allow_ports = [{port}]
"""
_YEAR = 365
#: What is computed from a report is kept for days, all else for more than a year.
_KEPT = {"analysis": 7}
#: Share of the store below which tables are counted together.
_LEAST = 0.01
_SIZES = text(
    "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) GROUP BY tbl_name"
)


@dataclass(slots=True)
class _Step:
    """A step of the day: how often what was done, its seconds of CPU, and bytes by table."""

    what: str
    number: int = 1
    seconds: float = 0.0
    grown: Counter[str] = field(default_factory=Counter)

    @property
    def case(self) -> str:
        """What it was, in words."""
        return f"{self.number:,} {self.what}{'s' * (self.number != 1)}"


def bench() -> list[dict[str, Any]]:
    """Return the CPU of each step of a day, and what each table has after a year of such days.

    What feeds list when the day begins is collected before. ``ratio`` is to one plain render of the
    page.
    """
    spawned = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_feeds(items=ITEMS, day=FEEDS) as address,
        sink() as port,
        ProcessPoolExecutor(1, mp_context=spawned) as alone,
    ):
        size = (FEEDS, ROUNDS, READERS)
        steps, plain = alone.submit(_day, Path(folder), address, port, size).result()
    seconds = sum(step.seconds for step in steps)
    rows = [(step.case, step.number, step.seconds) for step in steps]
    return [
        {
            "case": case,
            "ratio": round(spent / plain, 2),
            "seconds": round(spent, 2),
            **({"milliseconds_each": round(1000 * spent / number, 1)} if number > 1 else {}),
        }
        for case, number, spent in [*rows, ("a day", 1, seconds)]
    ] + [*_year(steps)]


def _year(steps: Sequence[_Step]) -> Iterator[dict[str, Any]]:
    kept = [
        (f"{step.what}: {name}", grown / step.number, grown * _KEPT.get(name, _YEAR))
        for step in steps
        for name, grown in step.grown.most_common()
    ]
    every = sum(year for _, _, year in kept)
    large = [row for row in kept if row[2] >= _LEAST * every]
    rest = every - sum(year for _, _, year in large)
    for case, each, year in [*large, ("other tables", 0, rest), ("all tables", 0, every)]:
        yield {
            "case": case,
            **({"bytes_each": round(each)} if each else {}),
            "megabytes_a_year": round(year / 1e6),
        }


def _day(
    folder: Path, address: str, port: int, size: tuple[int, int, int]
) -> tuple[list[_Step], float]:
    feeds, rounds, readers = size
    news = _COLLECT.format(port=address.rstrip("/").rpartition(":")[2])
    mailroom.config(folder, port=port, more=news)
    settings = mailroom.settings(folder)
    with mailroom.opened(folder) as store:
        with store.write() as tx:
            new = [Source(f"{address}{number}") for number in range(feeds)]
            add_sources(tx, new, actor=Actor("command", now()))
        collect_news(store, settings=settings)
        addresses = (f"reader{number}@town{number % 50}.example" for number in range(readers))
        mailroom.subscribe(store, *map(mailroom.reader, addresses))
        with _step(store, "report") as collected:
            collected.number = sum(
                visit.fresh
                for _ in range(rounds)
                for visit in collect_news(store, settings=settings).visits
            )
        at = now()
        with _step(store, "edition") as edition:
            printed = publish(store, publish_plan(settings), day=at.date(), now=at).printed
        with _step(store, "mail") as mails:
            mails.number = deliver_due(store, settings=settings).sent
        # Their rows are made with the edition.
        mails.grown["delivery"] += edition.grown.pop("delivery", 0)
    assert printed is not None  # noqa: S101  nothing was published of this day before
    began = time.process_time()
    render(printed.edition)
    return [collected, edition, mails], time.process_time() - began


@contextmanager
def _step(store: Store, what: str) -> Iterator[_Step]:
    step, before, began = _Step(what), _sizes(store), cpu_seconds()
    yield step
    step.seconds = cpu_seconds() - began
    step.grown = _sizes(store)
    step.grown.subtract(before)


def _sizes(store: Store) -> Counter[str]:
    with store.read() as tx:
        return Counter({row.tbl_name: row[1] for row in tx.execute(_SIZES)})
