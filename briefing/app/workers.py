"""Analyzes documents in this process, or in parallel processes, one for each processor."""

import ctypes
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from briefing.core.frozen import frozen
from briefing.core.model import Document
from briefing.core.text.analysis import (
    Analyses,
    Analysis,
    AnalysisRule,
    analyze,
    pack,
    pack_all,
    unpack,
)

LOG = logging.getLogger("briefing.processes")
#: Most processes, at about 100 MB each.
_MOST = 4
#: Number of an option of glibc's malloc (malloc.h), and size in bytes from which the memory of an
#: array is returned as soon as it is freed. By default, up to 32 MB stay with the process, in
#: fragments.
_M_MMAP_THRESHOLD, _LARGE = -3, 4 << 20

_Part = TypeVar("_Part")
_Made = TypeVar("_Made")


@frozen
class ProcessPool:
    """Processes that each take the next part of some work when they are free.

    The standard library's executor is not used: if one of its processes is killed while another is
    started, it raises OSError or waits forever (seen with Python 3.11.7, in one of three trials).
    """

    #: One to each process, without those that ended prematurely.
    _pipes: list[Connection]

    def map(
        self,
        work: Callable[[_Part], _Made],
        parts: Sequence[_Part],
        *,
        done: Callable[[int], None] = lambda _: None,
    ) -> list[_Made]:
        """Return the results of all parts, in order; ``done`` is called with the number finished.

        If a process is killed, for instance when memory is short, this process does its part, and
        logs that. It also repeats a part that raised an exception, so that it is raised here.

        Work, parts and results must be picklable.
        """
        made: dict[int, _Made] = {}
        given: dict[Connection, int] = {}
        left = iter(range(len(parts)))
        free = [*self._pipes]
        while True:
            for pipe, number in zip(free, left, strict=False):
                given[pipe] = number
                # If the process has died, reading from its pipe says so.
                with suppress(OSError):
                    pipe.send((work, parts[number]))
            if not given:
                break
            ready: list[Any] = wait(given)
            free = [*ready]
            for pipe in ready:
                number = given.pop(pipe)
                try:
                    made[number] = pipe.recv()
                    done(len(made))
                except (EOFError, OSError):
                    free.remove(pipe)
                    self._pipes.remove(pipe)
                    LOG.warning("a process ended before its time; its work is done by this one")
        return [made[number] if number in made else work(part) for number, part in enumerate(parts)]


def processors() -> int:
    """Return how many processes work in parallel."""
    return min(_MOST, len(os.sched_getaffinity(0)))


@contextmanager
def processes(count: int, *, worth: int) -> Iterator[ProcessPool | None]:
    """Start processes for a number of pieces of work; None if they are not worthwhile.

    They end with this process, even if it is killed.
    """
    if count < worth or processors() < 2:
        yield None
        return
    # Spawned, because a fork of a process with threads may hang.
    spawned = multiprocessing.get_context("spawn")
    started, pipes = [], []
    try:
        for _ in range(processors()):
            here, there = spawned.Pipe()
            pipes.append(here)
            # As a daemon, it ends with this process even if a second Ctrl-C prevents its kill.
            process = spawned.Process(target=_take_parts, args=(there,), daemon=True)
            # If memory is short, there is one process less.
            with there, suppress(OSError), _unheard():
                process.start()
                started.append(process)
        yield ProcessPool([*pipes])
    finally:
        with _unheard():
            for pipe in pipes:
                pipe.close()
            for process in started:
                process.kill()
            for process in started:
                process.join()


@contextmanager
def _unheard() -> Iterator[None]:
    """Block Ctrl-C, which reaches all processes of a terminal, while processes start or end.

    Otherwise each process would print a traceback, and a second Ctrl-C would leave some behind.
    """
    # Start it first, since its start would unblock the signal in this thread.
    resource_tracker.ensure_running()
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)


def _take_parts(pipe: Connection) -> None:
    # Both are raised when the other end is closed: the work is done, or the parent has died.
    with suppress(EOFError, OSError):
        while True:
            work, part = pipe.recv()
            pipe.send(work(part))


#: Documents from which starting processes is worthwhile, at about a second each.
WORTH = 2_000
#: Documents given to a process at a time.
_AT_ONCE = 50


def analyze_by(
    pool: ProcessPool | None, documents: Sequence[Document], *, rule: AnalysisRule
) -> list[tuple[Analysis, bytes]]:
    """Return each document's analysis and its packed form; without a pool, the same."""
    if not pool:
        made = [analyze(document, language=rule.language) for document in documents]
        pairs = zip(made, documents, strict=True)
        return [(its, pack(its, key=rule.key(document))) for its, document in pairs]
    parts = [documents[at : at + _AT_ONCE] for at in range(0, len(documents), _AT_ONCE)]
    packed = list(chain(*pool.map(partial(pack_all, rule=rule), parts)))
    ids = [document.id for document in documents]
    analyses = unpacked(documents, dict(zip(ids, packed, strict=True)), rule=rule)
    return [(analyses[name], its) for name, its in zip(ids, packed, strict=True)]


def analyze_now(documents: Sequence[Document], *, language: str, worth: int = WORTH) -> Analyses:
    """Return the analyses of many documents that are in no store; empty for a few.

    A few are analyzed with the edition, which takes no longer.
    """
    with processes(len(documents), worth=worth) as pool:
        made = analyze_by(pool, documents, rule=AnalysisRule(language, "")) if pool else ()
    return {document.id: its for document, (its, _) in zip(documents, made, strict=False)}


def unpacked(
    documents: Sequence[Document], packed: Mapping[str, bytes], *, rule: AnalysisRule
) -> dict[str, Analysis]:
    """Return the analyses that can be unpacked, without those by another rule or damaged ones."""
    read = (
        (document.id, unpack(packed[document.id], key=rule.key(document), document=document))
        for document in documents
        if document.id in packed
    )
    return {name: analysis for name, analysis in read if analysis is not None}


def let_go_of_arrays() -> None:
    """Make glibc return memory of large arrays, as described at :data:`_LARGE`."""
    with suppress(AttributeError):  # another library than glibc
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
