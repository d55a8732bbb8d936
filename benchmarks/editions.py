"""Days of many documents to edition JSON, beside reading and counting their words once."""

from __future__ import annotations

import json
import math
import multiprocessing
import resource
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from benchmarks.news import make_day
from briefing.core.edition import make_edition
from briefing.core.model import Document, Material
from briefing.press import record
from briefing.setup import parts
from briefing.setup.settings import Settings

SIZES = (100, 1000)
#: What comes in after the first edition, as one part of so many.
_NEW = 20


@dataclass(frozen=True, slots=True)
class _Measured:
    """What one day cost, in seconds and megabytes."""

    documents: int
    floor: float
    first: float
    #: With a twentieth of the documents new since the first.
    second: float
    peak: float


def bench_edition(*sizes: int) -> list[dict[str, Any]]:
    """Return for each number of documents an edition's time over the floor.

    The floor is to read JSON lines of the documents, split the texts at white space and count the
    words of each. The exponent is that of growth since the size before; a second edition is made
    by the same process. Each size has a process of its own, whose peak of memory counts.
    """
    measured = [_alone(size) for size in sizes or SIZES]
    growth = [None, *(_exponent(less, more) for less, more in pairwise(measured))]
    return [
        row
        for day, exponent in zip(measured, growth, strict=True)
        for row in _rows(day, exponent=exponent)
    ]


def _alone(size: int) -> _Measured:
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned) as alone:
        return alone.submit(_measure, size).result()


def _measure(size: int) -> _Measured:
    new = max(1, size // _NEW)
    documents = make_day(size + new)
    lines = [json.dumps({"text": one.text, "title": one.title}) for one in documents[:size]]
    # A first, small edition loads models, fonts and modules.
    _edition(documents[:5])
    floor = min(_floor(lines) for _ in range(3))
    first, second = _edition(documents[:size]), _edition(documents[new:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return _Measured(size, floor, first, second, peak)


def _floor(lines: Sequence[str]) -> float:
    began = time.perf_counter()
    for line in lines:
        Counter(json.loads(line)["text"].split())
    return time.perf_counter() - began


def _edition(documents: Sequence[Document]) -> float:
    settings = Settings(name="World Desk")
    recipe, press = parts.recipe(settings, documents), parts.press(settings)
    began = time.perf_counter()
    made = make_edition(Material(tuple(documents), date(2026, 3, 12)), recipe=recipe, measure=press)
    record.write(made.edition)
    return time.perf_counter() - began


def _exponent(less: _Measured, more: _Measured) -> float:
    return math.log(more.first / less.first) / math.log(more.documents / less.documents)


def _rows(day: _Measured, *, exponent: float | None) -> list[dict[str, Any]]:
    edition = {
        "case": f"edition {day.documents} / floor",
        "ratio": round(day.first / day.floor, 1),
        "seconds": round(day.first, 2),
        "floor": round(day.floor, 4),
        "peak_mb": round(day.peak),
    }
    if exponent is not None:
        edition["exponent"] = round(exponent, 2)
    second = {
        "case": f"edition {day.documents} second / first",
        "ratio": round(day.second / day.first, 2),
        "seconds": round(day.second, 2),
    }
    return [edition, second]
