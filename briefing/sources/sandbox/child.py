"""Main program of a child process: receives requests one by one and sends back the results."""

import fcntl
import importlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from types import MappingProxyType
from typing import Any

from briefing.core.errors import InputError
from briefing.core.frozen import frozen

#: Sent when everything is loaded and the work on a request begins.
BEGIN = b"begin"


@frozen
class Task:
    """One kind of request: who handles it, its time limit, and words for its error messages."""

    #: The module here that handles it, loaded on first use.
    module: str
    #: What is parsed, as named in error messages.
    noun: str
    #: What to do if it cannot be parsed.
    remedy: str
    #: Most seconds of computing. The slowest of 130 real pages takes 0.3, the slowest of 1,751
    #: feeds 0.2, and a PDF of 200 full pages about 5.
    seconds: float = 10.0
    #: The function of the module.
    function: str = "read"


#: All kinds of requests by name.
TASKS: Mapping[str, Task] = MappingProxyType(
    {
        "page": Task("pages", "page", "save it as text"),
        "feed": Task("feeds", "feed", "tell its publisher or remove the source"),
        "links": Task("links", "page", "give the address of a feed instead"),
        "bare": Task("pages", "page", "leave it out", function="read_bare"),
        "pdf": Task("pdfs", "PDF", "save its text as .txt", 20.0),
        "printed": Task("printed", "PDF", "ask its publisher for it", 20.0),
    }
)
#: Most seconds that a parent waits for each of the two messages, however busy the machine is.
WAIT_LIMIT = 300.0
#: Seconds after that limit when a child ends itself. The parent kills it long before, so this
#: matters only if both the parent and the pipe to it are gone.
_GRACE = 5
#: Audit events that could leave the process or change a file.
_WAYS_OUT = tuple(
    "socket. subprocess. ctypes.dlopen pty.spawn os.system os.exec os.posix_spawn os.spawn os.fork "
    "os.remove os.rename os.rmdir os.mkdir os.link os.symlink os.truncate os.chmod os.chown "
    "shutil.".split()
)
#: Flags of a file opened for writing.
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Forbid network, other processes and writing; an audit hook cannot be removed."""
    writes = False
    if event == "open":
        _path, mode, flags = arguments
        writes = bool(set(str(mode or "")) & set("wax+") or (flags or 0) & _WRITING)
    if writes or event.startswith(_WAYS_OUT):
        raise PermissionError(f"{event} is not allowed here")


def load(task: str) -> Callable[..., dict[str, Any]]:
    """Return the function that handles a task."""
    module = importlib.import_module(f"briefing.sources.sandbox.{TASKS[task].module}")
    read: Callable[..., dict[str, Any]] = getattr(module, TASKS[task].function)
    return read


def answer(read: Callable[..., dict[str, Any]], body: bytes, *, about: dict[str, str]) -> bytes:
    """Run a task and return its result as JSON.

    Input that cannot be read gives ``{"error": message}``; an unexpected exception gives
    ``{"fault": name}``.
    """
    try:
        result = read(body, about=about)
    except InputError as error:
        result = {"error": str(error)}
    except Exception as error:  # hostile bytes may raise anything
        result = {"fault": type(error).__name__}
    return json.dumps(result).encode()


def serve(parent: Connection, *, guard: Callable[[], None]) -> None:
    """Answer requests until the parent closes the connection (EOFError).

    Args:
        parent: sends requests, each a line of JSON followed by the body; gets two messages for
            each: ``BEGIN`` and the answer.
        guard: called once, after the first module is loaded and before any input is parsed.
    """
    guarded = False
    while True:
        head, _, body = parent.recv_bytes().partition(b"\n")
        options = json.loads(head)
        signal.alarm(int(WAIT_LIMIT) + _GRACE)
        read = load(options["task"])
        if not guarded:
            guard()
            guarded = True
        signal.alarm(int(WAIT_LIMIT) + _GRACE)
        # Counts this process's computing time, not its waiting for a processor; the signal ends it.
        signal.setitimer(signal.ITIMER_PROF, options["seconds"])
        parent.send_bytes(BEGIN)
        parent.send_bytes(answer(read, body, about=options["about"]))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)


def die_with(lifeline: int) -> None:
    """Have the system kill this process when the other end of a pipe is closed.

    Nothing is ever written to the pipe, so the only event is its end. The signal's default action
    ends the process even in the middle of native code.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def main() -> None:  # pragma: no cover  runs in the child, whose coverage is not collected
    """Serve on standard output, which is a socket; whatever is printed goes to standard error."""
    die_with(0)
    parent = Connection(os.dup(1))
    os.dup2(2, 1)
    with suppress(EOFError):
        serve(parent, guard=lambda: sys.addaudithook(refuse))


if __name__ == "__main__":  # pragma: no cover  as above
    main()
