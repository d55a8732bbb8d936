"""Processes that work side by side, one a processor, such as those that analyze documents."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait
from threading import Thread

from briefing.core.model import Document
from briefing.core.text.analysis import Analyses, Analysis, AnalysisRule, pack_all, unpack

#: Documents from which processes of their own are worth their start, about a second each.
WORTH = 2_000
#: Processes at most, at about 100 MB each.
_MOST = 4
#: Documents given to a process at once.
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Workers:
    """Analyzes documents here, or in processes; the result is the same."""

    pool: ProcessPoolExecutor | None = None

    @property
    def many(self) -> bool:
        """Whether there are processes."""
        return self.pool is not None

    def __call__(self, documents: Sequence[Document], *, rule: AnalysisRule) -> list[bytes]:
        """Return the packed analysis of each document, in their order."""
        if self.pool is None:
            return pack_all(documents, rule=rule)
        parts = [documents[at : at + _AT_ONCE] for at in range(0, len(documents), _AT_ONCE)]
        try:
            made = list(self.pool.map(partial(pack_all, rule=rule), parts))
        except BrokenProcessPool:
            # A process was killed, as by a machine short of memory.
            return pack_all(documents, rule=rule)
        return [packed for part in made for packed in part]


@contextmanager
def working(count: int, *, worth: int = WORTH) -> Iterator[Workers]:
    """Open what analyzes so many documents: processes if they are worth it and have processors."""
    with processes(count, worth=worth) as pool:
        yield Workers(pool)


def processors() -> int:
    """Return how many processes work side by side."""
    return min(_MOST, len(os.sched_getaffinity(0)))


@contextmanager
def processes(count: int, *, worth: int) -> Iterator[ProcessPoolExecutor | None]:
    """Start processes for so many pieces of work; None if they are not worth it."""
    if count < worth or processors() < 2:
        yield None
        return
    # Started anew, because a fork of a process with threads may hang.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        processors(), mp_context=spawned, initializer=_end_with_parent
    ) as pool:
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def analyze_now(documents: Sequence[Document], *, language: str, worth: int = WORTH) -> Analyses:
    """Return the analyses of many documents that are in no store; none of few.

    Those of few are made along with the edition, which takes no longer.
    """
    rule = AnalysisRule(language, "")
    with working(len(documents), worth=worth) as workers:
        if not workers.many:
            return {}
        packed = workers(documents, rule=rule)
    return unpacked(
        documents, dict(zip((one.id for one in documents), packed, strict=True)), rule=rule
    )


def unpacked(
    documents: Sequence[Document], packed: Mapping[str, bytes], *, rule: AnalysisRule
) -> dict[str, Analysis]:
    """Return the analyses that can be read; what is of another rule, or damaged, is left out."""
    read = (
        (one.id, unpack(packed[one.id], key=rule.key(one), document=one))
        for one in documents
        if one.id in packed
    )
    return {name: analysis for name, analysis in read if analysis is not None}


def _end_with_parent() -> None:
    """End this process when its parent is gone, even if that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
