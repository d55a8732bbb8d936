"""A running child process, from the parent's side."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

from briefing.sources.sandbox.child import BEGIN, HEAD, WAIT_LIMIT

#: Seconds until a child that has closed its end has ended.
_END_LIMIT = 5.0
#: Most bytes of an answer: JSON uses six for a character beyond ASCII, and a feed has at most
#: 10 MB. A child that sends more is compromised.
ANSWER_LIMIT = 100_000_000
#: Environment variables passed to a child: enough to find Python and its packages, no secrets.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
#: Signals that a child is started deaf to, though they are sent to all processes of a terminal or a
#: service: its parent decides when it ends.
_UNHEARD = (signal.SIGINT, signal.SIGTERM)
#: Bytes received at a time.
_PART = 1 << 20
#: Least timeout in seconds; zero would mean "do not block".
_SHORTEST = 0.001


class Child:
    """A process with a socket for messages and a pipe that kills it when the parent dies."""

    def __init__(self, *, memory_limit: int, wait_limit: float = WAIT_LIMIT) -> None:
        """Start it.

        Raises:
            OSError: it cannot be started, as with too many open files; nothing is left open.
        """
        self._socket, child_socket = socket.socketpair()
        with child_socket, ExitStack() as held:
            held.enter_context(self._socket)
            child_lifeline, lifeline = os.pipe()
            held.callback(os.close, lifeline)
            heard = signal.pthread_sigmask(signal.SIG_BLOCK, _UNHEARD)
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "briefing.sources.sandbox.child"],
                    stdin=child_lifeline,
                    stdout=child_socket.fileno(),
                    stderr=subprocess.DEVNULL,
                    env=environment(),
                )
            finally:
                os.close(child_lifeline)
                signal.pthread_sigmask(signal.SIG_SETMASK, heard)
            held.enter_context(self._process)
            held.callback(self._process.kill)
            resource.prlimit(self._process.pid, resource.RLIMIT_AS, (memory_limit, memory_limit))
            self._held = held.pop_all()
        self._wait_limit = wait_limit
        #: Requests sent to it.
        self.requests = 0

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def begin(self, request: bytes) -> bool:
        """Send a request; tell whether the child has loaded its modules and begun.

        Raises:
            TimeoutError: it does neither within the limit of waiting.
        """
        self.requests += 1
        left = _countdown(self._wait_limit)
        try:
            self._socket.settimeout(left())
            self._socket.sendall(HEAD.pack(len(request)) + request)
            return self._frame(left) == BEGIN
        except TimeoutError:
            raise
        except (EOFError, OSError):
            return False

    def answer(self) -> bytes:
        """Return the answer to the current request.

        Raises:
            TimeoutError: it does not arrive within the limit of waiting.
            EOFError: the child died.
            OSError: the answer is too long.
        """
        return self._frame(_countdown(self._wait_limit))

    def _frame(self, left: Callable[[], float]) -> bytes:
        (length,) = HEAD.unpack(self._receive(HEAD.size, left))
        if length > ANSWER_LIMIT:
            raise OSError("the answer is too long")
        return self._receive(length, left)

    def _receive(self, length: int, left: Callable[[], float]) -> bytes:
        received = bytearray()
        while len(received) < length:
            self._socket.settimeout(left())
            part = self._socket.recv(min(length - len(received), _PART))
            if not part:
                raise EOFError
            received += part
        return bytes(received)

    def ended_by(self, number: signal.Signals) -> bool:
        """Tell whether a signal ended it, when it answers no more: SIGKILL for want of memory."""
        try:
            return self._process.wait(_END_LIMIT) == -number
        except subprocess.TimeoutExpired:
            return False

    def kill(self) -> None:
        """Kill the process at once."""
        self._process.kill()

    def close(self) -> None:
        """Kill the process and release its resources."""
        self._held.close()


def environment() -> dict[str, str]:
    """Return the child's environment: one thread, and the same order of sets in every run."""
    inherited = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return inherited | {"OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}


def _countdown(seconds: float) -> Callable[[], float]:
    """Return a function that returns the seconds left."""
    end = time.monotonic() + seconds
    return lambda: max(end - time.monotonic(), _SHORTEST)
