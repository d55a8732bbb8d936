"""Children that parse what came from outside, as many as there are processors."""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from queue import LifoQueue
from types import MappingProxyType, TracebackType
from typing import Any, Self

from briefing.core.errors import InputError, MissingPartError, UnknownNameError
from briefing.sources.decode import one_line
from briefing.sources.sandbox.process import Child

#: Bytes of address space; 130 real pages in one child need 0.3 GB.
MEMORY_LIMIT = 1_000_000_000
#: Requests after which a child is replaced, because libxml2 and trafilatura keep what they learn.
REQUESTS = 500
#: Characters of what a child says of a failure.
_REASON = 200
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Task:
    """What is said of one kind of request, and how long it may take."""

    #: What messages call the thing that is read.
    noun: str
    #: What to do when it cannot be read.
    remedy: str
    #: Seconds; the slowest of 130 real pages takes 0.3, or 1.5 on a busy machine, and the slowest
    #: of 1,751 feeds 0.2. A PDF of 200 full pages takes about 5.
    seconds: float


#: Every kind of request by name; each is a module beside this one.
TASKS: Mapping[str, Task] = MappingProxyType(
    {
        "page": Task("page", "save it as text", 10.0),
        "feed": Task("feed", "tell its publisher or remove the source", 10.0),
        "links": Task("page", "give the address of a feed in its place", 10.0),
        "bare": Task("page", "leave it out", 10.0),
        "pdf": Task("PDF", "save its text as .txt", 20.0),
    }
)


class _Seat:
    """Place of one child; holds none before the first request and after a failure."""

    def __init__(self, *, memory_limit: int) -> None:
        self._memory_limit = memory_limit
        self._child: Child | None = None
        self._ended = False

    def ask(self, request: bytes, *, task: Task, seconds: float) -> bytes:
        """Return the answer of the child; without one, the next request gets a fresh child."""
        try:
            return self._begun(request, noun=task.noun).answer(seconds)
        except TimeoutError:
            self.close()
            reason = f"the {task.noun} takes longer than {seconds:g} seconds to read"
        except (EOFError, OSError):
            self.close()
            reason = f"the {task.noun} broke its reader"
        except BaseException:  # an interrupted child is in the middle of something
            self.close()
            raise
        raise InputError(f"{reason}; {task.remedy}")

    def _begun(self, request: bytes, *, noun: str) -> Child:
        """Return the child that works on a request; one that died while idle costs nothing."""
        child = self._child
        if child is not None and child.requests < REQUESTS and child.begins(request):
            return child
        self.close()
        child = self._child = Child(memory_limit=self._memory_limit)
        if self._ended:
            raise EOFError
        if not child.begins(request):
            gigabytes = f"{self._memory_limit / 1e9:g} GB"
            raise MissingPartError(
                f"the reader of a {noun} does not start: check that all packages are installed "
                f"and that {gigabytes} of memory are free"
            )
        return child

    def end(self) -> None:
        """End the process under a request for good; who waits is told that it broke."""
        self._ended = True
        if (child := self._child) is not None:
            child.kill()

    def close(self) -> None:
        """End the child and forget it."""
        child, self._child = self._child, None
        if child is not None:
            child.close()


class Sandbox:
    """Parses in children, one request each at a time; a :class:`briefing.core.ports.Parse`.

    Children start when they are needed and are replaced when they fail or have served long.
    Any number of threads may ask; those without a free child wait for one.
    """

    def __init__(
        self,
        *,
        children: int | None = None,
        time_limit: float | None = None,
        memory_limit: int = MEMORY_LIMIT,
    ) -> None:
        """Start nothing yet.

        Args:
            children: at most so many; None: one a processor.
            time_limit: seconds for a request of any kind; None: those of ``TASKS``.
            memory_limit: bytes of address space of each child.
        """
        count = children or os.cpu_count() or 1
        self._time_limit = time_limit
        self._seats = tuple(_Seat(memory_limit=memory_limit) for _ in range(count))
        # Last in, first out: a child that runs is asked before another is started.
        self._idle: LifoQueue[_Seat] = LifoQueue()
        for seat in self._seats:
            self._idle.put(seat)
        self._closed = False

    def __call__(
        self, task: str, body: bytes, *, about: Mapping[str, str] = _NOTHING
    ) -> Mapping[str, Any]:
        """Return what a task finds in some bytes.

        Args:
            task: a name of ``TASKS``.
            body: as it came.
            about: "url" and "content_type", as far as they are known.

        Raises:
            InputError: it takes too long or too much memory, or cannot be read.
            MissingPartError: the child does not start.
        """
        if task not in TASKS:
            raise UnknownNameError("task", task, TASKS)
        kind = TASKS[task]
        seconds = self._time_limit or kind.seconds
        asked = {"task": task, "about": dict(about), "seconds": seconds}
        request = json.dumps(asked).encode() + b"\n" + body
        seat = self._idle.get()
        try:
            if self._closed:
                raise InputError(f"reading has ended; the {kind.noun} was not read")
            found: dict[str, Any] = json.loads(seat.ask(request, task=kind, seconds=seconds))
            if "fault" in found:  # what is left in its memory, nobody knows
                seat.close()
        finally:
            self._idle.put(seat)
        return _checked(found, task=kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every child; requests that run or come later fail with InputError."""
        self._closed = True
        for seat in self._seats:
            seat.end()
        held = [self._idle.get() for _ in self._seats]
        for seat in held:
            seat.close()
            self._idle.put(seat)


@cache
def shared() -> Sandbox:
    """Return the one box of this process; it ends with the process."""
    sandbox = Sandbox()
    atexit.register(sandbox.close)
    return sandbox


def _checked(found: dict[str, Any], *, task: Task) -> dict[str, Any]:
    if "fault" in found:
        fault = one_line(str(found["fault"]), limit=_REASON)
        raise InputError(f"the {task.noun} cannot be read ({fault}); {task.remedy}")
    if "error" in found:
        raise InputError(one_line(str(found["error"]), limit=_REASON))
    return found
