"""The command, loaded once and forked for each run: what is killed is its work, not its loading."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

#: Characters of what a run printed that are shown when it failed.
_SHOWN = 500


class Command:
    """Runs ``briefing`` with other words again and again; use it as a context manager."""

    def __init__(self, log: Path) -> None:
        """Take the file for what the command prints."""
        self._log = log

    def __enter__(self) -> Self:
        # BLAS would have threads, which do not outlive a fork.
        surroundings = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(  # noqa: S603  ourselves
            [sys.executable, "-m", "benchmarks.forked", str(self._log)],
            cwd=Path(__file__).parents[1],
            env=surroundings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._line()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def start(self, *words: str) -> int:
        """Begin a run; return the number of its process."""
        assert self._process.stdin is not None  # noqa: S101  a pipe
        self._process.stdin.write(json.dumps(words).encode() + b"\n")
        self._process.stdin.flush()
        return int(self._line())

    def has_ended(self, seconds: float) -> bool:
        """Wait so long for the end of the run; tell whether it came."""
        return bool(select.select([self._told], [], [], seconds)[0])

    def code(self) -> int:
        """Wait for the end of the run; return its exit code, negative for a signal."""
        return int(self._line())

    def finish(self) -> None:
        """Wait for the end of the run.

        Raises:
            RuntimeError: it has not done its work.
        """
        if code := self.code():
            raise RuntimeError(f"the run ended with {code}: {self._log.read_text()[:_SHOWN]}")

    @property
    def _told(self) -> IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101  a pipe
        return self._process.stdout

    def _line(self) -> bytes:
        return self._told.readline()


def _serve(log: Path) -> None:
    from briefing import cli  # noqa: PLC0415  loaded here, before any fork
    from briefing.setup import daily  # noqa: F401, PLC0415  and with it all that a round needs

    print("ready", flush=True)
    for line in iter(sys.stdin.buffer.readline, b""):
        pid = os.fork()
        if not pid:
            _silence(log)
            os._exit(cli.run(json.loads(line)))
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _silence(log: Path) -> None:
    """Let what the run prints go to a file, and keep it away from what we are told."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor, target in ((0, os.open(os.devnull, os.O_RDONLY)), (1, output), (2, output)):
        os.dup2(target, descriptor)


def main(words: Sequence[str]) -> None:
    """Serve until nobody asks any more."""
    _serve(Path(words[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
