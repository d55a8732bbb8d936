"""What tests need of the machine: waits as long as it takes, a terminal, and small disks."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

#: Seconds after which what is awaited counts as never to come: no test measures time.
PATIENCE = 300.0


def wait_for(done: Callable[[], object], *, every: float = 0.02) -> None:
    """Wait until something is so; look at it so often, in seconds."""
    until = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < until, "it did not come"
        time.sleep(every)


def wait_until_stopped(process: int) -> None:
    """Wait until each thread stands still: the one that takes the signal may get its turn late."""

    def is_stopped() -> bool:
        stats = [thread.read_text() for thread in Path(f"/proc/{process}/task").glob("*/stat")]
        return all(stat.rpartition(") ")[2].startswith("T") for stat in stats)

    wait_for(is_stopped, every=0.001)


def open_terminal() -> tuple[int, int]:
    """Open a terminal; skip the test that needs it, and say so, where there is no /dev/pts."""
    try:
        return os.openpty()
    except OSError as error:
        pytest.skip(f"it needs a terminal: {error}")


def mount(*words: str) -> bool:
    """Mount something; return whether that was done: only root may, and not on every machine."""
    program = shutil.which("mount") if os.geteuid() == 0 else None
    command = [program or "mount", *words]
    return bool(program) and subprocess.run(command, check=False).returncode == 0  # noqa: S603  ours


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[bool]:
    """Give a folder a disk of its own; return whether it has one, since not everybody may do so."""
    folder.mkdir(exist_ok=True)
    size = f"size={megabytes}m,mode=700"
    mounted = mount("-t", "tmpfs", "-o", size, "tmpfs", str(folder))
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607  ours


def get(url: str) -> httpx2.Response:
    """Fetch something of a server on this machine."""
    return httpx2.get(url, trust_env=False, timeout=PATIENCE)


def wait_until_waiting(thread: threading.Thread) -> None:
    """Wait until a thread waits on a condition or an event; it misses no notice from then on."""
    wait_for(lambda: _is_waiting(thread.ident))


def _is_waiting(number: int | None) -> bool:
    frame = sys._current_frames().get(number or 0)
    while frame is not None and frame.f_code is not threading.Condition.wait.__code__:
        frame = frame.f_back
    return frame is not None
