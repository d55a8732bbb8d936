"""A pool of sandboxed child processes, one per processor, that parse untrusted input."""

from __future__ import annotations

import atexit
import json
import logging
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from multiprocessing import Pipe
from queue import LifoQueue
from threading import RLock, Timer
from types import MappingProxyType
from typing import Any, Self

from briefing.core.errors import (
    InputError,
    MissingPartError,
    OverloadError,
    UnknownNameError,
    reason_of,
)
from briefing.sources.decode import one_line
from briefing.sources.sandbox.child import BEGIN, TASKS, WAIT_LIMIT, Task

LOG = logging.getLogger("briefing.sandbox")

#: Most bytes of address space; 130 real pages in one child take 0.3 GB.
MEMORY_LIMIT = 1_000_000_000
#: Number of requests after which a child is replaced, since the caches of libxml2 and trafilatura
#: grow.
REQUESTS = 500
#: Longest error message of a child, in characters.
_REASON = 200


class _Slot:
    """A slot for one child; empty before the first request and after a failure."""

    def __init__(self, *, memory_limit: int, wait_limit: float) -> None:
        self._memory_limit, self._wait_limit = memory_limit, wait_limit
        self._child: Child | None = None
        self._ended = False
        # Held by a request while it runs; unlike a queue, it is released even by an interrupt.
        self._busy = RLock()

    def ask(self, request: bytes, *, task: Task, seconds: float) -> bytes:
        """Return the child's answer; after a failure, the next request gets a new child."""
        with self._busy:
            try:
                noun = task.noun
                child = self._child_for(request, noun=noun)
                try:
                    return child.answer()
                except EOFError:
                    # If the system killed it, another child repeats the request.
                    if self._ended or not child.ended_by(signal.SIGKILL):
                        raise
                LOG.warning(
                    "a process was killed while it read a %s, which is read once more", noun
                )
                return self._child_for(request, noun=noun).answer()
            except TimeoutError:
                self.close()
                raise OverloadError(
                    f"the {task.noun} was not read within {self._wait_limit:g} seconds because "
                    "this machine is too busy; it is read later"
                ) from None
            except (EOFError, OSError):
                failed = self._child
                is_slow = failed is not None and failed.ended_by(signal.SIGPROF)
                self.close()
                slow = f"takes more than {seconds:g} seconds of computing to read"
                reason = f"the {task.noun} {slow if is_slow else 'crashed its reader'}"
            except BaseException:  # an interrupted child is still busy
                self.close()
                raise
            raise InputError(f"{reason}; {task.remedy}")

    def _child_for(self, request: bytes, *, noun: str) -> Child:
        """Return a child that has begun the request; one that died while idle is replaced."""
        child = self._child
        if child is not None and child.requests < REQUESTS and child.begin(request):
            return child
        self.close()
        gigabytes = f"{self._memory_limit / 1e9:g} GB of memory are free"
        try:
            child = self._child = Child(
                memory_limit=self._memory_limit, wait_limit=self._wait_limit
            )
        except OSError as error:
            raise MissingPartError(
                f"the {noun} parser cannot be started ({reason_of(error)}): raise the limits of "
                f"this process, and check that {gigabytes}"
            ) from error
        begun = not self._ended and child.begin(request)
        if self._ended:
            raise EOFError
        if not begun:
            raise MissingPartError(
                f"the {noun} parser does not start: check that all packages are installed "
                f"and that {gigabytes}"
            )
        return child

    def end(self) -> None:
        """Kill the process, even during a request, which fails, and start no other."""
        self._ended = True
        if (child := self._child) is not None:
            child.kill()

    def close(self) -> None:
        """End the child, if any, once its request has ended."""
        with self._busy:
            child, self._child = self._child, None
            if child is not None:
                child.close()


