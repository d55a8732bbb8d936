"""Documents are analyzed here, or by processes side by side, one for each processor."""

import ctypes
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

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
#: Processes at most, at about 100 MB each.
_MOST = 4
#: The number of an option of glibc's, in its malloc.h, and bytes from which an array is given back
#: at once when it is let go. By default up to 32 MB stay with the process, in pieces.
_M_MMAP_THRESHOLD, _LARGE = -3, 4 << 20

_Part = TypeVar("_Part")
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class ProcessPool:
    """Processes that each take the next part of some work when they are free.

    The standard library's executor is not used: if one of its processes is killed while another is
    started, it raises OSError or waits forever (seen with Python 3.11.7, in one of three trials).
    """

    #: One to each process; without those to processes that ended before their time.
    _pipes: list[Connection]

    def map(
        self,
        work: Callable[[_Part], _Made],
        parts: Sequence[_Part],
        *,
        done: Callable[[int], None] = lambda _: None,
    ) -> list[_Made]:
        """Return what the work makes of each part, in their order; ``done`` hears how many are.

        What a process leaves undone because it is killed, as by a machine short of memory, is done
        here, and the log says so. So is what raises there, which then raises here.

        Work, parts and what is made of them can be pickled.
        """
        made: dict[int, _Made] = {}
        given: dict[Connection, int] = {}
        left = iter(range(len(parts)))
        free = [*self._pipes]
        while True:
            for pipe, number in zip(free, left, strict=False):
                given[pipe] = number
                # A pipe to a process that is gone ends when it is read.
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
    """Return how many processes work side by side."""
    return min(_MOST, len(os.sched_getaffinity(0)))


@contextmanager
def processes(count: int, *, worth: int) -> Iterator[ProcessPool | None]:
    """Start processes for so many pieces of work; None if they are not worth it.

    They end with this process, even if it is killed.
    """
    if count < worth or processors() < 2:
        yield None
        return
    # Started anew, because a fork of a process with threads may hang.
    spawned = multiprocessing.get_context("spawn")
    started, pipes = [], []
    try:
        for _ in range(processors()):
            here, there = spawned.Pipe()
            pipes.append(here)
            # One that a second Ctrl-C kept from being killed below ends with this process.
            process = spawned.Process(target=_take_parts, args=(there,), daemon=True)
            # Without memory for it, there is one process less.
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
    """Start and end processes deaf to Ctrl-C, which reaches all of a terminal.

    Each process would print where it was, and a second one would leave some behind.
    """
    # Its own start would let this thread hear it again.
    resource_tracker.ensure_running()
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)


def _take_parts(pipe: Connection) -> None:
    # Both are raised when the other end is closed: the work is over, or the parent is gone.
    with suppress(EOFError, OSError):
        while True:
            work, part = pipe.recv()
            pipe.send(work(part))


#: Documents from which processes of their own are worth their start, about a second each.
WORTH = 2_000
#: Documents given to a process at once.
_AT_ONCE = 50


def analyze_by(
    pool: ProcessPool | None, documents: Sequence[Document], *, rule: AnalysisRule
) -> list[tuple[Analysis, bytes]]:
    """Return the analysis of each document and as it is packed; without processes the same."""
    if pool is None:
        made = [analyze(document, language=rule.language) for document in documents]
        pairs = zip(made, documents, strict=True)
        return [(its, pack(its, key=rule.key(document))) for its, document in pairs]
    parts = [documents[at : at + _AT_ONCE] for at in range(0, len(documents), _AT_ONCE)]
    packed = list(chain(*pool.map(partial(pack_all, rule=rule), parts)))
    ids = [document.id for document in documents]
    analyses = unpacked(documents, dict(zip(ids, packed, strict=True)), rule=rule)
    return [(analyses[name], its) for name, its in zip(ids, packed, strict=True)]


def analyze_now(documents: Sequence[Document], *, language: str, worth: int = WORTH) -> Analyses:
    """Return the analyses of many documents that are in no store; none of few.

    Those of few are made along with the edition, which takes no longer.
    """
    with processes(len(documents), worth=worth) as pool:
        made = analyze_by(pool, documents, rule=AnalysisRule(language, "")) if pool else ()
    return {document.id: its for document, (its, _) in zip(documents, made, strict=False)}


def unpacked(
    documents: Sequence[Document], packed: Mapping[str, bytes], *, rule: AnalysisRule
) -> dict[str, Analysis]:
    """Return the analyses that can be read; what is of another rule, or damaged, is left out."""
    read = (
        (document.id, unpack(packed[document.id], key=rule.key(document), document=document))
        for document in documents
        if document.id in packed
    )
    return {name: analysis for name, analysis in read if analysis is not None}


def let_go_of_arrays() -> None:
    """Have memory given back as :data:`_LARGE` says."""
    with suppress(AttributeError):  # another library than glibc
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
