"""Publishing from a collected store, beside one plain render of its page."""

from __future__ import annotations

import gc
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.news import make_day
from benchmarks.rendering import render
from briefing.app.analyses import analyze_collected
from briefing.app.own_pages import print_own_pages
from briefing.app.publish import prepare, publish
from briefing.core.model import Item, PageChoice
from briefing.settings import Settings
from briefing.setup import parts
from briefing.setup.news import publish_plan
from briefing.store import open_store
from briefing.store.documents import keep_all

SIZES = (300, 1000)
_DAY, _NOW = date(2026, 3, 12), datetime(2026, 3, 12, 6, tzinfo=UTC)
_SOURCE = "https://courier.example/feed"
#: Documents stored in one transaction.
_AT_ONCE = 500
#: Reports of which at most analyses are measured, and own pages; of more, processes of their own
#: make the analyses.
_MEASURED = 1_000
#: Times that what is short is measured; the least counts.
_ROUNDS = 3
_SETTINGS = Settings(name="World Desk")
#: Of a day that is published once more, and how many reports it has; what is not English joins
#: stories where `briefing[languages]` is installed, else it is left out.
_LANGUAGES, _MIXED = ("en", "de", "fr"), 1000


def bench(*sizes: int) -> list[dict[str, Any]]:
    """Return for each number of reports what publishing them costs.

    They are collected and analyzed before, in another process, and the edition is made ahead; or
    it is not. The floor is to split their texts at white space and to count the words of each. All
    is CPU; a process is new, and has imported what it needs.
    """
    rows: list[dict[str, Any]] = []
    for size in sizes or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            ready, late = Path(folder) / "ready", Path(folder) / "late"
            ready.mkdir()
            rows += _alone(_collect, size, ready)
            shutil.copytree(ready, late)
            preparing = _alone(_prepare, size, ready)
            published = _alone(_publish, size, ready)
            unprepared, *own = _alone(_publish, size, late)
        published += [*own, unprepared | {"case": f"publish {size}, unprepared / render"}]
        published += [
            _row(row["case"], row["seconds"], published[0]["beside"]) for row in preparing
        ]
        if size == _MIXED:
            with tempfile.TemporaryDirectory() as folder:
                _alone(_collect, size, folder, _LANGUAGES)
                mixed = _alone(_publish, size, folder)[0]
            row = _row(f"publish {size}, 3 languages / 1", mixed["seconds"], unprepared["seconds"])
            published.append(row | {"peak_mb": mixed["peak_mb"]})
        rows += published
    return rows


def _alone(work: Callable[..., list[dict[str, Any]]], *given: object) -> list[dict[str, Any]]:
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned) as alone:
        return alone.submit(work, *given).result()


def _collect(size: int, folder: str, languages: Sequence[str] = ("en",)) -> list[dict[str, Any]]:
    documents = make_day(size, languages)
    ids = [document.id for document in documents]
    with open_store("day.db", folder=Path(folder)) as store:
        for start in range(0, size, _AT_ONCE):
            items = [
                Item(document, keys=(f"id {document.id}",))
                for document in documents[start : start + _AT_ONCE]
            ]
            with store.write() as tx:
                keep_all(tx, items, source=_SOURCE, at=_NOW)
        worth = size + (size <= _MEASURED)
        analyze = partial(analyze_collected, store, rule=parts.rule(_SETTINGS), worth=worth)
        cost = _seconds(analyze, ids, signals=partial(parts.signals, _SETTINGS), at=_NOW)
    if size > _MEASURED:
        return []
    floor = min(_seconds(_count, [document.text for document in documents]) for _ in range(_ROUNDS))
    return [_row(f"analyze {size} / floor", cost, floor)]


def _prepare(size: int, folder: str) -> list[dict[str, Any]]:
    with open_store("day.db", folder=Path(folder)) as store:
        cost = _seconds(prepare, store, publish_plan(_SETTINGS), day=_DAY, due=_NOW, now=_NOW)
    return [_row(f"prepare {size} / render", cost, 1)]


def _publish(size: int, folder: str) -> list[dict[str, Any]]:
    gc.set_threshold(20_000, 10, 10)  # as the command line does
    plan = publish_plan(_SETTINGS)
    with open_store("day.db", folder=Path(folder)) as store:
        began = time.process_time()
        printed = publish(store, plan, day=_DAY, now=_NOW, force=True).printed
        cost = time.process_time() - began
    assert printed is not None  # noqa: S101  nothing was published of this day before
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    plain = min(_seconds(render, printed.edition) for _ in range(_ROUNDS))
    published = [_row(f"publish {size} / render", cost, plain) | {"peak_mb": peak}]
    if printed.stories is None or size > _MEASURED:  # without stories it was made ahead
        return published
    names = _SETTINGS.printed
    choices = [PageChoice(some) for n in range(1, len(names)) for some in combinations(names, n)]
    own = _seconds(print_own_pages, printed, choices, press=plan.press) / len(choices)
    return [*published, _row(f"own page of {size} / render", own, plain)]


def _seconds(work: Callable[..., object], *given: object, **named: object) -> float:
    gc.collect()
    began = time.process_time()
    work(*given, **named)
    return time.process_time() - began


def _count(texts: Sequence[str]) -> None:
    for text in texts:
        Counter(text.split())


def _row(case: str, cost: float, beside: float) -> dict[str, Any]:
    return {
        "case": case,
        "ratio": round(cost / beside, 2),
        "seconds": round(cost, 3),
        "beside": round(beside, 3),
    }
