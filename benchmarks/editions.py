"""Days of many documents to edition JSON, beside reading and counting their words once."""

from __future__ import annotations

import json
import math
import multiprocessing
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.news import make_day
from briefing.app.analyses import complete, known
from briefing.core import record
from briefing.core.edition import make_edition
from briefing.core.model import Document, Item, Material
from briefing.settings import Settings
from briefing.setup import parts
from briefing.store import Store, open_store
from briefing.store.documents import keep_all

SIZES = (100, 1000)
#: What comes in after the first edition, as one part of so many.
_NEW = 20
_DAY, _NOW = date(2026, 3, 12), datetime(2026, 3, 12, 6, tzinfo=UTC)
_SOURCE = "https://courier.example/feed"
#: Documents stored in one transaction.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Cost:
    """Seconds that something took."""

    wall: float
    #: Of all threads and of child processes that have ended; not disturbed by what else runs.
    cpu: float


@dataclass(frozen=True, slots=True)
class _Measured:
    """What one day cost."""

    documents: int
    floor: _Cost
    first: _Cost
    #: With a twentieth of the documents new since the first.
    second: _Cost
    #: Megabytes.
    peak: float


def bench(*sizes: int) -> list[dict[str, Any]]:
    """Return for each number of documents an edition's time over the floor.

    The floor is to read JSON lines of the documents, split the texts at white space and count the
    words of each. The first edition finds out what is known of each document, and keeps it in a
    store; the second reads that of all but the new ones, a twentieth. The exponent is that of
    growth since the size before. Each size has a process of its own, whose peak of memory counts.
    """
    measured = [_alone(size) for size in sizes or SIZES]
    growth = [None, *(_exponent(less, more) for less, more in pairwise(measured))]
    rows = [
        row
        for day, exponent in zip(measured, growth, strict=True)
        for row in _rows(day, exponent=exponent)
    ]
    rows[-1]["case"] = "edition second / first"
    return rows


def _alone(size: int) -> _Measured:
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned) as alone:
        return alone.submit(_measure, size).result()


def _measure(size: int) -> _Measured:
    new = max(1, size // _NEW)
    documents = make_day(size + new)
    lines = [
        json.dumps({"text": document.text, "title": document.title})
        for document in documents[:size]
    ]
    floor = min((_timed(_floor, lines) for _ in range(3)), key=lambda cost: cost.cpu)
    # Its memory is not the edition's.
    del lines
    with _filled(documents) as store:
        # A first, small edition loads models, fonts and modules.
        _edition(store, documents[-5:])
        first = _timed(_edition, store, documents[:size])
        second = _timed(_edition, store, documents[new:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return _Measured(size, floor, first, second, peak)


@contextmanager
def _filled(documents: Sequence[Document]) -> Iterator[Store]:
    """Make a store that holds documents."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store("day.db", folder=Path(folder)) as store,
    ):
        for start in range(0, len(documents), _AT_ONCE):
            some = documents[start : start + _AT_ONCE]
            items = [Item(document, keys=(f"id {document.id}",)) for document in some]
            with store.write() as tx:
                keep_all(tx, items, source=_SOURCE, at=_NOW)
        yield store


def _timed(work: Callable[..., object], *given: object) -> _Cost:
    began, before = time.perf_counter(), _cpu()
    work(*given)
    return _Cost(time.perf_counter() - began, _cpu() - before)


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _floor(lines: Sequence[str]) -> None:
    for line in lines:
        Counter(json.loads(line)["text"].split())


def _edition(store: Store, documents: Sequence[Document]) -> None:
    settings = Settings(name="World Desk")
    recipe, press = parts.recipe(settings, documents), parts.press(settings)
    rule = parts.rule(settings)
    with store.read() as tx:
        kept = known(tx, documents, rule=rule)
    analyses = complete(store, documents, kept, rule=rule, at=_NOW)
    made = make_edition(
        Material(tuple(documents), _DAY), recipe=recipe, measure=press, known=analyses
    )
    record.write(made.edition)


def _exponent(less: _Measured, more: _Measured) -> float:
    return math.log(more.first.cpu / less.first.cpu) / math.log(more.documents / less.documents)


def _rows(day: _Measured, *, exponent: float | None) -> list[dict[str, Any]]:
    edition = {
        "case": f"edition {day.documents} / floor",
        **_ratio(day.first, day.floor),
        "floor": round(day.floor.wall, 4),
        "peak_mb": round(day.peak),
    }
    if exponent is not None:
        edition["exponent"] = round(exponent, 2)
    return [
        edition,
        {"case": f"edition {day.documents} second / floor", **_ratio(day.second, day.floor)},
        {"case": f"edition {day.documents} second / first", **_ratio(day.second, day.first)},
    ]


def _ratio(cost: _Cost, beside: _Cost) -> dict[str, float]:
    return {
        "ratio": round(cost.wall / beside.wall, 2),
        "cpu_ratio": round(cost.cpu / beside.cpu, 2),
        "seconds": round(cost.wall, 2),
        "cpu_seconds": round(cost.cpu, 2),
    }
