"""Processes of their own that begin with all imported: they can be killed, and start at once."""

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path

from briefing.setup import news
from briefing.sources.sandbox.pool import shared

#: What the first child would import, and every other again, for two seconds each.
_IMPORTED = ["tests.app.rounds.rehearsed", "briefing.setup.daily", "briefing.press.pdf"]


def forked(
    work: Callable[..., int], *words: str, folder: Path, seconds: float
) -> tuple[int, str, str]:
    """Run a piece of work in a process of its own; return its exit code and what it wrote."""
    context = get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    out, err = folder / "child.out", folder / "child.err"
    child = context.Process(target=_redirected, args=(work, words, out, err))
    child.start()
    child.join(seconds)
    if child.exitcode is None:
        child.kill()
        child.join()
        raise TimeoutError(f"not ended in {seconds:g} seconds: {err.read_text()}")
    return child.exitcode, out.read_text(), err.read_text()


def _redirected(work: Callable[..., int], words: tuple[str, ...], out: Path, err: Path) -> None:
    for number, path in enumerate((out, err), 1):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    # As in the tests of this process: a child for each time that it collects takes a second.
    news.Sandbox = lambda: nullcontext(shared())  # type: ignore[assignment,attr-defined,misc]
    sys.exit(work(*words))