class Sandbox:
    """Parses in child processes; implements :class:`briefing.core.ports.Parse`.

    Each child handles one request at a time. Children start on demand and are replaced when they
    fail or have handled many requests. Any number of threads may call it; they wait for a free
    child.
    """

    def __init__(
        self,
        *,
        children: int | None = None,
        time_limit: float | None = None,
        memory_limit: int = MEMORY_LIMIT,
        wait_limit: float = WAIT_LIMIT,
    ) -> None:
        """Prepare the pool without starting a child.

        Args:
            children: most children; None: one per processor.
            time_limit: seconds of computing for any request; None: those of ``TASKS``.
            memory_limit: bytes of address space of each child.
            wait_limit: seconds to wait for a child, however busy the machine is.
        """
        count = children or os.cpu_count() or 1
        self._time_limit = time_limit
        self._slots = tuple(
            _Slot(memory_limit=memory_limit, wait_limit=wait_limit) for _ in range(count)
        )
        # Last in, first out: a running child is used before another is started.
        self._idle: LifoQueue[_Slot] = LifoQueue()
        for slot in self._slots:
            self._idle.put(slot)
        self._closed = False

    def __call__(
        self, task: str, body: bytes, *, about: Mapping[str, str] = MappingProxyType({})
    ) -> Mapping[str, Any]:
        """Return the result of a task named in ``TASKS``.

        ``about`` has "url" and "content_type", as far as they are known.

        InputError: the body takes too much computing or memory, or cannot be read. OverloadError:
        the child did not answer in time. MissingPartError: the child cannot be started, or does not
        begin.
        """
        if task not in TASKS:
            raise UnknownNameError("task", task, TASKS)
        kind = TASKS[task]
        seconds = self._time_limit or kind.seconds
        head = {"task": task, "about": dict(about), "seconds": seconds}
        request = json.dumps(head).encode() + b"\n" + body
        slot = self._idle.get()
        try:
            if self._closed:
                raise InputError(f"the sandbox is closed; the {kind.noun} was not read")
            result: dict[str, Any] = json.loads(slot.ask(request, task=kind, seconds=seconds))
            if "fault" in result:  # the state of its memory is unknown
                slot.close()
        finally:
            self._idle.put(slot)
        return _checked(result, task=kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all children; running and later requests fail with InputError."""
        self._closed = True
        for slot in self._slots:
            slot.end()
        for slot in self._slots:
            slot.close()


@cache
def shared() -> Sandbox:
    """Return the shared sandbox of this process; it ends with the process."""
    sandbox = Sandbox()
    atexit.register(sandbox.close)
    return sandbox


def _checked(result: dict[str, Any], *, task: Task) -> dict[str, Any]:
    if "fault" in result:
        fault = one_line(str(result["fault"]), limit=_REASON)
        raise InputError(f"the {task.noun} cannot be read ({fault}); {task.remedy}")
    if "error" in result:
        raise InputError(one_line(str(result["error"]), limit=_REASON))
    return result


#: Seconds allowed for a child to exit after closing its end of the connection.
_END_LIMIT = 5.0
#: Most bytes of an answer: JSON uses six for a character beyond ASCII, and a feed has at most
#: 10 MB. A child that sends more is compromised.
ANSWER_LIMIT = 100_000_000
#: Environment variables passed to a child: enough to find Python and its packages, no secrets.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
#: Signals blocked in a child. They are sent to all processes of a terminal or a service, but the
#: parent decides when a child ends.
_UNHEARD = (signal.SIGINT, signal.SIGTERM)


class Child:
    """A process with a socket for messages and a pipe that kills it when the parent dies."""

    def __init__(self, *, memory_limit: int, wait_limit: float = WAIT_LIMIT) -> None:
        """Start the process.

        OSError: it cannot be started, as with too many open files; nothing is left open.
        """
        self._connection, theirs = Pipe()
        with theirs, ExitStack() as held:
            held.enter_context(self._connection)
            child_lifeline, lifeline = os.pipe()
            held.callback(os.close, lifeline)
            heard = signal.pthread_sigmask(signal.SIG_BLOCK, _UNHEARD)
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "briefing.sources.sandbox.child"],
                    stdin=child_lifeline,
                    stdout=theirs.fileno(),
                    stderr=subprocess.DEVNULL,
                    env=environment(),
                )
            finally:
                os.close(child_lifeline)
                signal.pthread_sigmask(signal.SIG_SETMASK, heard)
            held.enter_context(self._process)
            held.callback(self._process.kill)
            #: Kills the process at once.
            self.kill = self._process.kill
            self.pid = self._process.pid
            resource.prlimit(self.pid, resource.RLIMIT_AS, (memory_limit, memory_limit))
            self._held = held.pop_all()
        self._wait_limit = wait_limit
        #: Number of requests sent to it.
        self.requests = 0

    def begin(self, request: bytes) -> bool:
        """Send a request; tell whether the child has loaded its modules and begun.

        TimeoutError: it has not begun within the waiting limit.
        """
        self.requests += 1
        try:
            with self._in_time():
                self._connection.send_bytes(request)
                return self._connection.recv_bytes(len(BEGIN)) == BEGIN
        except TimeoutError:
            raise
        except (EOFError, OSError):
            return False

    def answer(self) -> bytes:
        """Return the answer to the current request.

        TimeoutError: it does not arrive within the waiting limit. EOFError: the child died.
        OSError: the answer is too long.
        """
        with self._in_time():
            return self._connection.recv_bytes(ANSWER_LIMIT)

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Kill the child if the block takes longer than the waiting limit; then TimeoutError."""
        late = Timer(self._wait_limit, self.kill)
        late.start()
        try:
            yield
        except (EOFError, OSError):
            if late.finished.is_set():
                raise TimeoutError from None
            raise
        finally:
            late.cancel()

    def ended_by(self, number: signal.Signals) -> bool:
        """Tell whether a signal ended it after it stopped answering; SIGKILL: out of memory."""
        try:
            return self._process.wait(_END_LIMIT) == -number
        except subprocess.TimeoutExpired:
            return False

    def close(self) -> None:
        """Kill the process and release its resources."""
        self._held.close()


def environment() -> dict[str, str]:
    """Return the child's environment: one thread, and the same order of sets in every run."""
    inherited = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return inherited | {"OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
