"""One running child as its parent sees it."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable

from briefing.sources.sandbox.child import BEGIN, HEAD

#: Seconds until a child works on its first request; on an idle machine trafilatura takes 0.6.
START_LIMIT = 60.0
#: Bytes of an answer: JSON writes six for a character beyond ASCII, and 10 MB is all a feed may
#: have. A child that says more is no longer ours.
ANSWER_LIMIT = 100_000_000
#: What a child sees of our surroundings: enough to find Python and its packages, no secrets.
_SURROUNDINGS = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
#: Bytes asked of the system at once.
_PART = 1 << 20
#: Least seconds to wait; zero would mean "never wait" to the system.
_SHORTEST = 0.001


class Child:
    """A process with a socket to speak over and a pipe on which its life hangs."""

    def __init__(self, *, memory_limit: int) -> None:
        self._socket, theirs = socket.socketpair()
        their_line, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "briefing.sources.sandbox.child"],
                stdin=their_line,
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                env=surroundings(),
            )
        finally:
            theirs.close()
            os.close(their_line)
        resource.prlimit(self._process.pid, resource.RLIMIT_AS, (memory_limit, memory_limit))
        #: Requests that it was given.
        self.requests = 0

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def begins(self, request: bytes) -> bool:
        """Hand over a request and tell whether the child has loaded all that it needs for it."""
        self.requests += 1
        left = _countdown(START_LIMIT)
        try:
            self._socket.settimeout(left())
            self._socket.sendall(HEAD.pack(len(request)) + request)
            return self._frame(left) == BEGIN
        except (EOFError, OSError):
            return False

    def answer(self, seconds: float) -> bytes:
        """Return the answer to the request that was begun.

        Raises:
            TimeoutError: it is not there in time.
            EOFError: the child died.
            OSError: the answer is too long.
        """
        return self._frame(_countdown(seconds))

    def _frame(self, left: Callable[[], float]) -> bytes:
        (length,) = HEAD.unpack(self._receive(HEAD.size, left))
        if length > ANSWER_LIMIT:
            raise OSError("the answer is too long")
        return self._receive(length, left)

    def _receive(self, length: int, left: Callable[[], float]) -> bytes:
        held = bytearray()
        while len(held) < length:
            self._socket.settimeout(left())
            part = self._socket.recv(min(length - len(held), _PART))
            if not part:
                raise EOFError
            held += part
        return bytes(held)

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()

    def close(self) -> None:
        """End the process and let go of all that belongs to it."""
        self._process.kill()
        self._process.wait()
        self._socket.close()
        os.close(self._lifeline)


def surroundings() -> dict[str, str]:
    """Return the child's environment: one thread, and the same order of sets in every run."""
    kept = {name: os.environ[name] for name in _SURROUNDINGS if name in os.environ}
    return kept | {"OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}


def _countdown(seconds: float) -> Callable[[], float]:
    """Return what tells how many seconds are left."""
    end = time.monotonic() + seconds
    return lambda: max(end - time.monotonic(), _SHORTEST)
